"""PyTorch: every container, protocol, element type and layout that torch.save writes, state dicts, modules, checkpoints of trainers.

Also writes pytorch/values.json: what torch itself reads from the same files.
"""

import argparse
import collections
import copyreg
import dataclasses
import datetime
import enum
import gzip
import io
import pathlib
import pickle
import struct
import tarfile
import warnings
import zipfile

import numpy as np
import torch
from torch import nn

import nets
from common import FIXTURES, noise, record, save, save_json
from streams import ordered, renamed
from tensors import as_record

warnings.filterwarnings("ignore")
# Streams keep the source of the classes of modules, and where it was: neither belongs into a fixture.
torch.serialization.get_source_lines_and_file = lambda thing: ([f"class {thing.__name__}: ...\n"], 1, f"{thing.__name__}.py")
EXPECTED = {}


def saved(content, **options):
    """What torch.save writes."""
    stream = io.BytesIO()
    torch.save(content, stream, **options)
    return stream.getvalue()


def write(path, data, tensors=None):
    """Saves a fixture; what `tensors` gives of what torch loads from it is what the tests compare."""
    save(f"pytorch/{path}", data)
    if tensors is not None:
        loaded = torch.load(FIXTURES / "pytorch" / path, weights_only=False)
        named = tensors(loaded)
        EXPECTED[path] = {name: as_record(tensor) for name, tensor in named.items()}


def flat(loaded):
    return dict(loaded)


def legacy(content, **options):
    return ordered(saved(content, _use_new_zipfile_serialization=False, **options))


def copy(path, data, original):
    """Saves a fixture that torch cannot load as it is, or does not have to: it holds the same as `original`."""
    write(path, data)
    EXPECTED[path] = EXPECTED[original]


def containers(state):
    write("cnn.pth", saved(state), flat)
    write("cnn-stream.pth", legacy(state), flat)
    small = nets.seeded(nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Linear(4, 2, bias=False))).state_dict()
    for protocol in range(2, 6):
        write(f"protocol-{protocol}.pth", saved(small, pickle_protocol=protocol), flat)
        write(f"protocol-{protocol}-stream.pth", legacy(small, pickle_protocol=protocol), flat)
    archive = saved(small)
    original = "protocol-2.pth"
    copy("deflated.pth", repacked(archive, zipfile.ZIP_DEFLATED), original)
    copy("repacked.pth", repacked(archive, zipfile.ZIP_STORED), original)
    copy("no-folder.pth", repacked(archive, zipfile.ZIP_STORED, lambda name: name.partition("/")[2]), original)
    copy("stream.pth.gz", gzip.compress(legacy(small), mtime=0), original)
    copy("archive.pth.gz", gzip.compress(archive, mtime=0), original)


