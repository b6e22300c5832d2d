//! The source: cache, windows, cursors and companions, held against plain vectors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use bytes::{Buf, Bytes};
use lamina::report::{Error, Kind, Result};
use lamina::source::{
    BytesSource, Cache, CountingSource, FileId, Files, Folder, NativeFile, NativeFolder, Order, PAGE, Pages, Reader,
    Slice, Source, Span, payload_span,
};
use prost::Message;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

const PAGE_LEN: usize = PAGE as usize;

/// A small generator of pseudo-random numbers (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 32) as u8).collect()
    }
}

/// The offsets and sizes of reads.
type Log = Rc<RefCell<Vec<(u64, usize)>>>;

/// Bytes that write down what is asked of them.
struct Logged {
    bytes: BytesSource,
    log: Log,
}

impl Source for Logged {
    fn len(&self) -> u64 {
        self.bytes.len()
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        self.log.borrow_mut().push((at, buffer.len()));
        self.bytes.read_at(at, buffer)
    }
}

/// Bytes that fail from an offset on.
struct Failing {
    bytes: BytesSource,
    from: u64,
}

impl Source for Failing {
    fn len(&self) -> u64 {
        self.bytes.len()
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        if at + buffer.len() as u64 > self.from {
            return Err(Error::io("the cable was cut"));
        }
        self.bytes.read_at(at, buffer)
    }
}

fn slice(bytes: &[u8]) -> Slice {
    Slice::new(Rc::new(Pages::new(Rc::new(BytesSource(bytes.to_vec())))))
}

fn logged(bytes: Vec<u8>, budget: u64) -> (Slice, Rc<Cache>, Log) {
    let log = Log::default();
    let cache = Rc::new(Cache::new(budget));
    let source = Rc::new(Logged { bytes: BytesSource(bytes), log: log.clone() });
    (Slice::new(Rc::new(Pages::with_cache(source, cache.clone()))), cache, log)
}

/// A file that is removed in the end.
struct Temporary(std::path::PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("lamina-{}-{name}", std::process::id())))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = if self.0.is_dir() { std::fs::remove_dir_all(&self.0) } else { std::fs::remove_file(&self.0) };
    }
}

#[test]
fn any_seeks_and_reads_give_what_a_vector_gives() {
    let mut random = Random(1);
    for round in 0..40 {
        let count = random.below(20 * PAGE_LEN) + round % 3;
        let bytes = random.bytes(count);
        let budget = PAGE * (1 + random.next() % 8);
        let (whole, cache, _) = logged(bytes.clone(), budget);
        let from = random.below(count / 2 + 1);
        let len = random.below(count - from + 1);
        let mut window = whole.window(Span { at: from as u64, len: len as u64 });
        let mut model = Cursor::new(&bytes[from..from + len]);
        for _ in 0..200 {
            let to = match random.below(3) {
                0 => SeekFrom::Start(random.below(len + 10) as u64),
                1 => SeekFrom::Current(random.below(2 * PAGE_LEN) as i64 - PAGE as i64),
                _ => SeekFrom::End(-(random.below(len + 2) as i64)),
            };
            match (window.seek(to), model.seek(to)) {
                (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs),
                (Err(_), Err(_)) => {}
                (ours, theirs) => panic!("{to:?}: {ours:?}, a vector says {theirs:?}"),
            }
            let most = [8, 700, PAGE_LEN, 3 * PAGE_LEN, 18 * PAGE_LEN][random.below(5)];
            let mut ours = vec![0; random.below(most)];
            let mut theirs = ours.clone();
            let count = model.read(&mut theirs).unwrap();
            window.read_exact(&mut ours[..count]).unwrap();
            assert_eq!(ours, theirs);
            assert_eq!(window.position(), from as u64 + model.position());
            assert!(cache.held() <= budget, "{} bytes held, the budget is {budget}", cache.held());
        }
    }
}

