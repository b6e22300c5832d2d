"""Arrays and archives of arrays, written by NumPy, with the values that it holds."""

import io
import os
import zipfile

import numpy as np

from common import noise, record, save, save_json

FOLDER = "numpy"
UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"]


def array(content, version=None):
    """The bytes of an array file."""
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asanyarray(content), version=version, allow_pickle=True)
    return out.getvalue()


def archive(arrays, write=np.savez):
    out = io.BytesIO()
    write(out, **arrays)
    return out.getvalue()


def text(value):
    """An element as the page has it."""
    if isinstance(value, (np.void, bytes)) and not isinstance(value, np.bytes_):
        return "0x" + bytes(value).hex()
    return value.decode() if isinstance(value, bytes) else str(value)


def held(content):
    """What an array holds, as tests/values.rs compares it."""
    content = np.asarray(content)
    kind = content.dtype.kind
    flat = content.reshape(-1)
    shape = list(content.shape)
    if kind in "SUVM":
        return {"dtype": "string", "shape": shape, "values": [text(value) for value in flat]}
    if kind == "m":
        return {"dtype": "int64", "shape": shape, "values": [str(value) for value in flat.view(flat.dtype.str.replace("m8", "i8").split("[")[0])]}
    if content.dtype == np.longdouble:
        # The nearest doubles.
        return record(content.astype(np.float64))
    return record(content.astype(content.dtype.newbyteorder("=")))


def types():
    rng = np.random.default_rng(7)
    arrays = {"bool": np.array([[True, False], [False, True]])}
    for code in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
        info = np.iinfo(code)
        for order in "<>":
            arrays[f"{code}{order}"] = np.array([[info.min, info.max, 3]], dtype=order + code)
    for code in ["f2", "f4", "f8", "c8", "c16"]:
        for order in "<>":
            values = rng.normal(size=6)
            if code.startswith("c"):
                values = values + 1j * rng.normal(size=6)
            arrays[f"{code}{order}"] = values.astype(order + code).reshape(2, 3)
    arrays["f4 special"] = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-45], dtype="<f4")
    arrays["bytes"] = np.array([b"cat", b"", b"elephant"], dtype="S8")
    arrays["text<"] = np.array(["cat", "", "Übermut", "\U0001f600!"], dtype="<U7")
    arrays["text>"] = arrays["text<"].astype(">U7")
    arrays["void"] = np.array([b"\0\1\2", b"\xff\0\0"], dtype="V3")
    for unit in UNITS:
        ticks = [0, 1, -1, 123456789, -987654321]
        if unit in "YMWD":
            ticks = [0, 1, -1, 54, -30, 20000, -5000]
        arrays[f"time {unit}"] = np.array(ticks, dtype=f"<M8[{unit}]")
        arrays[f"length {unit}"] = np.array(ticks, dtype=f"<m8[{unit}]")
    arrays["time 25s>"] = np.array([1, 2, np.datetime64("NaT")], dtype=">M8[25s]")
    arrays["scalar"] = np.array(1.5)
    arrays["empty"] = np.zeros((0, 4), dtype=np.float32)
    if np.dtype(np.longdouble).itemsize == 16:
        values = [1.5, -2.25, 0.1, np.inf, 1e300, 0.0, -1e-300]
        arrays["extended"] = np.array(values, dtype=np.longdouble)
    return arrays


RECORD = np.dtype(
    [
        ("id", "<u2"),
        ("position", [("x", "<f4"), ("y", ">f4")]),
        ("colour", "u1", (3,)),
        ("corners", [("at", "<i2", (2,)), ("kind", "S3")], (2,)),
        (("a title", "name"), "<U4"),
        ("when", "<M8[s]"),
    ]
)


def records(shape, dtype=RECORD):
    rng = np.random.default_rng(8)
    made = np.frombuffer(rng.bytes(int(np.prod(shape)) * dtype.itemsize), dtype=dtype).reshape(shape).copy()
    made["position"]["x"] = rng.normal(size=shape)
    made["position"]["y"] = rng.normal(size=shape)
    made["corners"]["kind"] = b"ab"
    made["name"] = "änd"
    made["when"] = np.arange(int(np.prod(shape))).reshape(shape) * 86399
    return made


def fields(content, name=""):
    """The values of each field; of an array in an array, its dimensions come last."""
    if content.dtype.names is None:
        return {name: held(content)}
    return {
        path: values
        for own in content.dtype.names
        for path, values in fields(content[own], f"{name}.{own}" if name else own).items()
    }


def network():
    """A small transformer by the names of Flax."""
    block = "Transformer/encoderblock_{}/{}"
    arrays = {"embedding/kernel": noise("embedding", 4, 4, 3, 8), "embedding/bias": noise("embedding bias", 8)}
    for layer in range(3):
        for part in ["LayerNorm_0", "LayerNorm_2"]:
            arrays[block.format(layer, f"{part}/scale")] = noise(f"{layer} {part}", 8)
            arrays[block.format(layer, f"{part}/bias")] = noise(f"{layer} {part} bias", 8)
        for part, size in {"MlpBlock_3/Dense_0": (8, 16), "MlpBlock_3/Dense_1": (16, 8)}.items():
            arrays[block.format(layer, f"{part}/kernel")] = noise(f"{layer} {part}", *size)
            arrays[block.format(layer, f"{part}/bias")] = noise(f"{layer} {part} bias", size[1])
    return arrays


