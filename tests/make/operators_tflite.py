"""Writes the tables of the TensorFlow Lite reader: its builtin operators, and what their options are called.

Numbers, names, types and usual values come from the code that TensorFlow generates from its schema (`schema_py_generated.py`). The families of the
operators and the names of their parameters are stated here; those are in no schema.
"""

import inspect
import re

from common import ROOT
from tensorflow.lite.python import schema_py_generated as schema

FOLDER = ROOT / "src" / "formats" / "tflite"

# The parts of names that are not written as words.
WORDS = {
    "2D": "2D", "3D": "3D", "L2": "L2", "ND": "ND", "LSH": "LSH", "RNN": "RNN", "LSTM": "LSTM", "SVDF": "SVDF", "RFFT2D": "RFFT2D",
    "PADV2": "PadV2", "TOPK": "TopK", "PRELU": "PRelu", "MATMUL": "MatMul",
}  # fmt: skip

# By family: operators with their inputs, as tensorflow/compiler/mlir/lite/ir/tfl_ops.td calls them. `*` takes all that are left. `>` begins the
# outputs where there are several.
FAMILIES = {
    "convolution": """
        CONV_2D input filter bias / DEPTHWISE_CONV_2D input filter bias / CONV_3D input filter bias
        CONV_3D_TRANSPOSE output_shape filter input bias / TRANSPOSE_CONV output_shape weights input bias / STABLEHLO_CONVOLUTION lhs rhs
        DILATE input dilations padding_value""",
    "linear": "FULLY_CONNECTED input filter bias / BATCH_MATMUL x y / STABLEHLO_DOT_GENERAL lhs rhs",
    "activation": """
        RELU x / RELU6 x / RELU_N1_TO_1 x / RELU_0_TO_1 x / LEAKY_RELU input / PRELU input alpha / ELU x / GELU input / HARD_SWISH input
        LOGISTIC x / TANH input / SOFTMAX input / LOG_SOFTMAX input / STABLEHLO_LOGISTIC operand / STABLEHLO_TANH operand""",
    "normalization": "L2_NORMALIZATION input / LOCAL_RESPONSE_NORMALIZATION input",
    "pool": """
        AVERAGE_POOL_2D input / MAX_POOL_2D input / L2_POOL_2D input / RESIZE_BILINEAR input size / RESIZE_NEAREST_NEIGHBOR input size""",
    "shape": """
        CONCATENATION values* / RESHAPE input shape / SQUEEZE input / EXPAND_DIMS input dim / TRANSPOSE input perm / SLICE input begin size
        STRIDED_SLICE input begin end strides / SPLIT split_dim value > outputs* / SPLIT_V value size_splits split_dim > outputs*
        PACK values* / UNPACK input > outputs* / GATHER params indices / GATHER_ND params indices / PAD input padding
        PADV2 input padding constant_values / MIRROR_PAD input padding / TILE input multiples / BROADCAST_TO input shape
        BROADCAST_ARGS s0 s1 / REVERSE_V2 input axis / REVERSE_SEQUENCE input seq_lengths / SPACE_TO_DEPTH input / DEPTH_TO_SPACE input
        BATCH_TO_SPACE_ND input block_shape crops / SPACE_TO_BATCH_ND input block_shape paddings / SCATTER_ND indices updates shape
        SPARSE_TO_DENSE indices shape values default_value / EMBEDDING_LOOKUP lookup value / EMBEDDING_LOOKUP_SPARSE ids indices dense_shape weights value
        HASHTABLE_LOOKUP lookup key value > output hits / ONE_HOT indices depth on_value off_value / SHAPE input / RANK input
        MATRIX_DIAG diagonal / MATRIX_SET_DIAG input diagonal / DYNAMIC_UPDATE_SLICE operand update start_indices
        TOPK_V2 input k > values indices / UNIQUE input > output idx / WHERE condition / CONCAT_EMBEDDINGS values* / SKIP_GRAM input
        NON_MAX_SUPPRESSION_V4 boxes scores max_output_size iou_threshold score_threshold > selected_indices valid_outputs
        NON_MAX_SUPPRESSION_V5 boxes scores max_output_size iou_threshold score_threshold soft_nms_sigma > selected_indices selected_scores valid_outputs
        STABLEHLO_RESHAPE operand / STABLEHLO_CONCATENATE inputs* / STABLEHLO_BROADCAST_IN_DIM operand / STABLEHLO_SLICE operand
        STABLEHLO_PAD operand padding_value / STABLEHLO_GATHER operand start_indices / STABLEHLO_TRANSPOSE operand
        STABLEHLO_DYNAMIC_SLICE operand start_indices* / STABLEHLO_DYNAMIC_UPDATE_SLICE operand update start_indices*
        STABLEHLO_SCATTER inputs scatter_indices updates / STABLEHLO_SORT inputs* > results*""",
    "elementwise": """
        ADD lhs rhs / SUB lhs rhs / MUL lhs rhs / DIV lhs rhs / ADD_N inputs* / FLOOR x / CEIL x / ROUND x / EXP x / LOG x / SQRT x / RSQRT x
        SQUARE x / ABS x / NEG x / SIN x / COS x / SIGN x / POW lhs rhs / MAXIMUM lhs rhs / MINIMUM lhs rhs / FLOOR_DIV lhs rhs
        FLOOR_MOD lhs rhs / SQUARED_DIFFERENCE lhs rhs / ATAN2 y x / LESS lhs rhs / LESS_EQUAL lhs rhs / GREATER lhs rhs
        GREATER_EQUAL lhs rhs / EQUAL x y / NOT_EQUAL lhs rhs / LOGICAL_AND lhs rhs / LOGICAL_OR lhs rhs / LOGICAL_NOT lhs
        BITWISE_XOR lhs rhs / RIGHT_SHIFT lhs rhs / SELECT condition x y / SELECT_V2 condition x y / COMPLEX_ABS input / REAL input / IMAG input
        RFFT2D input fft_length / BUCKETIZE input / STABLEHLO_ADD lhs rhs / STABLEHLO_SUBTRACT lhs rhs / STABLEHLO_MULTIPLY lhs rhs
        STABLEHLO_DIVIDE lhs rhs / STABLEHLO_MAXIMUM lhs rhs / STABLEHLO_MINIMUM lhs rhs / STABLEHLO_CLAMP min operand max
        STABLEHLO_ABS operand / STABLEHLO_AND lhs rhs / STABLEHLO_OR lhs rhs / STABLEHLO_COSINE operand / STABLEHLO_EXPONENTIAL operand
        STABLEHLO_FLOOR operand / STABLEHLO_LOG operand / STABLEHLO_NEGATE operand / STABLEHLO_POWER lhs rhs / STABLEHLO_REMAINDER lhs rhs
        STABLEHLO_RSQRT operand / STABLEHLO_CBRT operand / STABLEHLO_SELECT pred on_true on_false / STABLEHLO_COMPARE lhs rhs
        STABLEHLO_SHIFT_LEFT lhs rhs""",
    "reduction": """
        MEAN input axis / SUM input axes / REDUCE_PROD input axes / REDUCE_MAX input axes / REDUCE_MIN input axes / REDUCE_ANY input reduction_indices
        REDUCE_ALL input reduction_indices / ARG_MAX input dim / ARG_MIN input dim / CUMSUM input axis / SEGMENT_SUM input segment_ids
        UNSORTED_SEGMENT_PROD input segment_ids num_segments / UNSORTED_SEGMENT_MAX input segment_ids num_segments
        UNSORTED_SEGMENT_SUM input segment_ids num_segments / UNSORTED_SEGMENT_MIN input segment_ids num_segments
        STABLEHLO_REDUCE inputs* > results* / STABLEHLO_REDUCE_WINDOW inputs* > results*
        REDUCE_WINDOW input init_value window_shape window_strides window_dilations""",
    "recurrent": """
        LSTM {lstm} / UNIDIRECTIONAL_SEQUENCE_LSTM {lstm}
        BIDIRECTIONAL_SEQUENCE_LSTM input {bilstm} > fw_output bw_output
        RNN input input_to_input_weights recurrent_to_input_weights input_gate_bias hidden_state
        UNIDIRECTIONAL_SEQUENCE_RNN input input_to_input_weights recurrent_to_input_weights input_gate_bias hidden_state
        BIDIRECTIONAL_SEQUENCE_RNN input {birnn} > fw_output bw_output
        SVDF input feature_weights time_weights input_gate_bias activation_state""",
    "control": """
        IF cond inputs* > outputs* / WHILE inputs* > outputs* / CALL inputs* > outputs* / CALL_ONCE / DELEGATE inputs* > outputs*
        STABLEHLO_WHILE inputs* > outputs* / STABLEHLO_CASE index > outputs* / STABLEHLO_COMPOSITE inputs* > outputs*
        STABLEHLO_CUSTOM_CALL inputs* > outputs*""",
    "data": """
        CAST input / BITCAST input / QUANTIZE input / DEQUANTIZE input / FAKE_QUANT input / DENSIFY input / FILL dims input / RANGE start limit delta
        ZEROS_LIKE input / RANDOM_UNIFORM shape / RANDOM_STANDARD_NORMAL shape / MULTINOMIAL logits num_samples / VAR_HANDLE > resource_handle
        READ_VARIABLE resource_id > result / ASSIGN_VARIABLE resource_id value / HASHTABLE > hash_table / HASHTABLE_FIND hash_table keys default_value
        HASHTABLE_IMPORT hash_table keys values / HASHTABLE_SIZE hash_table / STABLEHLO_CONVERT operand / STABLEHLO_IOTA
        STABLEHLO_RNG_BIT_GENERATOR initial_state > output_state output""",
    "other": "LSH_PROJECTION hash input weight / CUSTOM",
}

