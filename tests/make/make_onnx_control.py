"""ONNX: graphs inside graphs (If, Loop, Scan), local functions, sequences, optionals and maps."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from common import FIXTURES, save

BOOL, FLOAT, INT64, STRING = TensorProto.BOOL, TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
info = helper.make_tensor_value_info
node = helper.make_node


def constant(name, values, dtype=np.float32):
    return numpy_helper.from_array(np.array(values, dtype=dtype), name)


def write(path, graph, ir_version=8, opset=18, imports=(), functions=(), strict=True):
    """Checks and saves. `strict` also infers shapes, which fails on contradictions."""
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(*i) for i in imports)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="onnx.helper", functions=functions)
    model.ir_version = ir_version
    save(f"onnx/{path}", model.SerializeToString(deterministic=True))
    onnx.checker.check_model(str(FIXTURES / "onnx" / path), full_check=strict)


def branches():
    """If in If. The inner bodies take values of both levels around them and of the model's initialisers."""
    inner_then = helper.make_graph(
        [
            node("Mul", ["half", "scale"], ["a"], name="inner_mul"),
            node("Add", ["a", "x"], ["inner_yes"], name="inner_add"),
        ],
        "inner_then",
        [],
        [info("inner_yes", FLOAT, ["n", 4])],
    )
    inner_else = helper.make_graph(
        [node("Neg", ["half"], ["inner_no"], name="inner_neg")], "inner_else", [], [info("inner_no", FLOAT, ["n", 4])]
    )
    outer_then = helper.make_graph(
        [
            node("Mul", ["x", "point_five"], ["half"], name="halve"),
            node("ReduceSum", ["half"], ["total"], name="sum", keepdims=0),
            node("Greater", ["total", "limit"], ["large"], name="is_large"),
            node("If", ["large"], ["then_out"], name="inner_if", then_branch=inner_then, else_branch=inner_else),
        ],
        "outer_then",
        [],
        [info("then_out", FLOAT, ["n", 4])],
        [constant("point_five", 0.5), constant("limit", 1.0)],
    )
    outer_else = helper.make_graph(
        [node("Identity", ["x"], ["else_out"], name="keep")], "outer_else", [], [info("else_out", FLOAT, ["n", 4])]
    )
    graph = helper.make_graph(
        [
            node("ReduceMean", ["x"], ["mean"], name="mean", keepdims=0),
            node("Greater", ["mean", "zero"], ["positive"], name="is_positive"),
            node("If", ["positive"], ["picked"], name="outer_if", then_branch=outer_then, else_branch=outer_else),
            node("Relu", ["picked"], ["y"], name="relu"),
        ],
        "branches",
        [info("x", FLOAT, ["n", 4])],
        [info("y", FLOAT, ["n", 4])],
        [constant("zero", 0.0), constant("scale", [1, 2, 3, 4])],
    )
    write("if.onnx", graph)


def loop():
    """Loop with a carried state, a scan output, a captured weight, and absent optional inputs and outputs."""
    body = helper.make_graph(
        [
            node("MatMul", ["state_in", "weight"], ["product"], name="step"),
            node("Tanh", ["product"], ["state_out"], name="squash"),
            node("ReduceMax", ["state_out"], ["peak"], name="peak", keepdims=0),
            node("Less", ["peak", "limit"], ["more_out"], name="go_on"),
            node("Identity", ["peak"], ["peak_copy"], name="keep_peak"),
        ],
        "body",
        [info("i", INT64, []), info("more_in", BOOL, []), info("state_in", FLOAT, [1, 3])],
        [info("more_out", BOOL, []), info("state_out", FLOAT, [1, 3]), info("peak_copy", FLOAT, [])],
    )
    graph = helper.make_graph(
        [
            node("Loop", ["trips", "more", "x"], ["final", "peaks"], name="loop", body=body),
            node(
                "Loop", ["trips", "", "final"], ["", "again"], name="loop_optional_inputs", body=renamed(body, "again_")
            ),
        ],
        "loop",
        [info("x", FLOAT, [1, 3]), info("trips", INT64, [])],
        [info("final", FLOAT, [1, 3]), info("peaks", FLOAT, ["steps"]), info("again", FLOAT, ["steps_again"])],
        [constant("weight", np.eye(3) * 0.9), constant("limit", 0.99), constant("more", True, np.bool_)],
    )
    write("loop.onnx", graph)


