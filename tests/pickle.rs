//! The pickle machine: what streams make, what they would import and call, and where faults are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::codec::pickle::{Bytes, Listing, Object, Opcode, Pickle};
use lamina::report::Kind;
use lamina::source::{BytesSource, Limits, Pages, Slice, Span};
use std::rc::Rc;

fn slice(bytes: &[u8]) -> Slice {
    Slice::new(Rc::new(Pages::new(Rc::new(BytesSource(bytes.to_vec())))))
}

fn read(bytes: &[u8]) -> Pickle {
    Pickle::read(slice(bytes), &Limits::default())
}

/// What the stream makes, as Python would print it.
fn text(bytes: &[u8]) -> String {
    let pickle = read(bytes);
    assert!(pickle.fault.is_none(), "{:?}", pickle.fault);
    pickle.describe(pickle.root.unwrap(), 10_000)
}

#[test]
fn every_byte_is_an_opcode_or_a_fault() {
    assert_eq!(Opcode::ALL.len(), 68, "as many as Python 3.14 has");
    for byte in 0..=u8::MAX {
        match Opcode::of(byte) {
            Some(opcode) => assert_eq!(opcode.byte(), byte, "{}", opcode.name()),
            None => {
                let fault = read(&[byte, b'.']).fault.unwrap();
                assert_eq!((fault.kind, fault.at), (Kind::Malformed, Some(0)), "{byte:#x}");
            }
        }
    }
}

#[test]
fn data_of_all_protocols_is_read() {
    let cases: &[(&[u8], &str)] = &[
        (b"(I1\nI01\nI00\nL-12L\nF1.5\nN(lp0\nt.", "(1, True, False, -12, 1.5, None, [])"),
        (b"(dp0\nS'a\\n'\np1\n(lp2\nVb\\u0101\np3\nag3\nas.", "{'a\\n': ['b\u{101}', 'b\u{101}']}"),
        (b"(K\x01M\x01\x02J\xff\xff\xff\xffG\x3f\xf8\0\0\0\0\0\0U\x01aT\x02\0\0\0bcl.", "[1, 513, -1, 1.5, 'a', 'bc']"),
        (b"}(X\x01\0\0\0k]q\0(K\x01h\0eh\0Nu.", "{'k': [1, […"),
        (b"\x80\x02\x88\x89\x86N\x85K\x01K\x02K\x03\x87\x87.", "((True, False), (None,), (1, 2, 3))"),
        (b"\x80\x02\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\0.", "18446744073709551615"),
        (b"\x80\x03C\x02\0\xffB\x01\0\0\0a\x86.", "(bytes(2), bytes(1))"),
        (b"\x80\x04\x95\x05\0\0\0\0\0\0\0\x8f(K\x01\x90(K\x02\x91\x86.", "({1}, frozenset({2}))"),
        (b"\x80\x04\x8c\x01x\x94\x8d\x01\0\0\0\0\0\0\0yh\0\x87.", "('x', 'y', 'x')"),
        (b"\x80\x05\x96\x02\0\0\0\0\0\0\0ab\x97\x98\x86.", "(bytearray(2), buffer 0)"),
        (b"(K\x010K\x02(K\x031.", "2"),
        (b"]K\x01a2.", "[1]"),
    ];
    for (bytes, expected) in cases {
        let found =
            if expected.ends_with('…') { text(bytes).chars().take(11).collect::<String>() } else { text(bytes) };
        assert_eq!(found.trim_end_matches('…'), expected.trim_end_matches('…'), "{bytes:?}");
    }
}

#[test]
fn imports_and_calls_are_symbols() {
    let pickle = read(b"cposix\nsystem\n(S'echo hello'\ntR.");
    let import = pickle.imports.values().next().unwrap();
    assert_eq!((import.at, import.opcode, import.path().as_str()), (0, Opcode::Global, "posix.system"));
    let call = pickle.calls.values().next().unwrap();
    assert_eq!((call.at, call.opcode, Some(call.result)), (30, Opcode::Reduce, pickle.root));
    assert_eq!(pickle.describe(call.callable, 80), "posix.system");
    assert_eq!(pickle.describe(call.arguments, 80), "('echo hello',)");
}

#[test]
fn every_way_to_call_is_noted() {
    let cases: &[(&[u8], Opcode, &str)] = &[
        (b"(S'ls'\nios\nsystem\n.", Opcode::Inst, "os.system('ls')"),
        (b"(cos\nsystem\nS'ls'\no.", Opcode::Obj, "os.system('ls')"),
        (b"\x80\x02cm\nC\nK\x01\x85\x81.", Opcode::NewObj, "m.C.__new__(1)"),
        (b"\x80\x04\x8c\x01m\x8c\x03C.D\x93)}\x92.", Opcode::NewObjEx, "m.C.D.__new__()"),
        (b"\x80\x02\x82\x07)R.", Opcode::Reduce, "copyreg.extension 7()"),
        (b"c__builtin__\nxrange\n(I3\ntR.", Opcode::Reduce, "builtins.range(3)"),
        // The names come from the memo, and from the stack in the other order.
        (b"\x80\x04\x8c\x06systemq\x000\x8c\x02osh\x00\x93\x8c\x02ls\x85R.", Opcode::Reduce, "os.system('ls')"),
    ];
    for (bytes, opcode, expected) in cases {
        let pickle = read(bytes);
        assert!(pickle.fault.is_none(), "{expected}: {:?}", pickle.fault);
        assert_eq!(pickle.calls.values().next().unwrap().opcode, *opcode);
        assert_eq!(pickle.describe(pickle.root.unwrap(), 80), *expected);
    }
}

