"""What tensors of torch hold, as records that tests/values.rs compares."""

import ml_dtypes
import numpy as np
import torch

from common import record

# The element types that NumPy has from ml_dtypes only.
CODES = {
    torch.float8_e4m3fn: ml_dtypes.float8_e4m3fn,
    torch.float8_e4m3fnuz: ml_dtypes.float8_e4m3fnuz,
    torch.float8_e5m2: ml_dtypes.float8_e5m2,
    torch.float8_e5m2fnuz: ml_dtypes.float8_e5m2fnuz,
    torch.float8_e8m0fnu: ml_dtypes.float8_e8m0fnu,
    torch.bfloat16: ml_dtypes.bfloat16,
}


def as_record(tensor):
    """Shape and values of a tensor; float4 pairs are taken apart, the first of a pair in the low half."""
    tensor = tensor.detach().resolve_conj().resolve_neg()
    if tensor.is_quantized:
        return record(tensor.int_repr().numpy())
    if tensor.layout != torch.strided:
        values = tensor.coalesce().values() if tensor.layout == torch.sparse_coo else tensor.values()
        return {**record(values.numpy()), "shape": list(tensor.shape)}
    if tensor.dtype == torch.float4_e2m1fn_x2:
        pairs = tensor.view(torch.uint8).numpy()
        halves = np.stack([pairs & 15, pairs >> 4], axis=-1).reshape(*pairs.shape[:-1], -1)
        return record(halves.view(ml_dtypes.float4_e2m1fn))
    if tensor.dtype == torch.complex32:
        return {**record(tensor.to(torch.complex64).numpy()), "dtype": "complex32"}
    if tensor.dtype not in CODES:
        return record(tensor.numpy())
    # Named by ml_dtypes, but the values are torch's: every such number is exact in float32.
    result = record(tensor.to(torch.float32).numpy())
    result["dtype"] = record(np.zeros(0, dtype=CODES[tensor.dtype]))["dtype"]
    return result
