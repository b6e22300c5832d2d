"""The sample models of the welcome page: static/samples.

Small, but true to life: what exporters write, not what is easy to write.
"""

import json
import logging
import os
import sys
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime
import safetensors.torch
import torch
from onnx import TensorProto, helper, numpy_helper

import make_safetensors
import nets
import sample_nets
from common import ROOT, noise
from make_onnx_torch import scrub

logging.disable(logging.WARNING)
warnings.filterwarnings("ignore")

FOLDER = ROOT / "static" / "samples"
LIMIT = 150 * 1024
ABSENT = "weights not shipped with this sample"
# What PyTorch's exporter notes about the modules around a node.
STACKS = ("namespace", "pkg.torch.onnx.class_hierarchy", "pkg.torch.onnx.name_scopes")
FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def write(name, data):
    if len(data) > LIMIT:
        sys.exit(f"{name}: {len(data)} bytes, a sample may have {LIMIT}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / name).write_bytes(data)
    print(f"{len(data):7} static/samples/{name}")


def exported(model, inputs, **options):
    """A torch model as ONNX, with external data left where it is."""
    with tempfile.TemporaryDirectory() as work:
        target = os.path.join(work, "model.onnx")
        torch.onnx.export(model, inputs, target, verbose=False, external_data=False, **options)
        onnx.checker.check_model(target, full_check=True)
        return scrub(onnx.load(target))


def detach(tensors):
    """Turns tensors of more than 64 elements into references to a file that is not there; shapes stay true."""
    offset = 0
    for tensor in tensors:
        length = len(tensor.raw_data)
        if np.prod(tensor.dims, dtype=np.int64) <= 64:
            continue
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", ABSENT), ("offset", offset), ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
        offset += length


def without_workings(model):
    """Keeps the stacks of modules and drops the rest of what the exporter noted: a sample has to load fast."""
    graph = model.graph
    del graph.metadata_props[:]
    for holder in (*graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        kept = [entry for entry in holder.metadata_props if entry.key in STACKS]
        del holder.metadata_props[:]
        holder.metadata_props.extend(kept)


def resnet50():
    names = {"input_names": ["image"], "output_names": ["logits"], "dynamic_shapes": ({0: "batch"},)}
    model = exported(
        sample_nets.ResNet50().eval(), (torch.zeros(1, 3, 224, 224),), dynamo=True, opset_version=18, **names
    )
    detach(model.graph.initializer)
    without_workings(model)
    model.graph.name = "resnet50"
    model.doc_string = (
        "ResNet-50 for 224×224 images and 1000 classes. The weights are not part of this sample; their shapes are."
    )
    write("resnet50.onnx", model.SerializeToString(deterministic=True))


def decoder(layers=4, groups=2, size=4):
    """The exporter over torch.export, at an opset with attention and RMS normalisation as operators."""
    model = nets.seeded(sample_nets.Decoder())
    cache = [(torch.zeros(2, groups, 3, size), torch.zeros(2, groups, 3, size)) for _ in range(layers)]
    # Two tensors: of one that is passed twice, the exporter makes one input.
    token_ids, position_ids = torch.arange(8).reshape(2, 4), torch.arange(4).repeat(2, 1)
    past = {0: "batch", 2: "past"}
    tokens = {0: "batch", 1: "sequence"}
    shapes = (tokens, tokens, {0: "batch", 2: "sequence", 3: "total"}, [(past, past)] * layers)
    kinds = ("key", "value")
    proto = exported(
        model,
        (token_ids, position_ids, torch.zeros(2, 1, 4, 7), cache),
        dynamo=True,
        opset_version=23,
        dynamic_shapes=shapes,
        input_names=[
            "input_ids",
            "position_ids",
            "attention_mask",
            *(f"past.{i}.{k}" for i in range(layers) for k in kinds),
        ],
        output_names=["logits", *(f"present.{i}.{k}" for i in range(layers) for k in kinds)],
    )
    without_workings(proto)
    proto.graph.name = "decoder"
    proto.doc_string = (
        "A Llama-style decoder with four layers, grouped-query attention and a key-value cache. The weights are noise."
    )
    write("decoder.onnx", proto.SerializeToString(deterministic=True))


info, node = helper.make_tensor_value_info, helper.make_node


def constant(name, value, dtype=np.float32):
    return numpy_helper.from_array(np.array(value, dtype=dtype), name)


def spectrum(prefix, length, step):
    """Magnitudes of the bins up to 4 kHz, for one sample rate: a body of If."""
    name = {key: f"{prefix}_{key}" for key in ("step", "length", "window", "signal", "stft", "power", "low")}
    nodes = [
        node("Unsqueeze", ["audio", "last_axis"], [name["signal"]], name=f"{prefix}/signal"),
        node("HannWindow", [name["length"]], [name["window"]], name=f"{prefix}/window"),
        node(
            "STFT",
            [name["signal"], name["step"], name["window"], name["length"]],
            [name["stft"]],
            name=f"{prefix}/stft",
        ),
        node("ReduceL2", [name["stft"], "last_axis"], [name["power"]], name=f"{prefix}/magnitude", keepdims=0),
        node("Slice", [name["power"], "first_bin", "bins", "last_axis"], [name["low"]], name=f"{prefix}/up_to_4_khz"),
    ]
    sizes = [constant(name["step"], step, np.int64), constant(name["length"], length, np.int64)]
    return helper.make_graph(nodes, prefix, [], [info(name["low"], FLOAT, [1, "frames", 129])], sizes)


def counting(name, nodes, outputs):
    return helper.make_graph(nodes, name, [], [info(output, INT64, []) for output in outputs])


def carried(suffix):
    """What the loop hands from frame to frame."""
    state = [1, 1, 32]
    return [info(f"h_{suffix}", FLOAT, state), info(f"c_{suffix}", FLOAT, state), info(f"silent_{suffix}", INT64, [])]


def frame_step():
    """The body of Loop: one frame through the LSTM, its probability, and the count of silent frames that may end it."""
    speech = counting("speech", [node("Identity", ["zero"], ["no_silence"], name="speech/reset")], ["no_silence"])
    silence = counting(
        "silence", [node("Add", ["silent_in", "one"], ["more_silence"], name="silence/count")], ["more_silence"]
    )
    nodes = [
        node("Gather", ["features", "t"], ["frame"], name="step/frame", axis=2),
        node("Unsqueeze", ["frame", "zero_axis"], ["sequence"], name="step/sequence"),
        node(
            "LSTM",
            ["sequence", "lstm_w", "lstm_r", "lstm_b", "", "h_in", "c_in"],
            ["", "h_out", "c_out"],
            name="step/lstm",
            hidden_size=32,
        ),
        node("Relu", ["h_out"], ["active"], name="step/relu"),
        node("MatMul", ["active", "head_w"], ["score"], name="step/head"),
        node("Add", ["score", "head_b"], ["logit"], name="step/bias"),
        node("Sigmoid", ["logit"], ["probability_3d"], name="step/sigmoid"),
        node("Squeeze", ["probability_3d"], ["probability"], name="step/squeeze"),
        node("Greater", ["probability", "threshold"], ["is_speech"], name="step/is_speech"),
        node("If", ["is_speech"], ["silent_out"], name="step/silence", then_branch=speech, else_branch=silence),
        node("Less", ["silent_out", "patience"], ["go_on"], name="step/go_on"),
    ]
    inputs = [info("t", INT64, []), info("keep_going", TensorProto.BOOL, []), *carried("in")]
    outputs = [info("go_on", TensorProto.BOOL, []), *carried("out"), info("probability", FLOAT, [])]
    return helper.make_graph(nodes, "frame_step", inputs, outputs)


def voice_activity():
    """If picks the transform by the sample rate; Loop walks the frames up to the first long silence."""
    narrow, wide = spectrum("at_8_khz", 256, 80), spectrum("at_16_khz", 512, 160)
    nodes = [
        node("Equal", ["sample_rate", "wide_rate"], ["is_wide"], name="is_16_khz"),
        node("If", ["is_wide"], ["magnitudes"], name="spectrum", then_branch=wide, else_branch=narrow),
        node("Add", ["magnitudes", "floor"], ["raised"], name="floor"),
        node("Log", ["raised"], ["log_magnitudes"], name="log"),
        node("Transpose", ["log_magnitudes"], ["channels_first"], name="channels_first", perm=[0, 2, 1]),
        node(
            "Conv",
            ["channels_first", "conv1_w", "conv1_b"],
            ["conv1"],
            name="encoder/conv1",
            kernel_shape=[3],
            pads=[1, 1],
        ),
        node("Relu", ["conv1"], ["relu1"], name="encoder/relu1"),
        node(
            "Conv",
            ["relu1", "conv2_w", "conv2_b"],
            ["conv2"],
            name="encoder/conv2",
            kernel_shape=[3],
            pads=[1, 1],
            strides=[2],
        ),
        node("Relu", ["conv2"], ["features"], name="encoder/relu2"),
        node("Shape", ["features"], ["frames"], name="frame_count", start=2, end=3),
        node("Squeeze", ["frames"], ["trips"], name="trips"),
        node("Split", ["state", "halves"], ["h", "c"], name="split_state", axis=0),
        node(
            "Loop",
            ["trips", "", "h", "c", "zero"],
            ["h_last", "c_last", "silent_frames", "speech"],
            name="frames",
            body=frame_step(),
        ),
        node("Concat", ["h_last", "c_last"], ["next_state"], name="join_state", axis=0),
    ]
    weights = {
        "conv1_w": (24, 129, 3), "conv1_b": (24,), "conv2_w": (32, 24, 3), "conv2_b": (32,),
        "lstm_w": (1, 128, 32), "lstm_r": (1, 128, 32), "lstm_b": (1, 256), "head_w": (32, 1), "head_b": (1,),
    }  # fmt: skip
    tensors = [
        numpy_helper.from_array(noise(f"voice {name}", *shape, scale=0.1), name) for name, shape in weights.items()
    ]
    tensors += [constant(name, value) for name, value in {"floor": 1e-4, "threshold": 0.5}.items()]
    numbers = {
        "wide_rate": 16000, "zero": 0, "one": 1, "patience": 50, "last_axis": [-1], "zero_axis": [0], "first_bin": [0],
        "bins": [129], "halves": [1, 1],
    }  # fmt: skip
    tensors += [constant(name, value, np.int64) for name, value in numbers.items()]
    inputs = [info("audio", FLOAT, [1, "samples"]), info("sample_rate", INT64, []), info("state", FLOAT, [2, 1, 32])]
    outputs = [
        info("speech", FLOAT, ["steps"]),
        info("next_state", FLOAT, [2, 1, 32]),
        info("silent_frames", INT64, []),
    ]
    graph = helper.make_graph(nodes, "voice_activity", inputs, outputs, tensors)
    opsets = [helper.make_opsetid("", 18)]
    model = helper.make_model(
        graph, opset_imports=opsets, producer_name="onnx.helper", producer_version=onnx.__version__
    )
    model.ir_version = 9
    model.doc_string = "Finds speech in audio of 8 or 16 kHz, frame by frame. The weights are noise."
    onnx.checker.check_model(model, full_check=True)
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    data = model.SerializeToString(deterministic=True)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    for rate in (8000, 16000):
        feed = {
            "audio": noise("audio", 1, rate),
            "sample_rate": np.array(rate),
            "state": np.zeros((2, 1, 32), dtype=np.float32),
        }
        speech, _, _ = session.run(None, feed)
        assert speech.size and np.all((speech > 0) & (speech < 1))
    write("voice-activity.onnx", data)


def llama():
    """A state dict that transformers' own code names and saves, with the metadata that model hubs attach."""
    import transformers

    config = transformers.LlamaConfig(
        vocab_size=128,
        hidden_size=16,
        intermediate_size=40,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    model = make_safetensors.seeded(transformers.LlamaForCausalLM(config).to(torch.bfloat16))
    (data,) = make_safetensors.saved(model).values()
    metadata = {
        "format": "pt",
        "modelspec.architecture": "llama",
        "modelspec.title": "Tiny Llama sample",
        "modelspec.description": "Four layers of width 16. The weights are noise.",
        "modelspec.license": "MIT OR Apache-2.0",
    }
    tensors = safetensors.torch.load(data)
    write("llama.safetensors", make_safetensors.sorted_metadata(safetensors.torch.save(tensors, metadata)))


SAMPLES = [
    (
        "resnet50.onnx",
        "ResNet-50",
        "An image classifier: 53 convolutions in four stages, exported from PyTorch.",
        "ONNX",
    ),
    (
        "decoder.onnx",
        "Llama-style decoder",
        "Four transformer layers with a key-value cache and the modules they came from.",
        "ONNX",
    ),
    (
        "voice-activity.onnx",
        "Voice activity",
        "Control flow: If chooses by sample rate, Loop walks over the frames.",
        "ONNX",
    ),
    ("llama.safetensors", "Llama weights", "Weights alone: their names tell the diagram, and the tree of modules.", "Safetensors"),
]


def index():
    # The thumbnails are drawn by the viewer itself: UPDATE=1 cargo test --test registry.
    keys = ("file", "title", "text", "format", "thumb")
    samples = [(*sample, sample[0].rsplit(".", 1)[0] + ".svg") for sample in SAMPLES]
    lines = ["  " + json.dumps(dict(zip(keys, sample)), ensure_ascii=False) for sample in samples]
    (FOLDER / "samples.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    total = sum((FOLDER / sample[0]).stat().st_size for sample in SAMPLES)
    print(f"{total:7} in all")


if __name__ == "__main__":
    torch.manual_seed(0)
    resnet50()
    decoder()
    voice_activity()
    llama()
    index()
