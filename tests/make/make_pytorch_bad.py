"""PyTorch files with mistakes: truncated, with parts missing, and pickles assembled by hand that ask for too much. None of them does anything
when it is loaded but fail."""

import io
import pickle
import struct
import zipfile

import torch

from common import noise, save
from make_pytorch import legacy, repacked, saved


def bad(path, data):
    save(f"bad/pytorch/{path}", data)


def archive(entries):
    """An archive with the entries as they are given."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name, content in entries.items():
            target.writestr(zipfile.ZipInfo(f"net/{name}", (1980, 1, 1, 0, 0, 0)), content)
    return stream.getvalue()


def storage(key, count, dtype=b"FloatStorage"):
    """The instructions that name a storage."""
    return b"(X\x07\x00\x00\x00storagectorch\n" + dtype + b"\nX" + struct.pack("<I", len(key)) + key + b"X\x03\x00\x00\x00cpuJ" + struct.pack("<i", count) + b"tQ"


def tensor(shape, strides, offset=0, key=b"0", count=4):
    """The instructions that rebuild a tensor."""

    def numbers(values):
        return b"(" + b"".join(b"\x8a\x08" + struct.pack("<q", value) for value in values) + b"t"

    head = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage(key, count) + b"\x8a\x08" + struct.pack("<q", offset)
    return head + numbers(shape) + numbers(strides) + b"\x89N" + b"tR"


def tensors(**contents):
    """A pickle of a dictionary of tensors."""
    entries = b"".join(b"X" + struct.pack("<I", len(name)) + name.encode() + content for name, content in contents.items())
    return b"\x80\x02}(" + entries + b"u."


def files():
    state = {f"layer{index}.weight": torch.from_numpy(noise(f"bad{index}", 3, 4)) for index in range(4)}
    whole, stream = saved(state), legacy(state)
    bad("stream-storages-cut.pth", stream[:-70])
    bad("stream-objects-cut.pth", stream[:420])
    bad("stream-magic-only.pth", stream[:14])
    bad("stream-trailing.pth", stream + b"trailing bytes")
    entries = {}
    with zipfile.ZipFile(io.BytesIO(whole)) as source:
        entries = {name.partition("/")[2]: source.read(name) for name in source.namelist()}
    bad("storage-missing.pth", archive({name: content for name, content in entries.items() if name != "data/2"}))
    bad("objects-cut.pth", archive({**entries, "data.pkl": entries["data.pkl"][:300]}))
    bad("objects-empty.pth", archive({**entries, "data.pkl": b""}))
    bad("objects-foreign.pth", archive({**entries, "data.pkl": b"this is no pickle"}))
    bad("storage-short.pth", archive({**entries, "data/1": entries["data/1"][:10]}))
    damaged = bytearray(repacked(whole, zipfile.ZIP_DEFLATED))
    place = damaged.find(b"data/3") + 6
    damaged[place : place + 20] = b"\xff" * 20
    bad("deflated-damaged.pth", bytes(damaged))
    values = struct.pack("<4f", 1, 2, 3, 4)
    shapes = {
        "beyond": tensor((3, 4), (4, 1)),
        "offset_beyond": tensor((2,), (1,), offset=100),
        "negative": tensor((-2,), (1,)),
        "huge": tensor((1 << 62, 1 << 62), (1, 1)),
        "huge_strides": tensor((4, 4), (1 << 62, 1 << 62)),
        "expanded": tensor((1 << 40,), (0,)),
        "ranks_differ": tensor((2, 2), (1,)),
        "good": tensor((2, 2), (2, 1)),
    }
    bad("shapes.pth", archive({"data.pkl": tensors(**shapes), "data/0": values}))


def streams():
    deep = b"\x80\x02" + b"]" * 5000 + b"a" * 4999 + b"."
    bad("deep.pkl", deep)
    # Each list holds the one before it twice: as a tree it has 2 to the power of 60 leaves.
    doubled = b"\x80\x02]q\x00" + b"".join(b"](h" + bytes([index]) + b"h" + bytes([index]) + b"eq" + bytes([index + 1]) for index in range(60)) + b"."
    bad("doubled.pkl", doubled)
    bad("circular.pkl", b"\x80\x02}q\x00X\x04\x00\x00\x00selfh\x00sX\x04\x00\x00\x00list]q\x01h\x01as.")
    wrapped = b"\x80\x02" + b"ctorch._utils\n_rebuild_parameter\nq\x00" + b"h\x00" * 2000 + b"N" + b"\x85R" * 2000 + b"."
    bad("wrapped.pkl", wrapped)
    nested = b"ctorch._utils\n_rebuild_nested_tensor\nq\x00" + b"h\x00" * 500 + b"N" + b"N\x86R" * 500
    bad("nested-tensors.pkl", b"\x80\x02" + nested + b".")
    listed = b"\x80\x02cbuiltins\nbytearray\n]q\x01R" + b"q\x02h\x01h\x02a0."
    bad("holds-itself.pkl", listed)
    bad("no-stop.pkl", pickle.dumps({"torch": [1, 2, 3], "b": {"c": 1.5}}, 2)[:-3])
    bad("key-without-value.pkl", b"\x80\x02}(X\x05\x00\x00\x00torchK\x01K\x02u.")
    bad("unknown-opcode.pkl", b"\x80\x02}X\x05\x00\x00\x00torchK\x01s\xff.")
    bad("protocol-9.pkl", b"\x80\x02}X\x05\x00\x00\x00torchK\x01s\x80\x09N.")
    bad("memo-unknown.pkl", b"\x80\x02}X\x05\x00\x00\x00torchh\x63s.")
    bad("length-beyond.pkl", b"\x80\x04}X\x05\x00\x00\x00torch\x8e\xff\xff\xff\xff\xff\xff\xff\x7fs.")
    bad("long-digits.pkl", b"\x80\x02}X\x05\x00\x00\x00torch\x8b\x00\x20\x00\x00" + b"\x7f" * 8192 + b"s.")
    bad("stacked.pkl", b"\x80\x02}X\x05\x00\x00\x00torchK\x01s." + b"\x80\x02}X\x06\x00\x00\x00hiddenK\x02s.")
    bad("names-no-text.pkl", b"\x80\x04\x8c\x05torchK\x01K\x02\x93.")


files()
streams()
