"""The operators of TensorFlow, from its own registry.

Writes src/formats/tensorflow/graph/operators.tsv (what the reader needs: category, parameters with their types and counts),
static/ops/tensorflow.json (documentation, loaded by the page when a node is looked at), and static/ops/tflite.json: the operators of TensorFlow Lite,
whose own documentation is in no package, have that of the operators that they stand for.
"""

import inspect
import json
import os
import re
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.python.framework import op_def_registry

from common import ROOT
from prose import plain, sentences

TABLE = ROOT / "src" / "formats" / "tensorflow" / "graph" / "operators.tsv"
DOCUMENTATION = ROOT / "static" / "ops" / "tensorflow.json"
LITE_TABLE = ROOT / "src" / "formats" / "tflite" / "operators.tsv"
LITE = ROOT / "static" / "ops" / "tflite.json"
SOURCE = f"Operator registry and documentation of TensorFlow {tf.__version__} (https://github.com/tensorflow/tensorflow, Apache-2.0), shortened."

# What graphs of models hardly have: parts of compilers, of services for data and of training on many machines.
UNUSED = (
    r"_?(Xla|TPU|Tpu|Risc|Boosted|Collective|Nccl|DataService|Experimental|Summary|Mlir|IsBoosted|IsTPU|Uniform|Dummy|Kafka|Stub|Fact"
    r"|ConfigureDistributed|ConfigureAndInit|Configure|Enqueue|DTensor|Fake(?!Quant)|Debug|Skip|Tensor(Forest|Tree)|LoadTPU|RetrieveTPU|SendTPU"
    r"|Sdca|Stats|StochasticCast|Rpc|Zip|Compute(Dedup|Batch|Accidental)|Merge(Dedup)|Split(Dedup)|Test|Cudnn(?!RNN)|Ifrt|Convert(ToC|ToL|ToS)"
    r"|Infeed|Outfeed|Prelinearize|ConnectTPU|WorkerHeart|UpdateTaskId|CrossReplica|AllToAll|Finalize|Execute|GetMinibatch|GlobalIter|StoreMini|GRPC|Sparse(Accum|Conditional)|Resource(Accum|Conditional)|Host|Shutdown|Dedup)\w*"
    r"|\w*(TPUEmbedding|Embedding(Activations|Parameters)\w*|ReaderV?2?|Reader\w*V2|Bigtable\w*|Minibatch\w*|CSRSparse\w*|SparseCoreAdagrad\w*|SparseCore\w*)"
    r"|Accumulator\w+|Barrier\w*|Lmdb\w*|Ref(Enter|Exit|Merge|NextIteration|Select|Switch|Identity)X"
)

# Operators that programs do not call, but that graphs have once they were optimised or cut into parts.
INTERNAL = "_Arg _Retval _FusedConv2D _FusedDepthwiseConv2dNative _FusedMatMul _FusedBatchNormEx _Send _Recv _HostSend _HostRecv".split()

