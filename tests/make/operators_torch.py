"""The operators of TorchScript, from the schemas that torch registers.

Writes src/analysis/aten/operators.tsv (what the reader needs: the categories of operators, and the names and kinds of their formal
parameters, of the overloads that differ in these) and static/ops/pytorch.json (documentation, loaded by the page when a node is looked at).
"""

import json
import re

import torch
import torchvision

from common import ROOT
from prose import plain, sentences

TABLE = ROOT / "src" / "analysis" / "aten" / "operators.tsv"
DOCUMENTATION = ROOT / "static" / "ops" / "pytorch.json"
SOURCE = (
    f"Schemas and documentation of PyTorch {torch.__version__.partition('+')[0]} (https://github.com/pytorch/pytorch, BSD-3-Clause) "
    f"and torchvision {torchvision.__version__.partition('+')[0]} (https://github.com/pytorch/vision, BSD-3-Clause), shortened."
)
NAMESPACES = ("aten", "prim", "quantized", "torchvision", "mkldnn", "mkl", "mkldnn_prepacked", "sparse")
# What no saved program calls: gradients, internals of other operators, what only compilers insert.
DROPPED = (
    r"\w*_backward\w*|_foreach_\w+|_fused_\w+|\w+_copy|_test\w*|_nested\w*|_cslt\w*|_philox\w*|_sparse_(?!mm|softmax|sum)\w+|\w*_miopen\w*|miopen\w*"
    r"|_validate\w*|_cufft\w*|_linalg\w*|_make\w*|_amp\w*|_functional\w*|_sobol\w*|_propagate\w*|_get_\w+|_is_\w+|_has_\w+|_debug\w*|_dyn_\w+|_efficient\w*"
    r"|_to_sparse\w*|_mps\w*|_convert\w*|_jagged\w*|_padded\w*|_fft_\w+|_fake\w*|_flash\w*|_assert\w*|_resize\w*|_histogramdd\w*|_lazy\w*|_foobar"
    r"|_sample\w*|_batch_norm_\w+update\w*|_cudnn\w*|_weight_int\w+|sym_constrain\w*|_new_zeros\w*|_neg_view|_chunk_cat|_grouped\w*|_scaled_(?!dot)\w+"
    r"|_add_batch_dim|_remove_batch_dim|_ncf\w*|_mixed\w*|_triton\w*|_fill_mem\w*|_autocast\w*|_choose\w*|_wrapped\w*|_compute\w*|_unsafe_masked\w*"
    r"|\w+_out|\w+_get_plan_cache\w*|_(use|nnpack)_?\w*available|_use_\w+|[Aa]uto[Gg]rad\w*|(Static|TensorExpr|oneDNN|Fallback|Bail|Fusion|MMTree|MMBatch)\w*"
    r"|special_(?!softmax|log_softmax|expit|logit)\w+|fbgemm\w*|_no_grad\w*|_pin\w*|linalg_(ldl|lu|householder)\w*|linalg__\w+|\w*cuda_version"
    r"|RequiresGradCheck|TypeCheck|profile\w*|Guard|AddStatValue|DifferentiableGraph|BroadcastSizes|ChunkSizes|ReductionSizes|IgnoredPythonOp|TimePoint"
)
# What the interpreter has without a schema.
CONTROL = "If Loop RaiseException Print CallMethod CallFunction fork Enter Exit awaitable"
DATA = (
    "Constant GetAttr SetAttr ListConstruct ListUnpack TupleConstruct TupleUnpack TupleSlice DictConstruct CreateObject isinstance TupleIndex "
    "Uninitialized EnumName EnumValue"
)

