//! What is reported of pickles: every way to run something is named, and what ordinary files have is not called dangerous.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::codec::pickle::Opcode;
use lamina::formats;
use lamina::safety::{Call, Finding, Rating, Safety, Stream};
use lamina::source::{BytesSource, Files};
use lamina::view::{Place, Viewer};
use std::collections::BTreeSet;

/// The report on a file, opened as a model or, where that is not possible, as it is.
fn report(files: &Files) -> Option<Safety> {
    match common::open(files) {
        Ok(opened) => opened.safety,
        Err(_) => formats::inspect(files),
    }
}

fn hostile(name: &str) -> Safety {
    report(&common::on_disk(&common::root().join("hostile").join(name))).unwrap_or_else(|| panic!("{name}: no pickles"))
}

fn of_bytes(bytes: &[u8]) -> Safety {
    report(&common::in_memory("a.pkl", bytes.to_vec())).unwrap()
}

fn dangerous_calls(safety: &Safety) -> Vec<&Call> {
    let calls = safety.streams.iter().flat_map(|stream| &stream.calls);
    calls.filter(|call| call.rating == Rating::Dangerous).collect()
}

/// All findings: of the container, and of the pickles.
fn findings(safety: &Safety) -> Vec<&Finding> {
    safety.findings.iter().chain(safety.streams.iter().flat_map(|stream| &stream.findings)).collect()
}

fn names(stream: &Stream, rating: Rating) -> Vec<&str> {
    let named = stream.imports.iter().filter(|import| import.rating == rating);
    named.map(|import| &*import.path).collect()
}

#[test]
fn every_way_to_call_something_is_named_with_its_arguments() {
    let cases = [
        ("global.pkl", "REDUCE", "os.system('echo lamina')"),
        ("text.bin", "REDUCE", "posix.system('echo lamina')"),
        ("text-inst.pt", "INST", "os.system('echo lamina')"),
        ("obj.pkl", "OBJ", "subprocess.Popen('echo lamina')"),
        ("stack-global.pkl", "REDUCE", "nt.system('echo lamina')"),
        ("memo-names.pkl", "REDUCE", "os.system('echo lamina')"),
        ("memo-overwritten.pkl", "REDUCE", "os.system('echo lamina')"),
        ("memo-text.pt", "REDUCE", "os.system('echo lamina')"),
        ("computed-name.pkl", "REDUCE", "<computed by operator.concat('o', 's')>.system('echo lamina')"),
        ("dotted.pkl", "REDUCE", "torch.serialization_of_mine.os.system('echo lamina')"),
        ("dotted-inner.pkl", "REDUCE", "collections.OrderedDict.__init__.__globals__.get('sys')"),
        ("new-object.pkl", "NEWOBJ", "subprocess.Popen.__new__('echo lamina')"),
        ("new-object-keywords.pkl", "NEWOBJ_EX", "subprocess.Popen.__new__(**{'args': 'echo lamina'})"),
        ("extension.pkl", "REDUCE", "copyreg.add_extension('os', 'system', 7)"),
        ("python-2.pkl", "REDUCE", "builtins.execfile('x.py')"),
        ("getattr.pkl", "REDUCE", "builtins.getattr(builtins.__import__('os'), 'system')('echo lamina')"),
        (
            "getattr-chain.pkl",
            "REDUCE",
            "builtins.getattr(builtins.getattr(torch.serialization_of_mine.helpers, 'os'), 'system')('echo lamina')",
        ),
        ("attrgetter.pkl", "REDUCE", "operator.attrgetter('system')"),
        ("partial.pkl", "REDUCE", "functools.partial(os.system)('echo lamina')"),
        ("map.pkl", "REDUCE", "builtins.map(os.system, ['echo lamina'])"),
        (
            "rebuild-proxy.pkl",
            "REDUCE",
            "torch._tensor._rebuild_from_type_v2(os.system, torch.Tensor, ('echo lamina',), None)",
        ),
        ("set-state.pkl", "BUILD", "argparse.Namespace.__setstate__((None, {'__setstate__': os.system}))"),
        ("set-item.pkl", "SETITEM", "sys.modules.update({'lamina': None})"),
        ("stumbling-blocks.pkl", "REDUCE", "os.system('echo lamina')"),
    ];
    for (name, opcode, text) in cases {
        let safety = hostile(name);
        assert_eq!(safety.rating, Rating::Dangerous, "{name}");
        let calls = dangerous_calls(&safety);
        let found = calls.iter().find(|call| call.text == text && call.opcode == opcode);
        let call = found.unwrap_or_else(|| panic!("{name}: {text} is not among {calls:#?}"));
        // The offset is that of the instruction.
        let bytes = std::fs::read(common::root().join("hostile").join(name)).unwrap();
        let byte = bytes[usize::try_from(call.at).unwrap()];
        assert_eq!(Opcode::of(byte).unwrap().name(), opcode, "{name} at {:#x}", call.at);
    }
}