# Category by rule: the first pattern that matches the whole name. The categories are those of src/model.
RULES = [
    ("attention", r"\w*Attention\w*"),
    ("recurrent", r"\w*(LSTM|GRU|RNN)\w*"),
    ("convolution", r"\w*Conv[23]?D?\w*(?<!Convert)|\w*Convolution\w*|(Erosion|Dilation)2D\w*|Conv\w*"),
    ("normalization", r"\w*(BatchNorm\w*|LRN|LRNGrad|Normaliz\w+|InstanceNorm|LayerNorm)"),
    ("pool", r"\w*(Pool|Pool3D|PoolV2|PoolGrad\w*|Pool3DGrad\w*|MaxPool\w*|AvgPool\w*)|Resize\w+|\w*Resize(Bilinear|Nearest)\w*|CropAndResize\w*|ScaleAndTranslate\w*"),
    ("activation", r"(Quantized)?(Relu6?|Elu|Selu|LeakyRelu|Softplus|Softsign|Tanh|Sigmoid|Softmax|LogSoftmax|ReluX|Relu1)\w*|_Fused\w*Relu"),
    ("linear", r"\w*MatMul\w*|\w*Einsum|Matrix(Inverse|Determinant|Solve\w*|TriangularSolve|SquareRoot|Exponential|Logarithm)|Batch(Cholesky|Matrix(Inverse|Determinant|Solve\w*|TriangularSolve))\w*"),
    ("linear", r"(Self)?(AdjointEig|Cholesky|Qr|Svd|Eig|Lu|LogMatrixDeterminant|Banded\w+|Tridiagonal\w+)\w*|Batch(SelfAdjointEig|Svd)\w*|I?R?FFT\w*|BatchI?FFT\w*|FFT\w*"),
    ("control", r"(Stateless)?(If|While|Case)|\w*PartitionedCall|RemoteCall|SymbolicGradient|(Ref)?(Enter|Exit|Switch|SwitchN|Merge|NextIteration)|_SwitchN|LoopCond|ControlTrigger|NoOp|Abort|Assert|ToBool|For|EagerPyFunc|PyFunc\w*|MapDefun|BatchFunction|ParallelMap\w*|Xla\w+"),
    ("recurrent", r"CTC\w+"),
    ("reduction", r"Sum|Mean|Prod|Min|Max|All|Any|EuclideanNorm|Arg(Max|Min)|(Batch|)?(Segment|UnsortedSegment|SparseSegment)\w+|SparseReduce\w+|Cum\w+|Cumulative\w+|TopK\w*|InTopK\w*|NonMaxSuppression\w*|CombinedNonMax\w+|Bincount|\w*Bincount|Histogram\w*|L2Loss|\w*CrossEntropy\w*|NthElement|ReduceJoin|UnsortedSegmentJoin|Reduce\w*"),
    ("shape", r"\w*Reshape|Transpose\w*|ConjugateTranspose|\w*Concat\w*|Pack|Unpack|Split\w*|\w*Slice\w*|\w*Gather\w*|\w*Scatter\w*|Squeeze|ExpandDims|Tile\w*|(Mirror)?Pad\w*|MirrorPadGrad|SpaceTo\w+|DepthToSpace|BatchToSpace\w*|Reverse\w*|Shape\w*|VariableShape|Size|Rank|Identity\w*|Broadcast\w+|Where|Unique\w*|UniqueWithCounts\w*|OneHot|InvertPermutation|Stop?Gradient\w*|PreventGradient|Snapshot|EnsureShape|DynamicPartition|\w*DynamicStitch|Roll|Matrix(Diag|Band|SetDiag)\w*|Diag\w*|BatchMatrix\w+|ListDiff|SetDiff|Extract(Image|Volume)Patches|Bitcast|Parallel(Concat|DynamicStitch)|Ragged\w+|SearchSorted|(Lower|Upper)Bound|Batch|Unbatch\w*|Expand\w*|Edit\w*|Copy\w*|Deep\w*|Guarantee\w*|Inplace\w+|UnravelIndex|UpperBound|SparseFillEmpty\w*|Sparse(Concat|Reorder|Slice|Split|ToDense|TensorSlice|DenseTo|Cross|ToSparse)\w*|DenseTo\w+|Set(Size|Intersection)|Sparse\w*SetOperation\w*|TensorStrided\w+|Draw\w+|AdjustContrast\w*|Serialize\w+|Deserialize\w+"),
    ("data", r"Const|HostConst|ImmutableConst|Placeholder\w*|_Arg|_Retval|_DeviceArg|_Device\w+|_ListToArray|_ArrayToList|_Send|_Recv|_Host\w+|Cast|Fill|Range|LinSpace|(Zeros|Ones|Empty)\w*|\w*Random\w*|Multinomial|Stateless\w+|Stateful\w+|TruncatedNormal|ParameterizedTruncatedNormal|Rng\w*|Anonymous\w+|NonDeterministicInts|Record\w+|ThreadUnsafe\w+"),
    ("data", r"\w*(Quant|Dequant|Requant)\w*|Var(Handle|Is|iable)\w*|_?(Var|Destroy|Temporary|IsVariable|Disable)\w*|ReadVariable\w*|_ReadVariables\w*|Assign\w*|(Ref)?Count\w*|Resource(Count)\w*|MutableHash\w*|MutableDense\w*|(Anonymous)?\w*HashTable\w*|LookupTable\w*|Initialize\w+|InitializeTable\w*|Stack\w*|TensorArray\w*|TensorList\w*|TensorMap\w*|EmptyTensor\w+|\w*Queue\w*|Map(Clear|Incomplete|Peek|Size|Stage|Unstage)\w*|Ordered\w+|Stage\w*|Unstage|\w*Dataset\w*|\w*Iterator\w*|Optional\w+|\w*Optional\w*|Save\w*|Restore\w*|MergeV2\w*|Sharded\w+|Read\w+|Write\w+|Matching\w+|\w*Reader\w*|Decode\w+|Encode\w+|Parse\w+|Audio\w+|Mfcc|\w*Summary\w*|Print\w*|String\w*|AsString|Regex\w+|StaticRegex\w+|Unicode\w+|Substr|Immutable\w*|Hash\w+|Strong\w*|LearnedUnigram\w*|LogUniform\w*|FixedUnigram\w*|UniformCandidate\w*|AllCandidate\w*|Skipgram|Image\w+|RGBToHSV|HSVToRGB|Sample\w+|GetSession\w+|DeleteSession\w+|GetElement\w+|Conditional\w+|TakeManySparse\w*|Add(Many)?SparseTo\w+|AddSparse\w+|\w*Sampler|GenerateVocab\w*|LoadAndRemap\w*|Key\w*|Timestamp|Transfer\w*|DatasetToGraph\w*|Bytes\w*|Wrap\w*|Model\w*|Multi\w*|Delete\w*|Dynamic\w*|Assert\w*|Barrier\w*"),
    ("elementwise", r"Resource(Sparse)?(Apply)\w+|(Sparse)?Apply\w+|ResourceSparseApply\w+|_?Fused\w*"),
]  # fmt: skip
ELEMENTWISE = (
    r"(Quantized)?(Add|AddV2|AddN|Sub|Mul|MulNoNan|Div|DivNoNan|RealDiv|FloorDiv|TruncateDiv|FloorMod|TruncateMod|Mod|Pow|Xdivy|Xlogy|Xlog1py"
    r"|SquaredDifference|Maximum|Minimum|Abs|Neg|Sign|Square|Sqrt|SqrtGrad|Rsqrt|RsqrtGrad|Exp|Expm1|Log|Log1p|Sin|Cos|Tan|Asin|Acos|Atan|Atan2"
    r"|Sinh|Cosh|Asinh|Acosh|Atanh|Erf|Erfc|Erfinv|Ndtri|Lgamma|Digamma|Polygamma|Zeta|I?gammac?|IgammaGradA|Betainc|Floor|Ceil|Round|Rint|Inv|InvGrad"
    r"|Reciprocal|ReciprocalGrad|Equal|NotEqual|Less|LessEqual|Greater|GreaterEqual|ApproximateEqual|Logical\w+|Bitwise\w+|Invert|LeftShift|RightShift"
    r"|PopulationCount|Select|SelectV2|ClipByValue|Is(Nan|Inf|Finite)|Real|Imag|Angle|Conj|Complex|ComplexAbs|BiasAdd\w*|CheckNumerics\w*|Cross"
    r"|Bucketize|NextAfter|AccumulateNV2|Bessel\w+|Dawsn|Expint|Fresnel\w+|Spence|Adjust\w+|Bias\w*|Sparse(Add|Dense|Softmax)\w*|Accumulate\w*|Compare\w*"
    r"|(Sigmoid|Tanh)Grad)"
)
RULES.insert(0, ("elementwise", ELEMENTWISE))