# Category by rule: the first pattern that matches the whole name, without the underscore of operators that work in place. The
# categories are those of src/model; what no rule knows is of none.
RULES = [
    ("attention", r"\w*scaled_dot_product\w*|\w*multi_head_attention\w*|_transform_bias_rescale_qkv|_transformer_encoder\w*"),
    ("convolution", r"\w*conv(olution)?([123]d)?(_\w+)?|\w*_conv\w*|conv\w*|qconv\w*|im2col|col2im|deform_conv2d|nnpack\w*"),
    ("recurrent", r"(quantized_)?(lstm|gru|rnn_\w+)(_cell)?|_?(thnn_fused|lstm|gru)\w*|(make_quantized_)?cell_params\w*|mkldnn_rnn_layer|linear_(dynamic|fp16)_cell"),
    ("normalization", r"\w*(batch|layer|group|instance|rms|weight)_norm\w*|batch_norm\w*|local_response_norm|renorm|MKLDNNLayerNorm|normalize|batch_norm[123]d\w*"),
    ("pool", r"\w*(max|avg)_(un)?pool\w*|\w*lp_pool\w*|\w*upsample\w*|__interpolate|interpolate|\w*grid_sampler?\w*|affine_grid\w*|\w*roi_(align|pool)|pixel_(un)?shuffle|_?ps_roi\w*"),
    ("linear", r"_addmm_activation|\w*linear(?!_?(space|ize))\w*|\w*(mat)?mul_?mm|matmul|mm|bmm|addmm|baddbmm|addbmm|addmv|mv|dot|vdot|inner|outer|ger|addr|einsum|tensordot|kron|bilinear|_trilinear"),
    ("linear", r"linalg_\w+|chain_matmul|matrix_\w+|inverse|pinverse|det|logdet|slogdet|svd|geqrf|orgqr|ormqr|lu_\w+|cholesky\w*|triangular_solve|cdist|pdist|_?fft\w*|i?stft|cross|_sparse_mm|\w*addmm|smm|hspmm|matmul_\w+"),
    (
        "activation",
        r"\w*relu6?\w*|(lo)?g?_?softmax|log_softmax|_(log_)?softmax|softmin|\w*sigmoid|MKLDNNHard\w+|tanh|\w*elu|gelu|glu|silu|mish|hard(swish|tanh|shrink)|soft(plus|shrink|sign)|threshold|logit|log_sigmoid\w*|special_(expit|softmax|log_softmax|logit)|_safe_softmax|_masked_softmax|_prelu_kernel",
    ),
    ("elementwise", r"\w*dropout\w*"),
    ("reduction", r"\w*_loss\w*|sum|_?sparse_sum|n?a?n?mean|prod|all|any|\w*arg(max|min|sort)|max|min|amax|amin|aminmax|n?a?n?median|mode|std(_mean)?|var(_mean)?|norm|\w+_norm|logsumexp|cum\w+|logcumsumexp|topk|sort|sorted|msort|kthvalue|n?a?n?quantile|count_nonzero|trace|nms|hist\w*|bincount|unique\w*|_unique2?|segment_reduce|embedding_bag|_embedding_bag\w*|dist|binary_cross_entropy\w*|kl_div|\w*similarity|pairwise_distance|nansum|norm_except_dim|binomial"),
    (
        "shape",
        r"(_unsafe_|_reshape_|unsafe_)?view\w*|reshape\w*|flatten|ravel|unflatten|(un)?squeeze|permute|transpose|swap\w+|numpy_T|mH|mT|matrix_H|t|adjoint|movedim|moveaxis|\w*cat|concat\w*|\w*stack|(unsafe_)?(tensor_)?split\w*|[hvd]split|(unsafe_)?chunk|ConstantChunk|unbind|slice\w*|select\w*|narrow|\w*index\w*|gather|\w*scatter\w*|take\w*|put|expand\w*|repeat\w*|tile|\w*pad(_\w+)?|\w+_pad[123]d|_pad_\w+|roll|flip|flip(lr|ud)|rot90|unfold|tri[lu]\w*|diag\w*|masked_(fill|select|scatter)|where|nonzero\w*|embedding\w*|one_hot|meshgrid|broadcast_\w+|as_strided\w*|contiguous|(native_)?channel_shuffle|atleast_\w+|size|dim|numel|len|shape|_shape_as_tensor|stride|sym_\w+|__getitem__|_set_item|__contains__|append|extend|insert|pop|remove|clear|keys|values|items|get|setdefault|update|popitem|Delete|reverse|count|__range_length|__derive_index|rangelist|combinations|cartesian_prod|searchsorted|bucketize|align_\w+|alias|list|dict|is_floating_point|is_complex|_unwrap_optional|unchecked_\w+|resize\w*|storage_offset|block_diag|vander|isin|embedding_\w+|_?pack_\w+|VarConcat|VarStack|BroadcastMKLDNNTensors|FusedConcat|StringIndex",
    ),
    (
        "data",
        r"zeros\w*|ones\w*|full\w*|empty\w*|eye|arange|range|lin(ear)?space|logspace|\w*tensor|rand\w*|normal\w*|bernoulli|multinomial|poisson|\w+_window|new_\w+|to|to_\w+|type_as|_cast_\w+|cpu|cuda|clone|copy|detach|data|device|dtype|layout|requires_grad\w*|\w*quantize\w*|int_repr|q_\w+|\w*prepack\w*|\w*unpack\w*|\w*reorder\w*|\w*fake_quant\w*|choose_qparams\w*|Bool|Int|Float|Complex|Generator|Size|str|format|percentFormat|item|_local_scalar_dense|\w+Implicit|NumToTensor|lift\w*|is_\w+|type|complex|polar|tolist|fill|fill_diagonal|zero|exponential|uniform|random|geometric|cauchy|log_normal|set_\w+|manual_seed|seed|initial_seed|backward|grad|save|hash|_print|decode_\w+|encode_\w+|read_file|write_file|record_stream|result_type|can_cast|promote_types|get_device|warn|wait|join|split\w*|strip|[lr]strip|replace|lower|upper|\w*find|startswith|endswith|ord|chr|hex|oct|bin|capitalize|title|\w+just|isspace|isdigit|isalpha|isalnum|center|zfill|partition|rpartition|expandtabs|swapcase|splitlines|real|imag|_?conj\w*|resolve_\w+|_to_copy|_to_cpu|real_imag|sparse_\w+|coalesce|_?indices|dense_dim|layout|element_size|_version|name|is",
    ),
    (
        "elementwise",
        r"\w*add\w*|sub\w*|rsub|\w*mul\w*|div\w*|true_divide|\w*floordiv|floor_divide|\w*remainder|f?mod\w*|pow|float_power|exp\w*|log\w*|a?r?c?(sin|cos|tan)h?2?|atan2|sqrt|rsqrt|square|abs\w*|neg\w*|positive|reciprocal|sign|sgn|signbit|ceil|floor|round|trunc|frac|fix|clamp\w*|clip|eq|ne|[lg][te]|less\w*|greater\w*|not_equal|equal|__\w+__|logical_\w+|bitwise_\w+|maximum|minimum|f?max|f?min|lerp|hypot|erf\w*|l?gamma\w*|digamma|polygamma|mvlgamma|i0|sinc|special_\w+|xlogy|copysign|nextafter|ldexp|frexp|heaviside|gcd|lcm|nan_to_num|is(nan|inf|finite|close|real|posinf|neginf)|allclose|deg2rad|rad2deg|degrees|radians|arc\w+|MKLDNN\w+|igammac?|angle|diff|gradient|trapezoid|trapz|cov|corrcoef|factorial|fabs|_conj|dropout|threshold|rrelu\w*|cumulative_trapezoid|IfThenElse",
    ),
]


