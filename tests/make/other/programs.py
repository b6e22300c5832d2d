"""ExecuTorch programs: portable operators, a delegate, branches, mutable buffers, symbolic sizes, several methods, weights beside the program."""

import tempfile
from pathlib import Path

import nets
import torch
from common import save
from exported import scrubbed
from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import XNNPACKQuantizer, get_symmetric_quantization_config
from executorch.exir import ExecutorchBackendConfig, to_edge, to_edge_transform_and_lower
from torch import nn
from torch.export import Dim, export
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e


class Counting(nn.Module):
    """A buffer that every call changes."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 4)
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        self.calls.add_(1)
        return self.linear(x) * self.calls


class Branch(nn.Module):
    """Data decides between two paths, which have no weights."""

    def forward(self, flag, x):
        return torch.cond(flag, lambda t: torch.relu(t) + t, lambda t: t * 2, (x,)) - 1


class Split(nn.Module):
    """Lists of tensors, and sizes that are computed."""

    def forward(self, x):
        first, second = torch.split(x, 2, dim=1)
        return torch.cat([first, second.flip(1)], 1).reshape(-1), x.shape[0] * 2


def quantised(exported):
    """Eight-bit weights with a scale for each channel."""
    layers = nets.seeded(nn.Sequential(nn.Linear(32, 6), nn.ReLU(), nn.Linear(6, 3)))
    inputs = (torch.ones(1, 32),)
    quantizer = XNNPACKQuantizer().set_global(get_symmetric_quantization_config(is_per_channel=True))
    prepared = prepare_pt2e(export(layers, inputs).module(), quantizer)
    prepared(*inputs)
    program = exported(convert_pt2e(prepared), *inputs)
    return to_edge_transform_and_lower(program, partitioner=[XnnpackPartitioner()]).to_executorch()


def write(name, program):
    save(f"executorch/{name}.pte", program.buffer)


def main():
    cnn = nets.seeded(nets.Cnn(4))
    image = (torch.zeros(2, 3, 32, 32),)
    exported = lambda model, *inputs, **options: scrubbed(export(model, inputs, **options))
    write("cnn", to_edge(exported(cnn, *image)).to_executorch())
    for name, segments in (("xnnpack", True), ("xnnpack-inline", False)):
        lowered = to_edge_transform_and_lower(exported(cnn, *image), partitioner=[XnnpackPartitioner()])
        write(name, lowered.to_executorch(ExecutorchBackendConfig(extract_delegate_segments=segments)))
    write("xnnpack-quantised", quantised(exported))
    tokens = torch.zeros(1, 8, dtype=torch.long)
    write("transformer", to_edge(exported(nets.seeded(nets.Transformer()), tokens)).to_executorch(ExecutorchBackendConfig(emit_stacktrace=True)))
    write("counting", to_edge(exported(nets.seeded(Counting()), torch.zeros(2, 3))).to_executorch())
    write("branch", to_edge(exported(Branch(), torch.tensor(True), torch.zeros(2, 3))).to_executorch())
    rows = {"x": {0: Dim("rows", min=2, max=16)}}
    write("split", to_edge(exported(Split(), torch.zeros(4, 4), dynamic_shapes=rows)).to_executorch())
    methods = {"encode": exported(nn.Linear(3, 2), torch.zeros(1, 3)), "decode": exported(nn.Linear(2, 3), torch.zeros(1, 2))}
    torch.manual_seed(0)
    for program in methods.values():
        for tensor in program.state_dict.values():
            tensor.data.copy_(torch.arange(tensor.numel()).reshape(tensor.shape) / 8)
    write("methods", to_edge(methods).to_executorch())
    beside = to_edge(exported(nets.seeded(Counting()), torch.zeros(2, 3))).to_executorch(ExecutorchBackendConfig(external_constants=True))
    write("beside/model", beside)
    with tempfile.TemporaryDirectory() as folder:
        beside.write_tensor_data_to_file(folder)
        for path in sorted(Path(folder).iterdir()):
            save(f"executorch/beside/{path.name}", path.read_bytes())


if __name__ == "__main__":
    main()
