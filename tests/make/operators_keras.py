"""The layers of Keras, from its own classes.

Writes src/formats/keras/layers.tsv (what the reader needs: the families of layers, the names of the tensors that they are called with and of
their weights, in the order in which they are saved) and static/ops/keras.json (documentation, loaded by the page when a node is looked at).
"""

import importlib
import inspect
import json
import pkgutil
import re
import textwrap

import keras
import keras.src.ops
from keras import layers
from keras.src.ops.operation import Operation

from common import ROOT
from prose import plain, sentences

TABLE = ROOT / "src" / "formats" / "keras" / "layers.tsv"
DOCUMENTATION = ROOT / "static" / "ops" / "keras.json"
SOURCE = f"Documentation of Keras {keras.__version__} (https://github.com/keras-team/keras, Apache-2.0), shortened."

# Category by rule: the first pattern that matches the whole name. The categories are those of src/model; what no rule knows is of none.
RULES = [
    ("attention", r"\w*Attention|FlashAttention"),
    ("recurrent", r"(Conv)?(LSTM|GRU)\w*|SimpleRNN\w*|RNN|StackedRNNCells|Bidirectional"),
    ("convolution", r"\w*Conv(olution)?(\d?D)?(Transpose)?"),
    ("normalization", r"\w*Normalization|\w*Normalize|Moments|RMSNorm|LayerNorm|BatchNorm"),
    ("pool", r"\w*Pool(ing)?\dD|UpSampling\dD|MaxPool|AveragePool|Adaptive\w*Pool|Resiz\w+|Resize|AffineTransform|PerspectiveTransform|MapCoordinates"),
    ("linear", r"Dense|EinsumDense|Dot|Matmul|Einsum|Tensordot|Vdot|Outer|Inner|Cholesky\w*|Det|Inv|Eigh?|Qr|Svd|Solve\w*|LuFactor|Lstsq|Norm|Kron|(I?R?FFT2?|I?STFT)|Jvp|Cross|Expm|Slogdet"),
    ("activation", r"Activation|\w*LU6?|\w*Elu|\w*Relu6?|(Log|Hard|Sparse)?_?(Softmax|Sigmoid|Tanh)|LogSigmoid|LogSoftmax|SparseSigmoid|HardSilu|HardSwish|S[ie]lu|Gelu|Glu|Celu|Mish|Soft(plus|sign|max|Shrink)|Hard(Shrink|Tanh|Sigmoid)|TanhShrink|Squareplus|Sparse(plus|max)|Threshold"),
    ("data", r"\w*Dropout\w*|Gaussian\w+|Masking|Lambda|InputLayer|Identity|Cast|SaturateCast|ConvertToTensor|StopGradient|(Zeros|Ones|Full|Empty)(Like)?|Arange|Linspace|Logspace|Eye|Discretization|Hash\w+|\w*Lookup|TextVectorization|CategoryEncoding|Random\w+|Rescaling|RandAugment|AugMix|CutMix|MixUp|Solarization|Equalization|AutoContrast|\w*Spectrogram|\w*Encoding|(One|Multi)Hot|Quantize|\w*Histogram\w*|Pipeline|ActivityRegularization|MaxNumBoundingBoxes|Copy|ViewAsComplex|ViewAsReal|View|RgbTo\w+|HsvToRgb|Bartlett|Blackman|Hamming|Hanning|Kaiser"),
    ("shape", r"Reshape|Flatten|Permute|RepeatVector|Concat\w*|\w*Cropping\w*|CenterCrop|Crop\w*|ZeroPadding\dD|Pad\w*|\w*Embedding|Transpose|Squeeze|ExpandDims|Stack|[HVD]stack|Unstack|Split|[HVD]split|ArraySplit|Slice(Update)?|Scatter(Update)?|Take(AlongAxis)?|GetItem|Gather\w*|Tile|Repeat|Roll|Flip\w*|Rot90|Swapaxes|Moveaxis|BroadcastTo|Ravel|UnravelIndex|Diag\w*|Tri[lu]\w*|Where|Nonzero|Meshgrid|Append|Searchsorted|Digitize|Nanargm\w+|Size|Ndim|ExtractPatches|ExtractSequences|OverlapAndAdd|DepthToSpace|SpaceToDepth|Unfold|Fold|Block\w*|Atleast\w*|Shape"),
    ("elementwise", r"Average|Fmax|Fmin|Erfc|SparsePlus|I0"),
    ("reduction", r"Sum|Mean|Max|Min|Prod|Std|Var|Any|All|Arg(max|min|sort|partition)|Amax|Amin|Nan(mean|sum|max|min|prod|std|var|median|percentile|quantile)|Median|Quantile|Cum\w+|CountNonzero|Logsumexp|Segment(Sum|Max)|TopK|InTopK|Sort|Unique|Bincount|Ptp|Trace|CTC\w*|\w*Crossentropy|Correlate|Corrcoef|Trapezoid|Percentile|Sort\w*|Nancum\w+|Segment\w+|MatrixRank|PSNR|SSIM"),
    ("elementwise", r"Add|Subtract|Multiply|Divide\w*|Average|Maximum|Minimum|TrueDivide|FloorDivide|Mod|Fmod|Power|Abs\w*|Negative|Sign\w*|Sqrt|Rsqrt|Square|Reciprocal|Exp\w*|Log\w*|A?r?c?(Sin|Cos|Tan)h?2?|Arc\w+|Ceil|Floor|Round|Trunc|Clip|Equal|NotEqual|Greater(Equal)?|Less(Equal)?|Logical\w+|Bitwise\w+|\w+Shift|Is\w+|Erf(inv)?|Real|Imag|Conj\w*|Angle|NanToNum|Heaviside|Hypot|Gcd|Lcm|Fabs|Deg2rad|Rad2deg|Sinc|Diff|Gradient|Copysign|Nextafter|Ldexp|Positive|Signbit|Cbrt|Vectorize|Select|Lerp"),
    ("control", r"Cond|WhileLoop|ForiLoop|Map|Scan|AssociativeScan|Switch|VectorizedMap|TimeDistributed|Wrapper"),
]  # fmt: skip