#[test]
fn functions_that_are_known_are_dangerous_each_with_its_reason() {
    let safety = hostile("functions.pkl");
    let calls = dangerous_calls(&safety);
    assert_eq!(calls.len(), 24);
    let said = |path: &str| {
        let import = safety.streams[0].imports.iter().find(|import| import.path == path).unwrap();
        assert_eq!(import.rating, Rating::Dangerous, "{path}");
        import.reason
    };
    assert!(said("builtins.eval").contains("runs code"));
    assert!(said("runpy._run_code").contains("runs code"));
    assert!(said("pty.spawn").contains("commands"));
    assert!(said("importlib.import_module").contains("imports modules"));
    assert!(said("torch.load").contains("another pickle"));
    assert!(said("socket.create_connection").contains("connections"));
    assert!(said("pathlib.Path.write_text").contains("files"));
    assert!(safety.summary.contains("24 dangerous calls"), "{}", safety.summary);
}

#[test]
fn what_is_handed_on_without_a_call_is_dangerous_too() {
    let safety = hostile("hook.pkl");
    assert_eq!((safety.rating, dangerous_calls(&safety).len()), (Rating::Dangerous, 0));
    assert_eq!(names(&safety.streams[0], Rating::Dangerous), ["os.system"]);
    assert!(safety.summary.contains("imports `os.system`"), "{}", safety.summary);
}

/// Where the call of `os.system` is, by the name of its pickle, and whether loading the file makes it.
fn payload(name: &str) -> (Safety, Stream) {
    let safety = hostile(name);
    let calls = |stream: &&Stream| stream.calls.iter().any(|call| call.text == "os.system('echo lamina')");
    let stream = safety.streams.iter().find(calls).unwrap_or_else(|| panic!("{name}: {safety:#?}")).clone();
    (safety, stream)
}

#[test]
fn pickles_that_are_hidden_are_found() {
    let cases = [
        // Behind the end of another one, and inside of one.
        ("behind.pkl", "", true, "behind the end of another one"),
        ("behind-text.pt", "", true, "behind the end of another one"),
        ("stream-tail.pth", "", true, "behind the end of another one"),
        ("after-stop.pt", "net/data.pkl", true, "behind the end of another one"),
        ("inside.pkl", "bytes inside", false, "which loads it"),
        ("inside-text.pkl", "text inside", false, "which loads it"),
        ("inside-data.pkl", "bytes inside", true, "inside of the data of another pickle"),
        ("inside-archive.pkl", "bytes inside › net/data.pkl", false, "which loads it"),
        // In entries of an archive that are not the main pickle.
        ("other-entry.pt", "net/extra.pkl", true, "Nothing that is shown of the model is in this entry"),
        ("empty-main.pt", "net/hidden.pkl", true, "Nothing that is shown"),
        ("two-folders.pt", "net/deeper/data.pkl", true, "more than one main pickle"),
        ("duplicates-hidden.pt", "net/data.pkl", true, "several entries called \"net/data.pkl\""),
        ("renamed.pt", "net/readme.txt", true, "its name does not say so"),
        ("as-storage.pt", "net/data/0", true, "its name does not say so"),
        ("object-array.pt", "net/values.npy", true, "its name does not say so"),
    ];
    for (name, place, aside, phrase) in cases {
        let (safety, stream) = payload(name);
        assert_eq!((&*stream.name, stream.aside), (place, aside), "{name}");
        let said: Vec<&str> = findings(&safety).iter().map(|finding| &*finding.message).collect();
        assert!(said.iter().any(|message| message.contains(phrase)), "{name}: {said:?}");
        let subject = if aside { "A pickle that is hidden in this file calls" } else { "Loading this file calls" };
        assert!(safety.summary.starts_with(subject), "{name}: {}", safety.summary);
    }
    // One of the pickles of an old stream, inside of a pickle.
    let (_, stream) = payload("inside-torch.pkl");
    assert!(!stream.aside && stream.within == Some(0));
}