def renamed(graph, prefix):
    """A copy in which every value that the graph itself makes has a prefix."""
    copy = onnx.GraphProto()
    copy.CopyFrom(graph)
    own = {v.name for v in copy.input} | {name for n in copy.node for name in n.output}
    for value in [*copy.input, *copy.output]:
        value.name = prefix + value.name
    for n in copy.node:
        n.input[:] = [prefix + name if name in own else name for name in n.input]
        n.output[:] = [prefix + name for name in n.output]
    return copy


def scan():
    body = helper.make_graph(
        [
            node("Add", ["sum_in", "item"], ["sum_out"], name="accumulate"),
            node("Mul", ["sum_out", "gain"], ["scaled"], name="scale"),
        ],
        "body",
        [info("sum_in", FLOAT, [2]), info("item", FLOAT, [2])],
        [info("sum_out", FLOAT, [2]), info("scaled", FLOAT, [2])],
    )
    scan_node = node(
        "Scan", ["start", "items"], ["total", "running"], name="scan", body=body, num_scan_inputs=1,
        scan_input_axes=[-1], scan_input_directions=[1], scan_output_axes=[-1],
    )  # fmt: skip
    graph = helper.make_graph(
        [scan_node],
        "scan",
        [info("start", FLOAT, [2]), info("items", FLOAT, [2, "time"])],
        [info("total", FLOAT, [2]), info("running", FLOAT, [2, "time"])],
        [constant("gain", 0.1)],
    )
    write("scan.onnx", graph)


def reference(target, name, kind):
    """Makes attribute `name` of a node in a function stand for the function's attribute of the same name."""
    attribute = target.attribute.add(name=name, ref_attr_name=name)
    attribute.type = kind
    return target


def functions():
    """Functions: attributes by reference and with defaults, calls among functions, overloads, a body inside one."""
    domain = "example.blocks"
    base = [helper.make_opsetid("", 20), helper.make_opsetid(domain, 1)]
    attribute = onnx.AttributeProto
    scaled = helper.make_function(
        domain, "LeakyScale", ["x", "gain"], ["y"],
        [
            reference(node("LeakyRelu", ["x"], ["leaky"], name="leaky"), "alpha", attribute.FLOAT),
            node("Mul", ["leaky", "gain"], ["y"], name="mul"),
        ],
        [helper.make_opsetid("", 18)], attributes=[], attribute_protos=[helper.make_attribute("alpha", 0.2)],
    )  # fmt: skip
    scaled.doc_string = "Leaky ReLU, then a gain."
    yes = helper.make_graph(
        [node("LeakyScale", ["n", "gain"], ["yes"], domain=domain, name="call_inside")],
        "yes",
        [],
        [info("yes", FLOAT, ["batch", 4])],
    )
    no = helper.make_graph([node("Identity", ["n"], ["no"], name="pass")], "no", [], [info("no", FLOAT, ["batch", 4])])
    block = helper.make_function(
        domain, "Block", ["x", "gain", "flag"], ["y", "mean"],
        [
            reference(node("LayerNormalization", ["x", "gain"], ["n", "mean"], name="norm"), "axis", attribute.INT),
            node("If", ["flag"], ["y"], name="choose", then_branch=yes, else_branch=no),
        ],
        base, attributes=["axis"],
    )  # fmt: skip
    block.metadata_props.add(key="origin", value="by hand")
    block.value_info.append(info("n", FLOAT, ["batch", 4]))
    wide = helper.make_function(
        "example.other", "Act", ["x"], ["y"], [node("Relu", ["x"], ["y"], name="relu")], base[:1]
    )
    smooth = helper.make_function("example.other", "Act", ["x"], ["y"], [node("Gelu", ["x"], ["y"])], base)
    smooth.overload = "smooth"
    unused = helper.make_function(domain, "Unused", [], ["y"], [node("Constant", [], ["y"], value_float=1.0)], base)
    smooth_call = node("Act", ["b"], ["c"], domain="example.other", name="act_smooth")
    smooth_call.overload = "smooth"
    graph = helper.make_graph(
        [
            node("Block", ["x", "gain", "flag"], ["a", "mean"], domain=domain, name="block_0", axis=-1),
            node("Block", ["a", "gain", "flag"], ["b"], domain=domain, name="block_1", axis=1),
            smooth_call,
            node("Act", ["c"], ["d"], domain="example.other", name="act"),
            node("LeakyScale", ["d", "gain"], ["y"], domain=domain, name="scale", alpha=0.5),
        ],
        "functions",
        [info("x", FLOAT, ["batch", 4]), info("flag", BOOL, [])],
        [info("y", FLOAT, ["batch", 4]), info("mean", FLOAT, ["batch", 1])],
        [constant("gain", [1, 2, 3, 4])],
    )
    write(
        "functions.onnx", graph, ir_version=10, opset=20, strict=False,
        imports=[(domain, 1), ("example.other", 1)], functions=[scaled, block, wide, smooth, unused],
    )  # fmt: skip