def repacked(data, method, rename=lambda name: name):
    """The same archive as other programs write it: without padding, perhaps deflated."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", method) as new:
        for entry in old.infolist():
            new.writestr(zipfile.ZipInfo(rename(entry.filename), (1980, 1, 1, 0, 0, 0)), old.read(entry), method)
    return stream.getvalue()


def big_endian():
    """An archive as a machine with the other byte order writes it: values swapped, and the order stated."""
    tensors = {
        "float32": torch.from_numpy(noise("swapped", 3, 4)),
        "int64": torch.tensor([1, -2, 1 << 40]),
        "complex64": torch.tensor([1 + 2j, -0.5j], dtype=torch.complex64),
        "uint8": torch.tensor([1, 2, 3], dtype=torch.uint8),
        "transposed": torch.from_numpy(noise("turned", 2, 3)).t(),
    }
    data = saved(tensors)
    sizes = [4, 8, 4, 1, 4]
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            folder, _, name = entry.filename.partition("/")
            if name == "byteorder":
                content = b"big"
            elif name.startswith("data/"):
                content = np.frombuffer(content, np.uint8).reshape(-1, sizes[int(name[5:])])[:, ::-1].tobytes()
            new.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), content)
    write("big-endian.pt", stream.getvalue(), flat)


def dtypes():
    """All element types; the small ones with all their codes."""
    every = torch.arange(256, dtype=torch.int64).to(torch.uint8).reshape(16, 16)
    tensors = {
        "bool": torch.tensor([True, False, True]),
        "complex32": torch.tensor([1.5 - 2j, 0.25j], dtype=torch.complex32),
        "complex64": torch.tensor([1.5 - 2j, 0.1j, complex("-inf"), complex("nan")], dtype=torch.complex64),
        "complex128": torch.tensor([1e300 - 2j, 0.1j], dtype=torch.complex128),
        "float4_e2m1fn_x2": torch.arange(0, 128, 9, dtype=torch.uint8).reshape(3, 5).view(torch.float4_e2m1fn_x2),
    }
    for name in ("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"):
        tensors[name] = every.clone().view(getattr(torch, name))
    for name in ("float16", "bfloat16", "float32", "float64"):
        limits = torch.finfo(getattr(torch, name))
        edge = [limits.max, limits.min, limits.tiny, limits.smallest_normal * limits.eps, limits.eps]
        tensors[name] = torch.tensor([*edge, 0.0, -0.0, 1 / 3, float("inf"), float("-inf"), float("nan"), 1e-3], dtype=getattr(torch, name))
    for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"):
        limits = torch.iinfo(getattr(torch, name))
        tensors[name] = torch.tensor([limits.min, limits.max, 0, 1, 100], dtype=getattr(torch, name))
    write("dtypes.pt", saved(tensors), flat)
    old = {name: tensor for name, tensor in tensors.items() if not name.startswith(("complex32", "float4", "float8", "uint16", "uint32", "uint64"))}
    write("dtypes-stream.pt", legacy(old), flat)


def views():
    """Tensors that share storages, or whose elements do not follow each other."""
    base = torch.from_numpy(noise("base", 6, 8))
    tensors = {
        "base": base,
        "same": base,
        "transposed": base.t(),
        "row": base[2],
        "column": base[:, 3],
        "every_other": base[::2, 1::3],
        "expanded": base[0, :1].expand(4, 5),
        "scalar": base[5, 7],
        "empty": torch.zeros(0, 4),
        "channels_last": torch.from_numpy(noise("nhwc", 2, 3, 4, 5)).to(memory_format=torch.channels_last),
        "bfloat16": torch.from_numpy(noise("half", 3, 5)).to(torch.bfloat16).t(),
        "parameter": nn.Parameter(torch.ones(2)),
        "frozen": nn.Parameter(torch.ones(2), requires_grad=False),
        "buffer": nn.Buffer(torch.ones(3)) if hasattr(nn, "Buffer") else torch.ones(3),
        "conjugate": torch.tensor([1 + 2j, 3 - 1j]).conj().resolve_conj(),
    }
    write("views.pt", saved(tensors), flat)
    write("views-stream.pt", legacy(tensors), flat)
    write("one-tensor.pt", saved(torch.arange(6).reshape(2, 3)), lambda tensor: {"": tensor})
    write("list.pt", saved([torch.ones(2), {"inner": torch.zeros(3)}]), lambda loaded: {"0": loaded[0], "1.inner": loaded[1]["inner"]})


def quantised():
    weight = torch.from_numpy(noise("quantised", 4, 6))
    per_channel = torch.quantize_per_channel(weight, torch.tensor([0.1, 0.05, 0.02, 0.2]), torch.tensor([0, 1, 2, 3]), 0, torch.qint8)
    tensors = {
        "qint8": torch.quantize_per_tensor(weight, 0.05, 3, torch.qint8),
        "quint8": torch.quantize_per_tensor(weight, 0.05, 128, torch.quint8),
        "qint32": torch.quantize_per_tensor(weight, 1e-6, 0, torch.qint32),
        "per_channel": per_channel,
        "transposed": torch.quantize_per_tensor(weight, 0.05, 3, torch.qint8).t(),
    }
    write("quantised.pt", saved(tensors), flat)
    dynamic = torch.ao.quantization.quantize_dynamic(nets.seeded(nn.Sequential(nn.Linear(4, 3))), {nn.Linear}, dtype=torch.qint8)
    packed = "0._packed_params._packed_params"
    write("dynamic.pt", saved(dynamic.state_dict()), lambda loaded: {f"{packed}.{index}": part for index, part in enumerate(loaded[packed])})


def sparse():
    dense = torch.tensor([[0.0, 1.5, 0.0], [2.5, 0.0, 0.0], [0.0, 0.0, -1.0]])
    hybrid = torch.sparse_coo_tensor([[0, 2]], torch.tensor([[1.0, 2.0], [3.0, 4.0]]), (3, 2)).coalesce()
    tensors = {
        "coo": dense.to_sparse().coalesce(),
        "hybrid": hybrid,
        "csr": dense.to_sparse_csr(),
        "csc": dense.to_sparse_csc(),
        "bsr": torch.block_diag(torch.ones(2, 2), torch.full((2, 2), 3.0)).to_sparse_bsr((2, 2)),
        "bsc": torch.block_diag(torch.ones(2, 2), torch.full((2, 2), 3.0)).to_sparse_bsc((2, 2)),
    }
    write("sparse.pt", saved(tensors), flat)
    with torch.device("meta"):
        write("meta.pt", saved(nn.Linear(3, 4).state_dict()))


class Rnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(12, 6)
        self.lstm = nn.LSTM(6, 5, num_layers=2, bidirectional=True)
        self.gru = nn.GRUCell(5, 4)
        self.attention = nn.MultiheadAttention(8, 2)
        self.norm = nn.LayerNorm(8)
        self.rms_norm = nn.RMSNorm(8)
        self.group_norm = nn.GroupNorm(2, 4)
        self.conv = nn.Conv1d(3, 4, 5)
        self.volume = nn.Conv3d(1, 2, 3)
        self.depthwise = nn.Conv2d(4, 4, 3, groups=4)
        self.up = nn.ConvTranspose2d(3, 5, 2)
        self.prelu = nn.PReLU()
        self.bilinear = nn.Bilinear(2, 3, 4)
        self.weighted = nn.utils.weight_norm(nn.Linear(3, 2))
        self.tied = nn.Linear(6, 12, bias=False)
        self.tied.weight = self.embedding.weight


class Subclass(torch.Tensor):
    """A tensor of a class of its own."""


def subclasses():
    """Tensors of classes of their own, with attributes, nested, and of NumPy in a state dict."""
    named = nn.Parameter(torch.ones(2))
    named.origin = "here"
    tensors = {
        "subclass": torch.from_numpy(noise("subclass", 3)).as_subclass(Subclass),
        "parameter": nn.Parameter(torch.from_numpy(noise("sub", 2, 2)).as_subclass(Subclass)),
        "with_state": named,
        "array": noise("array", 2, 3),
    }
    write("subclasses.pt", saved(tensors), lambda loaded: {name: torch.as_tensor(tensor).as_subclass(torch.Tensor) for name, tensor in loaded.items()})
    ragged = torch.nested.nested_tensor([torch.ones(2), torch.zeros(3)])
    write("nested-tensor.pt", saved({"ragged": ragged}))


def layers():
    """State dicts whose layers are to be told from names and shapes."""
    state = nets.seeded(Rnn()).state_dict()
    write("layers.pth", saved(state), flat)
    wrapped = {f"module._orig_mod.{name}": tensor for name, tensor in nets.seeded(nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2))).state_dict().items()}
    write("wrapped.pth", saved(wrapped))
    nested = {"encoder": {"conv": {"weight": torch.ones(2, 3, 3, 3), "bias": torch.ones(2)}}, "head": {"weight": torch.ones(4, 2), "bias": torch.ones(4)}}
    write("nested.pth", saved(nested), lambda loaded: {"encoder.conv.weight": loaded["encoder"]["conv"]["weight"]})


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Settings:
    width: int = 8
    rate: float = 0.5


def settings():
    """Objects of the standard library, of NumPy and of torch that people keep beside weights."""
    return {
        "none": None,
        "flag": True,
        "int": -3,
        "long": 1 << 80,
        "negative": -(1 << 70),
        "float": 0.1,
        "infinite": float("inf"),
        "text": "Zürich \u2713",
        "bytes": b"\x00\xff",
        "bytearray": bytearray(b"abc"),
        "complex": 1 - 2j,
        "tuple": (1, "two", 3.0),
        "set": {7},
        "frozenset": frozenset({8}),
        "range": range(3),
        "ordered": collections.OrderedDict(a=1, b=2),
        "defaults": collections.defaultdict(list, a=[1]),
        "counter": collections.Counter("aab"),
        "deque": collections.deque([1, 2], maxlen=3),
        "namespace": argparse.Namespace(lr=0.01, layers=[64, 32], name="net"),
        "dataclass": Settings(),
        "enum": Colour.RED,
        "path": pathlib.PurePosixPath("runs/1"),
        "moment": datetime.datetime(2024, 5, 6, 7, 8, 9, 10),
        "day": datetime.date(2024, 5, 6),
        "time": datetime.time(1, 2, 3),
        "span": datetime.timedelta(days=2, seconds=3),
        "size": torch.Size([2, 3]),
        "dtype": torch.float16,
        "device": torch.device("cuda:1"),
        "layout": torch.strided,
        "function": copyreg.pickle,
        "scalar": np.float32(0.5),
        "number": np.int64(-5),
        "element": torch.tensor(2.5),
        "objects": np.array(["a", None], dtype=object),
        "dtype_np": np.dtype(">i4"),
    }


def checkpoints(model):
    """What training programs save: weights beside everything else."""
    state = model.state_dict()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimiser.step()
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, 10)
    content = {
        "epoch": 3,
        "arch": "cnn",
        "best_acc1": torch.tensor(71.5),
        "state_dict": {f"module.{name}": tensor for name, tensor in state.items()},
        "optimizer": optimiser.state_dict(),
        "scheduler": schedule.state_dict(),
        "args": argparse.Namespace(lr=0.1, data=pathlib.PurePosixPath("data"), gpu=None),
        "rng_state": torch.zeros(16, dtype=torch.uint8),
    }
    write("training.pth.tar", saved(content), lambda loaded: {name.removeprefix("module."): tensor for name, tensor in loaded["state_dict"].items()})
    EXPECTED["training.pth.tar"] = {f"module.{name}": record for name, record in EXPECTED["training.pth.tar"].items()}
    lightning = {
        "epoch": 1,
        "global_step": 20,
        "pytorch-lightning_version": "2.2.0",
        "state_dict": {f"model.{name}": tensor for name, tensor in state.items()},
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 2, "completed": 1}}}},
        "callbacks": {"ModelCheckpoint{'monitor': 'loss'}": {"best_model_score": torch.tensor(0.25), "best_model_path": "a.ckpt", "best_k_models": {"a.ckpt": torch.tensor(0.25)}}},
        "optimizer_states": [optimiser.state_dict()],
        "lr_schedulers": [schedule.state_dict()],
        "hparams_name": "kwargs",
        "hyper_parameters": {"width": 6, "nested": {"rate": 0.1, "layers": [1, 2]}},
    }
    write("lightning.ckpt", saved(lightning))
    write("optimizer.pt", saved(optimiser.state_dict()), lambda loaded: {"0.exp_avg": loaded["state"][0]["exp_avg"]})
    both = {"netG": {"a.weight": torch.ones(2, 2)}, "netD": {"b.weight": torch.zeros(3, 2)}, "ema": {"a.weight": torch.ones(2, 2)}, "step": 4}
    write("several.pt", saved(both), lambda loaded: {"a.weight": loaded["netG"]["a.weight"], "b.weight": loaded["netD"]["b.weight"]})
    write("settings.pt", saved({"weight": torch.ones(1, 2), **settings()}))
    write("settings-stream.pt", legacy({"state_dict": {"fc.weight": torch.ones(1, 2)}, **settings()}))


def modules(model):
    """Whole modules, whose classes are named and not kept."""
    write("module.pt", saved(model), lambda loaded: loaded.state_dict())
    write("module-stream.pt", legacy(model), lambda loaded: loaded.state_dict())
    block = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 10)))
    write("sequential.pt", saved(nets.seeded(block)), lambda loaded: loaded.state_dict())
    listed = nn.ModuleDict({"layers": nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)]), "norm": nn.LayerNorm(4)})
    listed["again"] = listed["norm"]
    content = {"model": nets.seeded(listed).half(), "epoch": -1, "ema": None, "optimizer": None, "date": "2024-05-06"}
    write("module-in-dict.pt", saved(content), lambda loaded: loaded["model"].state_dict())


def pickles():
    """Plain pickles: tensors keep a stream each, arrays their bytes."""
    content = {"weight": torch.from_numpy(noise("plain", 3, 4)), "bias": torch.zeros(3)}
    for protocol in range(6):
        data = renamed(pickle.dumps(content, protocol))
        save(f"pytorch/tensors-{protocol}.pkl", data)
        EXPECTED[f"tensors-{protocol}.pkl"] = {name: as_record(tensor) for name, tensor in pickle.loads(data).items()}
    arrays = {
        "float32": noise("array", 3, 4),
        "big": np.array([1, -2, 1 << 40], ">i8"),
        "fortran": np.asfortranarray(noise("columns", 2, 5)),
        "bool": np.array([True, False]),
        "complex": np.array([1 + 2j]),
        "half": np.array([0.5, 1 / 3], np.float16),
        "scalar": np.array(7),
    }
    for protocol in range(6):
        data = pickle.dumps(arrays, protocol)
        save(f"pytorch/arrays-{protocol}.pkl", data)
        EXPECTED[f"arrays-{protocol}.pkl"] = {name: record(array) for name, array in pickle.loads(data).items()}
    save("pytorch/settings.pkl", renamed(pickle.dumps(settings(), 4)))


def tar():
    """The archive of before 0.1.10, which torch still reads but no longer writes: assembled by hand, and compared with what torch reads."""
    first, second = noise("tar", 3, 4), noise("tar2", 5)

    def storage(key, array):
        return pickle.dumps((key, "cpu", torch.FloatStorage), 2) + struct.pack("<q", array.size) + array.tobytes()

    def tensor(key, of, shape, strides, offset):
        head = pickle.dumps((key, of, torch.FloatTensor), 2) + struct.pack("<ii", len(shape), 0)
        return head + struct.pack(f"<{len(shape)}q", *shape) + struct.pack(f"<{len(shape)}q", *strides) + struct.pack("<q", offset)

    class Pickler(pickle.Pickler):
        def persistent_id(self, thing):
            return str(thing) if isinstance(thing, int) and thing in (21, 22, 23) else None

    objects = io.BytesIO()
    Pickler(objects, 2).dump(collections.OrderedDict([("fc.weight", 21), ("fc.bias", 22), ("view", 23)]))
    parts = {
        "sys_info": pickle.dumps({"protocol_version": 1000, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}, 2),
        "pickle": objects.getvalue(),
        "tensors": pickle.dumps(3, 2) + tensor(21, 11, (3, 4), (4, 1), 0) + tensor(22, 12, (3,), (1,), 1) + tensor(23, 13, (2, 2), (1, 2), 0),
        "storages": pickle.dumps(2, 2) + storage(11, first) + storage(12, second) + pickle.dumps([(13, 11, 4, 6)], 2),
    }
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    write("old.tar", stream.getvalue(), flat)


def main():
    model = nets.seeded(nets.Cnn())
    containers(model.state_dict())
    big_endian()
    dtypes()
    views()
    quantised()
    sparse()
    subclasses()
    layers()
    checkpoints(nets.seeded(nets.Cnn(4)))
    modules(nets.seeded(nets.Cnn(4)))
    pickles()
    tar()
    save_json("pytorch/values.json", EXPECTED)


if __name__ == "__main__":
    main()
