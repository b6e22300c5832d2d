//! The looks at a file, and what is said of files that are no models.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use lamina::formats::{FORMATS, recognise};
use lamina::probe::{End, Peek, Probe, Root, explain, identify};
use lamina::report::{Error, Kind, Result};
use lamina::source::{BytesSource, CountingSource, Pages, Slice, Source};
use std::cell::Cell;
use std::io::{Cursor, Write};
use std::path::Path;
use std::rc::Rc;
use zip::write::SimpleFileOptions;

fn probe_source(name: &str, source: impl Source + 'static) -> Probe {
    Probe::new(name, Slice::new(Rc::new(Pages::new(Rc::new(source))))).unwrap()
}

fn probe(name: &str, bytes: &[u8]) -> Probe {
    probe_source(name, BytesSource(bytes.to_vec()))
}

/// Mostly zeros, with bytes at a few offsets.
struct Sparse {
    len: u64,
    parts: Vec<(u64, Vec<u8>)>,
}

impl Source for Sparse {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let count = buffer.len().min(usize::try_from(self.len.saturating_sub(at)).unwrap());
        buffer[..count].fill(0);
        for (start, bytes) in &self.parts {
            for (offset, byte) in (*start..).zip(bytes) {
                if let Some(index) = offset.checked_sub(at).filter(|index| *index < count as u64) {
                    buffer[usize::try_from(index).unwrap()] = *byte;
                }
            }
        }
        Ok(count)
    }
}

