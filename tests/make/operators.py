"""The operators of ONNX, from the schemas in the `onnx` and `onnxruntime` packages.

Writes src/formats/onnx/operators.tsv (what the reader needs: category and names of formal parameters, latest version),
src/formats/onnx/schemas.tsv (what a node must be, all versions, of ONNX's own domains and of ONNX Runtime's)
and static/ops/onnx.json (documentation, loaded by the page when a node is looked at). The domain "" is spelled
`ai.onnx` in both.
"""

import json
import re
import sys
import textwrap

import onnx
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from common import ROOT
from prose import plain, sentences

TABLE = ROOT / "src" / "formats" / "onnx" / "operators.tsv"
SCHEMAS = ROOT / "src" / "formats" / "onnx" / "schemas.tsv"
DOCUMENTATION = ROOT / "static" / "ops" / "onnx.json"
SOURCE = (
    f"Operator schemas of ONNX {onnx.__version__} (https://github.com/onnx/onnx, Apache-2.0) "
    f"and ONNX Runtime {onnxruntime.__version__} (https://github.com/microsoft/onnxruntime, MIT), shortened."
)
# Domains for which onnxruntime's registry is asked, besides what onnx itself defines.
RUNTIME_DOMAINS = ("", "com.microsoft", "com.microsoft.nchwc")

# Category by rule: the first pattern that matches the whole name. The categories are those of src/model.
RULES = [
    (
        "attention",
        r"\w*Attention(_TRT)?|\w*RotaryEmbedding|RelativePositionBias|GatedRelativePositionBias|RMSNormRotary",
    ),
    ("attention", r"\w*Attention(Gate|Indexer|IndexerMerge)|GatedDeltaNet\w*"),
    (
        "convolution",
        r"\w*Conv|ConvInteger|(QLinear)?ConvTranspose\w*|\w*CausalConvWithState|ConvStateReplay|WordConvEmbedding",
    ),
    ("recurrent", r"\w*LSTM|RNN|GRU|GRUUnit|Mamba2\w*"),
    (
        "pool",
        r"\w*(Pool|Unpool)|MaxpoolWithMask|\w*Roi(Pool|Align)|PyramidROIAlign_TRT|Resize|Upsample|GridSample|AffineGrid",
    ),
    ("pool", r"\w*CropAndResize(_TRT)?"),
    ("normalization", r"\w*Normalization|LRN|\w*GroupNorm|\w*RMSNorm|Normalizer|Scaler"),
    ("linear", r"GemmFastGelu"),
    (
        "activation",
        r"\w*Relu|Elu|Selu|Celu|\w*Gelu|\w*Sigmoid|HardSwish|Swish|Mish|\w*SiLU|SwiGLU|(Scaled)?Tanh|\w*Softmax|Hardmax",
    ),
    ("activation", r"Softsign|\w*Softplus|Shrink|Clip|LogSoftmax"),
    (
        "linear",
        r"\w*Gemm|GemmFloat8|\w*MatMul\w*|Einsum|Det|Inverse|Linear(Classifier|Regressor)|SVM\w+|\w*MoE(Packed)?|RouterGateUpProj",
    ),
    ("linear", r"DFT|STFT|Rfft|Irfft|CDist"),
    (
        "control",
        r"If|Loop|Scan|SequenceMap|\w*BeamSearch|GreedySearch|Sampling|Gradient|EPContext|Snpe|SpeculativePrefixCommit",
    ),
    ("data", r"\w*QuantizeLinear|DequantizeBFP|QuantizeBFP|\w*QuantizeWithOrder|DequantizeLinear|DequantizeWithOrder"),
    (
        "data",
        r"Constant(OfShape)?|GivenTensorFill|Cast(Like|Map)?|BitCast|EyeLike|Range|Random\w+|Bernoulli|Multinomial",
    ),
    ("data", r"(Hann|Hamming|Blackman)Window|MelWeightMatrix|ImageDecoder|MemcpyFromHost|MemcpyToHost|Optional\w*"),
    ("data", r"String\w+|RegexFullMatch|Tokenizer|TfIdfVectorizer|\w*NGramHashMapping|MurmurHash3|SequenceEmpty"),
    ("data", r"(Category|Dict|Label|OneHot)(Mapper|Vectorizer|Encoder)|ZipMap|Imputer"),
    (
        "shape",
        r"Reshape|Transpose|(QLinear)?Concat|ConcatFromSequence|Split|SplitToSequence|\w*Slice|Gather\w*|\w*Scatter\w*",
    ),
    (
        "shape",
        r"Squeeze|Unsqueeze|Flatten|Expand(Dims)?|Tile|Pad|DepthToSpace|SpaceToDepth|ReverseSequence|Shape|Size|Identity",
    ),
    (
        "shape",
        r"Sequence(At|Construct|Erase|Insert|Length)|CenterCropPad|Crop|Compress|Trilu|Unique|OneHot|NonZero|Col2Im|UnfoldTensor",
    ),
    (
        "shape",
        r"ArrayFeatureExtractor|FeatureVectorizer|\w*Padding|Reorder(Input|Output)|TorchEmbedding|NGramRepeatBlock",
    ),
    (
        "reduction",
        r"Reduce\w+|QLinearReduceMean|Arg(Max|Min)|TopK|Cum(Sum|Prod)|\w*Loss|NonMaxSuppression|EfficientNMS_TRT",
    ),
    ("reduction", r"MoEGroupRouter|DynamicTimeWarping|BifurcationDetector|IsAllFinite"),
    (
        "elementwise",
        r"Abs|Neg|Sign|Ceil|Floor|Round|Sqrt|Reciprocal|Exp|Log|Erf|Pow|Mod|A?(sin|cos|tan)h?|Sinh?|Cosh?|Tan|(QLinear)?(Add|Mul)|Sub|Div",
    ),
    (
        "elementwise",
        r"Max|Min|Mean|Sum|And|Or|Xor|Not|Bit(Shift|wise\w+)|Equal|(Greater|Less)(OrEqual)?|Is(Inf|NaN)|(QLinear)?Where",
    ),
    (
        "elementwise",
        r"Binarizer|\w*Dropout|BiasAdd|GatedAdd|ComplexMul(Conj)?|MulInteger|Affine|Scale|ImageScaler|EngramGate",
    ),
    ("elementwise", r"Adam|Adagrad|Momentum|HyperConnection\w+"),
    ("other", r"TreeEnsemble\w*|SampleOp"),
]

