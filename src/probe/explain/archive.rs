//! ZIP archives: models in disguise, programs, documents, or files to unpack.

use super::{Foreign, Later, Probe, list, quote, size, tell};
use crate::probe::{Zip, ZipEntry};
use crate::report::{Error, Kind};

/// Extensions of model files, which are worth unpacking an archive for.
const MODELS: &str = "onnx safetensors ckpt gguf h5 hdf5 keras mlmodel pb pt pth tflite caffemodel prototxt param pdmodel mnn pkl \
                      joblib engine ort pte";

/// What the entries say.
pub fn explain(probe: &Probe) -> Option<Error> {
    let zip = probe.zip()?;
    match &zip.fault {
        Some(fault) if fault.kind == Kind::Limit => {
            return Some(Error::limit(format!("This is a ZIP archive ({}) with too many entries.", size(probe.len()))));
        }
        Some(_) => {
            return Some(Error::malformed(format!(
                "This is a ZIP archive ({}), but the directory that belongs at its end is missing or damaged: it was probably \
                 cut short by a download or copy. Fetch it again.",
                size(probe.len())
            )));
        }
        None => {}
    }
    if zip.entries.is_empty() {
        return Some(tell(probe, Foreign, "an empty ZIP archive"));
    }
    Some(
        locked(probe, zip)
            .or_else(|| model(probe, zip))
            .or_else(|| other(probe, zip))
            .unwrap_or_else(|| plain(probe, zip)),
    )
}

fn locked(probe: &Probe, zip: &Zip) -> Option<Error> {
    let entry = zip.entries.iter().find(|entry| entry.encrypted)?;
    Some(Error::unsupported(format!(
        "This is a ZIP archive ({}) that is encrypted with a password; it holds {}. Unpack it with the password, then open the \
         model that is inside.",
        size(probe.len()),
        quote(&entry.path)
    )))
}

/// Formats of models that are ZIP archives.
fn model(probe: &Probe, zip: &Zip) -> Option<Error> {
    let what = if zip.has("data.pkl") && (zip.has("constants.pkl") || zip.has_part("/code/")) {
        "a TorchScript model"
    } else if zip.has("serialized_exported_program.json") || zip.has("archive_format") {
        "an exported PyTorch program"
    } else if zip.has_part("com.apple.CoreML/") || zip.has_part(".mlmodelc/") {
        "a Core ML package"
    } else if zip.has_part("MAR-INF/") {
        "an archive of TorchServe"
    } else if zip.has("saved_model.pb") {
        "a ZIP archive of a TensorFlow SavedModel"
    } else if zip.has("dlc.metadata") {
        "a Qualcomm model"
    } else if zip.has("nnp_version.txt") {
        "a Neural Network Libraries model"
    } else if zip.has("configuration.json") && zip.has("coefficients.bin") {
        "a Deeplearning4j model"
    } else {
        return None;
    };
    Some(tell(probe, Later, what))
}

/// Programs and documents that are ZIP archives.
fn other(probe: &Probe, zip: &Zip) -> Option<Error> {
    let what = if zip.has("[Content_Types].xml") {
        match () {
            () if zip.has_part("word/") => "a Word document",
            () if zip.has_part("xl/") => "an Excel workbook",
            () if zip.has_part("ppt/") => "a PowerPoint presentation",
            () => "an Office document",
        }
    } else if zip.has("META-INF/container.xml") {
        "an EPUB book"
    } else if zip.has("META-INF/manifest.xml") && zip.has("content.xml") {
        "an OpenDocument file"
    } else if zip.has("AndroidManifest.xml") {
        "an Android app"
    } else if zip.has("META-INF/MANIFEST.MF") {
        "a Java archive"
    } else if zip.has_part(".dist-info/WHEEL") {
        "a Python wheel"
    } else {
        return None;
    };
    Some(tell(probe, Foreign, what))
}

fn plain(probe: &Probe, zip: &Zip) -> Error {
    let has_model = |entry: &&ZipEntry| {
        let extension = entry.path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        extension.is_some_and(|extension| MODELS.split(' ').any(|model| model == extension))
    };
    let size = size(probe.len());
    match zip.entries.iter().find(has_model) {
        Some(entry) => Error::unsupported(format!(
            "This is a ZIP archive ({size}). It holds {} ({}): unpack the archive, then open that.",
            quote(&entry.path),
            super::size(entry.size)
        )),
        None => {
            let names: Vec<String> = zip.entries.iter().map(|entry| quote(&entry.path)).collect();
            Error::unsupported(format!(
                "This is a ZIP archive ({size}) of {}. If one of them is a model, unpack the archive, then open that.",
                list(names.iter().map(|name| &**name))
            ))
        }
    }
}
