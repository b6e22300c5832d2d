"""HDF5 files of every structure that weights are kept in, by h5py; and descriptions that would do harm.

Also writes keras/hdf5/values.json: what h5py reads from the same files.
"""

import io
import json
import os
import tempfile
from pathlib import Path

import h5py
import numpy as np

from common import noise, record, save, save_json

EXPECTED = {}


def write(name, fill, start=b"", **settings):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "file.h5")
        latest = settings.get("libver") == "latest"
        access, create = h5py.h5p.create(h5py.h5p.FILE_ACCESS), h5py.h5p.create(h5py.h5p.FILE_CREATE)
        access.set_libver_bounds(*[h5py.h5f.LIBVER_LATEST if latest else h5py.h5f.LIBVER_EARLIEST, h5py.h5f.LIBVER_LATEST])
        # New headers have the time in them.
        create.set_obj_track_times(False)
        if settings.get("track_order"):
            create.set_link_creation_order(h5py.h5p.CRT_ORDER_TRACKED | h5py.h5p.CRT_ORDER_INDEXED)
        with h5py.File(h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, create, access)) as file:
            fill(file)
        data = Path(path).read_bytes()
    found = {}

    def visit(path, item):
        if isinstance(item, h5py.Dataset) and item.external is None and item.shape is not None:
            stated = item.attrs.get("dtype")
            if item.dtype.kind in "biufc":
                found[path] = record(item[()].astype(item.dtype.newbyteorder("=")))
            elif stated == "bfloat16":
                import ml_dtypes

                found[path] = record(np.frombuffer(item[()].tobytes(), ml_dtypes.bfloat16).reshape(item.shape))
            elif item.dtype.kind == "S":
                found[path] = {"dtype": "string", "shape": list(item.shape), "values": [text.decode() for text in item[()].reshape(-1)]}

    with h5py.File(io.BytesIO(data), "r") as file:
        file.visititems(visit)
    EXPECTED[name] = found
    save(f"keras/hdf5/{name}", start + data)


def group(file, path):
    """The group at `path`; those on the way are made."""
    settings = h5py.h5p.create(h5py.h5p.GROUP_CREATE)
    settings.set_obj_track_times(False)
    for name in path.split("/"):
        file = file[name] if name in file else h5py.Group(h5py.h5g.create(file.id, name.encode(), gcpl=settings))
    return file


def layer(file, name, kernel, bias, **settings):
    """A layer as versions 1 and 2 of Keras have it."""
    own = group(file, name)
    group(own, name)
    own.attrs["weight_names"] = np.array([f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()])
    own.create_dataset(f"{name}/kernel:0", data=kernel, **settings)
    own.create_dataset(f"{name}/bias:0", data=bias)


def chunked(file):
    """Chunks that do not fit the shape, with each filter; some that were never written."""
    file.attrs["layer_names"] = np.array([b"deflated", b"shuffled", b"summed", b"plain"])
    layer(file, "deflated", noise("a", 13, 7), noise("b", 7), chunks=(4, 3), compression="gzip")
    layer(file, "shuffled", noise("c", 3, 3, 5, 6), noise("d", 6), chunks=(2, 3, 2, 6), compression="gzip", shuffle=True)
    layer(file, "summed", noise("e", 9, 4), noise("f", 4), chunks=(5, 4), fletcher32=True, shuffle=True)
    layer(file, "plain", noise("g", 5, 4), noise("h", 4), chunks=(2, 2))
    holes = file.create_dataset("rest/holes", (6, 6), "<f4", chunks=(2, 2), fillvalue=2.5)
    holes[2:4, 3:5] = noise("i", 2, 2)
    file.create_dataset("rest/unwritten", (4,), "<f4")
    file.create_dataset("rest/lzf", data=noise("j", 64), compression="lzf", chunks=(32,))


def indexed(file):
    """The indices of chunks that libraries since 1.10 write: of one chunk, of a fixed number, of a growing one, in several directions."""
    group(file, "dense")
    file.create_dataset("dense/kernel", data=noise("k", 6, 4), chunks=(6, 4), compression="gzip")
    file.create_dataset("dense/fixed", data=noise("l", 40, 4), chunks=(3, 3), compression="gzip", shuffle=True)
    file.create_dataset("dense/growing", data=noise("m", 40, 4), chunks=(3, 4), maxshape=(None, 4))
    file.create_dataset("dense/both", data=noise("n", 10, 8), chunks=(3, 3), maxshape=(None, None), compression="gzip")
    file.create_dataset("dense/bias", data=noise("o", 4), chunks=(4,))


def many(file):
    """So many names that they are in heaps, and texts of any length."""
    names = [f"dense_{number}" for number in range(14)]
    file.attrs.create("layer_names", names, dtype=h5py.string_dtype())
    for number, name in enumerate(names):
        own = group(file, name)
        group(own, name)
        own.attrs.create("weight_names", [f"{name}/kernel"], dtype=h5py.string_dtype())
        own.create_dataset(f"{name}/kernel", data=noise(name, 2, 3))
    for number in range(12):
        file.attrs[f"note_{number}"] = "what is said of it " * (number + 1)
    file.attrs["keras_version"] = "2.0.0"
    file.attrs["backend"] = "numpy"