# Operators in use whose schemas have no documentation.
UNDOCUMENTED = {
    "SimplifiedLayerNormalization": "Layer normalisation by the root mean square: no centring, no bias.",
    "QOrderedLayerNormalization": "Layer normalisation of quantised values with an explicit memory order.",
    "NhwcConv": "Convolution of a tensor whose channels come last.",
    "NhwcMaxPool": "Maximum pooling of a tensor whose channels come last.",
    "QLinearConv": "Convolution of quantised values, with the scale and zero point of each operand.",
    "ConvTransposeWithDynamicPads": "Transposed convolution whose padding is an input.",
    "DynamicQuantizeMatMul": "Matrix product that quantises its first operand while it runs.",
    "DynamicQuantizeLSTM": "LSTM with quantised weights that quantises its activations while it runs.",
    "MatMulIntegerToFloat": "Matrix product of quantised values, scaled to floating point.",
    "SparseToDenseMatMul": "Matrix product of a sparse and a dense matrix.",
    "BiasDropout": "Adds a bias and a residual, then drops elements at random.",
    "BitmaskBiasDropout": "Adds a bias and a residual, then drops elements at random; the mask is packed to bits.",
    "CDist": "Distances between all pairs of rows of two matrices.",
    "ComplexMul": "Product of complex numbers, element by element.",
    "ComplexMulConj": "Product of complex numbers and the conjugates of others, element by element.",
    "GatedRelativePositionBias": "A bias of attention by relative position, scaled by a gate that the query controls.",
    "Inverse": "Inverse of each square matrix of a batch.",
    "IsAllFinite": "Whether no element of any input is infinite or not a number.",
    "ScaledTanh": "The hyperbolic tangent with a scale inside and one outside.",
    "GivenTensorFill": "A tensor with the values that an attribute gives.",
}


def category(name):
    for family, pattern in RULES:
        if re.fullmatch(pattern, name):
            return family
    sys.exit(f"no rule gives operator {name} a category")


def latest():
    """The newest schema of each operator, by domain and name; onnx's own wins over onnxruntime's copy."""
    found = {}
    wanted = [s for s in runtime.get_all_operator_schema() if s.domain in RUNTIME_DOMAINS]
    for schemas in (wanted, onnx.defs.get_all_schemas()):
        group = {}
        for schema in sorted(schemas, key=lambda s: s.since_version):
            group[schema.domain or "ai.onnx", schema.name] = schema
        found |= group
    return dict(sorted(found.items()))


def parameter(formal):
    """A formal parameter's name, with `*` when it takes any number of values and `?` when it may be left out."""
    return formal.name.strip().replace(" ", "_") + {"Single": "", "Optional": "?", "Variadic": "*"}[option(formal)]


def write_table(schemas):
    lines = []
    for (domain, name), schema in schemas.items():
        inputs, outputs = (" ".join(map(parameter, formals)) for formals in (schema.inputs, schema.outputs))
        lines.append("\t".join((domain, name, category(name), inputs, outputs)))
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


# The types of attributes by a letter; lists are upper case.
LETTERS = {
    "FLOAT": "f",
    "INT": "i",
    "STRING": "s",
    "TENSOR": "t",
    "GRAPH": "g",
    "SPARSE_TENSOR": "x",
    "TYPE_PROTO": "p",
    "FLOATS": "F",
    "INTS": "I",
    "STRINGS": "S",
    "TENSORS": "T",
    "GRAPHS": "G",
    "SPARSE_TENSORS": "X",
    "TYPE_PROTOS": "P",
}
# What is unbounded in the schemas.
UNBOUNDED = 2**31 - 1


def span(least, most):
    return f"{least}-{'' if most >= UNBOUNDED else most}"


