//! JSON files, told apart by the keys of their outermost object.

use super::{Beside, Foreign, Later, Probe, Verdict, list, quote, size, tell};
use crate::probe::{End, Json, Peek, Root};
use crate::report::Error;

/// Keys that must all be there, what they tell, and what that means. The first that fits counts.
const KEYS: &[(&[&str], Verdict, &str)] = &[
    (&["nbformat"], Foreign, "a Jupyter notebook"),
    (&["cells", "metadata"], Foreign, "a Jupyter notebook"),
    (&["modelTopology"], Later, "a TensorFlow.js model"),
    (&["weightsManifest"], Later, "a TensorFlow.js model"),
    (&["arg_nodes", "nodes", "heads"], Later, "an MXNet model"),
    (&["learner", "version"], Later, "an XGBoost model"),
    (&["base_code", "program"], Later, "a PaddlePaddle program"),
    (&["itemInfoEntries", "rootModelIdentifier"], Beside, "the manifest of a Core ML package"),
    (&["_diffusers_version"], Beside, "the configuration of a Diffusers model"),
    (&["peft_type"], Beside, "the configuration of an adapter"),
    (&["model", "added_tokens"], Beside, "a tokenizer of Hugging Face"),
    (&["tokenizer_class"], Beside, "the configuration of a tokenizer"),
    (&["feature_extractor_type"], Beside, "the configuration of a preprocessor"),
    (&["image_processor_type"], Beside, "the configuration of a preprocessor"),
    (&["processor_class"], Beside, "the configuration of a preprocessor"),
    (&["transformers_version"], Beside, "the configuration of how a Hugging Face model generates"),
    (&["asset", "scenes"], Foreign, "a glTF scene in three dimensions"),
    (&["dependencies", "name"], Foreign, "the manifest of a JavaScript package"),
    (&["$schema"], Foreign, "a JSON schema or a file that follows one"),
];

/// What the keys say.
pub fn explain(probe: &Probe) -> Option<Error> {
    let json = probe.json()?;
    Some(
        index(probe, json)
            .or_else(|| known(probe, json))
            .or_else(|| failure(json))
            .unwrap_or_else(|| plain(probe, json)),
    )
}

/// The index of a model in several files: it says which tensor is in which.
fn index(probe: &Probe, json: &Json) -> Option<Error> {
    json.has(&["weight_map"]).then(|| {
        Error::unsupported(format!(
            "This is the index of a model in several files (shards): it says which tensor is in which file, but holds none \
             ({}). Open it together with these files, or open their folder.",
            size(probe.len())
        ))
    })
}

fn known(probe: &Probe, json: &Json) -> Option<Error> {
    let (_, verdict, what) = KEYS.iter().find(|(keys, ..)| json.has(keys))?;
    Some(tell(probe, *verdict, what))
}

/// What a server answers in place of a file.
fn failure(json: &Json) -> Option<Error> {
    let keys = ["error", "message", "detail", "error_description", "errors", "msg"];
    let said = keys.iter().find_map(|key| json.text(key)).or_else(|| json.has(&["error"]).then_some(""))?;
    let is_failure = json.keys.len() <= 6 && json.end == End::Whole;
    let said = if said.is_empty() { String::new() } else { format!(": {}", quote(said)) };
    is_failure.then(|| {
        Error::missing(format!(
            "This is the answer of a server, not a model{said}. The download failed, but its answer was saved under the name of the \
             file. Check the address and whether it wants an account, then download it again."
        ))
    })
}

fn plain(probe: &Probe, json: &Json) -> Error {
    if json.end == End::Cut {
        return Error::malformed(format!(
            "This is a JSON file ({}) that ends too early: it was probably cut short by a download or copy. Fetch it again.",
            size(probe.len())
        ));
    }
    let numbers = json.keys.iter().filter(|key| matches!(key.value, Peek::Number(_))).count();
    if numbers >= 50 && numbers + 1 >= json.keys.len() {
        return tell(probe, Beside, "the vocabulary of a tokenizer");
    }
    let names: Vec<String> = json.keys.iter().map(|key| quote(&key.name)).collect();
    match json.root {
        Root::Array => tell(probe, Foreign, "a list in JSON"),
        Root::Object if names.is_empty() => tell(probe, Foreign, "an empty object in JSON"),
        Root::Object => {
            tell(probe, Foreign, &format!("a JSON file with the keys {}", list(names.iter().map(|name| &**name))))
        }
    }
}
