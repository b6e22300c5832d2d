"""ONNX in other bytes than its own: as text, in the format of ONNX Runtime, packed."""

import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import onnx
import onnxruntime
from google.protobuf import json_format, text_format
from onnx import parser, printer

from common import FIXTURES, save

ONNX = FIXTURES / "onnx"
# A zip file's oldest date: the bytes are the same each time.
DATE = (1980, 1, 1, 0, 0, 0)


def text(name, reads=True):
    """As onnx prints it; onnx's own parser has to read it again, where it can."""
    spelt = printer.to_text(onnx.load(ONNX / f"{name}.onnx"))
    if reads:
        parser.parse_model(spelt)
    save(f"onnx/forms/{name}.onnxtxt", spelt.encode())


def spelt(name):
    """In protobuf's own text format and JSON."""
    model = onnx.load(ONNX / f"{name}.onnx", load_external_data=False)
    save(f"onnx/forms/{name}.pbtxt", text_format.MessageToString(model).encode())
    save(f"onnx/forms/{name}.json", json_format.MessageToJson(model).encode())


def runtime(name, work):
    """Extended level only: what the highest level does depends on the processor."""
    path = work / f"{name}.ort"
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.save_model_format", "ORT")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(ONNX / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
    onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    save(f"onnx/forms/{name}.ort", path.read_bytes())


def packed():
    save("onnx/forms/if.onnx.gz", gzip.compress((ONNX / "if.onnx").read_bytes(), mtime=0))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted((ONNX / "torch-external").iterdir()):
            if path.suffix != ".dump":
                info = zipfile.ZipInfo(f"model/{path.name}", DATE)
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, path.read_bytes())
        archive.writestr(zipfile.ZipInfo("README.txt", DATE), "A model, and its weights beside it.\n")
    save("onnx/forms/external.zip", buffer.getvalue())


for name in ("torch-cnn", "functions", "onnxscript", "torch-loop"):
    text(name)
text("types", reads=False)
for name in ("functions", "quantization", "dtypes-typed", "loop"):
    spelt(name)
with tempfile.TemporaryDirectory() as work:
    for name in ("torch-cnn", "torch-loop", "sklearn-forest"):
        runtime(name, Path(work))
packed()