GATES = "input forget cell output".split()


def lstm(prefix=""):
    """The parameters of a full LSTM behind its input."""
    names = [f"input_to_{gate}_weights" for gate in GATES] + [f"recurrent_to_{gate}_weights" for gate in GATES]
    names += [f"cell_to_{gate}_weights" for gate in ("input", "forget", "output")]
    names += [f"{gate}_gate_bias" if gate != "cell" else "cell_bias" for gate in GATES]
    names += ["projection_weights", "projection_bias"]
    return [prefix + name for name in names]


def rnn(prefix):
    return [prefix + name for name in ("input_weights", "recurrent_weights", "bias", "hidden_state")]


NORMS = [f"{gate}_layer_norm_coefficients" for gate in GATES]
STATES = ["activation_state", "cell_state"]
AUXILIARY = ["aux_input"] + [f"{side}_aux_input_to_{gate}_weights" for side in ("fw", "bw") for gate in GATES]
LISTS = {
    "lstm": ["input", *lstm(), "input_activation_state", "input_cell_state", *NORMS],
    "bilstm": [*lstm("fw_"), *lstm("bw_"), *[f"{side}_{state}" for side in ("fw", "bw") for state in STATES], *AUXILIARY],
    "birnn": [*rnn("fw_"), *rnn("bw_"), "aux_input", "fw_aux_input_weights", "bw_aux_input_weights"],
}

