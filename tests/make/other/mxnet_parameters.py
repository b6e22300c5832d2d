"""Parameters that MXNet writes, with the values that it holds."""

import os
import struct
import tempfile

import mxnet as mx
import numpy as np

from common import noise, record, save, save_json

FOLDER = "mxnet"


def saved(arrays):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.params")
        mx.nd.save(path, arrays)
        with open(path, "rb") as file:
            return file.read()


def dense(content):
    return mx.nd.array(content, dtype=content.dtype)


def old(arrays, version):
    """What MXNet wrote before it kept the kind of storage: versions 0 (dimensions of four bytes) and 1."""
    out = struct.pack("<3Q", 0x112, 0, len(arrays))
    for array in arrays.values():
        if version:
            out += struct.pack(f"<2I{array.ndim}q", 0xF993FAC8, array.ndim, *array.shape)
        else:
            out += struct.pack(f"<I{array.ndim}I", array.ndim, *array.shape)
        out += struct.pack("<3i", 1, 0, 0) + array.astype(np.float32).tobytes()
    out += struct.pack("<Q", len(arrays))
    for name in arrays:
        out += struct.pack("<Q", len(name)) + name.encode()
    return out


def main():
    values = {}

    def add(file, arrays, names, data=None):
        save(f"{FOLDER}/{file}", data or saved({name: dense(content) for name, content in arrays.items()}))
        values[file] = {names(name): record(content) for name, content in arrays.items()}

    parts = {"conv0_weight": (4, 3, 3, 3), "conv0_bias": (4,), "fc1_weight": (2, 4), "fc1_bias": (2,)}
    arrays = {f"arg:{name}": noise(name, *shape) for name, shape in parts.items()}
    for name in ["arg:bn_gamma", "arg:bn_beta", "aux:bn_moving_mean", "aux:bn_moving_var"]:
        arrays[name] = noise(name, 4)
    add("module.params", arrays, lambda name: name[4:])
    for version in [0, 1]:
        data = old(arrays, version)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "old.params")
            with open(path, "wb") as file:
                file.write(data)
            read = mx.nd.load(path)
        assert all((read[name].asnumpy() == content).all() for name, content in arrays.items())
        add(f"version{version}.params", arrays, lambda name: name[4:], data)

    layers = {"features.0.weight": noise("0", 4, 3, 3, 3), "features.1.gamma": noise("1", 4), "output.bias": noise("2", 2)}
    add("gluon.params", layers, str)
    types = ["float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool"]
    add("types.params", {name: np.arange(6).reshape(2, 3).astype(name) for name in types}, str)

    matrix = np.array([[0, 1], [0, 0], [2, 3]], dtype=np.float32)
    sparse = {"rows": mx.nd.array(matrix).tostype("row_sparse"), "compressed": mx.nd.array(matrix).tostype("csr")}
    # What is computed in the background has no shape yet.
    mx.nd.waitall()
    save(f"{FOLDER}/sparse.params", saved(sparse))
    values["sparse.params"] = {
        "rows": record(sparse["rows"].data.asnumpy()),
        "rows.indices": record(sparse["rows"].indices.asnumpy()),
        "compressed": record(sparse["compressed"].data.asnumpy()),
        "compressed.indptr": record(sparse["compressed"].indptr.asnumpy()),
        "compressed.indices": record(sparse["compressed"].indices.asnumpy()),
    }
    save(f"{FOLDER}/list.params", saved([dense(noise("first", 3)), dense(noise("second", 2))]))
    values["list.params"] = {"0": record(noise("first", 3)), "1": record(noise("second", 2))}
    with mx.util.np_shape(True):
        save(f"{FOLDER}/scalar.params", saved({"scalar": mx.nd.array(np.array(1.5)), "empty": mx.nd.zeros((0, 3))}))
    values["scalar.params"] = {"scalar": record(np.float32(1.5)), "empty": record(np.zeros((0, 3), np.float32))}
    save_json(f"{FOLDER}/values.json", values)

    plain = saved({"a": dense(noise("a", 3)), "b": dense(noise("b", 2))})
    save(f"bad/{FOLDER}/cut.params", plain[:90])
    save(f"bad/{FOLDER}/no-names.params", plain[:-26])
    save(f"bad/{FOLDER}/storage.params", plain[:28] + b"\7" + plain[29:])
    save(f"bad/{FOLDER}/many.params", plain[:16] + b"\xff" * 8 + plain[24:])
    save(f"bad/{FOLDER}/huge.params", plain[:36] + b"\xff" * 7 + b"\0" + plain[44:])


if __name__ == "__main__":
    main()
