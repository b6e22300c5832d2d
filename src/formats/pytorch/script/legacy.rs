//! Archives of torch 1.0 to 1.2: `caffe2/proto/torch.proto` as JSON.
//!
//! `model.json` has the tree of modules, each with its parameters, attributes and the file of its methods, and a table of tensors, whose storages
//! are in `tensors/`. Attributes that are no parameters are in a list, `attributes.pkl`. All that becomes objects as later archives have
//! them; classes, which there are none of, have no names.

use super::super::super::Open;
use super::super::container::{Checkpoint, Described};
use super::archive::Archive;
use super::library::Library;
use crate::codec::pickle::{Call, Import, Instance, Object, ObjectId, Opcode, Pickle};
use crate::model::{DType, Text};
use crate::report::{Error, Result};
use foldhash::HashMap;
use serde_json::Value;

/// The description of the module.
pub const MODEL: &str = "model.json";
/// How deep lists of attributes nest.
const DEPTH: usize = 8;

/// What `model.json` says.
pub struct Legacy {
    /// The module.
    pub data: Checkpoint,
    /// What the code calls `CONSTANTS`: all tensors.
    pub constants: Checkpoint,
    /// The code.
    pub library: Library,
    /// What wrote the file.
    pub producer: String,
}

/// Reads the description.
///
/// # Errors
/// When it is no JSON, or has no module.
pub fn read(archive: &Archive, open: &mut Open) -> Result<Legacy> {
    let text = archive.text(MODEL, open)?;
    let json: Value = serde_json::from_str(&text).map_err(|error| Error::malformed(format!("{MODEL}: {error}")))?;
    let main = json.get("mainModule").ok_or_else(|| Error::malformed(format!("{MODEL} has no module")))?;
    let tensors: HashMap<String, Described> = list(&json, "tensors")
        .iter()
        .enumerate()
        .map(|(index, tensor)| (index.to_string(), described(tensor)))
        .collect();
    let attributes = match archive.objects("attributes", open) {
        Some(Ok(attributes)) => attributes.pickle,
        Some(Err(error)) => {
            open.report.add_error(&error);
            Pickle::default()
        }
        None => Pickle::default(),
    };
    let mut builder = Builder { archive, pickle: Pickle::default(), attributes, library: Library::default() };
    let root = builder.module(main, open);
    builder.pickle.root = Some(root);
    let mut table = Pickle::default();
    let constants = (0..tensors.len()).map(|index| persistent(&mut table, &index.to_string())).collect();
    table.root = Some(table.objects.push(Object::Tuple(constants)));
    let mut checkpoint = |pickle: Pickle| {
        let mut checkpoint = Checkpoint::new(String::new(), pickle, open.file, open.probe.file());
        checkpoint.tensors.clone_from(&tensors);
        checkpoint.storages = archive.storages("tensors/", open);
        checkpoint.storages =
            checkpoint.storages.drain().map(|(key, place)| (format!("tensors/{key}"), place)).collect();
        checkpoint
    };
    let (data, constants) = (checkpoint(builder.pickle), checkpoint(table));
    let said = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default();
    let producer = format!("{} {}", said("producerName"), said("producerVersion")).trim().to_owned();
    Ok(Legacy { data, constants, library: builder.library, producer })
}

/// The members of the list `key`.
fn list<'a>(json: &'a Value, key: &str) -> &'a [Value] {
    json.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A whole number; those of 64 bits are texts.
fn number(json: &Value) -> u64 {
    json.as_u64().or_else(|| json.as_str()?.parse().ok()).unwrap_or(0)
}

fn described(json: &Value) -> Described {
    let numbers = |key: &str| list(json, key).iter().map(number).collect();
    let dtype = match json.get("dataType").and_then(Value::as_str).unwrap_or_default() {
        "FLOAT" => DType::F32,
        "DOUBLE" => DType::F64,
        "FLOAT16" => DType::F16,
        "INT64" => DType::I64,
        "INT32" => DType::I32,
        "INT16" => DType::I16,
        "INT8" => DType::I8,
        "UINT8" | "BYTE" => DType::U8,
        "BOOL" => DType::Bool,
        _ => DType::Unknown,
    };
    Described {
        storage: json.pointer("/data/key").and_then(Value::as_str).unwrap_or_default().to_owned(),
        dtype,
        offset: json.get("offset").map_or(0, number),
        shape: numbers("dims"),
        strides: numbers("strides"),
    }
}