#[test]
fn any_range_gives_what_a_vector_gives_or_tells_how_much_is_missing() {
    let mut random = Random(2);
    let bytes = random.bytes(5 * PAGE_LEN + 17);
    let whole = slice(&bytes);
    for _ in 0..500 {
        let at = random.below(bytes.len() + 100);
        let count = random.below(2 * PAGE_LEN);
        match whole.bytes_at(at as u64, count as u64) {
            Ok(got) => assert_eq!(got, bytes[at..at + count]),
            Err(error) => {
                let left = bytes.len().saturating_sub(at);
                assert!(count > left || at > bytes.len());
                assert_eq!(
                    error.to_string(),
                    format!("the file ends here: {count} bytes wanted, {left} left (at {at:#x})")
                );
            }
        }
    }
}

#[test]
fn windows_are_cut_to_what_they_are_made_from() {
    let whole = slice(&[1, 2, 3, 4, 5, 6, 7, 8]);
    let inner = whole.window(Span { at: 2, len: 4 });
    assert_eq!(inner.read_all(4).unwrap(), [3, 4, 5, 6]);
    assert_eq!(inner.window(Span { at: 0, len: u64::MAX }).span(), Span { at: 2, len: 4 });
    assert_eq!(inner.window(Span { at: 9, len: 1 }).span(), Span { at: 6, len: 0 });
    assert_eq!(inner.window(Span { at: 4, len: 9 }).read_all(9).unwrap(), [5, 6]);
    assert_eq!(inner.read_all(3).unwrap_err().kind, Kind::Limit);
    let error = inner.bytes_at(5, 2).unwrap_err();
    assert_eq!(error.to_string(), "the section ends here: 2 bytes wanted, 1 left (at 0x5)");
    assert_eq!(inner.bytes_at(1, 1).unwrap_err().kind, Kind::Malformed);
    assert_eq!(inner.bytes_at(u64::MAX, u64::MAX).unwrap_err().kind, Kind::Malformed);
}

#[test]
fn sequential_reads_fetch_ever_more_at_once_and_nothing_twice() {
    let bytes = Random(3).bytes(160 * PAGE_LEN + 5);
    let (mut whole, _, log) = logged(bytes.clone(), 64 << 20);
    let mut all = Vec::new();
    let mut small = [0; 3000];
    loop {
        let count = whole.read(&mut small).unwrap();
        if count == 0 {
            break;
        }
        all.extend_from_slice(&small[..count]);
    }
    assert_eq!(all, bytes);
    let log = log.borrow();
    let pages: Vec<usize> = log.iter().map(|(_, len)| len.div_ceil(PAGE_LEN)).collect();
    assert_eq!(pages[..6], [1, 2, 4, 8, 16, 16]);
    assert_eq!(log.iter().map(|(_, len)| len).sum::<usize>(), bytes.len());
}

#[test]
fn a_read_here_and_there_costs_a_page_each() {
    let (whole, _, log) = logged(vec![7; 100 * PAGE_LEN], 32 << 20);
    for page in [50, 3, 90, 4, 77] {
        whole.bytes_at(page * PAGE + 100, 8).unwrap();
    }
    let pages: Vec<(u64, usize)> = log.borrow().iter().map(|(at, len)| (at / PAGE, len / PAGE_LEN)).collect();
    // Page 4 follows page 3, but another one was read in between: nothing sequential.
    assert_eq!(pages, [(50, 1), (3, 1), (90, 1), (4, 1), (77, 1)]);
}

#[test]
fn one_read_of_several_pages_is_one_request_and_stops_at_what_is_held() {
    let (whole, _, log) = logged(vec![7; 100 * PAGE_LEN], 32 << 20);
    whole.bytes_at(20 * PAGE + 5, 6 * PAGE).unwrap();
    assert_eq!(log.take(), [(20 * PAGE, 7 * PAGE_LEN)]);
    whole.bytes_at(18 * PAGE, 4 * PAGE).unwrap();
    assert_eq!(log.take(), [(18 * PAGE, 2 * PAGE_LEN)]);
    whole.bytes_at(40 * PAGE + 1, 30 * PAGE).unwrap();
    assert_eq!(log.take(), [(40 * PAGE + 1, 30 * PAGE_LEN)], "a large read goes past the cache");
}

