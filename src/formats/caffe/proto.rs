//! The messages of Caffe (`caffe.proto`), with the fields that matter here. Names are those of the schema without `Proto` and `Parameter`.
//!
//! What layers are set to is read by [`SCHEMA`], under the names that the schema has for it.

use crate::codec::protobuf::messages;
use crate::codec::prototext::Schema;
use crate::source::Span;
use std::sync::LazyLock;

/// The fields of all messages.
pub static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(include_str!("schema.txt")));

/// `Phase.TRAIN`.
pub const TRAIN: i64 = 0;
/// `Phase.TEST`.
pub const TEST: i64 = 1;

messages! {
    /// `NetParameter`. Layers are left where they are: `layers` those of versions 0 and 1, `layer` those of version 2.
    Net {
        1 name: String,
        2 layers: Vec<Span>,
        3 input: Vec<String>,
        4 input_dim: Vec<i64>,
        6 state: State,
        8 input_shape: Vec<BlobShape>,
        100 layer: Vec<Span>,
    }

    /// `NetState`.
    State {
        1 phase: Option<i64>,
        2 level: i64,
        3 stage: Vec<String>,
    }

    /// `NetStateRule`.
    Rule {
        1 phase: Option<i64>,
        2 min_level: Option<i64>,
        3 max_level: Option<i64>,
        4 stage: Vec<String>,
        5 not_stage: Vec<String>,
    }

    /// `BlobShape`.
    BlobShape {
        1 dim: Vec<i64>,
    }

    /// `InputParameter`.
    Input {
        1 shape: Vec<BlobShape>,
    }

    /// `BlobProto`. Of the payload, only its place. The raw data are those of NVIDIA's fork.
    Blob {
        1 num: Option<i64>,
        2 channels: Option<i64>,
        3 height: Option<i64>,
        4 width: Option<i64>,
        5 data: Vec<Span>,
        7 shape: Option<BlobShape>,
        8 double_data: Vec<Span>,
        10 raw_data_type: i64,
        12 raw_data: Option<Span>,
    }

    /// `BlobProtoVector`.
    Blobs {
        1 blobs: Vec<Blob>,
    }

    /// `SolverState`.
    Snapshot {
        1 iter: i64,
        2 learned_net: String,
        3 history: Vec<Blob>,
        4 current_step: i64,
    }

    /// `SolverParameter`: what it says of nets.
    Solver {
        1 train_net: String,
        2 test_net: Vec<String>,
        21 train_net_param: Option<Span>,
        22 test_net_param: Vec<Span>,
        24 net: String,
        25 net_param: Option<Span>,
    }
}
