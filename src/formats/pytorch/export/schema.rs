//! What the JSON of an exported program says: `torch/_export/serde/schema.py`, schema versions 1 to 8.
//!
//! Unions are objects with one member, in version 1 with all members of which one is not null. Only what is used is kept: a program has as many
//! of these as it has arguments.

use crate::codec::json::Pairs;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// `ExportedProgram`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Program {
    pub graph_module: GraphModule,
    pub opset_version: Pairs<Value>,
    pub range_constraints: Pairs<Value>,
    /// `{"major": 8, "minor": 2}`; in version 1, a number.
    pub schema_version: Value,
    pub torch_version: Value,
    pub verifiers: Value,
    pub guards_code: Value,
}

/// `GraphModule`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GraphModule {
    pub graph: Graph,
    pub signature: Value,
}

/// `Graph`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Graph {
    pub inputs: Vec<Argument>,
    pub outputs: Vec<Argument>,
    pub nodes: Vec<Node>,
    pub tensor_values: Pairs<Meta>,
}

/// `Node`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Node {
    pub target: String,
    pub inputs: Vec<NamedArgument>,
    pub outputs: Vec<Argument>,
    pub metadata: Pairs<Value>,
    pub name: Option<String>,
}

/// `NamedArgument`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NamedArgument {
    pub name: String,
    pub arg: Argument,
}

/// `GraphArgument`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct GraphArgument {
    pub name: String,
    pub graph: Graph,
}

/// `TensorMeta`; in version 1, within an object as `meta`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Meta {
    pub dtype: u32,
    pub sizes: Vec<Size>,
    pub strides: Vec<Size>,
    pub storage_offset: Size,
    pub meta: Option<Box<Meta>>,
}

impl Meta {
    /// This, or what is within.
    pub fn inner(&self) -> &Self {
        self.meta.as_deref().unwrap_or(self)
    }
}

/// `PayloadConfig`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Payloads {
    pub config: Pairs<Payload>,
}

/// `PayloadMeta`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Payload {
    pub path_name: String,
    pub use_pickle: bool,
    pub tensor_meta: Option<Meta>,
}

/// `SymInt`: a number, or an expression.
#[derive(Debug, Default)]
pub enum Size {
    #[default]
    Unknown,
    Number(i64),
    Expression(String),
}

/// `SymExpr`.
#[derive(Deserialize)]
struct Expression {
    expr_str: String,
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Union;
        impl<'de> Visitor<'de> for Union {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size")
            }

            fn visit_u64<E>(self, number: u64) -> Result<Size, E> {
                Ok(Size::Number(i64::try_from(number).unwrap_or(i64::MAX)))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Size, E> {
                Ok(Size::Number(number))
            }

            fn visit_unit<E>(self) -> Result<Size, E> {
                Ok(Size::Unknown)
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Size, M::Error> {
                let mut size = Size::Unknown;
                while let Some(key) = map.next_key::<String>()? {
                    match &*key {
                        "as_int" => {
                            if let Some(number) = map.next_value::<Option<i64>>()? {
                                size = Size::Number(number);
                            }
                        }
                        "as_expr" => {
                            if let Some(expression) = map.next_value::<Option<Expression>>()? {
                                size = Size::Expression(expression.expr_str);
                            }
                        }
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(size)
            }
        }
        json.deserialize_any(Union)
    }
}

/// `Argument` and the unions in it.
#[derive(Debug, Default)]
pub enum Argument {
    /// Nothing.
    #[default]
    None,
    /// A value of the graph.
    Name(String),
    /// Several arguments.
    List(Vec<Argument>),
    /// A graph.
    Graph(Box<GraphArgument>),
    /// Something that is written out, and the member of the union that says what it is.
    Plain(String, Value),
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl<'de> Deserialize<'de> for Argument {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Union;
        impl<'de> Visitor<'de> for Union {
            type Value = Argument;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an argument")
            }

            fn visit_unit<E>(self) -> Result<Argument, E> {
                Ok(Argument::None)
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Argument, M::Error> {
                let mut argument = Argument::None;
                while let Some(key) = map.next_key::<String>()? {
                    if let Some(found) = member(key, &mut map)? {
                        argument = found;
                    }
                }
                Ok(argument)
            }
        }
        json.deserialize_any(Union)
    }
}

/// What the member `key` of the union holds, unless it is null.
fn member<'de, M: MapAccess<'de>>(key: String, map: &mut M) -> Result<Option<Argument>, M::Error> {
    let names = |names: Vec<Named>| Argument::List(names.into_iter().map(|name| Argument::Name(name.name)).collect());
    Ok(match &*key {
        "as_none" | "class_fqn" => {
            map.next_value::<IgnoredAny>()?;
            None
        }
        "as_tensor" | "as_custom_obj" | "as_token" => {
            map.next_value::<Option<Named>>()?.map(|named| Argument::Name(named.name))
        }
        // Of a tensor, where nothing but a tensor can be.
        "as_name" | "name" => map.next_value::<Option<String>>()?.map(Argument::Name),
        "as_tensors" => map.next_value::<Option<Vec<Named>>>()?.map(names),
        "as_nested_tensors" => map
            .next_value::<Option<Vec<Vec<Named>>>>()?
            .map(|lists| Argument::List(lists.into_iter().map(names).collect())),
        "as_sym_int" | "as_sym_float" | "as_sym_bool" | "as_optional_tensor" => map.next_value::<Option<Argument>>()?,
        "as_sym_ints" | "as_sym_floats" | "as_sym_bools" | "as_optional_tensors" => {
            map.next_value::<Option<Vec<Argument>>>()?.map(Argument::List)
        }
        "as_graph" => map.next_value::<Option<Box<GraphArgument>>>()?.map(Argument::Graph),
        _ => {
            let value: Value = map.next_value()?;
            (!value.is_null()).then_some(Argument::Plain(key, value))
        }
    })
}