#[test]
fn what_programs_read_differently_is_told() {
    let cases = [
        ("wrong-checksum.pt", "The checksum of \"net/data.pkl\" is wrong"),
        ("password-bit.pt", "\"net/data.pkl\" is marked as encrypted, but is not"),
        ("password-bit-inside.pt", "\"net/data.pkl\" is marked as encrypted, but is not"),
        ("method.pt", "says that \"net/data.pkl\" is not compressed, and the entry says otherwise"),
        ("local-name.pt", "calls an entry \"net/data.pkl\", and the entry calls itself \"net/text.txt\""),
        ("duplicates.pt", "several entries called \"net/data.pkl\""),
        ("prefix.pt", "64 bytes are before the first entry"),
        ("broken-after.pkl", "All that comes before has been done by then"),
        ("broken-opcode.pt", "All that comes before has been done by then"),
        ("broken-archive.pt", "All that comes before has been done by then"),
    ];
    for (name, phrase) in cases {
        let (safety, stream) = payload(name);
        assert!(!stream.aside, "{name}");
        let odd: Vec<&Finding> =
            findings(&safety).into_iter().filter(|finding| finding.rating > Rating::Inert).collect();
        let found = odd.iter().filter(|finding| finding.message.contains(phrase)).count();
        assert_eq!(found, 1, "{name}: {odd:?}");
    }
    for (name, phrase) in [
        ("pickle-and-archive.pt", "A ZIP archive follows the pickle"),
        ("program.pt", "The entry \"net/run\" is a script"),
    ] {
        let safety = hostile(name);
        assert_eq!(safety.rating, Rating::Unknown, "{name}");
        assert!(findings(&safety).iter().any(|finding| finding.message.contains(phrase)), "{name}: {safety:?}");
        assert_eq!(safety.summary, "Nothing known to be dangerous was found, but 1 thing about it is odd.");
    }
    let (safety, _) = payload("deflated.pt");
    assert!(
        findings(&safety)
            .iter()
            .any(|finding| finding.rating == Rating::Inert && finding.message.contains("is compressed"))
    );
}

#[test]
fn a_payload_among_tensors_is_found_and_the_tensors_are_shown() {
    let (safety, stream) = payload("injected.pt");
    assert_eq!((safety.streams.len(), &*stream.name), (1, "net/data.pkl"));
    let opened = common::open(&common::on_disk(&common::root().join("hostile/injected.pt"))).unwrap();
    assert_eq!(opened.model.totals().parameters, 4);
    let (_, stream) = payload("stream-first.pth");
    assert_eq!((stream.span.at, stream.aside), (0, false));
}

