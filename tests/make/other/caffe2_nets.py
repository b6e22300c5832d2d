"""Makes the fixtures of Caffe2: nets with their initial values, as its exporters write them, binary and as text; quantised ones; and one with nets within.

Caffe2 itself is in the wheels of PyTorch up to 2.2.
"""

import numpy as np
from caffe2.proto import caffe2_pb2 as pb
from caffe2.python import brew, core, model_helper, workspace
from caffe2.python.predictor import mobile_exporter
from google.protobuf import text_format

from common import record, save, save_json

random = np.random.RandomState(0)
# What Caffe2 itself reads, by file and blob.
values = {}


def binary(path, message):
    save(f"caffe2/{path}", message.SerializeToString(deterministic=True))


def remember(path, init):
    """Runs a net that initialises, and notes what it makes."""
    workspace.ResetWorkspace()
    workspace.RunNetOnce(init)
    values[path] = {}
    for op in init.op:
        if op.type.startswith("Int8"):
            values[path][op.output[0]] = record(workspace.FetchInt8Blob(op.output[0]).data)
        elif op.type.startswith("Given"):
            values[path][op.output[0]] = record(workspace.FetchBlob(op.output[0]))


def text(path, message):
    save(f"caffe2/{path}", text_format.MessageToString(message).encode())


def fill_by_chance(model):
    """Numbers by chance in place of those that Caffe2 draws, which differ from run to run."""
    for name in sorted(str(name) for name in model.params):
        workspace.FeedBlob(name, random.standard_normal(workspace.FetchBlob(name).shape).astype(np.float32))


def network():
    """A small net of images: normalisation, layers in place, a residual."""
    model = model_helper.ModelHelper(name="small_net", arg_scope={"order": "NCHW"})
    brew.conv(model, "data", "conv1", dim_in=1, dim_out=4, kernel=3, pad=1)
    brew.spatial_bn(model, "conv1", "conv1_bn", 4, is_test=True, epsilon=1e-5)
    brew.relu(model, "conv1_bn", "conv1_bn")
    brew.max_pool(model, "conv1_bn", "pool1", kernel=2, stride=2)
    brew.conv(model, "pool1", "conv2", dim_in=4, dim_out=4, kernel=3, pad=1)
    brew.sum(model, ["conv2", "pool1"], "sum2")
    brew.relu(model, "sum2", "sum2")
    brew.fc(model, "sum2", "fc3", dim_in=4 * 4 * 4, dim_out=10)
    model.net.AddExternalOutput(brew.softmax(model, "fc3", "softmax"))
    return model


def exported():
    """Nets as they are deployed."""
    workspace.ResetWorkspace()
    model = network()
    model.param_init_net.Proto().name = "small_net_init"
    binary("training/init_net.pb", model.param_init_net.Proto())
    binary("training/predict_net.pb", model.net.Proto())
    workspace.RunNetOnce(model.param_init_net)
    fill_by_chance(model)
    for name in ("conv1_bn_rm", "conv1_bn_riv"):
        workspace.FeedBlob(name, np.abs(random.standard_normal(4)).astype(np.float32))
    workspace.FeedBlob("data", np.zeros((1, 1, 8, 8), np.float32))
    parameters = [str(name) for name in model.params] + [str(name) for name in model.GetComputedParams()]
    init, predict = mobile_exporter.Export(workspace, model.net, sorted(set(parameters)))
    predict.external_input[:] = sorted(predict.external_input, key=lambda name: (name != "data", name))
    binary("small/predict_net.pb", predict)
    binary("small/init_net.pb", init)
    text("small_text/predict_net.pbtxt", predict)
    text("small_text/init_net.pbtxt", init)
    feeds = random.standard_normal((1, 1, 8, 8)).astype(np.float32)
    kept = pb.NetDef()
    kept.CopyFrom(init)
    # What only stands for the input is none of the weights.
    del kept.op[next(index for index, op in enumerate(kept.op) if op.output[0] == "data")]
    for path in ("small/init_net.pb", "small_text/init_net.pbtxt"):
        remember(path, kept)
    workspace.FeedBlob("data", feeds)
    workspace.RunNetOnce(predict)
    assert workspace.FetchBlob("softmax").shape == (1, 10)


def quantised():
    """Integers with a scale and a zero point, and values of other types."""
    init, net = core.Net("quantised_init"), core.Net("quantised")
    data = random.randint(0, 256, (2, 3, 3, 1)).astype(np.uint8)
    init.Int8GivenTensorFill([], "w", shape=[2, 3, 3, 1], values=data.tobytes(), Y_scale=0.05, Y_zero_point=128)
    init.Int8GivenIntTensorFill([], "b", shape=[2], values=[7, -70000], Y_scale=0.001, Y_zero_point=0)
    net.Int8Quantize(["data"], "q", Y_scale=0.02, Y_zero_point=0)
    net.Int8Conv(["q", "w", "b"], "conv", kernel=3, order="NHWC", Y_scale=0.1, Y_zero_point=3)
    net.Int8Relu(["conv"], "conv", Y_scale=0.1, Y_zero_point=3)
    net.Int8Dequantize(["conv"], "out")
    net.Proto().external_output.append("out")
    binary("int8_init_net.pb", init.Proto())
    remember("int8_init_net.pb", init.Proto())
    binary("int8_predict_net.pb", net.Proto())

    net = core.Net("values")
    net.GivenTensorFill([], "floats", shape=[3], values=[1.5, -2.0, 0.1])
    net.GivenTensorDoubleFill([], "doubles", shape=[2], values=[0.5, 0.1])
    net.GivenTensorIntFill([], "ints", shape=[2, 2], values=[1, -2, 300, 4])
    net.GivenTensorInt64Fill([], "longs", shape=[2], values=[1 << 40, -1])
    net.GivenTensorBoolFill([], "bools", shape=[3], values=[True, False, True])
    net.GivenTensorStringFill([], "strings", shape=[2], values=["a", "bc"])
    net.ConstantFill([], "halves", shape=[2, 3], value=0.5)
    net.ConstantFill([], "counts", shape=[4], value=7, dtype=core.DataType.INT64)
    net.XavierFill([], "layer/w", shape=[5, 4])
    binary("values_init_net.pb", net.Proto())
    remember("values_init_net.pb", net.Proto())


def control():
    """A choice and a loop, with nets in their arguments."""
    then, other, body, net = (core.Net(name) for name in ("then_net", "else_net", "loop_net", "control"))
    then.Relu(["x"], "y")
    other.Negative(["x"], "y")
    body.Mul(["y", "scale"], "y")
    body.Sub(["count", "one"], "count")
    body.GT(["count", "zero"], "more")
    for part, outputs in ((then, ["y"]), (other, ["y"]), (body, ["y", "count", "more"])):
        part.Proto().external_output.extend(outputs)
    net.If(["flag", "x"], ["y"], then_net=then.Proto(), else_net=other.Proto())
    net.While(["more", "y", "scale", "count", "one", "zero"], ["y", "count", "more"], loop_net=body.Proto())
    op = net.Softmax(["y"], "probabilities", axis=1, engine="CUDNN")
    net.Proto().op[-1].device_option.device_type = 1
    net.Proto().op[-1].device_option.device_id = 2
    net.Proto().op[-1].control_input.append("count")
    net.Proto().type = "dag"
    net.Proto().num_workers = 4
    net.AddExternalOutput(op)
    binary("control.pb", net.Proto())


exported()
quantised()
control()
save_json("caffe2/values.json", values)