def needed(formals):
    """How many of the first inputs must be there; an input that is counted may still be left empty."""
    single = [option(formal) == "Single" for formal in formals]
    return single.index(False) if False in single else len(single)


def versions():
    """All versions of the schemas of each operator that nodes are checked by, the oldest first, by domain and name."""
    own = list(onnx.defs.get_all_schemas_with_history())
    runtimes = [s for s in runtime.get_all_operator_schema() if s.domain in RUNTIME_DOMAINS and s.domain]
    found = {}
    for schema in sorted(own + runtimes, key=lambda it: (it.domain, it.name, it.since_version)):
        found.setdefault((schema.domain or "ai.onnx", schema.name), []).append(schema)
    return found


def option(formal):
    return str(formal.option).rsplit(".", 1)[-1]


def kind(attribute):
    return str(attribute.type).rsplit(".", 1)[-1]


def write_schemas(found):
    """A line for each version of each operator: domain, name, version, inputs, outputs, attributes (`!`: required); `-` for those taken out."""
    lines = []
    for (domain, name), schemas in found.items():
        for schema in schemas:
            attributes = sorted(schema.attributes.values(), key=lambda attribute: attribute.name)
            cells = [
                domain,
                name,
                str(schema.since_version),
                f"{span(schema.min_input, schema.max_input)}:{needed(schema.inputs)}",
                span(schema.min_output, schema.max_output),
                " ".join(f"{it.name}:{LETTERS[kind(it)]}{'!' if it.required else ''}" for it in attributes),
            ]
            lines.append("\t".join(cells[:3] + ["-"] if schema.deprecated else cells))
    SCHEMAS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def summary(schema):
    """The first two paragraphs of prose: no code, no lists, no formulae that stand alone."""
    text = re.sub(r"```.*?(```|\Z)", "\n\n", textwrap.dedent(schema.doc or ""), flags=re.DOTALL)
    kept = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        words = plain(paragraph)
        if not re.match(r"[A-Z][\w'`-]*[ ,]", words) or re.match(r"\s*([#|>*-]|\d+\.)", paragraph):
            continue
        kept.append(words if words[-1] in ".:!?" else f"{words}.")
        if sum(map(len, kept)) > 120 or len(kept) == 2:
            break
    return sentences(" ".join(kept), 500) or UNDOCUMENTED.get(schema.name, "")


def default(attribute):
    """The default as text; nothing where there is none."""
    known = hasattr(attribute, "default_value")
    value = attribute.default_value if known else onnx.AttributeProto.FromString(attribute._default_value)
    if not value.name or value.type == onnx.AttributeProto.UNDEFINED:
        return None
    content = onnx.helper.get_attribute_value(value)
    if isinstance(content, bytes):
        return content.decode()
    if isinstance(content, float):
        return f"{content:.6g}"
    if isinstance(content, (int, str)):
        return str(content)
    if isinstance(content, (list, tuple)):
        return "[" + ", ".join(str(item) for item in content) + "]"
    return None


def since(attribute, history):
    """From which version on an operator has an attribute with its default; none if it always had."""
    first = history[-1].since_version
    for schema in reversed(history):
        same = schema.attributes.get(attribute.name)
        if not same or kind(same) != kind(attribute) or default(same) != default(attribute):
            return first
        first = schema.since_version
    return None


def attribute_entry(attribute, history):
    value = default(attribute)
    entry = {
        "name": attribute.name,
        "type": kind(attribute).lower(),
        "default": value,
        "since": None if value is None else since(attribute, history),
        "doc": sentences(plain(attribute.description), 200),
    }
    if attribute.required:
        entry["required"] = True
    return {key: item for key, item in entry.items() if item not in (None, "") or (key == "default" and item == "")}


def formal_entry(formal):
    entry = {"name": parameter(formal).rstrip("*?"), "doc": sentences(plain(formal.description), 200)}
    return {key: value for key, value in entry.items() if value}


def write_documentation(schemas, history):
    operators = {}
    for (domain, name), schema in schemas.items():
        attributes = sorted(schema.attributes.values(), key=lambda attribute: attribute.name)
        entry = {
            "summary": summary(schema),
            "inputs": [formal_entry(formal) for formal in schema.inputs],
            "outputs": [formal_entry(formal) for formal in schema.outputs],
            "attributes": [attribute_entry(it, history.get((domain, name), [schema])) for it in attributes],
            "since": schema.since_version,
            "deprecated": schema.deprecated,
        }
        operators[f"{domain}:{name}"] = {key: value for key, value in entry.items() if value}
    lines = [
        f"{json.dumps(key)}:{json.dumps(entry, ensure_ascii=False, separators=(',', ':'))}"
        for key, entry in operators.items()
    ]
    text = f'{{"source":{json.dumps(SOURCE)},"operators":{{\n' + ",\n".join(lines) + "\n}}\n"
    DOCUMENTATION.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENTATION.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    known = latest()
    write_table(known)
    history = versions()
    write_schemas(history)
    write_documentation(known, history)
    for path in (TABLE, SCHEMAS, DOCUMENTATION):
        print(f"{path.stat().st_size:7} {path.relative_to(ROOT)}")