def category(name):
    for family, pattern in RULES:
        if re.fullmatch(pattern, name.rstrip("_") if name.rstrip("_") and not name.startswith("__") else name):
            return family
    return "other"


KINDS = {
    "Tensor": "T",
    "List[Tensor]": "L",
    "List[Optional[Tensor]]": "L",
    "int": "i",
    "SymInt": "i",
    "float": "f",
    "number": "n",
    "Scalar": "n",
    "bool": "b",
    "str": "s",
    "Device": "s",
    "List[int]": "I",
    "List[SymInt]": "I",
    "List[float]": "I",
}


def kind(type_):
    """A letter for what a parameter takes: `*` for anything."""
    return KINDS.get(re.sub(r"^Optional\[(.*)\]$", r"\1", str(type_)), "*")


def merged(signatures):
    """One signature for those that differ only in kinds."""
    found = {}
    for names, kinds, results in signatures:
        known = found.setdefault((names, results), list(kinds))
        for at, own in enumerate(kinds):
            known[at] = own if known[at] == own else "*"
    return [(names, kinds, results) for (names, results), kinds in found.items()]


def collected():
    """The signatures of each operator, by its namespace and name, without those that only give another place for the result."""
    operators = {}
    for schema in torch._C._jit_get_all_schemas():
        namespace, _, name = schema.name.partition("::")
        if namespace not in NAMESPACES or re.fullmatch(DROPPED, name) or any(argument.is_out for argument in schema.arguments):
            continue
        returns = schema.returns
        results = str(len(returns)) if len(returns) != 1 else kind(returns[0].type).replace("T", "").replace("*", "")
        names = tuple(argument.name for argument in schema.arguments)
        kinds = tuple(kind(argument.type) for argument in schema.arguments)
        operators.setdefault((namespace, name), []).append((schema, (names, kinds, results)))
    # What works in place takes the same as what does not.
    return {
        key: entries
        for key, entries in sorted(operators.items())
        if not (key[1].endswith("_") and not key[1].endswith("__") and (key[0], key[1][:-1]) in operators)
    }