def types(file):
    """Every type of elements."""
    own = group(file, "layers/types/vars")
    for kind in ("i1", "<i2", "<i4", "<i8", "u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", ">f4", ">i2", "<c8", "<c16"):
        values = np.array([[0, 1, 2], [3, 4, 100]]).astype(kind)
        own.create_dataset(kind.replace("<", "").replace(">", "big_"), data=values)
    own.create_dataset("bool", data=np.array([True, False]))
    half = own.create_dataset("bfloat16", data=np.array([0x3F80, 0xC000], "<u2").view("V2"))
    half.attrs["dtype"] = "bfloat16"
    own.create_dataset("scalar", data=np.float32(1.5))
    own.create_dataset("none", data=h5py.Empty("f4"))
    own.create_dataset("zero", data=np.zeros((0, 3), "f4"))
    own.create_dataset("texts", data=np.array([b"a", b"bcd", b""]))
    own.create_dataset("long", data=["a text of any length"], dtype=h5py.string_dtype())
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((3,))
    compact.set_obj_track_times(False)
    h5py.h5d.create(own.id, b"compact", h5py.h5t.IEEE_F32LE, space, compact).write(space, space, np.array([1, 2, 3], "f4"))


def links(file):
    """Other names, within the file and out of it; a group in itself; values in other files."""
    layer(file, "dense", noise("p", 2, 2), noise("q", 2))
    file["dense/again"] = file["dense"]
    file["dense/same"] = file["dense/dense/kernel:0"]
    file["soft"] = h5py.SoftLink("/dense/dense/bias:0")
    file["dangling"] = h5py.SoftLink("/nowhere")
    file["password"] = h5py.ExternalLink("../../etc/weights.h5", "/secret")
    file.create_dataset("outside", (4,), "<f4", external=[("/etc/hostname", 0, 16)])


def described(name, description):
    save(f"keras/bad/{name}.json", json.dumps(description).encode())


def harmful():
    """Descriptions that name what no layer is; nothing of it is ever loaded here."""

    def with_layer(config):
        return {"class_name": "Sequential", "config": {"name": "model", "layers": [{"class_name": "Dense", "config": {"name": "dense", "units": 1}}, config]}}

    system = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    lambda_layer = {"class_name": "Lambda", "config": {"name": "run", "function": system, "arguments": {"command": "true"}}, "module": "keras.layers"}
    described("import", with_layer(lambda_layer))
    fetch = {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "function"}
    described("fetch", with_layer({"class_name": "Lambda", "config": {"name": "fetch", "function": fetch}, "module": "keras.layers"}))
    lookup = {"class_name": "StringLookup", "config": {"name": "words", "vocabulary": "/etc/passwd"}, "module": "keras.layers"}
    described("vocabulary", with_layer(lookup))

    def chain(*names):
        nodes = [[[[before, 0, 0, {}]]] for before in (names[-1], *names[:-1])]
        return [{"class_name": "Dense", "name": name, "config": {"name": name, "units": 1}, "inbound_nodes": node} for name, node in zip(names, nodes)]

    ends = {"input_layers": [["a", 0, 0]], "output_layers": [["c", 0, 0], ["nowhere", 0, 0]]}
    described("circle", {"class_name": "Functional", "config": {"name": "circle", "layers": chain("a", "b", "c"), **ends}})
    model = {"class_name": "Dense", "config": {"name": "dense", "units": 1}}
    for depth in range(30):
        twice = [dict(model, name=f"{name}{depth}") for name in "ab"]
        model = {"class_name": "Sequential", "config": {"name": f"m{depth}", "layers": [model] if depth % 2 else twice[:1]}}
    described("deep", model)
    # Each model is called twice by the next one: 2^12 layers, if all were shown.
    inner = {"class_name": "Sequential", "name": "m0", "config": {"name": "m0", "layers": [{"class_name": "Dense", "config": {"name": "dense", "units": 1}}]}}
    for depth in range(1, 13):
        source = {"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_shape": [None, 1]}, "inbound_nodes": []}
        below = f"m{depth - 1}"
        calls = [[["x", 0, 0, {}]], [[below, 1, 0, {}]]]
        layers = [source, dict(inner, inbound_nodes=calls)]
        ends = {"input_layers": [["x", 0, 0]], "output_layers": [[below, 2, 0]]}
        inner = {"class_name": "Functional", "name": f"m{depth}", "config": {"name": f"m{depth}", "layers": layers, **ends}}
    described("doubling", inner)


if __name__ == "__main__":
    write("chunked.h5", chunked, libver="earliest")
    write("indexed.h5", indexed, libver="latest")
    write("many.h5", many, libver="latest")
    write("many_old.h5", many, libver="earliest")
    write("types.h5", types)
    write("links.h5", links)
    write("links_new.h5", links, libver="latest", track_order=True)
    write("user_block.hdf5", lambda file: layer(file, "dense", noise("r", 2, 2), noise("s", 2)), start=b"#!/bin/sh".ljust(512))
    harmful()
    save_json("keras/hdf5/values.json", EXPECTED)
