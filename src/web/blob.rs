//! Files that were dropped or picked.

use crate::report::{Error, Result};
use crate::source::Source;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, FileReaderSync};

/// A `Blob` or `File`, read in parts with a `FileReaderSync`, which only Workers have.
pub struct BlobSource {
    blob: Blob,
    reader: FileReaderSync,
    len: u64,
}

impl BlobSource {
    /// The bytes of `blob`; reads nothing yet.
    ///
    /// # Errors
    /// [`Kind::Io`](crate::report::Kind::Io) outside a Worker.
    pub fn new(blob: Blob) -> Result<Self> {
        let reader = FileReaderSync::new().map_err(|error| failure(&error))?;
        // A size is a whole number below 2^53, which an f64 holds exactly.
        let len = blob.size() as u64;
        Ok(Self { blob, reader, len })
    }
}

impl Source for BlobSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let end = self.len.min(at.saturating_add(buffer.len() as u64));
        if at >= end {
            return Ok(0);
        }
        let part = self.blob.slice_with_f64_and_f64(at as f64, end as f64);
        let bytes = part.and_then(|part| self.reader.read_as_array_buffer(&part));
        let bytes = Uint8Array::new(&bytes.map_err(|error| failure(&error).at(at))?.into());
        Ok(copy_out(&bytes, buffer))
    }
}

fn failure(error: &JsValue) -> Error {
    let name = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.name())).unwrap_or_default();
    match name.as_str() {
        "NotReadableError" | "NotFoundError" => Error::io(
            "the browser cannot read the file any more: it was changed, moved or deleted after it was opened; open it again",
        ),
        "SecurityError" => {
            Error::io("the browser does not allow reading the file; copy it to another folder and open it again")
        }
        _ => Error::io(format!("the browser could not read the file ({name})")),
    }
}

/// Copies as much of `bytes` as `buffer` has room for; returns how much that was.
pub(super) fn copy_out(bytes: &Uint8Array, buffer: &mut [u8]) -> usize {
    let count = bytes.length().min(u32::try_from(buffer.len()).unwrap_or(u32::MAX));
    if let Some(part) = buffer.get_mut(..count as usize) {
        bytes.subarray(0, count).copy_to(part);
    }
    count as usize
}
