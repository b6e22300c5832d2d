"""Parameters that PaddlePaddle writes, with the values that NumPy reads from them."""

import os
import pickle
import tempfile

import numpy as np

# Programs as protobuf, which came before those in JSON.
os.environ["FLAGS_enable_pir_api"] = "0"
import paddle  # noqa: E402
from paddle.static import InputSpec

from common import noise, record, save, save_json

FOLDER = "paddle"


class Net(paddle.nn.Layer):
    def __init__(self):
        super().__init__()
        self.conv = paddle.nn.Conv2D(3, 4, 3)
        self.norm = paddle.nn.BatchNorm2D(4)
        self.head = paddle.nn.Sequential(paddle.nn.Linear(4, 8), paddle.nn.ReLU(), paddle.nn.Linear(8, 2))
        self.table = paddle.nn.Embedding(10, 4)

    def forward(self, x):
        x = self.norm(self.conv(x)).mean([2, 3])
        return self.head(x + self.table(paddle.zeros([1], "int64")))


def fill(net):
    """Gives all parameters values that are the same at each run."""
    for name, value in net.state_dict().items():
        content = noise(name, *value.shape)
        value.set_value(np.abs(content) if "variance" in name else content)


def bfloat16(stored):
    """What 16 bits stand for, as a record."""
    values = (stored.astype(np.uint32) << 16).view(np.float32)
    return {**record(values), "dtype": "bfloat16"}


def held(state):
    return {name: record(value.numpy()) for name, value in state.items()}


def written(write, *endings):
    """What `write` writes to a path, by the endings of the files."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net")
        write(path)
        return [open(path + ending, "rb").read() for ending in endings]


def main():
    paddle.seed(1)
    values = {}
    net = Net()
    fill(net)
    state = net.state_dict()
    for protocol in [2, 3, 4]:
        (data,) = written(lambda path: paddle.save(state, path, protocol=protocol), "")
        save(f"{FOLDER}/net-{protocol}.pdparams", data)
        values[f"net-{protocol}.pdparams"] = held(state)

    rate = paddle.optimizer.lr.StepDecay(0.1, 5)
    adam = paddle.optimizer.Adam(rate, parameters=net.parameters())
    net(paddle.to_tensor(noise("x", 1, 3, 8, 8))).sum().backward()
    adam.step()
    moments = adam.state_dict()
    for value in moments.values():
        if isinstance(value, paddle.Tensor):
            value.set_value(noise(value.name, *value.shape))
    (data,) = written(lambda path: paddle.save(moments, path), "")
    save(f"{FOLDER}/net.pdopt", data)
    kept = {name: value for name, value in moments.items() if isinstance(value, paddle.Tensor)}
    values["net.pdopt"] = held(kept)

    half = paddle.to_tensor(noise("half", 2, 3)).astype("bfloat16")
    nested = {"model": [half, paddle.to_tensor(noise("list", 4))], "epoch": 3, "names": ["cat", "dog"]}
    (data,) = written(lambda path: paddle.save(nested, path), "")
    save(f"{FOLDER}/nested.pdparams", data)
    values["nested.pdparams"] = {
        "model.0": bfloat16(half.numpy()),
        "model.1": record(nested["model"][1].numpy()),
        "names": {"dtype": "string", "shape": [2], "values": ["cat", "dog"]},
    }

    # PaddlePaddle cuts only what has a gibibyte. This is what it then writes, with smaller slices.
    whole = noise("whole", 3, 5)
    names = [f"wide.weight@@.{number}" for number in range(4)]
    slices = dict(zip(names, np.array_split(whole.reshape(-1), 4)))
    table = {"wide.weight": {"OriginShape": whole.shape, "slices": names}}
    sliced = {"first.bias": noise("bias", 2), **slices, "UnpackBigParamInfor@@": table}
    save(f"{FOLDER}/sliced.pdparams", pickle.dumps(sliced, protocol=3))
    values["sliced.pdparams"] = {"first.bias": record(sliced["first.bias"]), "wide.weight": record(whole)}

    net.eval()
    traced = paddle.jit.to_static(net, input_spec=[InputSpec([1, 3, 8, 8], "float32")], full_graph=True)
    program, data = written(lambda path: paddle.jit.save(traced, path), ".pdmodel", ".pdiparams")
    save(f"{FOLDER}/inference.pdmodel", program)
    save(f"{FOLDER}/inference.pdiparams", data)
    save(f"{FOLDER}/alone/parameters.pdiparams", data)
    by_name = {parameter.name: parameter for parameter in state.values()}
    values["inference.pdiparams"] = {name: record(value.numpy()) for name, value in by_name.items()}
    save_json(f"{FOLDER}/values.json", values)

    save(f"bad/{FOLDER}/cut.pdiparams", data[:-10])
    save(f"bad/{FOLDER}/version.pdiparams", data[:16] + data[16:20] + data[20:] + b"\1\0\0\0")
    save(f"bad/{FOLDER}/no-slice.pdparams", pickle.dumps({**sliced, names[1]: None}, protocol=3))


if __name__ == "__main__":
    main()
