"""What the reference reader refuses: small files with one mistake each, and its verdict, in tests/refused.json for tests/safetensors.rs."""

import json
import struct
import tempfile
from pathlib import Path

import safetensors
from common import ROOT

CASES = {}


def case(name, header, payload=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    data = struct.pack("<Q", len(text) if length is None else length) + text + payload
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.safetensors"
        path.write_bytes(data)
        try:
            with safetensors.safe_open(path, "np"):
                verdict = None
        except Exception as error:
            # The rest of a message may have a path.
            verdict = str(error).split("(")[0].strip()
    CASES[name] = {"bytes": data.hex(), "refused": verdict}


def one(dtype="F32", shape=(2,), offsets=(0, 8), **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets), **more}


def main():
    eight = bytes(8)
    case("sound", {"a": one()}, eight)
    case("no tensors", {})
    case("spaces behind the header", b'{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}     ', eight)
    case("spaces before the header", b'  {"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}', eight)
    case("other order", {"b": one(offsets=(8, 16)), "a": one()}, bytes(16))
    case("no elements", {"a": one(shape=(0,), offsets=(0, 0)), "b": one()}, eight)
    case("not aligned", {"a": one("U8", (1,), (0, 1)), "b": one(offsets=(1, 9))}, bytes(9))
    case("header not aligned", b'{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}', eight)
    case("header too long", {"a": one()}, eight, 100_000_001)
    case("header longer than the file", {"a": one()}, eight, 1000)
    case("empty header", b"")
    case("not UTF-8", b'{"a\xff":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}', eight)
    case("no JSON", b'{"a":', eight)
    case("no object", b"[1]", eight)
    case("more behind the object", b'{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}} x', eight)
    case("same name twice", b'{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}', eight)
    case("hole in between", {"a": one(), "b": one(offsets=(12, 20))}, bytes(20))
    case("hole at the start", {"a": one(offsets=(4, 12))}, bytes(12))
    case("overlap", {"a": one(), "b": one(offsets=(4, 12))}, bytes(12))
    case("same range", {"a": one(), "b": one()}, eight)
    case("ends before it begins", {"a": one(offsets=(8, 0))}, eight)
    case("beyond the file", {"a": one(shape=(4,), offsets=(0, 16))}, eight)
    case("more than tensors", {"a": one()}, bytes(12))
    case("too few bytes for the shape", {"a": one(shape=(3,))}, eight)
    case("too many bytes for the shape", {"a": one(shape=(1,))}, eight)
    case("shape too large", {"a": one(shape=(2**62, 2**62))}, eight)
    case("bytes too many to count", {"a": one(shape=(2**63,))}, eight)
    case("negative size", {"a": one(shape=(-2,))}, eight)
    case("size with a fraction", {"a": one(shape=(2.5,))}, eight)
    case("unknown type", {"a": one("F7", (8,))}, eight)
    case("type in small letters", {"a": one("f32")}, eight)
    case("no type", {"a": {"shape": [2], "data_offsets": [0, 8]}}, eight)
    case("no shape", {"a": {"dtype": "F32", "data_offsets": [0, 8]}}, eight)
    case("no range", {"a": {"dtype": "F32", "shape": [2]}}, eight)
    case("range of three", {"a": one(offsets=(0, 4, 8))}, eight)
    case("more fields", {"a": one(note="x")}, eight)
    case("half a byte", {"a": one("F4", (3,), (0, 2))}, bytes(2))
    case("part of six bits", {"a": one("F6_E2M3", (3,), (0, 3))}, bytes(3))
    case("four bits", {"a": one("F4", (4,), (0, 2))}, bytes(2))
    case("metadata", {"__metadata__": {"k": "v"}, "a": one()}, eight)
    case("metadata with a number", {"__metadata__": {"k": 1}, "a": one()}, eight)
    case("metadata with null", {"__metadata__": {"k": None}, "a": one()}, eight)
    case("metadata is null", {"__metadata__": None, "a": one()}, eight)
    case("metadata is a list", {"__metadata__": ["k"], "a": one()}, eight)
    case("metadata with the same key twice", b'{"__metadata__":{"k":"v","k":"w"},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}', eight)
    (ROOT / "tests" / "refused.json").write_text(json.dumps(CASES, indent=1) + "\n")
    for name, verdict in CASES.items():
        print(f"{name}: {verdict['refused']}")


main()