def category(name):
    return next((family for family, pattern in RULES if re.fullmatch(pattern, name)), "other")


def dtype(number):
    """The name of an element type as the schema numbers it."""
    return str(number)


def parameter(arg):
    """`name`, then `*N` if there are as many as attribute N says, `:T` if attribute T says the type, `=1` if the type has that number;
    `**T` if attribute T lists the types of several."""
    text = arg.name
    if arg.type_list_attr:
        return f"{text}**{arg.type_list_attr}"
    if arg.number_attr:
        text += f"*{arg.number_attr}"
    return f"{text}:{arg.type_attr}" if arg.type_attr else f"{text}={dtype(arg.type)}"


def registry():
    """The definitions of operators that graphs of models have, by name."""
    from tensorflow.python.framework import c_api_util
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session as api

    buffer = api.TF_GetAllOpList()
    listed = op_def_pb2.OpList.FromString(api.TF_GetBuffer(buffer))

    def public(name):
        return hasattr(tf.raw_ops, name) or name in INTERNAL

    return {op.name: op for op in sorted(listed.op, key=lambda op: op.name) if public(op.name) and not re.fullmatch(UNUSED, op.name)}


def write_table(found):
    lines = []
    for name, op in found.items():
        inputs, outputs = (" ".join(map(parameter, args)) for args in (op.input_arg, op.output_arg))
        lines.append("\t".join((name, category(name), inputs, outputs)))
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def sections(text):
    """The prose, and what `Args:` and `Returns:` say of each name."""
    parts = re.split(r"^(Args|Returns|Raises):\s*$", text, flags=re.MULTILINE)
    named = dict(zip(parts[1::2], parts[2::2]))
    entries = {}
    for section in ("Args", "Returns"):
        for match in re.finditer(r"^  (\w+): (.*(?:\n    .*)*)", named.get(section, ""), re.MULTILINE):
            entries.setdefault(match[1], match[2])
    return parts[0], entries


