"""Makes the fixtures of Caffe: nets as text and binary of all three versions of layers, with their solver, snapshot and mean.

Caffe itself cannot be installed any more, as its library needs that of Boost, glog and protobuf of its time. What is used is its Python interface, from a
wheel of the SSD fork: the messages that Caffe's protobuf compiler made, and `net_spec`, which builds nets. Weights are numbers by chance.
"""

import importlib.machinery
import sys

import numpy as np

# The package itself loads the library; its modules do not.
spec = importlib.machinery.PathFinder.find_spec("caffe", sys.path)
module = type(sys)("caffe")
module.__path__ = list(spec.submodule_search_locations)
sys.modules["caffe"] = module

from caffe import net_spec  # noqa: E402
from caffe.proto import caffe_pb2 as pb  # noqa: E402
from google.protobuf import text_format  # noqa: E402

from common import save  # noqa: E402

L, P = net_spec.layers, net_spec.params
random = np.random.default_rng(0)


def text(path, message, head=""):
    save(f"caffe/{path}", (head + text_format.MessageToString(message)).encode())


def binary(path, message):
    save(f"caffe/{path}", message.SerializeToString(deterministic=True))


def fill(blob, *shape, legacy=False):
    """Fills a blob with numbers by chance; before 2015, blobs had four sizes each."""
    if legacy:
        blob.num, blob.channels, blob.height, blob.width = (1,) * (4 - len(shape)) + shape
    else:
        blob.shape.dim.extend(shape)
    blob.data.extend(random.standard_normal(int(np.prod(shape))).astype(np.float32).tolist())


def lenet(train):
    """LeNet as in Caffe's examples, with fewer channels."""
    n = net_spec.NetSpec()
    if train:
        for phase, batch in ((pb.TRAIN, 64), (pb.TEST, 100)):
            data = dict(source=f"mnist_{pb.Phase.Name(phase).lower()}_lmdb", backend=P.Data.LMDB, batch_size=batch)
            n_phase = net_spec.NetSpec()
            n_phase.data, n_phase.label = L.Data(
                ntop=2, name="mnist", include=dict(phase=phase), transform_param=dict(scale=1 / 256), data_param=data
            )
            yield n_phase.to_proto()
        n.data, n.label = L.Data(ntop=2, name="stand-in")
    else:
        n.data = L.Input(input_param=dict(shape=dict(dim=[64, 1, 28, 28])))
    learn = [dict(lr_mult=1), dict(lr_mult=2)]
    xavier = dict(weight_filler=dict(type="xavier"), bias_filler=dict(type="constant"))
    n.conv1 = L.Convolution(n.data, param=learn, num_output=4, kernel_size=5, stride=1, **xavier)
    n.pool1 = L.Pooling(n.conv1, pool=P.Pooling.MAX, kernel_size=2, stride=2)
    n.conv2 = L.Convolution(n.pool1, param=learn, num_output=6, kernel_size=5, **xavier)
    n.pool2 = L.Pooling(n.conv2, pool=P.Pooling.AVE, kernel_size=2, stride=2)
    n.ip1 = L.InnerProduct(n.pool2, param=learn, num_output=16, **xavier)
    n.relu1 = L.ReLU(n.ip1, in_place=True)
    n.drop1 = L.Dropout(n.relu1, in_place=True, dropout_ratio=0.4)
    n.ip2 = L.InnerProduct(n.drop1, param=learn, num_output=10, **xavier)
    if train:
        n.accuracy = L.Accuracy(n.ip2, n.label, include=dict(phase=pb.TEST))
        n.loss = L.SoftmaxWithLoss(n.ip2, n.label)
    else:
        n.prob = L.Softmax(n.ip2)
    yield n.to_proto()