#[test]
fn all_files_share_one_budget() {
    let budget = 4 * PAGE;
    let cache = Rc::new(Cache::new(budget));
    let files: Vec<Slice> = (0..10)
        .map(|n| Rc::new(BytesSource(vec![n; 3 * PAGE_LEN])))
        .map(|source| Slice::new(Rc::new(Pages::with_cache(source, cache.clone()))))
        .collect();
    for _ in 0..3 {
        for (n, file) in files.iter().enumerate() {
            assert_eq!(file.bytes_at(PAGE - 1, 2).unwrap(), [n as u8, n as u8]);
            assert!(cache.held() <= budget);
        }
    }
    assert_eq!(cache.held(), budget);
}

#[test]
fn a_sparse_file_of_several_gigabytes_is_read_where_it_is_looked_at() {
    let path = Temporary::new("sparse");
    let far = (5 << 30) + 12_345;
    let mut file = std::fs::File::create(&path.0).unwrap();
    file.set_len(far + 8).unwrap();
    file.seek(SeekFrom::Start(far)).unwrap();
    file.write_all(&0x0102_0304_0506_0708_u64.to_le_bytes()).unwrap();
    drop(file);

    let read = Rc::<Cell<u64>>::default();
    let source = CountingSource::new(NativeFile::open(&path.0).unwrap(), read.clone());
    let whole = Slice::new(Rc::new(Pages::new(Rc::new(source))));
    assert_eq!(whole.len(), far + 8);
    let mut reader = Reader::little(whole.clone());
    reader.seek(far).unwrap();
    assert_eq!(reader.read_u64().unwrap(), 0x0102_0304_0506_0708);
    assert_eq!(reader.left(), 0);
    let mut stream = whole;
    assert_eq!(stream.seek(SeekFrom::End(-8)).unwrap(), far);
    let mut last = Vec::new();
    stream.read_to_end(&mut last).unwrap();
    assert_eq!(last, 0x0102_0304_0506_0708_u64.to_le_bytes());
    assert!(read.get() <= 2 * PAGE, "{} bytes were read", read.get());
}

#[derive(Clone, PartialEq, Message)]
struct Outer {
    #[prost(int64, tag = "1")]
    version: i64,
    #[prost(message, repeated, tag = "2")]
    inners: Vec<Inner>,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(message, optional, boxed, tag = "4")]
    nested: Option<Box<Outer>>,
    #[prost(btree_map = "string, bytes", tag = "5")]
    map: BTreeMap<String, Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct Inner {
    #[prost(int64, repeated, tag = "1")]
    dims: Vec<i64>,
    #[prost(float, repeated, tag = "2")]
    floats: Vec<f32>,
    #[prost(double, tag = "3")]
    scale: f64,
    #[prost(bytes = "bytes", tag = "9")]
    raw: Bytes,
    #[prost(bytes = "bytes", repeated, tag = "10")]
    strings: Vec<Bytes>,
    #[prost(string, tag = "11")]
    name: String,
}

/// The same messages without some of their fields.
#[derive(Clone, PartialEq, Message)]
struct Sketch {
    #[prost(string, tag = "3")]
    name: String,
}

fn name(random: &mut Random, size: usize) -> String {
    "naïve ".repeat(random.below(size / 8 + 1))
}

fn inner(random: &mut Random, size: usize) -> Inner {
    let (dims, floats, raw) = (random.below(size / 8 + 1), random.below(size / 8 + 1), 1 + random.below(size));
    Inner {
        dims: (0..dims).map(|n| random.next() as i64 >> (n % 64)).collect(),
        floats: (0..floats).map(|n| n as f32).collect(),
        scale: 0.1,
        raw: random.bytes(raw).into(),
        strings: (0..raw % 3).map(|n| random.bytes(n * 10).into()).collect(),
        name: name(random, size),
    }
}

fn outer(random: &mut Random, size: usize, depth: usize) -> Outer {
    Outer {
        version: random.next() as i64,
        inners: (0..random.below(6)).map(|_| inner(random, size)).collect(),
        name: name(random, size),
        nested: (depth > 0).then(|| Box::new(outer(random, size, depth - 1))),
        map: (0..random.below(3)).map(|n| (format!("key {n}"), random.bytes(n * 20))).collect(),
    }
}

