//! The messages of graphs, with the fields that matter here. Names are those of the schemas without `Def` and `Proto`.

use super::super::proto::{Shape, Version};
use crate::codec::protobuf::messages;
use crate::source::Span;

messages! {
    /// `SavedModel`.
    SavedModel {
        1 version: i64,
        2 meta_graphs: Vec<Span>,
    }

    /// `MetaGraphDef`.
    MetaGraph {
        1 info: MetaInfo,
        2 graph: Vec<Span>,
        5 signatures: Vec<Span>,
        7 objects: Option<Span>,
    }

    /// `MetaGraphDef.MetaInfoDef`.
    MetaInfo {
        1 version: String,
        4 tags: Vec<String>,
        5 tensorflow_version: String,
    }

    /// `GraphDef`, of which the nodes are read one by one.
    Graph {
        1 nodes: Vec<Span>,
        2 library: Option<Library>,
        4 versions: Version,
    }

    /// `FunctionDefLibrary`.
    Library {
        1 functions: Vec<Span>,
    }

    /// `NodeDef`.
    Node {
        1 name: String,
        2 op: String,
        3 input: Vec<String>,
        4 device: String,
        5 attr: Vec<Span>,
    }

    /// An entry of a map, whose value is a message.
    Entry {
        1 key: String,
        2 value: Option<Span>,
    }

    /// An entry of a map from text to text.
    TextEntry {
        1 key: String,
        2 value: String,
    }

    /// An entry of a map from numbers to `FunctionDef.ArgAttrs`.
    ArgumentEntry {
        1 key: i64,
        2 value: ArgumentAttributes,
    }

    /// `FunctionDef.ArgAttrs`.
    ArgumentAttributes {
        1 attr: Vec<Span>,
    }

    /// `AttrValue`.
    Attr {
        1 list: Option<List>,
        2 s: Option<Span>,
        3 i: Option<i64>,
        4 f: Option<f32>,
        5 b: Option<i64>,
        6 ty: Option<i64>,
        7 shape: Option<Shape>,
        8 tensor: Option<Span>,
        9 placeholder: Option<String>,
        10 func: Option<NameAttrList>,
    }

    /// `AttrValue.ListValue`.
    List {
        2 s: Vec<Span>,
        3 i: Vec<i64>,
        4 f: Vec<f32>,
        5 b: Vec<i64>,
        6 ty: Vec<i64>,
        7 shape: Vec<Shape>,
        8 tensor: Vec<Span>,
        9 func: Vec<NameAttrList>,
    }

    /// `NameAttrList`: a function, and what it is to be called with.
    NameAttrList {
        1 name: String,
    }

    /// `FunctionDef`.
    Function {
        1 signature: Op,
        3 node_def: Vec<Span>,
        4 ret: Vec<TextEntry>,
        7 arg_attr: Vec<ArgumentEntry>,
    }

    /// `OpDef`.
    Op {
        1 name: String,
        2 input_arg: Vec<Arg>,
        3 output_arg: Vec<Arg>,
        6 description: String,
    }

    /// `OpDef.ArgDef`.
    Arg {
        1 name: String,
        3 ty: i64,
    }

    /// `SignatureDef`. Inputs and outputs are entries with `TensorInfo`.
    Signature {
        1 inputs: Vec<Span>,
        2 outputs: Vec<Span>,
    }

    /// `TensorInfo`.
    TensorInfo {
        1 name: String,
        2 dtype: i64,
        3 shape: Option<Shape>,
    }

    /// `SavedObjectGraph`.
    SavedObjects {
        1 nodes: Vec<SavedObject>,
        2 functions: Vec<Span>,
    }

    /// `SavedObject`.
    SavedObject {
        1 children: Vec<Child>,
        4 user: Option<UserObject>,
        6 function: Option<SavedFunction>,
        7 variable: Option<SavedVariable>,
        9 constant: Option<SavedConstant>,
    }

    /// `TrackableObjectGraph.TrackableObject.ObjectReference`.
    Child {
        1 node: i64,
        2 name: String,
    }

    /// `SavedUserObject`.
    UserObject {
        1 identifier: String,
        3 metadata: String,
    }

    /// `SavedFunction`.
    SavedFunction {
        1 concrete: Vec<String>,
    }

    /// `SavedVariable`.
    SavedVariable {
        6 name: String,
    }

    /// `SavedConstant`.
    SavedConstant {
        1 operation: String,
    }

    /// `SavedConcreteFunction`.
    ConcreteFunction {
        2 bound: Vec<i64>,
    }

    /// `SavedMetadata`, what Keras 2 keeps beside a SavedModel (`keras/protobuf/saved_metadata.proto`).
    KerasMetadata {
        1 nodes: Vec<KerasObject>,
    }

    /// `SavedObject` of Keras.
    KerasObject {
        3 path: String,
        4 identifier: String,
        5 metadata: String,
    }

    /// `Event`.
    Event {
        3 file_version: String,
        4 graph: Option<Span>,
        9 meta_graph: Option<Span>,
    }
}