def make_lenet():
    deploy = list(lenet(False))[0]
    deploy.name = "LeNet"
    text("lenet/lenet.prototxt", deploy)
    *data, rest = lenet(True)
    train = pb.NetParameter(name="LeNet")
    for part in data:
        train.layer.extend(part.layer)
    train.layer.extend(layer for layer in rest.layer if layer.name != "stand-in")
    text("lenet/lenet_train_test.prototxt", train, "# Both phases in one file.\n")

    # What training saves: the layers of its phase, with a phase each, and their blobs.
    shapes = {"conv1": (4, 1, 5, 5), "conv2": (6, 4, 5, 5), "ip1": (16, 96), "ip2": (10, 16)}
    snapshot, solver_state = pb.NetParameter(name="LeNet"), pb.SolverState(iter=10, learned_net="lenet_iter_10.caffemodel")
    for layer in train.layer:
        if [rule.phase for rule in layer.include] != [pb.TEST]:
            kept = snapshot.layer.add()
            kept.CopyFrom(layer)
            kept.phase = pb.TRAIN
            for shape in [shapes[layer.name], shapes[layer.name][:1]] if layer.name in shapes else []:
                fill(kept.blobs.add(), *shape)
                fill(solver_state.history.add(), *shape)
    binary("lenet/lenet.caffemodel", snapshot)
    binary("lenet/lenet_iter_10.solverstate", solver_state)

    solver = pb.SolverParameter(net="examples/mnist/lenet_train_test.prototxt", test_iter=[100], test_interval=500)
    solver.base_lr, solver.momentum, solver.weight_decay, solver.lr_policy = 0.01, 0.9, 0.0005, "inv"
    solver.gamma, solver.power, solver.max_iter, solver.solver_mode = 0.0001, 0.75, 10000, pb.SolverParameter.GPU
    text("lenet/lenet_solver.prototxt", solver)
    solver.net = "examples/elsewhere/net.prototxt"
    text("solver-alone.prototxt", solver)


def v1():
    """A net of version 1, as that of AlexNet; text without weights, binary with them."""
    T = pb.V1LayerParameter
    net = pb.NetParameter(name="SmallAlexNet", input=["data"], input_dim=[10, 3, 27, 27])

    def add(name, kind, bottom, top=None, **parameters):
        layer = net.layers.add(name=name, type=kind, bottom=[bottom], top=[top or name], **parameters)
        if kind in (T.CONVOLUTION, T.INNER_PRODUCT):
            layer.blobs_lr.extend([1, 2])
            layer.weight_decay.extend([1, 0])

    gaussian = pb.FillerParameter(type="gaussian", std=0.01)
    add("conv1", T.CONVOLUTION, "data",
        convolution_param=pb.ConvolutionParameter(num_output=4, kernel_size=[11], stride=[4], weight_filler=gaussian))
    add("relu1", T.RELU, "conv1", "conv1")
    add("norm1", T.LRN, "conv1", lrn_param=pb.LRNParameter(local_size=5, alpha=0.0001, beta=0.75))
    add("pool1", T.POOLING, "norm1", pooling_param=pb.PoolingParameter(pool="MAX", kernel_size=3, stride=2))
    add("conv2", T.CONVOLUTION, "pool1",
        convolution_param=pb.ConvolutionParameter(num_output=6, pad=[2], kernel_size=[5], group=2))
    add("relu2", T.RELU, "conv2", "conv2")
    add("fc3", T.INNER_PRODUCT, "conv2", inner_product_param=pb.InnerProductParameter(num_output=10))
    add("relu3", T.RELU, "fc3", "fc3")
    add("drop3", T.DROPOUT, "fc3", "fc3", dropout_param=pb.DropoutParameter(dropout_ratio=0.5))
    add("fc4", T.INNER_PRODUCT, "fc3", inner_product_param=pb.InnerProductParameter(num_output=5))
    add("prob", T.SOFTMAX, "fc4")
    text("v1.prototxt", net)
    shapes = {"conv1": (4, 3, 11, 11), "conv2": (6, 2, 5, 5), "fc3": (10, 24), "fc4": (5, 10)}
    for layer in net.layers:
        for shape in [shapes[layer.name], shapes[layer.name][:1]] if layer.name in shapes else []:
            fill(layer.blobs.add(), *shape, legacy=True)
    binary("v1-weights.caffemodel", net)


