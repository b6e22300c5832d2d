//! What the tests share: fixtures, found by walking their folder.
#![allow(dead_code, reason = "each test uses its part")]

use lamina::formats::{self, Opened};
use lamina::model::{DType, Data, Encoding, Tensor};
use lamina::report::Result;
use lamina::source::{BytesSource, Files, Folder, NativeFile, NativeFolder, Source};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The folder of the fixtures.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// All files below `folder`, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// The fixtures below `folder`: what is neither a golden nor a record of values.
pub fn fixtures(folder: &Path) -> Vec<PathBuf> {
    let side = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.ends_with(".dump") || is_record(path)
    };
    files(folder).into_iter().filter(|path| !side(path)).collect()
}

/// Whether a file records values: `values.json`, and what it goes on in.
pub fn is_record(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.extension().is_some_and(|extension| extension == "json") && (stem == "values" || stem.starts_with("values-"))
}

/// The path of `file` below the folder of the fixtures, with `/` between its parts.
pub fn name(file: &Path) -> String {
    file.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/")
}

/// The file at `path`, with the files of its folder at hand.
pub fn on_disk(path: &Path) -> Files {
    let name = path.file_name().unwrap().to_string_lossy();
    let folder = NativeFolder(path.parent().unwrap().to_owned());
    Files::new(&name, Rc::new(NativeFile::open(path).unwrap())).with_folder(Rc::new(folder))
}

/// A folder as a server has it, with a record of what it was asked for.
pub struct Server {
    folder: NativeFolder,
    pub asked: RefCell<Vec<String>>,
}

impl Server {
    /// The file at `path`, with the files of its folder on a server.
    pub fn with(path: &Path) -> (Rc<Self>, Files) {
        let folder = NativeFolder(path.parent().unwrap().to_owned());
        let server = Rc::new(Self { folder, asked: RefCell::default() });
        let name = path.file_name().unwrap().to_string_lossy();
        let files = Files::new(&name, Rc::new(NativeFile::open(path).unwrap())).with_folder(server.clone());
        (server, files)
    }
}

impl Folder for Server {
    fn open(&self, path: &str) -> Result<Option<Rc<dyn Source>>> {
        self.asked.borrow_mut().push(path.into());
        self.folder.open(path)
    }

    fn is_remote(&self) -> bool {
        true
    }
}

/// `bytes` as a file called `name`.
pub fn in_memory(name: &str, bytes: Vec<u8>) -> Files {
    Files::new(name, Rc::new(BytesSource(bytes)))
}

/// A number in groups of seven bits, as protobuf has it.
pub fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A tensor of float32 of which only the description matters.
pub fn tensor(name: &str, shape: &[u64]) -> Tensor {
    Tensor {
        name: name.into(),
        dtype: DType::F32,
        shape: shape.to_vec(),
        encoding: Encoding::Little,
        data: Data::Absent,
        description: "".into(),
        metadata: Vec::new(),
        indices: None,
    }
}

/// Opens the main file of `files`.
pub fn open(files: &Files) -> Result<Opened> {
    formats::open(files, &|_| ())
}
