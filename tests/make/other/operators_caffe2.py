"""The operators of Caffe2, from its own registry.

Writes src/formats/caffe2/operators.tsv (what the reader needs: category, names of parameters) and static/ops/caffe2.json (documentation, loaded by the page
when a node is looked at).
"""

import json
import re
import sys

import torch
from caffe2.python import workspace

from common import ROOT
from prose import plain, sentences

TABLE = ROOT / "src" / "formats" / "caffe2" / "operators.tsv"
DOCUMENTATION = ROOT / "static" / "ops" / "caffe2.json"
SOURCE = f"Operator registry of Caffe2 in PyTorch {torch.__version__.split('+')[0]} (https://github.com/pytorch/pytorch, BSD-3-Clause), shortened."

# Implementations of an operator for an engine, and what training adds by itself.
UNUSED = r"\w+_ENGINE_\w+|\w+Gradient\w*|C10\w+|rnn_internal\w+|\w*(Grad|DontUse\w+)|Crash|Fail|LogFatal|Throw\w+|Python\w*|\w*SparseLookup"

# Category by rule: the first pattern that matches the whole name. The categories are those of src/model.
RULES = [
    ("elementwise", r"(Int8)?(Add|Sub|Mul|Div|Pow|Mod|Sum|Mean|Max|Min|Abs|Sign|Sqr|Sqrt|Rsqrt|Cbrt|Cube|Exp|Log|Logit|Negative|Reciprocal|Erf|Ceil|Floor|Clip|Not|And|Or|Xor)|Bitwise\w+"),
    ("elementwise", r"A?(Sin|Cos|Tan)h?|EQ|NE|G[ET]|L[ET]|IsNaN|ReplaceNaN|Where|Scale|RowMul|AffineChannel|ElementwiseLinear|Int8ElementwiseLinear|SumRelu|Int8(Add|Sum)Relu|Dropout|WeightedSum|Bucketize|BatchBoxCox|SquareRootDivide|StumpFunc\w*|Piecewise\w+|ClipTensorByScaling"),
    ("elementwise", r"(RowWise)?(Sparse)?(Ada\w+|RmsProp|G?Ftrl|Lars|Storm|Wngrad|YellowFin|MomentumSGD\w*)|FP(16|32)MomentumSGD\w*|LearningRate\w*|SparseMomentum\w+|EnforceFinite|EnsureClipped"),
    ("convolution", r"(Int8)?(Deform)?Conv([123]D|Transpose|Relu)?|Int8ConvPackWeight|LC([123]D)?"),
    ("linear", r"(Int8)?(FC|FCTransposed|FCRelu|MatMul|BatchMatMul)|TT|FbFCPacked|FbGemm\w+|Int8FCPackWeight|ConcatBatchMatMul\w+|DotProduct\w*|CosineSimilarity"),
    ("normalization", r"(Int8)?(SpatialBN\w*|GroupNorm|InstanceNorm|LayerNorm|LRN)|Normalize\w*|SparseNormalize|BatchMoments|Moments|ChannelStats"),
    ("pool", r"(Int8)?(Max|Average|Lp)Pool\w*|RoI\w+|Int8RoIAlign|(Int8)?ResizeNearest\w*|Upsample\w+|RMACRegions|IntegralImage"),
    ("activation", r"(Int8)?(Relu|LeakyRelu|Sigmoid|Tanh|Softmax)|ReluN|PRelu|Elu|Selu|Gelu|Glu|Swish|HardSigmoid|Softplus|Softsign|ThresholdedRelu|HSoftmax\w*"),
    ("recurrent", r"\w*(LSTM|GRU)\w*|Recurrent\w*|CTC\w+"),
    ("reduction", r"\w*(CrossEntropy\w*|WithLoss|Loss|Criterion|Reduce\w*|Accuracy|Perplexity|Percentile|Quantile|Histogram)|ArgM(ax|in)|(Col|Row)wiseMax|TopK|FlexibleTopK|Sum(Elements|SqrElements|Int|ElementsInt|ReduceLike)|(Sparse|Sorted|Unsorted|SparseSorted|SparseUnsorted)?(Segment|Lengths)(Sum|Mean|Max|WeightedSum|TopK)|SparseLengths\w+|SortedSegment\w+|(Squared)?L[12]Distance|LpNorm|APMeter|Lambda\w+|BoxWithNMSLimit|Pair\w+|LastN\w+|Summarize|Reservoir\w+"),
    ("control", r"If|While|ONNXWhile|Do|Conditional|Onnxifi|AsyncScheduling|\w*(Mutex|AtomicBool|CommonWorld|Barrier)|Timer\w+|Allreduce|Allgather|Broadcast|ReduceScatter|NCCL\w+|(Send|Receive)Tensor|Free|Print|Assert|StopGradient|Checkpoint|Snapshot"),
    ("shape", r"(Int8)?(Reshape|Transpose|Concat|Slice|Flatten|Split|Gather|ChannelShuffle)|Squeeze|ExpandDims|Expand|Tile|NumpyTile|Pad\w+|\w*Padding|(SpaceToBatch|BatchToSpace)|NCHW2NHWC|NHWC2NCHW|Shape|Size|ResizeLike|FlattenToVec|(Prepend|Merge)Dim|Append|Split\w+|Depth(Concat|Split)|Alias\w*|Gather\w*|BatchGather|Scatter\w*|Unique|OneHot|BatchOneHot|Segment\w+|LengthsTo\w+|Lengths(Tile|Split|Gather|Pad|Partition)|Partition|Boolean(Un)?[Mm]ask\w*|Im2Col|Col2Im|(Pack|Unpack|UnPack)\w+|Sparse(To|ToDense)\w*|BatchSparseToDense|BatchDenseToSparse|DenseVectorToIdList|Remove\w+|Trim\w+|Reverse\w+|BatchPermutation|Sort\w+|SequenceMask|Find\w*|EnsureDense|TensorVectorSize|ConcatTensorVector|MergeIdLists|Merge\w+"),
    ("data", r"\w*Fill|Cast|Copy\w*|EnsureCPUOutput|(Int8)?(Quantize|Dequantize)|\w*[Qq]uantized\w*|QuantDecode|ByteWeightDequant|HalfToFloat|FloatToHalf|Int8QuantSchemeBlobFill|Load|Save|DBExists|Create\w+|\w*(Queue|Counter|Blobs?|Cursor|Dataset|Reader\w*|Index\w*|DB\w*)|Read\w+|Range|Iter|AtomicIter|ImageInput|VideoInput|String\w+|SinusoidPositionEncoding|WeightedSample\w*|GetAllBlobNames|\w*Map|MapTo\w+|KeyValue\w+|GenerateProposals\w*|Collect\w+|Distribute\w+|BBoxTransform|HeatmapMaxKeypoint|TensorProtosDBInput|WallClockTime|Stat\w+|Store\w+|\w+Put|Count\w+"),
]  # fmt: skip