def v0():
    """A net of version 0: each layer is within one of version 1, and its type is a string."""
    net = pb.NetParameter(name="SmallNet0")

    def add(kind, name, bottoms, tops, **parameters):
        outer = net.layers.add(bottom=bottoms, top=tops)
        outer.layer.CopyFrom(pb.V0LayerParameter(name=name, type=kind, **parameters))
        return outer.layer

    add("data", "data", [], ["data", "label"], source="train.leveldb", meanfile="mean.binaryproto", batchsize=16, cropsize=27, mirror=True)
    add("padding", "pad1", ["data"], ["pad1"], pad=2)
    conv = add("conv", "conv1", ["pad1"], ["conv1"], num_output=4, kernelsize=5, stride=2, biasterm=True)
    conv.blobs_lr.extend([1, 2])
    add("relu", "relu1", ["conv1"], ["conv1"])
    add("pool", "pool1", ["conv1"], ["pool1"], pool="AVE", kernelsize=3, stride=2)
    add("lrn", "norm1", ["pool1"], ["norm1"], local_size=5, alpha=0.0001, beta=0.75)
    ip = add("innerproduct", "fc2", ["norm1"], ["fc2"], num_output=10)
    add("dropout", "drop2", ["fc2"], ["fc2"], dropout_ratio=0.5)
    add("softmax_loss", "loss", ["fc2", "label"], [])
    text("v0.prototxt", net)
    for layer, shapes in ((conv, [(4, 3, 5, 5), (4,)]), (ip, [(10, 196), (10,)])):
        for shape in shapes:
            fill(layer.blobs.add(), *shape, legacy=True)
    binary("v0-weights.caffemodel", net)


def blocks():
    """What residual nets are made of: normalisation in two layers, in place; and other layers with weights."""
    n = net_spec.NetSpec()
    n.data = L.Input(input_param=dict(shape=dict(dim=[1, 3, 16, 16])))
    n.conv = L.Convolution(n.data, num_output=4, kernel_size=3, pad=1, bias_term=False)
    n.bn = L.BatchNorm(n.conv, in_place=True, use_global_stats=True, eps=1e-4)
    n.scale = L.Scale(n.bn, in_place=True, bias_term=True)
    n.prelu = L.PReLU(n.scale, in_place=True)
    n.conv2 = L.Convolution(n.prelu, num_output=4, kernel_size=3, pad=1)
    n.sum = L.Eltwise(n.prelu, n.conv2, operation=P.Eltwise.SUM, coeff=[1, 0.5])
    n.up = L.Deconvolution(n.sum, convolution_param=dict(num_output=4, kernel_size=2, stride=2, bias_term=False))
    n.first, n.second = L.Slice(n.up, ntop=2, slice_point=[2], axis=1)
    n.together = L.Concat(n.first, n.second, axis=1)
    net = n.to_proto()
    net.name = "Blocks"
    shapes = {
        "conv": [(4, 3, 3, 3)], "bn": [(4,), (4,), (1,)], "scale": [(4,), (4,)], "prelu": [(4,)],
        "conv2": [(4, 4, 3, 3), (4,)], "up": [(4, 4, 2, 2)],
    }
    for layer in net.layer:
        for shape in shapes.get(layer.name, []):
            fill(layer.blobs.add(), *shape)
    # One in double precision.
    last = [layer for layer in net.layer if layer.name == "up"][0].blobs[0]
    last.double_data.extend(last.data)
    del last.data[:]
    binary("blocks.caffemodel", net)