/// `message` with its tokens replaced by the bytes of `file` that they stand for.
fn resolve(mut message: Outer, file: &Slice) -> Outer {
    let bytes = |token: &[u8]| match payload_span(token) {
        Some(span) => file.bytes_at(span.at, span.len).unwrap(),
        None => Vec::new(),
    };
    for inner in &mut message.inners {
        inner.raw = bytes(&inner.raw).into();
        inner.strings = inner.strings.iter().map(|token| bytes(token).into()).collect();
    }
    for value in message.map.values_mut() {
        *value = bytes(value);
    }
    message.nested = message.nested.map(|nested| Box::new(resolve(*nested, file)));
    message
}

#[test]
fn messages_decode_as_from_a_vector_with_tokens_for_payloads() {
    let mut random = Random(4);
    for size in [10, 100, 1000, 40_000, 200_000] {
        for _ in 0..8 {
            let message = outer(&mut random, size, 3);
            let file = slice(&message.encode_to_vec());
            assert_eq!(resolve(file.decode().unwrap(), &file), message);
            let sketch: Sketch = file.decode().unwrap();
            assert_eq!(sketch.name, message.name);
        }
    }
}

#[test]
fn a_message_at_any_place_relative_to_a_page_border_decodes() {
    let message = Inner {
        dims: vec![1, 300, -1, i64::MAX],
        floats: vec![1.5, -2.0],
        scale: 0.1,
        raw: Bytes::from_static(b"raw"),
        strings: vec![Bytes::new(), Bytes::from_static(b"a")],
        name: "naïve".into(),
    };
    let encoded = message.encode_to_vec();
    for before in PAGE_LEN - encoded.len() - 1..=PAGE_LEN + 1 {
        let file = slice(&[vec![0xff; before], encoded.clone(), vec![0xff; 9]].concat());
        let window = file.window(Span { at: before as u64, len: encoded.len() as u64 });
        let outer = Outer { inners: vec![window.decode().unwrap()], ..Outer::default() };
        assert_eq!(resolve(outer, &file).inners[0], message, "{before} bytes before");
    }
}

#[test]
fn tokens_tell_an_empty_payload_from_an_absent_one() {
    let file = slice(&[0x4a, 0x00]);
    assert_eq!(payload_span(&file.decode::<Inner>().unwrap().raw), Some(Span { at: 2, len: 0 }));
    assert_eq!(payload_span(&slice(&[]).decode::<Inner>().unwrap().raw), None);
}

#[test]
fn a_truncated_message_is_malformed_and_says_where() {
    let message = outer(&mut Random(5), 300, 2);
    let encoded = message.encode_to_vec();
    let mut failures = 0;
    for len in 0..encoded.len() {
        match slice(&encoded[..len]).decode::<Outer>() {
            // Between two fields of the outermost message, less is a message too.
            Ok(part) => assert!(part != message),
            Err(error) => {
                failures += 1;
                assert_eq!(error.kind, Kind::Malformed);
                assert!(error.at.is_some_and(|at| at <= len as u64), "{error}");
            }
        }
    }
    assert!(failures > encoded.len() / 2);
}

#[test]
fn a_read_that_fails_is_what_decoding_reports() {
    let message = outer(&mut Random(6), 100_000, 2);
    let bytes = message.encode_to_vec();
    assert!(bytes.len() > 8 * PAGE_LEN);
    let mut failures = 0;
    for from in (0..bytes.len() as u64).step_by(PAGE_LEN / 2) {
        let source = Failing { bytes: BytesSource(bytes.clone()), from };
        let file = Slice::new(Rc::new(Pages::new(Rc::new(source))));
        let mut buf = file.clone();
        let direct = Outer::decode(&mut buf);
        if direct.is_err() {
            failures += 1;
            assert_eq!(file.failure().unwrap().message, "the cable was cut");
            let error = file.decode::<Outer>().unwrap_err();
            assert_eq!((error.kind, &*error.message), (Kind::Io, "the cable was cut"));
            assert!(error.at.is_some());
        }
    }
    assert!(failures > 4, "only {failures} reads failed: the others were of payloads, which are not read");
}

#[test]
fn decoding_stops_soon_after_a_read_that_fails() {
    // Field 1 of Inner: packed numbers of one byte each.
    let mut bytes = vec![0x0a];
    prost::encoding::encode_varint(64 * PAGE, &mut bytes);
    bytes.resize(bytes.len() + 64 * PAGE_LEN, 1);
    let source = Failing { bytes: BytesSource(bytes), from: PAGE };
    let mut buf = Slice::new(Rc::new(Pages::new(Rc::new(source))));
    assert!(Inner::decode(&mut buf).is_err());
    assert_eq!(buf.failure().unwrap().message, "the cable was cut");
    assert!(buf.position() < 2 * PAGE, "decoding went on up to {:#x}", buf.position());
}