def described(name, text):
    """The first sentences about a parameter, without the type that comes first."""
    text = plain(text)
    # What comes first is the type, which the registry states.
    text = re.sub(r"^(A|An) (optional |mutable )?(Tensor|list|bool|int|float|string|tf\.DType|tf\.TensorShape|function|ref)\b[^.]*\.\s*", "", text)
    text = re.sub(r"^(Must|Has|Defaults?) (be|have|the same|to)\b[^.]*(\.\d[^.]*)*\.\s*", "", text)
    return sentences(text, 160)


def usual(attr):
    """The default of an attribute as text; none if it has none."""
    if not attr.HasField("default_value"):
        return None
    value, kind = attr.default_value, attr.default_value.WhichOneof("value")
    one = {
        "s": lambda: value.s.decode("utf-8", "replace"), "i": lambda: str(value.i), "f": lambda: f"{value.f:g}", "b": lambda: str(value.b).lower(),
        "type": lambda: types_pb2.DataType.Name(value.type).removeprefix("DT_").lower(),
        "list": lambda: "[" + ", ".join(str(v) for v in [*value.list.i, *value.list.f, *(s.decode() for s in value.list.s)]) + "]",
    }.get(kind)  # fmt: skip
    return one() if one else None


def entry(op):
    function = getattr(tf.raw_ops, op.name, None)
    prose, terms = sections(inspect.getdoc(function) or "") if function else ("", {})
    prose = re.sub(r"```.*?(```|\Z)", "\n\n", prose, flags=re.DOTALL)
    paragraphs = [plain(part) for part in re.split(r"\n\s*\n", prose.strip())]
    said = next((words for words in paragraphs if re.match(r"[A-Z\"][\w'\"-]*[ ,.]", words)), "")
    said = sentences(said, 280)

    def arguments(args):
        return [{"name": arg.name, "doc": described(arg.name, terms.get(arg.name, ""))} for arg in args]

    attributes = []
    for attr in op.attr:
        default, doc = usual(attr), described(attr.name, terms.get(attr.name, ""))
        if doc:
            record = {"name": attr.name, "type": attr.type, "doc": doc}
            attributes.append(record if default is None else {**record, "default": default})
    made = {"summary": said, "inputs": arguments(op.input_arg), "outputs": arguments(op.output_arg), "attributes": attributes}
    return {key: value for key, value in made.items() if value or key == "summary"}


def write_documentation(found):
    lines = []
    for name, op in found.items():
        made = entry(op)
        # An operator without a word about it is not worth a line.
        told = name not in INTERNAL and made["summary"] or any(term["doc"] for key in ("inputs", "outputs", "attributes") for term in made.get(key, []))
        if told:
            lines.append(f"{json.dumps(':' + name)}:{json.dumps(made, ensure_ascii=False, separators=(',', ':'))}")
    text = f'{{"source":{json.dumps(SOURCE)},"operators":{{\n' + ",\n".join(lines) + "\n}}\n"
    DOCUMENTATION.write_text(text, encoding="utf-8")