def detection():
    """A detector of the SSD fork, after its base."""
    n = net_spec.NetSpec()
    n.data = L.Input(input_param=dict(shape=dict(dim=[1, 3, 32, 32])))
    n.conv = L.Convolution(n.data, num_output=8, kernel_h=3, kernel_w=3, pad=1, dilation=2)
    n.norm = L.Normalize(n.conv, norm_param=dict(scale_filler=dict(type="constant", value=20), across_spatial=False))
    n.loc = L.Convolution(n.norm, num_output=8, kernel_size=3, pad=1)
    n.loc_perm = L.Permute(n.loc, order=[0, 2, 3, 1])
    n.loc_flat = L.Flatten(n.loc_perm, axis=1)
    n.conf = L.Convolution(n.norm, num_output=6, kernel_size=3, pad=1)
    n.conf_flat = L.Flatten(L.Permute(n.conf, order=[0, 2, 3, 1]), axis=1)
    n.prior = L.PriorBox(n.norm, n.data, min_size=[30.0], aspect_ratio=[2.0], flip=True, variance=[0.1, 0.1, 0.2, 0.2])
    n.conf_shape = L.Reshape(n.conf_flat, reshape_param=dict(shape=dict(dim=[0, -1, 3])))
    n.conf_soft = L.Softmax(n.conf_shape, axis=2)
    n.conf_soft_flat = L.Flatten(n.conf_soft, axis=1)
    n.out = L.DetectionOutput(
        n.loc_flat, n.conf_soft_flat, n.prior,
        detection_output_param=dict(
            num_classes=3, code_type=P.PriorBox.CENTER_SIZE, nms_param=dict(nms_threshold=0.45, top_k=400),
            keep_top_k=200, confidence_threshold=0.01,
        ),
    )
    net = n.to_proto()
    net.name = "Detector"
    text("detection.prototxt", net)


def stages():
    """All stages of a net in one file, as NVIDIA's DIGITS has them."""
    net = pb.NetParameter(name="Stages")
    for stage in ("train", "val", "deploy"):
        layer = net.layer.add(name=f"{stage}-data", top=["data"], type="Input" if stage == "deploy" else "Data")
        layer.include.add(stage=[stage])
        if stage == "deploy":
            layer.input_param.shape.add(dim=[1, 1, 28, 28])
        else:
            layer.top.append("label")
            layer.data_param.batch_size = 32
    net.layer.add(name="ip", type="InnerProduct", bottom=["data"], top=["ip"]).inner_product_param.num_output = 10
    loss = net.layer.add(name="loss", type="SoftmaxWithLoss", bottom=["ip", "label"], top=["loss"])
    loss.exclude.add(stage=["deploy"])
    net.layer.add(name="softmax", type="Softmax", bottom=["ip"], top=["softmax"]).include.add(stage=["deploy"])
    text("stages.prototxt", net)


FORK = '''# Layers and fields of forks, as they are written by hand.
name: 'Fork'
input: "data"
input_shape { dim: 1 dim: 3 dim: 64 dim: 64 }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 8 kernel_size: 3 pad: 1 scale_quant: 12.5 engine: MKLDNN } }
layer { name: "bn" type: "BN" bottom: "conv" top: "conv" bn_param { frozen: true slope_filler { type: "constant" value: 1 } } }
layer { name: "act" type: "Mish" bottom: "conv" top: "conv" }
layer { name: "pool" type: POOLING bottom: "conv" top: "pool" top: "mask" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "up" type: "Upsample" bottom: "pool" bottom: "mask" top: "up" upsample_param { scale: 2 upsample_w: 64 } }
layer { name: "boxes" type: "RegionOutput" bottom: "up" top: "boxes" region_param { anchors: [1.5, 2.5] classes: 20 } }
'''


def main():
    make_lenet()
    v1()
    v0()
    blocks()
    detection()
    stages()
    save("caffe/fork.prototxt", FORK.encode())
    save("caffe/cut-short.prototxt", FORK.encode()[:500])

    mean = pb.BlobProto(num=1, channels=3, height=8, width=8)
    mean.data.extend(random.uniform(90, 130, 3 * 8 * 8).astype(np.float32).tolist())
    binary("mean.binaryproto", mean)
    vector = pb.BlobProtoVector()
    for shape in ((2, 3), (4,)):
        fill(vector.blobs.add(), *shape)
    binary("blobs.binaryproto", vector)


main()