class Command:
    """What runs a program when it is loaded."""

    def __reduce__(self):
        return os.system, ("echo loaded",)


def objects(values):
    """Arrays of objects: the weights of a network in a dictionary, texts, and anything."""
    layers = {
        "conv1_1": [noise("conv", 3, 3, 3, 4), noise("conv bias", 4)],
        "fc6": {"weights": np.asfortranarray(noise("fc", 6, 5)), "biases": noise("fc bias", 5)},
        "mean": np.array([103.939, 116.779, 123.68]),
        "epoch": 3,
        "labels": ["cat", "dog"],
    }
    save(f"{FOLDER}/weights.npy", array(np.array(layers, dtype=object)))
    values["weights.npy"] = {
        "conv1_1/0": held(layers["conv1_1"][0]),
        "conv1_1/1": held(layers["conv1_1"][1]),
        "fc6/weights": held(layers["fc6"]["weights"]),
        "fc6/biases": held(layers["fc6"]["biases"]),
        "mean": held(layers["mean"]),
        "labels": {"dtype": "string", "shape": [2], "values": ["cat", "dog"]},
    }
    words = np.array([["cat", "dog"], ["a longer word", ""]], dtype=object)
    save(f"{FOLDER}/words.npy", array(words))
    values["words.npy"] = {"words": {"dtype": "string", "shape": [2, 2], "values": list(words.reshape(-1))}}
    ragged = np.array([np.arange(3), np.arange(5.0)], dtype=object)
    mixed = np.array([1, 2.5, None, "x", (1, 2)], dtype=object)
    save(f"{FOLDER}/objects.npz", archive({"ragged": ragged, "plain": np.arange(4), "mixed": mixed}))
    values["objects.npz"] = {
        "ragged/0": held(ragged[0]),
        "ragged/1": held(ragged[1]),
        "plain": held(np.arange(4)),
    }
    save(f"{FOLDER}/command.npy", array(np.array([Command(), 1], dtype=object)))


def bad():
    """What NumPy refuses."""

    def head(text, data=b"", version=b"\1\0"):
        text = text.encode()
        return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text + data

    plain = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}"
    save(f"bad/{FOLDER}/cut.npy", head(plain, bytes(10)))
    save(f"bad/{FOLDER}/long.npy", head(plain, bytes(100)))
    save(f"bad/{FOLDER}/version9.npy", head(plain, bytes(24), b"\x09\0"))
    save(f"bad/{FOLDER}/no-type.npy", head(plain.replace("<f4", "<q7"), bytes(24)))
    save(f"bad/{FOLDER}/no-shape.npy", head("{'descr': '<f4', 'fortran_order': False}", bytes(24)))
    save(f"bad/{FOLDER}/no-literal.npy", head("{'descr': __import__('os')}"))
    save(f"bad/{FOLDER}/huge.npy", head(plain.replace("(2, 3)", "(4294967296, 4294967296, 4)")))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in {"good.npy": array(np.arange(3)), "bad.npy": b"nothing", "notes.txt": b"text"}.items():
            file.writestr(zipfile.ZipInfo(name), content)
    save(f"bad/{FOLDER}/mixed.npz", out.getvalue())


def main():
    values = {}
    arrays = types()
    save(f"{FOLDER}/types.npz", archive(arrays))
    values["types.npz"] = {name: held(content) for name, content in arrays.items()}
    cube = noise("cube", 3, 4, 5)
    singles = {
        "c.npy": (cube, None),
        "fortran.npy": (np.asfortranarray(cube), None),
        "fortran-text.npy": (np.asfortranarray(np.array([["ab", "c"], ["", "defg"], ["h", "i"]])), None),
        "version2.npy": (np.arange(4, dtype=np.int16), (2, 0)),
        "version3.npy": (np.arange(4, dtype=np.int16), (3, 0)),
    }
    for file, (content, version) in singles.items():
        save(f"{FOLDER}/{file}", array(content, version))
        values[file] = {file.removesuffix(".npy"): held(content)}
    named = np.zeros(3, dtype=[("größe", "<f4"), ("名前", "<i4")])
    named["größe"] = [1, 2, 3]
    for file, content in {
        "records.npy": records((2, 3)),
        "records-fortran.npy": np.asfortranarray(records((2, 3))),
        "records-aligned.npy": records((3,), np.dtype(RECORD.descr, align=True)),
        "records-named.npy": named,
    }.items():
        save(f"{FOLDER}/{file}", array(content))
        values[file] = fields(content)
    for file, write in {"network.npz": np.savez, "network-compressed.npz": np.savez_compressed}.items():
        save(f"{FOLDER}/{file}", archive(network(), write))
        values[file] = {name: held(content) for name, content in network().items()}
    objects(values)
    save_json(f"{FOLDER}/values.json", values)
    bad()


if __name__ == "__main__":
    main()