# Which enumeration a field is of: the code that is generated says only that it is a number.
ENUMERATIONS = {
    "padding": "Padding",
    "fused_activation_function": "ActivationFunctionType",
    "weights_format": "FullyConnectedOptionsWeightsFormat",
    "kernel_type": "LSTMKernelType",
    "combiner": "CombinerType",
    "mode": "MirrorPadMode",
    "reduce_function": "ReduceWindowFunction",
    "algorithm": "RngAlgorithm",
    "comparison_direction": "StablehloComparisonDirection",
    "compare_type": "StablehloComparisonType",
    "precision_config": "StablehloPrecisionConfig",
    "composite_attributes_format": "CustomOptionsFormat",
    "LSHProjectionOptions.type": "LSHProjectionType",
}
TYPES = "quantized_bias_type in_data_type out_data_type output_type out_type idx_out_type key_dtype value_dtype".split()

KINDS = {
    "Bool": "bool", "Int8": "i8", "Uint8": "u8", "Int16": "i16", "Uint16": "u16", "Int32": "i32", "Uint32": "u32", "Int64": "i64",
    "Uint64": "u64", "Float32": "f32", "Float64": "f64",
}  # fmt: skip


def members(enumeration):
    """The names of an enumeration of the schema by their numbers."""
    names = {number: name for name, number in vars(enumeration).items() if isinstance(number, int)}
    return [names.get(number, "") for number in range(max(names) + 1)]