# What the registry does not say: operators that are in use without a word about them.
BARE = {
    "GivenTensorBoolFill": ("", "Y"), "GivenTensorDoubleFill": ("", "Y"), "GivenTensorInt16Fill": ("", "Y"), "GivenTensorInt64Fill": ("", "Y"),
    "GivenTensorIntFill": ("", "Y"), "GivenTensorStringFill": ("", "Y"), "GivenTensorByteStringToUInt8Fill": ("", "Y"), "MSRAFill": ("", "Y"),
    "RangeFill": ("", "Y"), "ChannelShuffle": ("X", "Y"), "Int8ChannelShuffle": ("X", "Y"), "Normalize": ("X", "Y"), "Scale": ("X", "Y"),
    "StopGradient": ("X", "Y"), "FCTransposed": ("X W b", "Y"), "ConvRelu": ("X filter bias", "Y"), "Int8Sum": ("X*", "Y"), "Int8SumRelu": ("X*", "Y"),
    "HalfToFloat": ("X", "Y"), "FloatToHalf": ("X", "Y"), "DepthConcat": ("X*", "Y split_info"), "Col2Im": ("X", "Y"), "Iter": ("iter", "iter"),
    "LSTMUnit": ("hidden_prev cell_prev gates seq_lengths timestep", "hidden cell"),
}  # fmt: skip


def category(name):
    return next((family for family, pattern in RULES if re.fullmatch(pattern, name)), "other")


