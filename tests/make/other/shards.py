"""A Hugging Face model in several files of pickles, as transformers wrote them up to version 4."""

import tempfile
from pathlib import Path

import torch
import transformers
from common import noise, save


def main():
    config = transformers.LlamaConfig(
        vocab_size=32, hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2
    )
    model = transformers.LlamaForCausalLM(config)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            tensor.copy_(torch.from_numpy(noise(name, *tensor.shape, scale=0.02)))
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder, safe_serialization=False, max_shard_size="12KB")
        for path in sorted(Path(folder).glob("pytorch_model*")):
            save(f"pytorch/sharded/{path.name}", path.read_bytes())


if __name__ == "__main__":
    main()