# What layers are made with, and the shapes of what they are called with, where one number and (2, 8) will not do.
IMAGE, VIDEO = (2, 8, 8, 4), (2, 6, 6, 6, 4)
SAMPLES = {
    "BatchNormalization": ((), IMAGE),
    "Conv1D": ((4, 3), (2, 8, 4)),
    "Conv1DTranspose": ((4, 3), (2, 8, 4)),
    "Conv2D": ((4, 3), IMAGE),
    "Conv2DTranspose": ((4, 3), IMAGE),
    "Conv3D": ((4, 3), VIDEO),
    "Conv3DTranspose": ((4, 3), VIDEO),
    "Dense": ((4,), (2, 8)),
    "DepthwiseConv1D": ((3,), (2, 8, 4)),
    "DepthwiseConv2D": ((3,), IMAGE),
    "EinsumDense": (("ab,bc->ac", 4), (2, 8)),
    "Embedding": ((10, 4), (2, 8)),
    "GroupNormalization": ((2,), IMAGE),
    "GRUCell": ((4,), (2, 8)),
    "LSTMCell": ((4,), (2, 8)),
    "LayerNormalization": ((), (2, 8)),
    "Normalization": ((), (2, 8)),
    "PReLU": ((), (2, 8)),
    "RMSNormalization": ((), (2, 8)),
    "ReversibleEmbedding": ((10, 4, False), (2, 8)),
    "SeparableConv1D": ((4, 3), (2, 8, 4)),
    "SeparableConv2D": ((4, 3), IMAGE),
    "SimpleRNNCell": ((4,), (2, 8)),
}
# Layers that are not among the public ones, or that older versions had, with what they are called with.
OTHERS = {
    "AtrousConvolution1D": ("inputs", "W b"),
    "AtrousConvolution2D": ("inputs", "W b"),
    "Highway": ("inputs", "W W_carry b b_carry"),
    "LocallyConnected1D": ("inputs", "kernel bias"),
    "LocallyConnected2D": ("inputs", "kernel bias"),
    "MaxoutDense": ("inputs", "W b"),
    "Merge": ("inputs", ""),
    "CuDNNGRU": ("inputs", "kernel recurrent_kernel bias"),
    "CuDNNLSTM": ("inputs", "kernel recurrent_kernel bias"),
    "ThresholdedReLU": ("inputs", ""),
    "TimeDistributedDense": ("inputs", "W b"),
}
OTHER_FAMILIES = {
    "convolution": "AtrousConvolution1D AtrousConvolution2D LocallyConnected1D LocallyConnected2D",
    "linear": "Highway MaxoutDense TimeDistributedDense",
    "elementwise": "Merge",
    "recurrent": "CuDNNGRU CuDNNLSTM",
    "activation": "ThresholdedReLU",
}
# What is called with something else than tensors.
SETTINGS = {"training", "mask", "self", "args", "kwargs", "call_context", "axis", "axes", "dtype", "shape", "keepdims", "return_attention_scores", "use_causal_mask"}


def category(name):
    for family, pattern in RULES:
        if re.fullmatch(pattern, name):
            return family
    return "other"


def formals(function):
    """The names of the tensors that `function` is called with."""
    try:
        names = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return []
    return [name for name in names if name not in SETTINGS and not name.startswith("_")]


def sample(name):
    """A layer with its variables; none of classes whose variables are those of other layers."""
    if name not in SAMPLES:
        return None
    arguments, shape = SAMPLES[name]
    settings = {"bias_axes": "c"} if name == "EinsumDense" else {}
    layer = getattr(layers, name)(*arguments, **settings)
    layer.build(shape)
    return layer


def weights(name):
    """The names of the variables of a layer, in the order in which they are saved."""
    layer = sample(name)
    if not layer:
        return []
    return [variable.name for variable in layer._trainable_variables + layer._non_trainable_variables]