#[test]
fn pickles_in_parts_of_a_model_say_where_they_are() {
    let fixture = |name: &str| std::fs::read(common::root().join("pytorch").join(name)).unwrap();
    let files = common::in_memory(
        "model.bin.index.json",
        br#"{"weight_map": {"a": "1.bin", "b": "2.bin", "c": "3.bin"}}"#.into(),
    );
    files.add("1.bin", std::rc::Rc::new(BytesSource(fixture("one-tensor.pt"))));
    files.add("2.bin", std::rc::Rc::new(BytesSource(b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.".to_vec())));
    // This one cannot be opened, and is looked at all the same.
    files.add("3.bin", std::rc::Rc::new(BytesSource(b"\x80\x02X\x07\0\0\0sklearn0cos\nsystem\n)R.".to_vec())));
    let safety = report(&files).unwrap();
    let found: Vec<(&str, Rating)> = safety.streams.iter().map(|stream| (&*stream.name, stream.rating)).collect();
    let expected =
        [("1.bin › archive/data.pkl", Rating::Inert), ("2.bin", Rating::Dangerous), ("3.bin", Rating::Dangerous)];
    assert_eq!(found, expected);
    assert!(safety.summary.contains("calls `os.system('ls')`") && safety.summary.contains("2 dangerous calls"));

    let exported = common::open(&common::on_disk(&common::root().join("pytorch/versions/export-2.6.pt2"))).unwrap();
    let safety = exported.safety.unwrap();
    let names: Vec<&str> = safety.streams.iter().map(|stream| &*stream.name).collect();
    // No reader asks for the last one.
    let inner = |part: &str| format!("serialized_{part}.pt › archive/data.pkl");
    let expected = [inner("state_dict"), inner("constants"), inner("example_inputs")];
    assert_eq!(safety.streams.iter().map(|stream| stream.aside).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(names, expected);
}

#[test]
fn instructions_are_listed_page_by_page() {
    let path = common::root().join("pytorch/versions/export-2.6.pt2");
    let files = common::on_disk(&path);
    let viewer = Viewer::new(common::open(&files).unwrap(), files);
    let safety = viewer.info().safety.unwrap();
    for (index, stream) in safety.streams.iter().enumerate() {
        let (mut lines, mut next) = (Vec::new(), Some(Place { at: stream.span.at, depth: 0 }));
        while let Some(place) = next {
            let listed = viewer.listing(index, place).unwrap();
            assert!((1..=200).contains(&listed.lines.len()));
            lines.extend(listed.lines);
            next = listed.next;
        }
        assert!(lines[0].ends_with("PROTO            2") && lines[lines.len() - 1].ends_with("STOP"), "{lines:?}");
        let offsets: Vec<&str> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
        assert!(offsets.windows(2).all(|pair| pair[0] < pair[1]), "each comes once, in order");
        // Marks are open across pages.
        assert!(lines.len() < 200 || lines[200].starts_with(&format!("{}    ", offsets[200])), "{}", lines[200]);
    }
    assert!(viewer.listing(99, Place { at: 0, depth: 0 }).is_err());
}

#[test]
fn a_file_that_cannot_be_opened_is_reported_on_all_the_same() {
    let files = common::on_disk(&common::root().join("hostile/sklearn.pkl"));
    assert!(common::open(&files).is_err());
    assert_eq!(formats::inspect(&files).unwrap().rating, Rating::Dangerous);
    for name in ["seven-zip.pt", "rar.ckpt", "program.pth"] {
        let files = common::on_disk(&common::root().join("hostile").join(name));
        let message = common::open(&files).map(|_| ()).unwrap_err().message;
        assert!(message.contains("Its name is that of a checkpoint, which it is not"), "{name}: {message}");
        assert!(formats::inspect(&files).is_none());
    }
}

#[test]
fn what_ordinary_files_have_is_not_called_dangerous() {
    let mut unknown = BTreeSet::new();
    let mut count = 0;
    for fixture in common::fixtures(&common::root().join("pytorch")) {
        let name = common::name(&fixture);
        let Ok(opened) = common::open(&common::on_disk(&fixture)) else { continue };
        if opened.format.id != "pytorch" {
            continue;
        }
        // Exported programs need none, and those of torch 1.0 to 1.2 have JSON.
        let Some(safety) = opened.safety else {
            assert!(["export/", "script/torch-1."].iter().any(|part| name.contains(part)), "{name} has no pickles");
            continue;
        };
        count += 1;
        assert!(safety.rating < Rating::Dangerous, "{name}: {}", safety.summary);
        let odd = findings(&safety).into_iter().find(|finding| finding.rating > Rating::Inert);
        assert!(odd.is_none(), "{name}: {odd:?}");
        for stream in &safety.streams {
            unknown.extend(names(stream, Rating::Unknown).into_iter().map(str::to_owned));
        }
    }
    assert!(count > 50, "{count}");
    let expected = [
        "__main__.Colour",
        "__main__.Net",
        "__main__.Settings",
        "__main__.Subclass",
        "copyreg.pickle",
        "functools.partial",
        "nets.Cnn",
        "nets.Residual",
    ];
    // Whole modules name the classes of other packages.
    unknown.retain(|name| !["models.", "torchvision."].iter().any(|package| name.starts_with(package)));
    assert_eq!(unknown.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn attributes_and_calls_that_are_put_off_are_unknown_as_long_as_they_are_known() {
    for name in ["benign-getattr.pkl", "benign-partial.pkl"] {
        assert_eq!(hostile(name).rating, Rating::Unknown, "{name}");
    }
    assert_eq!(hostile("benign-bytes.pkl").rating, Rating::Inert);
    let cases: &[(&[u8], Rating)] = &[
        // The function itself is data: what becomes of it is not known.
        (b"\x80\x02cbuiltins\ngetattr\n.", Rating::Dangerous),
        (b"\x80\x02]cbuiltins\ngetattr\nq\x00ah\x00cmodels\nColour\nX\x03\x00\x00\x00RED\x86R.", Rating::Dangerous),
        (b"\x80\x02cbuiltins\ngetattr\ncmodels\nColour\nX\x03\x00\x00\x00RED\x86R.", Rating::Unknown),
        (b"\x80\x02cbuiltins\ngetattr\ncmodels\nColour\nX\x09\x00\x00\x00__class__\x86R.", Rating::Dangerous),
        (b"\x80\x02cfunctools\npartial\ncos\nsystem\n\x85R.", Rating::Dangerous),
        (b"\x80\x02ctorch.storage\n_load_from_bytes\nK\x01\x85R.", Rating::Dangerous),
        (b"\x80\x02ctorch.nn.modules.linear\nLinear\n)\x81}b.", Rating::Inert),
        (b"\x80\x02cmodels\nNet\n)\x81}b.", Rating::Unknown),
        (b"\x80\x02\x82\x07)R.", Rating::Unknown),
    ];
    for (bytes, rating) in cases {
        let safety = of_bytes(bytes);
        assert_eq!(safety.rating, *rating, "{}: {safety:#?}", bytes.escape_ascii());
    }
}

#[test]
fn unknown_calls_of_the_same_thing_are_one_and_dangerous_ones_are_each_listed() {
    let unknown = of_bytes(&[b"\x80\x02](".to_vec(), b"cmodels\nNet\n)\x81}b".repeat(500), b"e.".to_vec()].concat());
    let [call] = &unknown.streams[0].calls[..] else { panic!("{:?}", unknown.streams[0].calls) };
    assert_eq!((call.count, call.rating), (1000, Rating::Unknown));
    assert_eq!(unknown.streams[0].imports[0].count, 500);
    let dangerous = of_bytes(&[b"\x80\x02](".to_vec(), b"cos\nsystem\n)R".repeat(500), b"e.".to_vec()].concat());
    let stream = &dangerous.streams[0];
    assert_eq!((stream.calls.len(), stream.more_calls), (200, 300));
}

#[test]
fn a_flood_of_pickles_is_bounded_and_hides_nothing() {
    let quiet = b"\x80\x02]q\x00.".repeat(3000);
    let safety = of_bytes(&[&quiet[..], b"\x80\x02cos\nsystem\n)R."].concat());
    assert_eq!(safety.rating, Rating::Dangerous);
    assert!(safety.streams.iter().any(|stream| stream.calls.len() == 1));
    assert!(safety.streams.len() < 200 && safety.streams.len() + safety.more == 3001, "{}", safety.streams.len());
    let flood = of_bytes(&b"\x80\x02]q\x00.".repeat(20_000));
    assert!(flood.unseen > 0 && flood.rating > Rating::Inert, "what is not looked at is told: {}", flood.summary);
}

#[test]
fn nothing_is_ever_called_safe() {
    let files =
        common::files(&common::root()).into_iter().filter(|path| path.extension().is_none_or(|end| end != "dump"));
    let mut count = 0;
    for file in files {
        let Some(safety) = report(&common::on_disk(&file)) else { continue };
        count += 1;
        let said = format!("{} {} {}", safety.summary, safety.why, safety.text());
        let word = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).eq_ignore_ascii_case("safe");
        assert!(!said.split_whitespace().any(word), "{}: {said}", common::name(&file));
        assert!(!safety.text().contains('\u{1b}'));
    }
    assert!(count > 100, "{count}");
}