#[test]
fn payloads_and_unknown_fields_are_never_read() {
    let read = Rc::<Cell<u64>>::default();
    // Field 2 is an Inner whose field 9 is 1 GiB long; then a field 15 of 2 GiB that no message has; then the name.
    let inner_len = (1_u64 << 30) + 6;
    let mut head = vec![0x12];
    prost::encoding::encode_varint(inner_len, &mut head);
    head.push(0x4a);
    prost::encoding::encode_varint(1 << 30, &mut head);
    let mut middle = vec![0x7a];
    prost::encoding::encode_varint(2 << 30, &mut middle);
    let tail = b"\x1a\x03end";
    let second = head.len() as u64 + (1 << 30);
    let third = second + middle.len() as u64 + (2 << 30);

    let path = Temporary::new("payloads");
    let mut file = std::fs::File::create(&path.0).unwrap();
    for (at, bytes) in [(0, &head[..]), (second, &middle), (third, tail)] {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(bytes).unwrap();
    }
    drop(file);
    let source = CountingSource::new(NativeFile::open(&path.0).unwrap(), read.clone());
    let file = Slice::new(Rc::new(Pages::new(Rc::new(source))));
    let message: Outer = file.decode().unwrap();
    assert_eq!(message.name, "end");
    assert_eq!(payload_span(&message.inners[0].raw), Some(Span { at: head.len() as u64, len: 1 << 30 }));
    assert!(read.get() <= 3 * PAGE, "{} bytes were read", read.get());
}

#[test]
fn adapters_of_buf_see_the_same_bytes() {
    let bytes = Random(7).bytes(3 * PAGE_LEN);
    let start = PAGE_LEN - 3;
    let mut file = slice(&bytes);
    file.advance(start);
    assert_eq!(Buf::take(&mut file, 5).copy_to_bytes(5)[..8], (start as u64).to_le_bytes());
    assert_eq!(file.position(), start as u64 + 5);
    let mut file = slice(&bytes);
    file.advance(start);
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[start..start + 8]);
    assert_eq!(file.get_u64_le(), u64::from_le_bytes(eight));
    let mut rest = vec![0; file.remaining()];
    file.copy_to_slice(&mut rest);
    assert_eq!(rest, bytes[start + 8..]);
    assert!(!file.has_remaining() && file.chunk().is_empty());
}

