//! ZIP and tar archives, and bytes that are inflated where they are read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::codec::tar;
use lamina::codec::zip::{Directory, Method};
use lamina::report::Kind;
use lamina::source::{BytesSource, FileId, Files, InflatedSource, Limits, Packing, Pages, Slice, Source};
use std::io::{Cursor, Write};
use std::rc::Rc;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn slice(bytes: Vec<u8>) -> Slice {
    Slice::new(Rc::new(Pages::new(Rc::new(BytesSource(bytes)))))
}

/// Bytes that compress to about half.
fn content(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 28) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn archive(options: &[(&str, CompressionMethod, u16)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, method, alignment) in options {
        let options = SimpleFileOptions::default().compression_method(*method).with_alignment(*alignment);
        writer.start_file(*name, options).unwrap();
        writer.write_all(&content(1000 + name.len())).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// What each entry of the archive unpacks to.
fn unpacked(bytes: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let files = common::in_memory("archive.zip", bytes);
    let directory = Directory::read(&files.main(), 1 << 20).unwrap();
    let unpack = |entry: &lamina::codec::zip::Entry| {
        let (file, span) = entry.open(&files, FileId(0), &files.main(), &Limits::default()).unwrap();
        (entry.path.clone(), files.slice(file).unwrap().window(span).read_all(1 << 20).unwrap())
    };
    directory.entries.iter().map(unpack).collect()
}

#[test]
fn entries_are_found_wherever_their_data_begins() {
    use CompressionMethod::{Deflated, Stored};
    let names =
        [("a", Stored, 1), ("bb", Deflated, 1), ("ccc", Stored, 64), ("dddd", Stored, 4096), ("e/f", Deflated, 64)];
    let bytes = archive(&names);
    for (name, found) in unpacked(bytes.clone()) {
        assert_eq!(found, content(1000 + name.len()), "{name}");
    }
    // What stands before an archive moves all of it.
    for (name, found) in unpacked([content(77), bytes].concat()) {
        assert_eq!(found, content(1000 + name.len()), "{name}");
    }
}

#[test]
fn a_gap_behind_an_entry_does_not_mislead() {
    // An entry that claims to be shorter than it is leaves a gap: its local header counts then.
    let mut bytes = archive(&[("aligned", CompressionMethod::Stored, 64), ("next", CompressionMethod::Stored, 64)]);
    let central = bytes.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
    for at in [central + 20, central + 24] {
        bytes[at..at + 4].copy_from_slice(&900u32.to_le_bytes());
    }
    assert_eq!(unpacked(bytes)[0].1, content(1007)[..900]);
}

#[test]
fn local_headers_are_read_by_themselves() {
    let bytes = archive(&[("name", CompressionMethod::Deflated, 1)]);
    let file = slice(bytes);
    let directory = Directory::read(&file, 1 << 20).unwrap();
    let entry = directory.find("name").unwrap();
    let local = entry.local(&file).unwrap();
    assert_eq!((local.path.as_slice(), local.method, local.crc), (&b"name"[..], 8, entry.crc));
    assert!(!local.encrypted() && entry.method == Method::Deflated);
    assert_eq!(local.data, entry.span(&file).unwrap().at);
}

#[test]
fn an_entry_that_claims_too_much_is_not_inflated() {
    let mut bytes = archive(&[("name", CompressionMethod::Deflated, 1)]);
    let central = bytes.windows(4).position(|part| part == b"PK\x01\x02").unwrap();
    bytes[central + 24..central + 28].copy_from_slice(&(900u32 << 20).to_le_bytes());
    let files = common::in_memory("archive.zip", bytes);
    let directory = Directory::read(&files.main(), 1 << 20).unwrap();
    let opened = directory.entries[0].open(&files, FileId(0), &files.main(), &Limits::default());
    assert_eq!(opened.unwrap_err().kind, Kind::Limit);
    assert_eq!(Directory::read(&files.main(), 10).unwrap_err().kind, Kind::Limit);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn inflated_bytes_are_read_in_any_order() {
    let whole = content(300_000);
    // Two members follow each other.
    let packed = [gzip(&whole[..100_000]), gzip(&whole[100_000..])].concat();
    let source = InflatedSource::measured(slice(packed), Packing::Gzip, 1 << 20).unwrap();
    assert_eq!(source.len(), 300_000);
    for at in [0, 99_990, 250_000, 10, 10, 299_990, 300_000, 400_000] {
        let mut buffer = [0; 20];
        let count = source.read_at(at as u64, &mut buffer).unwrap();
        assert_eq!(&buffer[..count], &whole[at.min(300_000)..(at + 20).min(300_000)], "at {at}");
    }
}

#[test]
fn what_comes_before_damage_is_inflated() {
    let whole = content(100_000);
    let mut packed = gzip(&whole);
    packed.truncate(packed.len() / 2);
    let source = InflatedSource::measured(slice(packed.clone()), Packing::Gzip, 1 << 20).unwrap();
    assert!(source.len() > 1000 && source.len() < 100_000);
    let mut buffer = [0; 100];
    assert_eq!(source.read_at(source.len() - 100, &mut buffer).unwrap(), 100);
    let end = usize::try_from(source.len()).unwrap();
    assert_eq!(buffer, whole[end - 100..end]);
    let limit = InflatedSource::measured(slice(packed), Packing::Gzip, 500).err().unwrap();
    assert_eq!(limit.kind, Kind::Limit);
    let noise = InflatedSource::measured(slice(content(100)), Packing::Gzip, 500).err().unwrap();
    assert_eq!(noise.kind, Kind::Malformed);
}

#[test]
fn what_is_inside_of_a_file_is_no_companion() {
    let files = Files::new("model.pth", Rc::new(BytesSource(vec![1])));
    files.add("weights.bin", Rc::new(BytesSource(vec![2])));
    let inside = files.add_inside("model.pth/data/0", Rc::new(BytesSource(vec![3])));
    assert_eq!(files.companions(), ["weights.bin"]);
    assert_eq!(files.slice(inside).unwrap().read_all(9).unwrap(), [3]);
    assert_eq!(files.sibling("model.pth/data/0").unwrap(), None, "no name leads there");
}

/// A header of a tar archive, and the content.
fn tarred(name: &str, size: &[u8], prefix: &str, content: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..124 + size.len()].copy_from_slice(size);
    block[156] = b'0';
    block[257..265].copy_from_slice(b"ustar\x0000");
    block[345..345 + prefix.len()].copy_from_slice(prefix.as_bytes());
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block.extend(content);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

#[test]
fn tar_archives_are_listed() {
    let first = tarred("a", b"00000000003\0", "", b"abc");
    let second = tarred("b", b"\x80\0\0\0\0\0\0\0\0\0\x02\x01", "folder", &content(513));
    let (entries, fault) = tar::entries(&slice([first.clone(), second.clone(), vec![0; 1024]].concat()), 9);
    let found: Vec<(&str, u64, u64)> =
        entries.iter().map(|entry| (entry.path.as_str(), entry.span.at, entry.span.len)).collect();
    assert_eq!((found, fault.is_none()), (vec![("a", 512, 3), ("folder/b", 1536, 513)], true));

    let mut damaged = [first, second].concat();
    damaged[1024] ^= 1;
    let (entries, fault) = tar::entries(&slice(damaged), 9);
    assert_eq!((entries.len(), fault.unwrap().at), (1, Some(1024)));
}