/// Pseudo-random bytes (xorshift64*).
fn noise(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in entries {
        writer.start_file(*path, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn zip_of_names(paths: &[&str]) -> Vec<u8> {
    zip_of(&paths.iter().map(|path| (*path, &b"content"[..])).collect::<Vec<_>>())
}

/// An archive whose one entry has the flag of encryption (bit 0) in both of its headers (APPNOTE 4.4.4).
fn zip_encrypted() -> Vec<u8> {
    let mut bytes = zip_of(&[("model.onnx", b"secret")]);
    let central = bytes.windows(4).rposition(|part| part == b"PK\x01\x02").unwrap();
    bytes[6] |= 1;
    bytes[central + 8] |= 1;
    bytes
}

fn delimited(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, u8::try_from(content.len()).unwrap()][..], content].concat()
}

fn varint(number: u8, value: u8) -> Vec<u8> {
    vec![number << 3, value]
}

/// A field of a number from 16 on, whose key takes two bytes.
fn delimited_high(number: u16, content: &[u8]) -> Vec<u8> {
    let key = number << 3 | 2;
    [&[key as u8 | 0x80, (key >> 7) as u8, u8::try_from(content.len()).unwrap()][..], content].concat()
}

fn at(offset: usize, bytes: &[u8]) -> Vec<u8> {
    [vec![b'.'; offset], bytes.to_vec(), vec![1; 8]].concat()
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

type Case = (&'static str, Vec<u8>, &'static str);

/// What stands in for a model: nothing, pointers, pages.
fn stand_ins() -> Vec<Case> {
    let page =
        |body: &str| format!("<!DOCTYPE html>\n<html><head><title>A page</title></head><body>{body}</body></html>");
    let lfs =
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 97800000\n";
    vec![
        ("model.onnx", vec![], "This file is empty (0 bytes)"),
        ("model.onnx", vec![0; 100_000], "holds nothing but zeros"),
        ("model.onnx.crdownload", vec![8, 1, 2], "a download that is not finished (3 bytes so far)"),
        ("model.bin.part", b"GG".to_vec(), "a download that is not finished"),
        ("model.onnx", lfs.into(), "not the model itself, which has 93.3 MiB. Fetch it with `git lfs pull`"),
        ("model.onnx", lfs.replace("git-lfs", "hawser").into(), "Git LFS pointer"),
        ("model.pt", b"/annex/objects/SHA256E-s9--ab.pt\n".to_vec(), "Fetch it with `git annex get`"),
        ("model.pt.dvc", b"outs:\n- md5: abc\n  path: model.pt\n".to_vec(), "Fetch it with `dvc pull`"),
        ("model.onnx", b"../../blobs/4d7a2146".to_vec(), "symbolic link to \u{201c}../../blobs/4d7a2146\u{201d}"),
        (
            "model.onnx.lnk",
            b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0".to_vec(),
            "a Windows shortcut, not what it points to",
        ),
        ("model", b"book\0\0\0\0mark\0\0\0\0".to_vec(), "an alias of macOS"),
        ("model.url", b"[InternetShortcut]\r\nURL=https://example.org\r\n".to_vec(), "a shortcut to a web page"),
        ("model.onnx", page("").into(), "a web page (76 bytes) with the title \u{201c}A page\u{201d}, not a model"),
        ("model.onnx", page("https://huggingface.co/a/b/blob/main/x").into(), "/resolve/ where the page has /blob/"),
        ("model.onnx", page("https://github.com/a/b").into(), "raw.githubusercontent.com"),
        ("model.onnx", page("https://drive.google.com/uc").into(), "Download anyway"),
        ("model.onnx", page("Just a moment...").into(), "open its page in a browser"),
        ("model.onnx", page("Sign in").into(), "if the page asks to sign in"),
        ("model.onnx", ["\u{feff}  <!-- saved -->\n", &page("")].concat().into(), "a web page"),
        (
            "model.onnx",
            b"<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
                .to_vec(),
            "\u{201c}AccessDenied: Request has expired\u{201d}",
        ),
        (
            "model.onnx",
            br#"{"message":"Not Found","documentation_url":"https://docs.github.com","status":"404"}"#.to_vec(),
            "answer of a server, not a model: \u{201c}Not Found\u{201d}",
        ),
        ("model.onnx", br#"{"error":"Repository not found"}"#.to_vec(), "\u{201c}Repository not found\u{201d}"),
        ("model.onnx", br#"{"error":{"code":403}}"#.to_vec(), "answer of a server"),
        ("model.onnx", b"Invalid username or password.".to_vec(), "\u{201c}Invalid username or password\u{201d}"),
        ("model.onnx", b"Entry not found".to_vec(), "answer of a server"),
    ]
}

fn archives() -> Vec<Case> {
    let gzip = |flags: u8, rest: &[u8]| [&[0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3][..], rest].concat();
    let mut tar = vec![0; 1024];
    tar[..10].copy_from_slice(b"model.onnx");
    tar[257..265].copy_from_slice(b"ustar\x0000");
    let whole = zip_of_names(&["readme.txt", "table.csv"]);
    vec![
        (
            "a.zip",
            zip_of_names(&["notes/readme.txt", "model/net.onnx"]),
            "It holds \u{201c}model/net.onnx\u{201d} (7 bytes): unpack",
        ),
        ("a.zip", whole.clone(), "of \u{201c}readme.txt\u{201d} and \u{201c}table.csv\u{201d}"),
        ("a.zip", zip_of_names(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]), "\u{201c}h\u{201d} and 2 more"),
        ("a.zip", whole[..whole.len() - 30].to_vec(), "probably cut short by a download"),
        ("a.zip", zip_encrypted(), "encrypted with a password; it holds \u{201c}model.onnx\u{201d}"),
        ("a.zip", zip_of(&[]), "an empty ZIP archive"),
        ("a.docx", zip_of_names(&["[Content_Types].xml", "word/document.xml"]), "a Word document"),
        ("a.xlsx", zip_of_names(&["[Content_Types].xml", "xl/workbook.xml"]), "an Excel workbook"),
        ("a.pptx", zip_of_names(&["[Content_Types].xml", "ppt/presentation.xml"]), "a PowerPoint presentation"),
        ("a.odt", zip_of_names(&["mimetype", "content.xml", "META-INF/manifest.xml"]), "an OpenDocument file"),
        ("a.epub", zip_of_names(&["mimetype", "META-INF/container.xml"]), "an EPUB book"),
        ("a.jar", zip_of_names(&["META-INF/MANIFEST.MF", "A.class"]), "a Java archive"),
        ("a.apk", zip_of_names(&["AndroidManifest.xml", "META-INF/MANIFEST.MF"]), "an Android app"),
        ("a.whl", zip_of_names(&["a/__init__.py", "a-1.dist-info/WHEEL"]), "a Python wheel"),
        ("a.zip", zip_of_names(&["m.mlpackage/Data/com.apple.CoreML/model.mlmodel"]), "a Core ML package"),
        ("a.mar", zip_of_names(&["MAR-INF/MANIFEST.json", "handler.py"]), "an archive of TorchServe"),
        ("a.zip", zip_of_names(&["m/saved_model.pb", "m/variables/variables.index"]), "TensorFlow SavedModel"),
        ("a.gz", gzip(8, b"model.onnx\0\x4b\x4c"), "a gzip archive of \u{201c}model.onnx\u{201d}"),
        ("a.gz", gzip(12, b"\x02\0xxmodel.onnx\0\x4b"), "a gzip archive of \u{201c}model.onnx\u{201d}"),
        ("a.gz", gzip(0, b"\x4b\x4c"), "a gzip archive (12 bytes). Unpack it"),
        ("a.bz2", b"BZh91AY&SY\0\0\0\0".to_vec(), "a bzip2 archive"),
        ("a.xz", b"\xfd7zXZ\0\0\x04".to_vec(), "an xz archive"),
        ("a.zst", b"\x28\xb5\x2f\xfd\x20\x05".to_vec(), "a Zstandard archive"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), "a 7-Zip archive"),
        ("a.rar", b"Rar!\x1a\x07\x01\0".to_vec(), "a RAR archive"),
        ("a.tar", tar, "a tar archive whose first entry is \u{201c}model.onnx\u{201d}"),
    ]
}

fn media_and_programs() -> Vec<Case> {
    let riff = |kind: &[u8]| [b"RIFF\x24\0\0\0", kind].concat();
    let elf = |kind: u8| [b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", &[kind, 0, 62, 0][..]].concat();
    let mut pe = vec![0; 128];
    pe[..2].copy_from_slice(b"MZ");
    pe[0x3c] = 64;
    pe[64..68].copy_from_slice(b"PE\0\0");
    vec![
        (
            "a.png",
            b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec(),
            "a PNG image (12 bytes), not a model. Open the model file itself.",
        ),
        ("a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), "a JPEG image"),
        ("a.gif", b"GIF89a\x01\0".to_vec(), "a GIF image"),
        ("a.webp", riff(b"WEBPVP8L"), "a WebP image"),
        ("a.bmp", b"BM\x3a\0\0\0\0\0\0\0\x36".to_vec(), "a BMP image"),
        ("a.tiff", b"II*\0\x08\0\0\0".to_vec(), "a TIFF image"),
        ("a.heic", b"\0\0\0\x18ftypheic".to_vec(), "an HEIC image"),
        ("a.wav", riff(b"WAVEfmt "), "a WAV sound"),
        ("a.mp3", b"ID3\x04\0\0".to_vec(), "an MP3 sound"),
        ("a.mp4", b"\0\0\0\x20ftypisom".to_vec(), "an MP4 video"),
        ("a.ogg", b"OggS\0\x02".to_vec(), "an Ogg sound or video"),
        ("a.flac", b"fLaC\0\0".to_vec(), "a FLAC sound"),
        ("a.mkv", b"\x1a\x45\xdf\xa3\x01".to_vec(), "a Matroska or WebM video"),
        ("a.pdf", b"%PDF-1.4\n".to_vec(), "a PDF document"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "an old Microsoft Office document"),
        ("a", elf(2), "a program for Linux"),
        ("a.so", elf(3), "a program or shared library for Linux"),
        ("a.o", elf(1), "a compiled object for Linux"),
        ("a.dylib", b"\xcf\xfa\xed\xfe\x0c\0\0\x01".to_vec(), "a program or library for macOS"),
        ("a", b"\xca\xfe\xba\xbe\0\0\0\x02".to_vec(), "a program or library for macOS"),
        ("A.class", b"\xca\xfe\xba\xbe\0\0\0\x34".to_vec(), "a Java class"),
        ("a.exe", pe, "a program or library for Windows"),
        ("a.wasm", b"\0asm\x01\0\0\0".to_vec(), "a WebAssembly module"),
        ("a.a", b"!<arch>\n".to_vec(), "a static library"),
        ("a.pyc", b"\xa7\x0d\x0d\x0a\0\0\0\0".to_vec(), "compiled Python code"),
        ("a.db", b"SQLite format 3\0".to_vec(), "an SQLite database"),
        ("a.parquet", b"PAR1\x15\x04PAR1".to_vec(), "a Parquet table"),
        ("a.arrow", b"ARROW1\0\0".to_vec(), "an Arrow table"),
        ("a.age", b"age-encryption.org/v1\n".to_vec(), "a file encrypted with age (22 bytes). Decrypt it"),
        ("a.enc", b"Salted__\x01\x02\x03\x04".to_vec(), "encrypted with OpenSSL"),
        ("a.gpg", b"\x8c\x0d\x04\x09".to_vec(), "encrypted with GnuPG"),
        ("a.asc", b"-----BEGIN PGP MESSAGE-----\n".to_vec(), "encrypted with PGP"),
        ("a.pem", b"-----BEGIN CERTIFICATE-----\n".to_vec(), "a key or a certificate"),
        ("a.glb", b"glTF\x02\0\0\0".to_vec(), "a glTF scene in three dimensions"),
    ]
}

fn texts() -> Vec<Case> {
    let vocabulary: Vec<String> = (0..60).map(|n| format!("\"word{n}\": {n}")).collect();
    let json = |text: &str| text.as_bytes().to_vec();
    vec![
        ("a.py", b"import torch\n\nprint(1)\n".to_vec(), "a Python program"),
        ("a", b"#!/usr/bin/env python3\nprint(1)\n".to_vec(), "a Python program"),
        ("a.sh", b"#!/bin/sh\necho hello\n".to_vec(), "a shell script"),
        ("a.ipynb", json(r#"{"cells": [], "metadata": {}, "nbformat": 4}"#), "a Jupyter notebook"),
        ("README.md", b"# Title\n\nText.\n".to_vec(), "a README"),
        ("README", b"---\nlicense: mit\n---\n".to_vec(), "a README"),
        ("a.csv", b"id,label\n0,cat\n".to_vec(), "a CSV table"),
        ("a", b"id\tlabel\n0\tcat\n".to_vec(), "a TSV table"),
        ("a.yaml", b"model:\n  name: net\n".to_vec(), "a YAML file"),
        ("a", b"name: net\nlayers: 3\n".to_vec(), "a YAML file"),
        ("a.toml", b"[model]\nname = \"net\"\n".to_vec(), "a configuration file"),
        ("a.txt", b"cat\ndog\n".to_vec(), "that begins with \u{201c}cat\u{201d}, not a model"),
        ("a.txt", utf16("cat and dog\n", u16::to_le_bytes), "\u{201c}cat and dog\u{201d}"),
        ("a.txt", utf16("\u{feff}cat and dog\n", u16::to_be_bytes), "\u{201c}cat and dog\u{201d}"),
        ("a.txt", b"Gr\xf6\xdfe\n".to_vec(), "\u{201c}Größe\u{201d}"),
        ("a.txt", b"  \n\n".to_vec(), "blank space"),
        ("a.svg", b"<svg xmlns=\"x\"><rect/></svg>".to_vec(), "an SVG drawing"),
        ("a.xml", b"<?xml version=\"1.0\"?><note><to/></note>".to_vec(), "the element \u{201c}note\u{201d}"),
        (
            "tokenizer.json",
            json(r#"{"version": "1.0", "added_tokens": [], "model": {}}"#),
            "a tokenizer of Hugging Face",
        ),
        ("tokenizer_config.json", json(r#"{"tokenizer_class": "T"}"#), "the configuration of a tokenizer"),
        ("adapter_config.json", json(r#"{"peft_type": "LORA"}"#), "the configuration of an adapter"),
        ("vocab.json", format!("{{{}}}", vocabulary.join(", ")).into(), "the vocabulary of a tokenizer"),
        ("merges.txt", b"#version: 0.2\na b\n".to_vec(), "the merges of a tokenizer"),
        (
            "model.safetensors.index.json",
            json(r#"{"metadata": {"total_size": 9}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}"#),
            "the index of a model in several files (shards)",
        ),
        ("a.json", json(r#"{"a": 1, "b": [2]}"#), "a JSON file with the keys \u{201c}a\u{201d} and \u{201c}b\u{201d}"),
        ("a.json", json("[1, 2]"), "a list in JSON"),
        ("a.json", json(r#"{"layers": [{"na"#), "a JSON file (16 bytes) that ends too early"),
    ]
}

fn models_to_come() -> Vec<Case> {
    let json = |text: &str| text.as_bytes().to_vec();
    let piece = |text: &[u8]| delimited(1, &[delimited(1, text), vec![0x15, 0, 0, 0x80, 0x3f]].concat());
    let block = [varint(1, 0), varint(2, 0), delimited(3, b"x")].concat();
    let core_ml = [varint(1, 4), delimited(2, b"\x0a\0"), delimited_high(500, b"\x0a\0")].concat();
    let record = [b"\x18\0\0\0\0\0\0\0\xa3\x7fK\"".to_vec(), vec![1; 28]].concat();

    vec![
        ("a.bin", b"tjgg\x03\0\0\0".to_vec(), "a GGJT model (version 3), in a format that GGUF has replaced (8 bytes)"),
        ("ggml-base.bin", b"lmgg\x6a\xca\0\0".to_vec(), "a GGML model, in the format that came before GGUF"),
        ("a.bin", b"algg\x01\0\0\0".to_vec(), "convert the model to GGUF with the scripts of llama.cpp"),
        ("a.engine", b"ptrt\x18\0\0\0".to_vec(), "a TensorRT engine"),
        ("a.param", b"7767517\n75 83\nInput data 0 1\n".to_vec(), "an ncnn model"),
        ("net.onnx.data", vec![0x96, 0x26, 0x92, 0xbe], "Drop the .onnx file together with it"),
        ("a.mnn", b"\x20\0\0\0\x01\x02".to_vec(), "an MNN model, going by its name"),
        (
            "a.pkl",
            b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x07sklearn\x94.".to_vec(),
            "a Python pickle with objects of sklearn",
        ),
        ("a.pkl", b"\x80\x04\x8c\x06joblib.".to_vec(), "a pickle can run code"),
        ("a.index", [at(16, b""), b"\x57\xfb\x80\x8b\x24\x75\x47\xdb".to_vec()].concat(), "a table of a database"),
        ("a.mlmodel", core_ml, "a Core ML model"),
        ("a.pdmodel", [delimited(1, &block), delimited(4, b"\x08\0")].concat(), "a PaddlePaddle program"),
        ("a.model", [piece(b"<unk>"), piece(b"<s>")].concat(), "a SentencePiece tokenizer"),
        ("events.out.tfevents.1", record.clone(), "a log of TensorBoard"),
        ("a.tfrecord", record, "data in TFRecords"),
        ("a.dat", b"\x81\xa6params\x81\xa1w".to_vec(), "data in MessagePack"),
        (
            "a.xml",
            b"<?xml version=\"1.0\"?><net name=\"n\" version=\"11\"><layers><layer/>".to_vec(),
            "an OpenVINO model",
        ),
        ("a.pmml", b"<?xml version=\"1.0\"?><PMML version=\"4.4\"></PMML>".to_vec(), "a PMML model"),
        ("a.cfg", b"[net]\nbatch=1\n\n[convolutional]\n".to_vec(), "a Darknet configuration"),
        ("a.txt", b"tree\nversion=v4\nnum_class=1\n".to_vec(), "a LightGBM model"),
        ("a.mlir", b"module @m {\n  func.func @f() {\n".to_vec(), "an MLIR module"),
        ("graph.nnef", b"version 1.0;\n\ngraph net(x) -> (y)\n".to_vec(), "an NNEF graph"),
        ("net-symbol.json", json(r#"{"nodes": [], "arg_nodes": [], "heads": []}"#), "an MXNet model"),
        ("a.json", json(r#"{"learner": {}, "version": [2, 0, 0]}"#), "an XGBoost model"),
        (
            "Manifest.json",
            json(r#"{"itemInfoEntries": {}, "rootModelIdentifier": "x"}"#),
            "the manifest of a Core ML package",
        ),
    ]
}

fn cases() -> Vec<Case> {
    [stand_ins(), archives(), media_and_programs(), texts(), models_to_come()].concat()
}

#[test]
fn each_file_is_told_what_it_is() {
    let mut wrong = Vec::new();
    for (name, bytes, phrase) in cases() {
        let probe = probe(name, &bytes);
        let said = explain(&probe).to_string();
        if !said.contains(phrase) || identify(&probe).is_none() {
            wrong.push(format!("{name}: {phrase:?} is not in {said:?}"));
        }
        if let Some(format) = recognise(&probe) {
            wrong.push(format!("{name}: taken for {}", format.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sentences_are_whole_and_on_one_line() {
    for (name, bytes, _) in cases() {
        let said = explain(&probe(name, &bytes)).to_string();
        assert!(said.starts_with("This ") && said.ends_with('.'), "{said}");
        assert!(!said.contains(char::is_control), "{said}");
        assert!(!said.replace("../", "").contains(".."), "{said}");
    }
}

#[test]
fn the_content_counts_whatever_the_name_is() {
    for (_, bytes, phrase) in media_and_programs() {
        for name in ["model.onnx", "model.safetensors", "model", "MODEL.PT"] {
            let said = explain(&probe(name, &bytes)).to_string();
            assert!(said.contains(phrase), "{name}: {said}");
        }
    }
}

#[test]
fn what_nobody_knows_is_shown_by_its_first_bytes() {
    let said = |name: &str, bytes: &[u8]| explain(&probe(name, bytes)).to_string();
    let bytes = [0x6c, 0x82, 0xa5, 0x62, 0xcb, 0x80, 0x8d, 0x10];
    let noise = said("noise.bin", &bytes);
    let begins = "This file (8 bytes) is in no format that Lamina knows. It begins with the bytes 6c 82 a5 62 cb 80 8d 10 (l..b....).";
    assert!(noise.starts_with(begins), "{noise}");
    assert!(FORMATS.iter().take(8).all(|format| noise.contains(format.name)), "{noise}");
    assert!(
        said("net.onnx", &bytes).starts_with("The name of this file (8 bytes) says ONNX, but its content does not")
    );
    assert!(identify(&probe("noise.bin", &bytes)).is_none());
    let message = [varint(3, 1), delimited(5, &[1; 40])].concat();
    assert!(said("x", &message).contains("a Protocol Buffers message with the fields 3 and 5."));
}

#[test]
fn names_from_a_file_are_cut_and_lose_control_characters() {
    let name = format!("{}\u{1b}[31m\n{}", "a".repeat(60), "b".repeat(5000));
    let said = explain(&probe("a.zip", &zip_of(&[(&name, b"")]))).to_string();
    assert!(said.len() < 400 && !said.contains(char::is_control) && said.contains('…'), "{said}");
}

#[test]
fn the_fixtures_of_other_files_are_told_what_they_are() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/none");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // A golden beside its fixture.
        if path.extension() == Some("dump".as_ref()) {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        let probe = probe(&name, &std::fs::read(&path).unwrap());
        assert!(recognise(&probe).is_none(), "{name} is taken for a model");
        let unknown = ["noise.bin", "one-byte.bin"].contains(&&*name);
        assert_eq!(identify(&probe).is_none(), unknown, "{name}: {}", explain(&probe));
        count += 1;
    }
    assert!(count > 50, "{count} fixtures");
}

#[test]
fn no_bytes_make_it_panic() {
    for (name, bytes, _) in cases() {
        let step = (bytes.len() / 200).max(1);
        for len in (0..bytes.len()).step_by(step) {
            assert!(!explain(&probe(name, &bytes[..len])).message.is_empty());
        }
        for (seed, flip) in noise(bytes.len() as u64, 60).into_iter().enumerate() {
            let mut damaged = bytes.clone();
            if let Some(byte) = damaged.get_mut(seed * bytes.len().max(1) / 60) {
                *byte ^= flip | 1;
            }
            assert!(!explain(&probe(name, &damaged)).message.is_empty());
        }
        // The same head, with noise after it.
        let head = &bytes[..bytes.len().min(24)];
        for seed in 0..10 {
            let noisy = [head, &noise(seed, 3000)].concat();
            assert!(!explain(&probe(name, &noisy)).message.is_empty());
        }
    }
    for seed in 0..2000 {
        assert!(!explain(&probe("x", &noise(seed, (seed % 300) as usize))).message.is_empty());
    }
}

#[test]
fn looks_at_a_huge_file_are_bounded() {
    for (name, bytes, _) in cases() {
        let read = Rc::<Cell<u64>>::default();
        let parts = vec![(0, bytes)];
        let source = CountingSource::new(Sparse { len: 6 << 30, parts }, read.clone());
        let probe = probe_source(name, source);
        assert!(!explain(&probe).message.is_empty());
        let first = read.get();
        assert!(first <= 9 << 20, "{name}: {first} bytes");
        assert!(!explain(&probe).message.is_empty() && probe.zip().is_some() == bytes_are_zip(&probe));
        assert!(read.get() <= first + (1 << 20), "{name}: looks are taken once");
    }
}

fn bytes_are_zip(probe: &Probe) -> bool {
    matches!(probe.head(), [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..])
}

/// Fails after the first page.
struct Failing(BytesSource);

impl Source for Failing {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        if at > 0 {
            return Err(Error::io("the cable was cut"));
        }
        self.0.read_at(at, buffer)
    }
}

#[test]
fn a_look_that_fails_is_what_is_said() {
    let page = 65_536;
    let json = format!("{{\"text\": \"{}\"}}", "a".repeat(2 * page));
    let archive = [zip_of_names(&["a"]), vec![0; 2 * page]].concat();
    let message = [vec![0x0a, 0x80, 0x80, 0x08], vec![0; 2 * page - 4], vec![0x12, 1, 1]].concat();
    for bytes in [json.into_bytes(), archive, message] {
        let error = explain(&probe_source("x", Failing(BytesSource(bytes))));
        assert_eq!((error.kind, &*error.message), (Kind::Io, "the cable was cut"));
    }
}

#[test]
fn text_is_recognised_in_its_encodings() {
    let text = |bytes: &[u8]| probe("x", bytes).text().map(str::to_string);
    assert_eq!(text(b"plain\ttext\r\n").as_deref(), Some("plain\ttext\r\n"));
    assert_eq!(text("\u{feff}né".as_bytes()).as_deref(), Some("né"));
    assert_eq!(text(&utf16("\u{feff}né", u16::to_le_bytes)).as_deref(), Some("né"));
    assert_eq!(text(&utf16("\u{feff}né", u16::to_be_bytes)).as_deref(), Some("né"));
    assert_eq!(text(&utf16("no mark", u16::to_le_bytes)).as_deref(), Some("no mark"));
    assert_eq!(text(&utf16("no mark", u16::to_be_bytes)).as_deref(), Some("no mark"));
    assert_eq!(text(b"na\xefve").as_deref(), Some("naïve"));
    assert_eq!(text(b""), None);
    assert_eq!(text(b"with\0zero"), None);
    assert_eq!(text(b"\x08\x01\x12\x04name"), None);
    assert_eq!(text(&noise(1, 500)), None);
    // A letter of two bytes lies across the end of the head.
    let long = text(&["a".repeat(4095), "é".repeat(10)].concat().into_bytes()).unwrap();
    assert_eq!(long, "a".repeat(4095));
    assert_eq!(text(&["a".repeat(4095).as_bytes(), b"\xc3"].concat()).unwrap().chars().last(), Some('Ã'));
}

#[test]
fn json_is_seen_by_its_outermost_keys() {
    let bytes = br#" {"a": 1.5, "b": "text", "c": {"d": 1}, "e": [1, {"f": 2}], "g": null, "h": true, "i": -3}"#;
    let probe_all = probe("x", bytes);
    let json = probe_all.json().unwrap();
    assert_eq!((json.root, json.end), (Root::Object, End::Whole));
    let values: Vec<(&str, &Peek)> = json.keys.iter().map(|key| (&*key.name, &key.value)).collect();
    let text = Peek::Text("text".into());
    assert_eq!(
        values,
        [
            ("a", &Peek::Number(1.5)),
            ("b", &text),
            ("c", &Peek::Object),
            ("e", &Peek::Array),
            ("g", &Peek::Null),
            ("h", &Peek::Bool(true)),
            ("i", &Peek::Number(-3.0)),
        ]
    );
    assert_eq!((json.text("b"), json.text("a"), json.get("d")), (Some("text"), None, None));
    assert!(json.has(&["a", "i"]) && !json.has(&["a", "d"]));
    let end = |text: &str| probe("x", text.as_bytes()).json().map(|json| (json.root, json.keys.len(), json.end));
    assert_eq!(end("[1, 2]"), Some((Root::Array, 0, End::Whole)));
    assert_eq!(end("{}"), Some((Root::Object, 0, End::Whole)));
    assert_eq!(end(r#"{"a": 1, "b": {"#), Some((Root::Object, 2, End::Cut)));
    assert_eq!(end(r#"{"a": 1} {"a": 2}"#), Some((Root::Object, 1, End::Fault)));
    assert_eq!(end(r#"{"a": 1, "b": NaN}"#), Some((Root::Object, 2, End::Fault)));
    assert_eq!(end("{a: 1}"), None);
    assert_eq!(end("{ layer }"), None);
    assert_eq!(end("\"text\""), None);
    assert_eq!(end("[broken"), None);
}

#[test]
fn json_may_be_long_and_deep() {
    let read = Rc::<Cell<u64>>::default();
    let text = format!("{{\"first\": 1, \"list\": [{}1], \"last\": 2}}", "\"item\", ".repeat(1 << 20));
    let big = probe_source("x", CountingSource::new(BytesSource(text.into_bytes()), read.clone()));
    let json = big.json().unwrap();
    assert_eq!(json.end, End::Bound);
    assert_eq!(
        (json.get("first"), json.get("list"), json.get("last")),
        (Some(&Peek::Number(1.0)), Some(&Peek::Unknown), None)
    );
    assert!(read.get() <= 512 << 10, "{} bytes", read.get());
    for deep in ["[".repeat(200_000), "{\"a\":".repeat(50_000)] {
        assert_eq!(probe("x", deep.as_bytes()).json().unwrap().end, End::Cut);
    }
}

#[test]
fn protobuf_is_seen_by_its_outermost_fields() {
    let message = [varint(1, 8), delimited(7, &[9; 100]), delimited(8, b""), delimited(8, b"x"), varint(1, 9)].concat();
    let seen = |bytes: &[u8]| {
        probe("x", bytes)
            .protobuf()
            .map(|seen| (seen.fields.iter().map(|seen| (seen.first.number, seen.count)).collect::<Vec<_>>(), seen.end))
    };
    assert_eq!(seen(&message), Some((vec![(1, 2), (7, 1), (8, 2)], End::Whole)));
    let whole = probe("x", &message);
    let view = whole.protobuf().unwrap();
    assert_eq!((view.count(8), view.count(2), view.first(7).unwrap().span.len), (2, 0, 100));
    assert_eq!(seen(&message[..50]), Some((vec![(1, 1), (7, 1)], End::Cut)));
    assert_eq!(seen(&[&message[..], &[0x0f]].concat()).unwrap().1, End::Fault);
    assert_eq!(seen(&[0xff; 20]), None);
    assert_eq!(seen(b""), None);
    let many = seen(&varint(1, 8).repeat(5000)).unwrap();
    assert_eq!(many, (vec![(1, 1000)], End::Bound));
}

#[test]
fn protobuf_with_large_payloads_is_seen_through_few_pages() {
    let read = Rc::<Cell<u64>>::default();
    // Fields of 16 MiB each: key 0x0a, length 0x1000000.
    let parts = (0..300).map(|n| (n * ((16 << 20) + 5), vec![0x0a, 0x80, 0x80, 0x80, 0x08])).collect();
    let source = CountingSource::new(Sparse { len: 300 * ((16 << 20) + 5), parts }, read.clone());
    let large = probe_source("x", source);
    let seen = large.protobuf().unwrap();
    assert_eq!(seen.end, End::Bound);
    assert!(seen.count(1) >= 3 && read.get() <= 6 * 65_536, "{} fields, {} bytes", seen.count(1), read.get());
}

#[test]
fn a_zip_archive_is_seen_by_its_directory() {
    let bytes = zip_of(&[("top/a.txt", b"12345"), ("top/b/c.bin", b"1")]);
    let archive = probe("x", &bytes);
    let zip = archive.zip().unwrap();
    assert!(zip.fault.is_none());
    let entries: Vec<(&str, u64, bool)> =
        zip.entries.iter().map(|entry| (&*entry.path, entry.size, entry.encrypted)).collect();
    assert_eq!(entries, [("top/a.txt", 5, false), ("top/b/c.bin", 1, false)]);
    assert!(zip.has("a.txt") && zip.has("top/a.txt") && !zip.has("c.bin") && zip.has_part("/b/"));
    assert!(probe("x", &zip_encrypted()).zip().unwrap().entries[0].encrypted);
    assert!(probe("x", b"PK\x03\x04 and nothing else").zip().unwrap().fault.is_some());
    assert!(probe("x", b"PK or so").zip().is_none());
}

/// Where the central directory and the end record of an archive without a comment begin.
fn directory(archive: &[u8]) -> (usize, usize) {
    (archive.windows(4).position(|part| part == b"PK\x01\x02").unwrap(), archive.len() - 22)
}

#[test]
fn the_directory_of_a_large_archive_is_read_without_the_rest() {
    let mut archive = zip_of(&[("net/data.pkl", b"1"), ("net/data/0", b"2")]);
    let (central, end) = directory(&archive);
    let far: u32 = 3 << 30;
    archive[end + 16..end + 20].copy_from_slice(&far.to_le_bytes());
    let parts = vec![(0, archive[..central].to_vec()), (far.into(), archive[central..].to_vec())];
    let len = u64::from(far) + (archive.len() - central) as u64;
    let read = Rc::<Cell<u64>>::default();
    let large = probe_source("x", CountingSource::new(Sparse { len, parts }, read.clone()));
    let zip = large.zip().unwrap();
    assert!(zip.fault.is_none() && zip.has("data.pkl"), "{:?}", zip.fault);
    assert!(read.get() <= 4 * 65_536, "{} bytes were read", read.get());
}

#[test]
fn a_directory_that_never_ends_is_a_matter_of_limits() {
    let name = "n".repeat(200);
    let archive = zip_of_names(&[&name]);
    let (central, end) = directory(&archive);
    let count: u16 = 60_000;
    let entries = archive[central..end].repeat(count.into());
    let mut tail = archive[end..].to_vec();
    for at in [8, 10] {
        tail[at..at + 2].copy_from_slice(&count.to_le_bytes());
    }
    tail[12..16].copy_from_slice(&u32::try_from(entries.len()).unwrap().to_le_bytes());
    let large = probe("x.zip", &[&archive[..central], &entries, &tail].concat());
    assert_eq!(large.zip().unwrap().fault.as_ref().unwrap().kind, Kind::Limit);
    assert!(explain(&large).to_string().contains("too many entries"));
}

#[test]
fn the_tail_is_the_end_of_the_file() {
    let bytes = noise(3, 5000);
    assert_eq!(probe("x", &bytes).tail(), &bytes[5000 - 64..]);
    assert_eq!(probe("x", b"short").tail(), b"short");
    assert_eq!(probe("x", b"").tail(), b"");
}