#[test]
fn a_zip_archive_is_read_through_a_window() {
    let text = "text ".repeat(50_000);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        writer.start_file(format!("{method}.txt"), options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    let inner = writer.finish().unwrap().into_inner();
    let file = slice(&[vec![0; 1000], inner.clone(), vec![0; 1000]].concat());
    let window = file.window(Span { at: 1000, len: inner.len() as u64 });
    let mut archive = zip::ZipArchive::new(window).unwrap();
    assert_eq!(archive.len(), 2);
    for index in 0..2 {
        let mut got = String::new();
        archive.by_index(index).unwrap().read_to_string(&mut got).unwrap();
        assert!(got == text);
    }
}

#[test]
fn a_reader_reads_numbers_in_both_orders() {
    let bytes: Vec<u8> = (1..=8).collect();
    let little = || Reader::little(slice(&bytes));
    let big = || Reader::big(slice(&bytes));
    assert_eq!((little().read_u8().unwrap(), little().read_i8().unwrap()), (1, 1));
    assert_eq!((little().read_u16().unwrap(), big().read_u16().unwrap()), (0x0201, 0x0102));
    assert_eq!((little().read_i16().unwrap(), big().read_i16().unwrap()), (0x0201, 0x0102));
    assert_eq!((little().read_u32().unwrap(), big().read_u32().unwrap()), (0x0403_0201, 0x0102_0304));
    assert_eq!((little().read_i32().unwrap(), big().read_i32().unwrap()), (0x0403_0201, 0x0102_0304));
    assert_eq!(little().read_u64().unwrap(), 0x0807_0605_0403_0201);
    assert_eq!(big().read_i64().unwrap(), 0x0102_0304_0506_0708);
    let float = |bytes: &[u8], order| Reader::new(slice(bytes), order).read_f32().unwrap();
    assert_eq!((float(&[0, 0, 0xc0, 0x3f], Order::Little), float(&[0x3f, 0xc0, 0, 0], Order::Big)), (1.5, 1.5));
    assert_eq!(Reader::big(slice(&(-0.1_f64).to_be_bytes())).read_f64().unwrap(), -0.1);
}

#[test]
fn a_reader_that_fails_says_where_and_stays_there() {
    let mut reader = Reader::little(slice(&[0; 0x1f]));
    reader.seek(0x1c).unwrap();
    assert_eq!(reader.read_u64().unwrap_err().to_string(), "the file ends here: 8 bytes wanted, 3 left (at 0x1c)");
    assert_eq!((reader.position(), reader.left()), (0x1c, 3));
    for error in [
        reader.read_bytes(4).unwrap_err(),
        reader.read_text(u64::MAX).unwrap_err(),
        reader.read_span(4).unwrap_err(),
        reader.skip(4).unwrap_err(),
        reader.seek(0x20).unwrap_err(),
        reader.align(64).unwrap_err(),
        reader.align(u64::MAX).unwrap_err(),
        reader.check_count(u64::MAX, 8).unwrap_err(),
        reader.check_count(2, 2).unwrap_err(),
    ] {
        assert_eq!(error.kind, Kind::Malformed, "{error}");
    }
    assert_eq!(reader.position(), 0x1c);
    reader.check_count(3, 1).unwrap();
    reader.skip(3).unwrap();
    assert_eq!(reader.left(), 0);
    reader.seek(0x1f).unwrap();
}

#[test]
fn a_reader_reads_text_spans_and_aligns_within_its_window() {
    let file = slice("0123née\0\0\0\0tail".as_bytes());
    let mut reader = Reader::little(file.window(Span { at: 3, len: 16 }));
    assert_eq!(reader.read_array().unwrap(), *b"3");
    assert_eq!(reader.read_text(4).unwrap(), "née");
    reader.align(3).unwrap();
    assert_eq!(reader.position(), 9);
    reader.align(3).unwrap();
    assert_eq!(reader.position(), 9);
    assert_eq!(reader.read_span(3).unwrap(), Span { at: 9, len: 3 });
    assert_eq!(reader.read_bytes(4).unwrap(), b"tail");
    reader.seek(4).unwrap();
    let error = reader.read_text(2).unwrap_err();
    assert_eq!(error.to_string(), "text of 2 bytes is not UTF-8 (at 0x5)");
    assert_eq!(reader.seek(2).unwrap_err().kind, Kind::Malformed);
}

#[test]
fn a_reader_reads_varints_of_all_lengths() {
    for shift in 0..64 {
        for value in [1_u64 << shift, (1 << shift) - 1, u64::MAX >> shift] {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(value, &mut bytes);
            let mut reader = Reader::little(slice(&bytes));
            assert_eq!((reader.read_varint().unwrap(), reader.left()), (value, 0));
            let mut short = Reader::little(slice(&bytes[..bytes.len() - 1]));
            assert_eq!(short.read_varint().unwrap_err().kind, Kind::Malformed);
            assert_eq!(short.position(), 0);
        }
    }
    for bytes in [[0xff; 11].as_slice(), &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]] {
        let error = Reader::little(slice(bytes)).read_varint().unwrap_err();
        assert_eq!(error.to_string(), "a varint of more than 64 bits (at 0x0)");
    }
}

/// A folder in memory that counts how often it is asked.
#[derive(Default)]
struct Shelf {
    files: BTreeMap<&'static str, &'static [u8]>,
    asked: Cell<usize>,
}

impl Folder for Shelf {
    fn open(&self, path: &str) -> Result<Option<Rc<dyn Source>>> {
        self.asked.set(self.asked.get() + 1);
        if path == "locked" {
            return Err(Error::io("locked"));
        }
        Ok(self.files.get(path).map(|bytes| Rc::new(BytesSource(bytes.to_vec())) as Rc<dyn Source>))
    }

    fn is_remote(&self) -> bool {
        true
    }
}

