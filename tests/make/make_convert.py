"""Files of safetensors that the reference implementation makes of checkpoints among the fixtures: what `lamina convert` must make of these."""

import safetensors.torch
import torch
from common import FIXTURES, save

# Names of the checkpoint and of the file.
CASES = {"cnn.pth": "cnn", "dtypes.pt": "dtypes", "layers.pth": "layers"}


def main():
    for checkpoint, name in CASES.items():
        tensors = torch.load(FIXTURES / "pytorch" / checkpoint, weights_only=False)
        tensors = {key: value for key, value in tensors.items() if writable(value)}
        metadata = {"format": "pt"}
        # What `save_model` does with names that share a tensor, and with what is not contiguous.
        for kept, dropped in safetensors.torch._remove_duplicate_names(tensors).items():
            for key in dropped:
                metadata[key] = kept
                del tensors[key]
        tensors = {key: value.contiguous() for key, value in tensors.items()}
        save(f"safetensors/converted-{name}.safetensors", safetensors.torch.save(tensors, metadata))


def writable(value):
    """Whether safetensors can hold `value`."""
    if not isinstance(value, torch.Tensor) or value.layout is not torch.strided or value.is_quantized:
        return False
    try:
        safetensors.torch.save({"x": value.contiguous()})
    except Exception as error:
        print("not written:", value.dtype, error)
        return False
    return True


if __name__ == "__main__":
    main()