def write_table(operators):
    """A line `# category` before the operators of each; of an operator its name (`aten::` left out), and its signatures."""
    lines = {}
    for (namespace, name), entries in operators.items():
        texts = []
        for names, kinds, results in merged([signature for _, signature in entries]):
            formals = " ".join(own + name for own, name in zip(kinds, names, strict=True))
            texts.append(formals + (f">{results}" if results else ""))
        path = name if namespace == "aten" else f"{namespace}::{name}"
        lines.setdefault(category(name), {})[path] = "|".join(texts)
    for family, names in (("control", CONTROL), ("data", DATA)):
        for name in names.split():
            known = [others.pop(f"prim::{name}", "") for others in lines.values()]
            lines.setdefault(family, {})[f"prim::{name}"] = max(known)
    out = []
    for family, members in sorted(lines.items()):
        out.append(f"# {family}")
        out += [f"{path}\t{text}".rstrip() for path, text in sorted(members.items())]
    TABLE.write_text("\n".join(out) + "\n", encoding="utf-8")


def text_of(name):
    """The documentation that torch has for an operator: its first sentences."""
    for home in (torch, torch.nn.functional, torch.Tensor, torch.special, torch.linalg):
        own = name
        for prefix in ("special_", "linalg_"):
            own = own.removeprefix(prefix) if home.__name__.endswith(prefix[:-1]) else own
        doc = getattr(getattr(home, own, None), "__doc__", None)
        if doc and "::" not in doc[:40] or doc and " -> " in doc.split("\n\n")[0]:
            return doc
    return ""


def summary(name):
    """The first paragraph of prose."""
    for paragraph in re.split(r"\n\s*\n", text_of(name).strip()):
        words = re.sub(r":(?:\w+:)+`~?([^`<]+?)(?:\s*<[^>]*>)?`", r"\1", paragraph)
        words = plain(re.sub(r"``", "", words))
        if re.match(r"[A-Z][\w'-]*[ ,]", words) and "->" not in words and "math::" not in words and "\\" not in words:
            return sentences(words.rstrip(":"), 300)
    return ""


def formal(argument):
    """A parameter with its type and default."""
    type_ = re.sub(r"Optional\[(.*)\]", r"\1 or None", str(argument.type)).replace("number", "Scalar")
    default = f", {argument.default_value} unless given" if argument.has_default_value() else ""
    return {"name": argument.name, "doc": type_ + default}


def write_documentation(operators):
    entries = {}
    for (namespace, name), overloads in operators.items():
        if name.startswith("_") and not name.startswith("__"):
            continue
        schema = max((schema for schema, _ in overloads), key=lambda schema: ("Tensor" in str(schema.arguments[:1]), len(schema.arguments)))
        entry = {
            "summary": summary(name.rstrip("_") or name) if namespace == "aten" else "",
            "inputs": [formal(argument) for argument in schema.arguments],
            "outputs": [{"name": result.name or "result", "doc": str(result.type)} for result in schema.returns],
        }
        entries[f"{namespace}:{name}"] = {key: value for key, value in entry.items() if value or key == "summary"}
    lines = [f"{json.dumps(key)}:{json.dumps(entry, ensure_ascii=False, separators=(',', ':'))}" for key, entry in entries.items()]
    text = f'{{"source":{json.dumps(SOURCE)},"operators":{{\n' + ",\n".join(lines) + "\n}}\n"
    DOCUMENTATION.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    known = collected()
    write_table(known)
    write_documentation(known)
    for path in (TABLE, DOCUMENTATION):
        print(f"{path.stat().st_size:7} {path.relative_to(ROOT)}")