fn dropped(paths: &[&str]) -> Files {
    let files = Files::new(paths[0], Rc::new(BytesSource::default()));
    for path in &paths[1..] {
        files.add(path, Rc::new(BytesSource(path.as_bytes().to_vec())));
    }
    files
}

#[test]
fn companions_are_found_where_people_drop_them() {
    for (paths, wanted, found) in [
        (&["model.onnx", "data.bin"][..], "data.bin", Some("data.bin")),
        (&["model.onnx", "data.bin"], "weights/data.bin", Some("data.bin")),
        (&["model.onnx", "data.bin"], "./data.bin", Some("data.bin")),
        (&["m/model.onnx", "m/w/data.bin", "m/data.bin"], "w/data.bin", Some("m/w/data.bin")),
        (&["m/model.onnx", "m/w/data.bin", "m/data.bin"], "w\\data.bin", Some("m/w/data.bin")),
        (&["m/model.onnx", "m/data.bin"], "w/data.bin", Some("m/data.bin")),
        (&["m\\model.onnx", "m\\data.bin"], "data.bin", Some("m/data.bin")),
        (&["m/model.onnx", "data.bin"], "w/data.bin", Some("data.bin")),
        (&["model.onnx", "onnx::MatMul_12"], "onnx::MatMul_12", Some("onnx::MatMul_12")),
        // The same name in another folder is another file.
        (&["unet/model.onnx", "vae/data.bin"], "data.bin", None),
        (&["model.onnx", "data.bin"], "data", None),
    ] {
        let files = dropped(paths);
        let id = files.sibling(wanted).unwrap();
        let path = id.map(|id| files.paths()[id.0 as usize].clone());
        assert_eq!(path.as_deref(), found, "{wanted} beside {}", files.name());
    }
}

#[test]
fn a_path_that_leaves_the_folder_is_refused() {
    for wanted in
        ["../data.bin", "/data.bin", "C:\\data.bin", "https://example.org/data.bin", "w/../../data.bin", "", "./"]
    {
        let error = dropped(&["m/model.onnx", "data.bin"]).sibling(wanted).unwrap_err();
        assert_eq!(error.kind, Kind::Unsupported, "{wanted}");
        assert!(error.message.starts_with(&format!("{wanted:?} is not a path within")), "{error}");
    }
}

#[test]
fn a_folder_is_asked_once_for_each_file() {
    let shelf = Rc::new(Shelf { files: [("w/data.bin", &b"far"[..])].into(), ..Shelf::default() });
    let files = dropped(&["model.onnx"]).with_folder(shelf.clone());
    for _ in 0..3 {
        assert_eq!(files.sibling("w/data.bin").unwrap(), Some(FileId(1)));
        assert_eq!(files.sibling("missing").unwrap(), None);
        assert_eq!(files.sibling("locked").unwrap_err().message, "locked");
        assert_eq!(files.sibling("../w/data.bin").unwrap_err().kind, Kind::Unsupported);
        // What the folder gave does not stand in for another file of that name.
        assert_eq!(files.sibling("v/data.bin").unwrap(), None);
    }
    assert_eq!(shelf.asked.get(), 4);
    assert_eq!(files.slice(FileId(1)).unwrap().read_all(9).unwrap(), b"far");
    files.add("missing", Rc::new(BytesSource::default()));
    assert_eq!(files.sibling("missing").unwrap(), Some(FileId(2)));
    assert!(files.slice(FileId(3)).is_none());
}

#[test]
fn a_native_folder_gives_its_files_and_nothing_else() {
    let path = Temporary::new("folder");
    std::fs::create_dir_all(path.0.join("sub")).unwrap();
    std::fs::write(path.0.join("sub/data.bin"), b"data").unwrap();
    let folder = NativeFolder(path.0.clone());
    let mut four = [0; 9];
    assert_eq!(folder.open("sub/data.bin").unwrap().unwrap().read_at(1, &mut four).unwrap(), 3);
    assert_eq!(four[..3], *b"ata");
    assert!(folder.open("sub").unwrap().is_none());
    assert!(folder.open("data.bin").unwrap().is_none());
    assert_eq!(NativeFile::open(&path.0).unwrap_err().kind, Kind::Io);
}