#[test]
fn states_items_and_entries_belong_to_what_a_call_makes() {
    let pickle = read(b"\x80\x02cm\nC\n)\x81}X\x01\0\0\0ak\x01".split_last().unwrap().1);
    assert!(pickle.fault.is_some(), "the stream ends too soon");
    let text = text(b"\x80\x02cm\nC\n)R}X\x01\0\0\0aK\x01sbK\x05a(K\x06K\x07eK\x08K\x09s.");
    assert_eq!(text, "m.C() with state {'a': 1} with [5, 6, 7] with {8: 9}");
}

#[test]
fn cycles_are_as_good_as_any_other_shape() {
    let pickle = read(b"\x80\x02]q\x00h\x00a.");
    let root = pickle.root.unwrap();
    assert_eq!(pickle.items(root).unwrap(), [root]);
    assert!(pickle.describe(root, 1000).contains('…'));
}

#[test]
fn what_comes_before_a_fault_is_kept() {
    let bytes = b"\x80\x02}q\x00(X\x01\0\0\0aK\x01X\x01\0\0\0b](K\x02K\x03";
    let pickle = read(bytes);
    let fault = pickle.fault.as_ref().unwrap();
    assert_eq!((fault.kind, fault.at), (Kind::Malformed, Some(bytes.len() as u64)));
    assert_eq!(pickle.describe(pickle.root.unwrap(), 100), "{'a': 1, 'b': [2, 3]}");
    assert_eq!(pickle.span, Span { at: 0, len: bytes.len() as u64 });
}

#[test]
fn faults_name_the_place_and_the_opcode() {
    let cases: &[(&[u8], u64, &str)] = &[
        (b"\x80\x02.", 2, "the stack is empty (at 0x2, in STOP)"),
        (b"K\x01(.", 3, "the stack is empty (at 0x3, in STOP)"),
        (b"K\x01e.", 2, "there is no mark on the stack (at 0x2, in APPENDS)"),
        (b"K\x01K\x02a.", 4, "nothing can be appended to what is on the stack (at 0x4, in APPEND)"),
        (b"}(K\x01u.", 4, "a key without its value (at 0x4, in SETITEMS)"),
        (b"g5\n.", 0, "nothing was put aside as 5 (at 0x0, in GET)"),
        (b"\x80\x06.", 0, "protocol 6; 5 is the highest that is known (at 0x0, in PROTO)"),
        (b"K\x01K\x02\x93.", 4, "the names of what is to be imported are no text (at 0x4, in STACK_GLOBAL)"),
        (b"X\xff\xff\xff\xffab", 1, "the file ends here: 4294967295 bytes wanted, 2 left (at 0x5, in BINUNICODE)"),
        (b"S'abc", 1, "the end comes before the byte 0x0a (at 0x1, in STRING)"),
    ];
    for (bytes, _, message) in cases {
        assert_eq!(read(bytes).fault.unwrap().to_string(), *message);
    }
}

#[test]
fn limits_hold() {
    let limits = Limits { count: 10, text: 16, ..Limits::default() };
    let many = [&[b']'][..]; 20].concat();
    assert_eq!(Pickle::read(slice(&many), &limits).fault.unwrap().kind, Kind::Limit);
    let copies = [&b"K\x01"[..], &[b'2'; 20]].concat();
    assert_eq!(Pickle::read(slice(&copies), &limits).fault.unwrap().kind, Kind::Limit);
    assert_eq!(Pickle::read(slice(&[b'('; 20]), &limits).fault.unwrap().kind, Kind::Limit);
    let long = b"X\x20\0\0\0abcdefghijklmnopqrstuvwxyzabcdef.";
    assert_eq!(Pickle::read(slice(long), &limits).fault.unwrap().kind, Kind::Limit);
    let line = b"Vabcdefghijklmnopqrstuvwxyz\n.";
    assert_eq!(Pickle::read(slice(line), &limits).fault.unwrap().kind, Kind::Limit);
    // Payloads are not read, whatever their size.
    let payload = [&b"B\x00\x10\x00\x00"[..], &[7; 4096], b"."].concat();
    let pickle = Pickle::read(slice(&payload), &limits);
    assert!(matches!(pickle.object(pickle.root.unwrap()), Object::Bytes(Bytes::Range(Span { at: 5, len: 4096 }))));
}

#[test]
fn streams_follow_each_other() {
    let both = slice(b"K\x01.K\x02.");
    let first = Pickle::read(both.clone(), &Limits::default());
    let mut rest = both;
    rest.skip(first.span.len);
    let second = Pickle::read(rest, &Limits::default());
    assert_eq!((first.span, second.span), (Span { at: 0, len: 3 }, Span { at: 3, len: 3 }));
    assert_eq!(second.int(second.root.unwrap()), Some(2));
}

#[test]
fn doubling_lists_are_printed_up_to_the_limit() {
    let bytes = std::fs::read(common::root().join("bad/pytorch/doubled.pkl")).unwrap();
    let pickle = read(&bytes);
    assert!(pickle.describe(pickle.root.unwrap(), 500).len() < 1000);
}

#[test]
fn listings_show_instructions_with_their_offsets() {
    let lines: Vec<String> = Listing::new(slice(b"\x80\x02}(X\x01\0\0\0aK\x01ucos\nsystem\n.\xff"), &Limits::default())
        .map(|line| line.unwrap_or_else(|error| error.to_string()))
        .collect();
    let expected = [
        "0x000000  PROTO            2",
        "0x000002  EMPTY_DICT",
        "0x000003  MARK",
        "0x000004    BINUNICODE       \"a\"",
        "0x00000a    BININT1          1",
        "0x00000c  SETITEMS",
        "0x00000d  GLOBAL           \"os\" \"system\"",
        "0x000018  STOP",
        "0xff is no instruction of a pickle (at 0x19)",
    ];
    assert_eq!(lines, expected);
}
