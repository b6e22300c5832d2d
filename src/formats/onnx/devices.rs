//! How a model is spread over devices (since IR version 11), in words: `DeviceConfigurationProto` and what nodes say about it.

use crate::codec::protobuf::messages;

messages! {
    /// `DeviceConfigurationProto`.
    Configuration {
        1 name: String,
        2 num_devices: i64,
        3 device: Vec<String>,
    }

    /// `NodeDeviceConfigurationProto`.
    Placement {
        1 configuration_id: String,
        2 sharding_spec: Vec<Sharding>,
        3 pipeline_stage: Option<i64>,
    }

    /// `ShardingSpecProto`.
    Sharding {
        1 tensor_name: String,
        2 device: Vec<i64>,
        3 index_to_device_group_map: Vec<DeviceGroup>,
        4 sharded_dim: Vec<ShardedDim>,
    }

    /// `IntIntListEntryProto`.
    DeviceGroup {
        1 key: i64,
        2 value: Vec<i64>,
    }

    /// `ShardedDimProto`.
    ShardedDim {
        1 axis: i64,
        2 simple_sharding: Vec<SimpleShardedDim>,
    }

    /// `SimpleShardedDimProto`.
    SimpleShardedDim {
        1 dim_value: Option<i64>,
        2 dim_param: String,
        3 num_shards: i64,
    }
}

impl Configuration {
    /// `2: gpu:0, gpu:1`.
    pub fn text(&self) -> String {
        let separator = if self.device.is_empty() { "" } else { ": " };
        format!("{}{separator}{}", self.num_devices, self.device.join(", "))
    }
}

impl Placement {
    /// `stage 1; w on 0, 1, axis 0 in 2 parts`.
    pub fn text(&self) -> String {
        let stage = self.pipeline_stage.map(|stage| format!("stage {stage}"));
        stage.into_iter().chain(self.sharding_spec.iter().map(Sharding::text)).collect::<Vec<_>>().join("; ")
    }
}

impl Sharding {
    fn text(&self) -> String {
        let device = |number: &i64| {
            // A negative number is that of a group.
            let group = self.index_to_device_group_map.iter().find(|group| group.key == *number);
            group.map_or_else(|| number.to_string(), |group| format!("[{}]", list(group.value.iter())))
        };
        let devices = format!("{} on {}", self.tensor_name, list(self.device.iter().map(device)));
        std::iter::once(devices).chain(self.sharded_dim.iter().map(ShardedDim::text)).collect::<Vec<_>>().join(", ")
    }
}

impl ShardedDim {
    fn text(&self) -> String {
        let part = |simple: &SimpleShardedDim| {
            let size = simple.dim_value.map(|size| size.to_string()).unwrap_or_else(|| simple.dim_param.clone());
            let of = if size.is_empty() { String::new() } else { format!("{size} in ") };
            format!("{of}{} parts", simple.num_shards)
        };
        format!("axis {}: {}", self.axis, list(self.simple_sharding.iter().map(part)))
    }
}

fn list<T: ToString>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