def operator_name(name):
    return "".join(WORDS.get(part) or part.capitalize() for part in name.split("_"))


def operators():
    """A line for each operator, in the order of their numbers: name, family, inputs, outputs."""
    known = {}
    for family, listed in FAMILIES.items():
        for row in re.split(r" / |\n", listed):
            if not row.strip():
                continue
            row = row.strip().format(**{name: " ".join(names) for name, names in LISTS.items()})
            inputs, _, outputs = row.partition(">")
            name, *inputs = inputs.split()
            if name in known or not hasattr(schema.BuiltinOperator, name):
                raise SystemExit(f"{name} is listed twice, or is no operator")
            known[name] = (family, " ".join(inputs), outputs.strip())
    for name in members(schema.BuiltinOperator):
        if name not in known and name != "PLACEHOLDER_FOR_GREATER_OP_CODES":
            raise SystemExit(f"{name} is of no family")
        yield "\t".join([operator_name(name), *known.get(name, ("other", "", ""))]).rstrip("\t")


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def kind(options, field, method, slot):
    """The type of a field, as the table spells it."""
    vector = slot == "UOffsetTRelative"
    code = inspect.getsource(getattr(options, method))
    if vector and "_tab.String" in code:
        return "text"
    found = re.search(r"number_types\.(\w+)Flags, a", code) if vector else None
    scalar = KINDS[found.group(1) if found else slot]
    if field.endswith(("subgraph_index", "subgraph_indices")) or field == "subgraph":
        scalar = "graph"
    elif field in TYPES:
        scalar = "TensorType"
    else:
        enumeration = ENUMERATIONS.get(f"{options.__name__}.{field}") or ENUMERATIONS.get(field)
        if enumeration and not (enumeration == "Padding" and vector):
            scalar += f":{enumeration}"
    if scalar == "i8":
        raise SystemExit(f"{options.__name__}.{field} must be of some enumeration")
    if vector and scalar == "u8":
        return "flexbuffer"
    return f"[{scalar}]" if vector else scalar


def fields(name):
    """The fields of a table of options in the order of their numbers; `-` for one that is no longer used."""
    found = {}
    pattern = rf"{name}Add(\w+)"
    for function, code in vars(schema).items():
        match = re.fullmatch(pattern, function)
        if not match or not inspect.isfunction(code):
            continue
        slot, number, usual = re.search(r"Prepend(\w+)Slot\((\d+), .*, (\S+)\)", inspect.getsource(code)).groups()
        field = snake(match.group(1))
        text = f"{field} {kind(getattr(schema, name), field, match.group(1), slot)}"
        if usual not in ("0", "0.0", "False"):
            text += f" {int(usual == 'True') if usual in ('True', 'False') else usual}"
        found[int(number)] = text
    return [found.get(number, "-") for number in range(max(found, default=-1) + 1)]


def options():
    """The enumerations, then the options of either union in the order of their numbers."""
    used = sorted({*ENUMERATIONS.values()})
    for name in used:
        names = [re.sub("^STABLEHLO_COMPARISON_(DIRECTION|TYPE)_", "", member) for member in members(getattr(schema, name))]
        yield f"{name}\t{' '.join(names)}"
    for union in (schema.BuiltinOptions, schema.BuiltinOptions2):
        yield f"= {union.__name__}"
        for name in members(union):
            yield "" if name == "NONE" else "\t".join(fields(name))


for path, lines in (("operators.tsv", operators()), ("options.tsv", options())):
    (FOLDER / path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(path)