def containers():
    """Sequences, optionals and maps as values, with the operators that make and use them."""
    tensor = helper.make_tensor_type_proto(FLOAT, ["n", 2])
    sequence = helper.make_sequence_type_proto(tensor)
    table = helper.make_map_type_proto(INT64, helper.make_tensor_type_proto(FLOAT, None))
    value = helper.make_value_info
    graph = helper.make_graph(
        [
            node("SequenceConstruct", ["a", "b"], ["pair"], name="construct"),
            node("SequenceInsert", ["pair", "a", "minus_one"], ["triple"], name="insert"),
            node("SequenceAt", ["triple", "zero"], ["first"], name="at"),
            node("ConcatFromSequence", ["triple"], ["joined"], name="join", axis=-1),
            node("OptionalHasElement", ["maybe"], ["present"], name="has"),
            node("OptionalGetElement", ["maybe"], ["taken"], name="get"),
            node("Optional", [], ["nothing"], name="none", type=tensor),
            node(
                "DictVectorizer",
                ["counts"],
                ["vector"],
                domain="ai.onnx.ml",
                name="vectorise",
                int64_vocabulary=[3, 1, 2],
            ),
            node(
                "ZipMap",
                ["vector"],
                ["named"],
                domain="ai.onnx.ml",
                name="zip",
                classlabels_strings=["cat", "dog", "emu"],
            ),
        ],
        "containers",
        [
            value("a", tensor),
            value("b", tensor),
            value("maybe", helper.make_optional_type_proto(sequence)),
            value("counts", table),
        ],
        [
            value("first", tensor),
            info("joined", FLOAT, ["n", "m"]),
            info("present", BOOL, []),
            value("taken", sequence),
            value("nothing", helper.make_optional_type_proto(tensor)),
            value(
                "named",
                helper.make_sequence_type_proto(
                    helper.make_map_type_proto(STRING, helper.make_tensor_type_proto(FLOAT, []))
                ),
            ),
        ],
        [constant("zero", 0, np.int64), constant("minus_one", -1, np.int64)],
        value_info=[value("triple", sequence)],
    )
    write("containers.onnx", graph, imports=[("ai.onnx.ml", 3)], strict=False)


def nested():
    """Twenty bodies, each in an If of the one around it: depth without width. Each level captures from the top."""
    graph = helper.make_graph(
        [node("Identity", ["x"], ["y20"], name="leaf")], "level_20", [], [info("y20", FLOAT, [1])]
    )
    for level in range(19, 0, -1):
        other = helper.make_graph(
            [node("Neg", ["x"], [f"n{level}"], name=f"neg_{level}")],
            f"else_{level}",
            [],
            [info(f"n{level}", FLOAT, [1])],
        )
        branch = node("If", ["flag"], [f"y{level}"], name=f"if_{level}", then_branch=graph, else_branch=other)
        graph = helper.make_graph([branch], f"level_{level}", [], [info(f"y{level}", FLOAT, [1])])
    graph.name = "nested"
    graph.input.extend([info("flag", BOOL, []), info("x", FLOAT, [1])])
    opsets = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="onnx.helper")
    model.ir_version = 8
    save("onnx/nested.onnx", model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    branches()
    loop()
    scan()
    functions()
    containers()
    nested()