# Which operator of TensorFlow one of TensorFlow Lite stands for, where it has another name.
STANDS_FOR = {
    "AveragePool2D": "AvgPool", "MaxPool2D": "MaxPool", "Concatenation": "ConcatV2", "DepthwiseConv2D": "DepthwiseConv2dNative", "Logistic": "Sigmoid",
    "LocalResponseNormalization": "LRN", "TransposeConv": "Conv2DBackpropInput", "Conv3DTranspose": "Conv3DBackpropInputV2",
    "FakeQuant": "FakeQuantWithMinMaxArgs", "ReduceProd": "Prod", "ReduceMax": "Max", "ReduceMin": "Min", "ReduceAny": "Any", "ReduceAll": "All",
    "GatherND": "GatherNd", "ScatterND": "ScatterNd", "SelectV2": "Select", "Hashtable": "HashTableV2", "HashtableFind": "LookupTableFindV2",
    "HashtableImport": "LookupTableImportV2", "HashtableSize": "LookupTableSizeV2", "VarHandle": "VarHandleOp", "ReadVariable": "ReadVariableOp",
    "AssignVariable": "AssignVariableOp", "Negate": "Neg", "Multiply": "Mul", "Divide": "Div", "Subtract": "Sub", "Power": "Pow", "Exponential": "Exp",
    "Cosine": "Cos", "Concatenate": "ConcatV2", "Convert": "Cast", "Clamp": "ClipByValue", "BroadcastInDim": "BroadcastTo", "Add": "AddV2",
}  # fmt: skip
# What is said of those that stand for none.
LITE_ONLY = {
    "FullyConnected": "Multiplies the input by the transposed weights and adds the bias.",
    "L2Normalization": "Divides the input by its Euclidean norm along the last axis.",
    "L2Pool2D": "The square root of the mean of the squares within each window.",
    "EmbeddingLookup": "The rows of a table at the places that the input lists.",
    "EmbeddingLookupSparse": "Rows of a table at the places that a sparse tensor lists, combined with weights.",
    "HashtableLookup": "The rows of a table at given keys, and whether each was found.",
    "LSTM": "A long short-term memory, one step at a time.",
    "UnidirectionalSequenceLSTM": "A long short-term memory over a sequence.",
    "BidirectionalSequenceLSTM": "Two long short-term memories over a sequence, one in each direction.",
    "RNN": "A recurrent layer, one step at a time.",
    "UnidirectionalSequenceRNN": "A recurrent layer over a sequence.",
    "BidirectionalSequenceRNN": "Two recurrent layers over a sequence, one in each direction.",
    "SVDF": "A layer with a memory, as a product of filters over features and over time.",
    "PRelu": "The rectified linear unit with a learnt slope for negative elements.",
    "ReluN1To1": "Limits each element to between -1 and 1.",
    "Relu0To1": "Limits each element to between 0 and 1.",
    "HardSwish": "x · relu6(x + 3) / 6, element by element.",
    "Gelu": "The Gaussian error linear unit, element by element.",
    "Quantize": "Turns real numbers into integers with a scale and a zero point.",
    "Densify": "Turns a sparse weight into a dense one.",
    "CallOnce": "Runs a graph the first time that the model is run, to initialise it.",
    "Call": "Runs another graph of the model.",
    "Custom": "An operator that the program that runs the model brings along.",
    "Delegate": "What a delegate took over from other operators.",
    "DynamicUpdateSlice": "Overwrites a part of a tensor, from places on that are known when it is run.",
}


def write_lite(found):
    """The documentation of TensorFlow Lite: names of parameters as its reader has them."""
    lines = []
    for row in LITE_TABLE.read_text(encoding="utf-8").splitlines():
        name, _, inputs, outputs = [*row.split("\t"), "", "", ""][:4]
        own = name.removeprefix("Stablehlo")
        op = found.get(STANDS_FOR.get(own, own))
        made = entry(op) if op else {"summary": ""}
        said = LITE_ONLY.get(own) or made["summary"]
        if not said:
            continue
        terms = {term["name"]: term["doc"] for term in made.get("inputs", [])}
        told = {"summary": said, "inputs": [{"name": part.strip("*"), "doc": terms.get(part.strip("*"), "")} for part in inputs.split()]}
        told["outputs"] = [{"name": part.strip("*"), "doc": ""} for part in outputs.split()]
        told = {key: value for key, value in told.items() if value}
        lines.append(f"{json.dumps(':' + name)}:{json.dumps(told, ensure_ascii=False, separators=(',', ':'))}")
    text = f'{{"source":{json.dumps(SOURCE)},"operators":{{\n' + ",\n".join(lines) + "\n}}\n"
    LITE.write_text(text, encoding="utf-8")
    return len(lines)


if __name__ == "__main__":
    found = registry()
    if len(found) < 500:
        sys.exit(f"only {len(found)} operators")
    write_table(found)
    write_documentation(found)
    print(write_lite(found), "operators of TensorFlow Lite")
    print(len(found), "operators,", TABLE.stat().st_size, "bytes of table,", DOCUMENTATION.stat().st_size, "of documentation")
