"""What onnx.shape_inference finds out about some fixtures: tests/shapes.json, which tests/shapes.rs compares with.

What a model states about values within it is taken out first, as `agreement_shapes.py` does. Sizes that are no numbers are question marks.
"""

import json

import onnx
from onnx import shape_inference

from agreement_shapes import described, strip
from common import FIXTURES, LIMIT, ROOT

FILES = [
    *(FIXTURES / "onnx" / f"{name}.onnx" for name in [
        "if", "scan", "torch-recurrent", "torch-transformer", "torch-transformer-dynamo", "tf-cnn", "ort-cnn", "ort-qoperator",
        "ort-qdq", "ort-transformer", "sklearn-forest", "sklearn-columns", "onnxscript",
    ]),
    *(ROOT / "tests" / "layout" / "models" / f"{name}.onnx" for name in ["decoder", "detector"]),
]


def written(kind):
    """A type as Lamina prints it, with question marks for names."""
    what, dtype, dims = kind
    dtype = dtype or "?"
    if dims is not None:
        dtype += " " + ("×".join(str(dim) if isinstance(dim, int) else "?" for dim in dims) or "scalar")
    for wrapper in reversed(what.split(" ")[:-1]):
        dtype = f"{wrapper}<{dtype}>"
    return dtype


def main():
    shapes = {}
    for path in FILES:
        model = onnx.load(path, load_external_data=False)
        strip(model.graph)
        inferred = shape_inference.infer_shapes(model, strict_mode=False, data_prop=True)
        values = {value.name: described(value.type) for value in [*inferred.graph.value_info, *inferred.graph.output]}
        shapes[str(path.relative_to(ROOT / "tests"))] = {name: written(kind) for name, kind in sorted(values.items()) if kind}
    text = json.dumps(shapes, indent=0, ensure_ascii=False, separators=(",", ":")) + "\n"
    assert len(text.encode()) <= LIMIT, len(text.encode())
    (ROOT / "tests" / "shapes.json").write_text(text)


if __name__ == "__main__":
    main()
