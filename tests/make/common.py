"""What the scripts of this folder share: where fixtures go, how they are written, how values are recorded."""

import hashlib
import json
import random
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
LIMIT = 64 * 1024

# How the project spells element types, by the names that numpy and ml_dtypes use.
DTYPES = {
    "bool": "bool",
    "uint2": "uint2",
    "int2": "int2",
    "uint4": "uint4",
    "int4": "int4",
    "uint8": "uint8",
    "int8": "int8",
    "uint16": "uint16",
    "int16": "int16",
    "uint32": "uint32",
    "int32": "int32",
    "uint64": "uint64",
    "int64": "int64",
    "float4_e2m1fn": "float4e2m1",
    "float6_e2m3fn": "float6e2m3",
    "float6_e3m2fn": "float6e3m2",
    "float8_e4m3fn": "float8e4m3fn",
    "float8_e4m3fnuz": "float8e4m3fnuz",
    "float8_e5m2": "float8e5m2",
    "float8_e5m2fnuz": "float8e5m2fnuz",
    "float8_e8m0fnu": "float8e8m0",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "float32": "float32",
    "float64": "float64",
    "complex64": "complex64",
    "complex128": "complex128",
    "object": "string",
}


def save(path, data):
    """Writes a fixture; `path` counts from tests/fixtures."""
    target = FIXTURES / path
    if len(data) > LIMIT:
        sys.exit(f"{path}: {len(data)} bytes, a fixture may have {LIMIT}")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    print(f"{len(data):7} {path}")


def save_json(path, content):
    """Writes records of values, by file and tensor, one line a tensor; `path` counts from tests/fixtures.

    A file with the same values as one before it names that one. What does not fit goes on in `values-2.json` and so on, under the same names.
    """
    seen, parts, size = {}, [{}], 0
    for file, tensors in sorted(content.items()):
        same = seen.setdefault(json.dumps(tensors, sort_keys=True), file)
        if same != file and tensors:
            parts[-1][file] = same
            continue
        if not tensors:
            parts[-1][file] = {}
        for name, record in tensors.items():
            size += len(json.dumps(record)) + len(name) + 16
            if size > LIMIT - 4096 and parts[-1]:
                parts.append({})
                size = len(json.dumps(record))
            parts[-1].setdefault(file, {})[name] = record
    for number, part in enumerate(parts, 1):
        files = []
        for file, tensors in part.items():
            if isinstance(tensors, str):
                files.append(f"  {json.dumps(file)}: {json.dumps(tensors)}")
                continue
            lines = [f"    {json.dumps(name)}: {json.dumps(record)}" for name, record in tensors.items()]
            files.append(f"  {json.dumps(file)}: {{\n" + ",\n".join(lines) + "\n  }")
        target = FIXTURES / path
        target = target if number == 1 else target.with_stem(f"{target.stem}-{number}")
        target.write_text("{\n" + ",\n".join(files) + "\n}\n", encoding="utf-8")


def scalar(value):
    """One element as text: floats as the repr of the double that they equal, complex numbers as two of them."""
    if isinstance(value, (str, bytes)):
        return value if isinstance(value, str) else value.decode("utf-8")
    kind = np.asarray(value).dtype
    if kind == np.bool_:
        return "true" if value else "false"
    if kind.kind in "iu" or "int" in kind.name:
        return str(int(value))
    if kind.kind == "c":
        return [repr(float(value.real)), repr(float(value.imag))]
    return repr(float(value))


def record(array):
    """What a tensor holds, as the tests compare it: element type, shape, all elements in row-major order."""
    array = np.asarray(array)
    return {
        "dtype": DTYPES[array.dtype.name],
        "shape": list(array.shape),
        "values": [scalar(value) for value in array.reshape(-1)],
    }


def function(source, **names):
    """The function that `source` is, which may speak of `names`. Its bytecode does not say where this file is, nor on which line."""
    return eval(compile(source, "net.py", "eval"), names)


def noise(seed, *shape, scale=1.0):
    """Reproducible weights: float32, normal, from a generator that is seeded with the text `seed`."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "little")
    generator = random.Random(number)
    values = [generator.gauss(0.0, scale) for _ in range(int(np.prod(shape, dtype=np.int64)))]
    return np.array(values, dtype=np.float32).reshape(shape)