def quantised(name):
    """The same of a layer that is quantised, by the ways in which it can be."""
    spec = getattr(sample(name), "variable_serialization_spec", {})
    return {mode: names for mode, names in spec.items() if mode}


def public():
    """The public layers by their names, without the aliases of others."""
    found = {}
    for name in dir(layers):
        kind = getattr(layers, name)
        if inspect.isclass(kind) and issubclass(kind, layers.Layer) and kind.__name__ == name and name != "Layer":
            found[name] = kind
    return found


def operations():
    """The operations that functions of `keras.ops` become in a model, by their names."""
    found = {}
    for module in pkgutil.iter_modules(keras.src.ops.__path__):
        if module.name.endswith("_test"):
            continue
        module = importlib.import_module(f"keras.src.ops.{module.name}")
        for name, kind in vars(module).items():
            if inspect.isclass(kind) and issubclass(kind, Operation) and kind.__module__ == module.__name__:
                found[name] = kind
    return found


def write_table():
    rows = {}
    for name, kind in public().items():
        rows.setdefault(category(name), []).append((name, formals(kind.call), weights(name)))
        for mode, held in quantised(name).items():
            rows[category(name)].append((f"{name} {mode}", [], held))
    for name, (inputs, held) in OTHERS.items():
        family = next(family for family, names in OTHER_FAMILIES.items() if name in names.split())
        rows.setdefault(family, []).append((name, inputs.split(), held.split()))
    for name, kind in operations().items():
        rows.setdefault(category(name), []).append((f"ops.{name}", formals(kind.call), []))
    lines = []
    for family, members in sorted(rows.items()):
        lines.append(f"# {family}")
        lines += ["\t".join([name, " ".join(inputs), " ".join(held)]).rstrip() for name, inputs, held in sorted(members)]
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def summary(text):
    """The first paragraphs of prose, without code."""
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", text):
        if re.match(r"(Args|Call arguments|Call Arguments|Arguments|Examples?|Input shapes?|Output shapes?|Returns?|Raises|References?|Usage|Notes?|Reference):", paragraph):
            break
        if "```" in paragraph or paragraph.startswith((">>>", "- ", "* ")):
            continue
        paragraphs.append(plain(paragraph))
        if len(" ".join(paragraphs)) > 200:
            break
    return sentences(" ".join(paragraphs).rstrip(":"), 320)


def arguments(text):
    """The descriptions of the arguments."""
    found = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", text, re.S | re.M)
    if not found:
        return {}
    entries = {}
    body = textwrap.dedent(found.group(1))
    for entry in re.split(r"\n(?=[\w*]+\s*(?:\([^)]*\))?:)", body):
        head = re.match(r"([\w]+)\s*(?:\([^)]*\))?:\s*(.*)", entry, re.S)
        if head:
            entries[head.group(1)] = sentences(plain(re.sub(r"```.*?```", "", head.group(2), flags=re.S)), 160)
    return entries


def kind_of(value, about):
    """The type of an argument, from its default, or what is said of it."""
    words = {"bool": "bool", "int": "int", "positive int": "int", "float": "float", "string": "string", "str": "string", "tuple": "list", "list": "list"}
    said = next((kind for word, kind in words.items() if re.match(rf"{word}(?!.{{0,16}} or )", about, re.I)), "any")
    return {bool: "bool", int: "int", float: "float", str: "string", tuple: "list"}.get(type(value), said)


def write_documentation():
    entries = {}
    for name, kind in public().items():
        text = inspect.cleandoc(kind.__doc__ or "")
        told = arguments(text)
        attributes = []
        for parameter in inspect.signature(kind.__init__).parameters.values():
            about = told.get(parameter.name, "")
            if parameter.name in ("self", "kwargs", "args", "name", "dtype", "trainable") or not about:
                continue
            usual = "" if parameter.default in (inspect.Parameter.empty, None) else str(parameter.default)
            entry = {"name": parameter.name, "type": kind_of(parameter.default, about), "doc": about}
            attributes.append(entry | ({"default": usual} if usual and len(usual) < 24 else {}))
        entries[f":{name}"] = {"summary": summary(text), "attributes": attributes}
    for name, kind in operations().items():
        function = getattr(keras.ops, re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(), None)
        text = inspect.cleandoc(getattr(function, "__doc__", None) or "")
        if text:
            told = arguments(text)
            inputs = [{"name": own, "doc": told[own]} for own in formals(kind.call) if own in told]
            entries[f"keras.ops:{name}"] = {"summary": summary(text)} | ({"inputs": inputs} if inputs else {})
    lines = []
    for key, entry in sorted(entries.items()):
        lines.append(f"{json.dumps(key)}:{json.dumps({k: v for k, v in entry.items() if v or k == 'summary'}, ensure_ascii=False, separators=(',', ':'))}")
    text = f'{{"source":{json.dumps(SOURCE)},"operators":{{\n' + ",\n".join(lines) + "\n}}\n"
    DOCUMENTATION.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_table()
    write_documentation()
    for path in (TABLE, DOCUMENTATION):
        print(f"{path.stat().st_size:7} {path.relative_to(ROOT)}")