def schemas():
    """The schema of each operator that graphs of models have, by name."""
    names = [name for name in workspace.RegisteredOperators() if not re.fullmatch(UNUSED, name)]
    found = {name: workspace.C.OpSchema.get(name) for name in sorted(names)}
    return {name: schema for name, schema in found.items() if schema}


def first(name):
    """The name of a parameter, of which some state the default or go on with others."""
    return (name or "").split("=")[0].split(",")[0].strip()


def parameters(described, least, most):
    """The names of parameters, with `*` at the last one if it takes any number."""
    names = [re.sub(r"\W+", "_", first(name)).strip("_") or "x" for name, _ in described]
    if names and most > len(names) and (most > 1000 or len(names) < least):
        names[-1] += "*"
    # Several are described as one.
    if names and re.search(r"\.\.\.|, *\w+, |list of|\betc\b", described[-1][0] or ""):
        names[-1] = names[-1].rstrip("*") + "*"
    # Of many, it is not the first.
    return [re.sub(r"_?[01]\*$", "*", name) for name in names]


def row(name, schema):
    if name in BARE:
        return [name, category(name), *BARE[name]]
    inputs = parameters(schema.input_desc, schema.min_input, schema.max_input)
    outputs = parameters(schema.output_desc, schema.min_output, schema.max_output)
    return [name, category(name), " ".join(inputs), " ".join(outputs)]


def attribute(arg):
    """What an argument is: its type and its default stand in front of what is said of it."""
    text = re.sub(r"\s+", " ", arg.description or "").strip()
    kind, default = "", None
    head = re.match(r"\*\(([^)]*(?:\([^)]*\)[^)]*)*)\)\*?\s*", text)
    if head:
        text = text[head.end() :]
        for part in head[1].split(";"):
            key, _, value = part.partition(":")
            if key.strip() == "type":
                kind = plain(value)
            elif key.strip() in ("default", "optional, default"):
                default = plain(value).strip('"').removesuffix_f() if False else plain(value).strip('"')
    # Some describe what their default is.
    if default is not None and not re.fullmatch(r"\[\]|-?[\d.]+(e-?\d+)?|True|False|[A-Z]{4,}", default):
        default = None
    made = {"name": arg.name, "type": kind, "doc": sentences(plain(text), 200), "default": default}
    return {key: value for key, value in made.items() if value is not None and (value or key == "doc")}


def summary(schema):
    """The first prose of a description."""
    text = re.sub(r"(?s)<details>.*?</details>|```.*?(```|\Z)|\$\$.*?\$\$", "\n\n", schema.doc or "")
    for paragraph in re.split(r"\n\s*\n", text):
        words = plain(re.sub(r"<[^>]+>", " ", paragraph))
        if re.match(r"[A-Z][\w'-]*[ ,.]", words):
            return sentences(words, 280)
    return ""


def entry(schema):
    def terms(described):
        return [{"name": first(name), "doc": sentences(plain(re.sub(r"^\*\([^)]*\)\*\s*", "", doc or "")), 160)} for name, doc in described]

    made = {
        "summary": summary(schema), "inputs": terms(schema.input_desc), "outputs": terms(schema.output_desc),
        "attributes": [attribute(arg) for arg in schema.args],
    }  # fmt: skip
    return {key: value for key, value in made.items() if value or key == "summary"}


if __name__ == "__main__":
    found = schemas()
    if len(found) < 400:
        sys.exit(f"only {len(found)} operators")
    rows = [row(name, schema) for name, schema in found.items()]
    # A type that has neither a family nor names for its parameters is not worth a line.
    rows = ["\t".join(cells) for cells in rows if cells[1] != "other" or cells[2] or cells[3]]
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("\n".join(rows) + "\n", encoding="utf-8")
    lines = []
    for name, schema in found.items():
        made = entry(schema)
        if made["summary"] or len(made) > 1:
            lines.append(f"{json.dumps(':' + name)}:{json.dumps(made, ensure_ascii=False, separators=(',', ':'))}")
    text = f'{{"source":{json.dumps(SOURCE)},"operators":{{\n' + ",\n".join(lines) + "\n}}\n"
    DOCUMENTATION.write_text(text, encoding="utf-8")
    print(len(rows), "operators,", TABLE.stat().st_size, "bytes of table,", DOCUMENTATION.stat().st_size, "of documentation")