/// An object that stands for the tensor with this number.
fn persistent(pickle: &mut Pickle, number: &str) -> ObjectId {
    let key = pickle.objects.push(Object::Text(number.into()));
    pickle.objects.push(Object::Persistent(key))
}

struct Builder<'a> {
    archive: &'a Archive,
    pickle: Pickle,
    attributes: Pickle,
    library: Library,
}

impl Builder<'_> {
    /// The object of a module; the depth of JSON is limited by its parser.
    fn module(&mut self, json: &Value, open: &mut Open) -> ObjectId {
        let mut state = Vec::new();
        let mut add = |pickle: &mut Pickle, json: &Value, value: ObjectId| {
            let name = json.get("name").and_then(Value::as_str).unwrap_or_default();
            state.push((pickle.objects.push(Object::Text(name.into())), value));
        };
        for parameter in list(json, "parameters") {
            let number = parameter.get("tensorId").map_or(0, number).to_string();
            let value = persistent(&mut self.pickle, &number);
            add(&mut self.pickle, parameter, value);
        }
        for attribute in list(json, "attributes") {
            let root = self.attributes.root.and_then(|root| self.attributes.items(root)).unwrap_or_default();
            let id = attribute.get("id").map(number).and_then(|id| root.get(usize::try_from(id).ok()?).copied());
            let value = match id {
                Some(id) => self.copied(id, 0),
                None => self.pickle.objects.push(Object::None),
            };
            add(&mut self.pickle, attribute, value);
        }
        for module in list(json, "submodules") {
            let value = self.module(module, open);
            add(&mut self.pickle, module, value);
        }
        let (module, name): (Text, Text) =
            ("__torch__".into(), format!("___torch_mangle_{}", self.pickle.calls.len()).as_str().into());
        let arena = |pointer: &str| json.pointer(pointer).and_then(Value::as_str);
        if let Some(path) = arena("/torchscriptArena/key") {
            match self.archive.text(path, open) {
                Ok(text) => {
                    let debug = arena("/torchscriptDebugArena/key").unwrap_or_default();
                    self.library.add_methods(path, debug, &format!("{module}.{name}"), &text, &mut open.report);
                }
                Err(error) => open.report.add_error(&error),
            }
        }
        let pickle = &mut self.pickle;
        let import = pickle.imports.push(Import { at: 0, opcode: Opcode::Global, module, name });
        let callable = pickle.objects.push(Object::Global(import));
        let arguments = pickle.objects.push(Object::Tuple(Vec::new()));
        let state = pickle.objects.push(Object::Dict(state));
        let result = ObjectId(pickle.objects.len() as u32);
        let call =
            pickle.calls.push(Call { at: 0, opcode: Opcode::NewObj, callable, arguments, keywords: None, result });
        let instance = Instance { call, states: vec![state], items: Vec::new(), entries: Vec::new() };
        pickle.objects.push(Object::Instance(Box::new(instance)))
    }

    /// An attribute of the list, if it is a tensor, a number, a text or a list of these.
    fn copied(&mut self, id: ObjectId, depth: usize) -> ObjectId {
        let (own, tensor) = match self.attributes.instance(id).map(|(_, call)| *call) {
            Some(call) => {
                let name = self.attributes.import(call.callable).map(|import| import.name.clone()).unwrap_or_default();
                let inner =
                    self.attributes.items(call.arguments).and_then(|items| items.first().copied()).unwrap_or(id);
                (inner, &*name == "build_tensor_from_id")
            }
            None => (id, false),
        };
        if tensor && let Some(number) = self.attributes.int(own) {
            return persistent(&mut self.pickle, &number.to_string());
        }
        let object = match self.attributes.object(own).clone() {
            plain @ (Object::Bool(_) | Object::Int(_) | Object::Float(_) | Object::Text(_) | Object::Long(_)) => plain,
            Object::List(items) if depth < DEPTH => {
                Object::List(items.into_iter().map(|item| self.copied(item, depth + 1)).collect())
            }
            Object::Tuple(items) if depth < DEPTH => {
                Object::Tuple(items.into_iter().map(|item| self.copied(item, depth + 1)).collect())
            }
            _ => Object::None,
        };
        self.pickle.objects.push(object)
    }
}
