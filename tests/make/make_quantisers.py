"""Weights whose scales lie beside them, as quantisers name these, and what they stand for: tests/dequantised/safetensors.json, which tests/quantised.rs reads.

- bitsandbytes, 4 and 8 bits: written and read by bitsandbytes on a CPU.
- GPTQ and AWQ: their quantisers need other hardware, so tensors are packed here by the layouts that AutoGPTQ and AutoAWQ write; values are the original numbers of this script, in
  float16 arithmetic by torch. fp8 with scales of blocks likewise.
"""

import numpy as np
import safetensors.torch
import torch
from bitsandbytes import functional
from common import save, save_json
from tensors import as_record

GENERATOR = torch.Generator().manual_seed(7)


def randint(low, high, *shape):
    return torch.randint(low, high, shape, generator=GENERATOR, dtype=torch.int32)


def randn(*shape):
    return torch.randn(shape, generator=GENERATOR)


def write(path, tensors, metadata=None):
    """Saves with the reference library, whose order of metadata is fixed here."""
    data = safetensors.torch.save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata)
    save(f"safetensors/{path}", data)


def pack(codes, bits, axis, order=None):
    """Codes in int32, `32 / bits` neighbours along `axis` in each, the first one of `order` in the lowest bits."""
    lanes = 32 // bits
    codes = codes.movedim(axis, -1).to(torch.int64)
    codes = codes.reshape(*codes.shape[:-1], -1, lanes)[..., order or list(range(lanes))]
    words = (codes << (torch.arange(lanes) * bits)).sum(-1)
    return words.to(torch.int32).movedim(-1, axis) if words.max() < 2**31 else torch.from_numpy(words.numpy().astype(np.uint32).view(np.int32)).movedim(-1, axis)


def gptq(bits, group, metadata=None, shuffled=False, less=1):
    """A layer as AutoGPTQ packs it: codes along the inputs, zeros along the outputs and less one."""
    inputs, outputs = 64, 16
    groups = inputs // group
    codes, zeros = randint(0, 2**bits, inputs, outputs), randint(1, 2**bits, groups, outputs)
    scales = (randn(groups, outputs).abs() / 50 + 0.001).half()
    of = torch.arange(inputs, dtype=torch.int32) // group
    if shuffled:
        of = of[torch.randperm(inputs, generator=GENERATOR)]
    tensors = {"qweight": pack(codes, bits, 0), "qzeros": pack(zeros - less, bits, 1), "scales": scales, "g_idx": of}
    return tensors, scales[of.long()] * (codes - zeros[of.long()]).half()


def awq(group):
    """A layer as AutoAWQ packs it: codes and zeros along the outputs, eight in this order."""
    inputs, outputs = 64, 32
    order = [0, 2, 4, 6, 1, 3, 5, 7]
    codes, zeros = randint(0, 16, inputs, outputs), randint(0, 16, inputs // group, outputs)
    scales = (randn(inputs // group, outputs).abs() / 50 + 0.001).half()
    of = torch.arange(inputs) // group
    tensors = {"qweight": pack(codes, 4, 1, order), "qzeros": pack(zeros, 4, 1, order), "scales": scales}
    return tensors, scales[of] * (codes - zeros[of]).half()


def layers(path, made, metadata=None):
    """A file of several layers, and what their codes stand for."""
    tensors = {f"{layer}.{name}": tensor for layer, (parts, _) in made.items() for name, tensor in parts.items()}
    write(path, tensors, metadata)
    stored = lambda parts: "qweight" if "qweight" in parts else "weight"
    return {f"{layer}.{stored(parts)}": as_record(values) for layer, (parts, values) in made.items()}


def fp8():
    wide, tall = randn(2, 200).to(torch.float8_e4m3fn), randn(136, 2).to(torch.float8_e4m3fn)
    columns, lines = randn(1, 2).abs(), randn(2, 1).abs()
    rows = randn(6, 1).abs().bfloat16()
    small = randn(6, 8).to(torch.float8_e4m3fn)
    codes, of = randint(-128, 128, 6, 8).to(torch.int8), randn(1).abs()
    return {
        "wide": ({"weight": wide, "weight_scale_inv": columns}, wide.float() * columns.repeat_interleave(128, 1)[:, :200]),
        "tall": ({"weight": tall, "weight_scale_inv": lines}, tall.float() * lines.repeat_interleave(128, 0)[:136]),
        "rows": ({"weight": small, "weight_scale": rows}, (small.float() * rows.float()).bfloat16()),
        "one": ({"weight": codes, "weight_scale": of}, codes.float() * of),
    }


def bitsandbytes():
    """Layers as bitsandbytes writes and reads them."""
    made = {}
    for kind in ("nf4", "fp4"):
        for nested in (False, True):
            for dtype in (torch.float32, torch.bfloat16, torch.float16):
                weight = randn(24, 40).to(dtype)
                codes, state = functional.quantize_4bit(weight, blocksize=64, compress_statistics=nested, quant_type=kind)
                parts = {"weight": codes, **{f"weight.{name}": part for name, part in state.as_dict(packed=True).items()}}
                layer = f"{kind}{'.nested' if nested else ''}.{str(dtype).split('.')[1]}"
                made[layer] = parts, functional.dequantize_4bit(codes, state)
    codes, scales, _ = functional.int8_vectorwise_quant(randn(12, 20).half())
    made["int8"] = {"weight": codes, "SCB": scales}, functional.int8_vectorwise_dequant(codes, scales)
    return made


def main():
    save_json("../dequantised/safetensors.json", {
        "gptq.safetensors": layers("gptq.safetensors", {"four": gptq(4, 32), "eight": gptq(8, 16), "two": gptq(2, 64), "act_order": gptq(4, 16, shuffled=True)}),
        "gptq-v2.safetensors": layers("gptq-v2.safetensors", {"four": gptq(4, 32, less=0)}, {"checkpoint_format": "gptq_v2"}),
        "awq.safetensors": layers("awq.safetensors", {"one": awq(32), "two": awq(64)}),
        "fp8.safetensors": layers("fp8.safetensors", fp8()),
        "bitsandbytes.safetensors": layers("bitsandbytes.safetensors", bitsandbytes()),
    })


main()
