"""The operators of TorchScript, from the schemas that torch registers.

Writes src/formats/pytorch/script/operators.tsv (what the reader needs: the names and kinds of formal parameters, of the overloads that differ in
these) and static/ops/pytorch.json (documentation, loaded by the page when a node is looked at).
"""

import json
import re

import torch
import torchvision

from common import ROOT
from operators import plain, sentences

TABLE = ROOT / "src" / "formats" / "pytorch" / "script" / "operators.tsv"
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
    """A line for each operator: its name (`aten::` left out), and its signatures."""
    lines = []
    for (namespace, name), entries in operators.items():
        texts = []
        for names, kinds, results in merged([signature for _, signature in entries]):
            formals = " ".join(own + name for own, name in zip(kinds, names, strict=True))
            texts.append(formals + (f">{results}" if results else ""))
        path = name if namespace == "aten" else f"{namespace}::{name}"
        lines.append(f"{path}\t{'|'.join(texts)}")
    TABLE.write_text("\n".join(sorted(lines)) + "\n", encoding="utf-8")


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
