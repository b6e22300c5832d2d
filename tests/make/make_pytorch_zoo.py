"""Networks of torchvision and transformers with tiny dimensions: state dicts, whole modules, and a checkpoint as yolov5 writes it.

Also writes pytorch/zoo/classes.json: the class of every module that has weights, as torch knows it.
"""

import io
import json
import sys
import types
from functools import partial

import torch
import torchvision
import transformers
from torch import nn

from common import FIXTURES, save
from nets import seeded
from torchvision.models.mobilenetv3 import InvertedResidualConfig, MobileNetV3

CLASSES = {}


def saved(content):
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def note(name, model):
    held = [(path, module) for path, module in model.named_modules() if module._parameters or module._buffers]
    CLASSES[name] = {path: type(module).__name__ for path, module in held if module.state_dict(keep_vars=True)}


def write(name, model, whole=False):
    # One storage for each tensor: state dicts share what is tied.
    model = seeded(model)
    note(name, model)
    save(f"pytorch/zoo/{name}", saved(model if whole else model.state_dict()))


def vision():
    conf = partial(InvertedResidualConfig, width_mult=1)
    mobile = [conf(8, 3, 8, 8, True, "RE", 2, 1), conf(8, 5, 16, 8, True, "HS", 1, 1)]
    write("mobilenet.pt", MobileNetV3(mobile, last_channel=16, num_classes=3), whole=True)
    write("densenet.pth", torchvision.models.DenseNet(growth_rate=4, block_config=(2, 2), num_init_features=8, bn_size=2, num_classes=3))
    write("shufflenet.pth", torchvision.models.ShuffleNetV2([1, 1, 1], [8, 8, 16, 16, 16], num_classes=3))
    vit = dict(image_size=8, patch_size=4, num_layers=2, num_heads=2, hidden_dim=8, mlp_dim=16, num_classes=3)
    write("vit.pt", torchvision.models.VisionTransformer(**vit), whole=True)
    write("swin.pth", torchvision.models.SwinTransformer([2, 2], 8, [1, 1], [1, 2], [2, 2], num_classes=3))


def language():
    small = dict(vocab_size=16, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, max_position_embeddings=8)
    t = transformers
    write("bert.bin", t.BertForMaskedLM(t.BertConfig(**small)))
    write("gpt2.bin", t.GPT2LMHeadModel(t.GPT2Config(vocab_size=16, n_embd=8, n_layer=2, n_head=2, n_positions=8)))
    write("llama.bin", t.LlamaForCausalLM(t.LlamaConfig(**small)))
    write("t5.bin", t.T5ForConditionalGeneration(t.T5Config(vocab_size=16, d_model=8, d_kv=4, d_ff=12, num_layers=1, num_heads=2)))
    write("hf-vit.bin", t.ViTForImageClassification(t.ViTConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12, image_size=8, patch_size=4)))
    whisper = dict(vocab_size=16, d_model=8, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=12)
    ids = dict(pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1)
    positions = dict(num_mel_bins=8, max_source_positions=8, max_target_positions=8, decoder_ffn_dim=12)
    write("whisper.bin", t.WhisperForConditionalGeneration(t.WhisperConfig(**whisper, **ids, **positions)))
    vision = dict(hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2, image_size=8, patch_size=4)
    text = dict(vocab_size=16, hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=8)
    write("clip.bin", t.CLIPModel(t.CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)))
    write("wav2vec2.bin", t.Wav2Vec2Model(t.Wav2Vec2Config(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12, conv_dim=(8, 8), conv_stride=(2, 2), conv_kernel=(3, 2),
        num_feat_extract_layers=2, num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2, vocab_size=16)))  # fmt: skip


def detector():
    """A checkpoint as yolov5 writes it: whole modules of classes that the reader does not have, in half precision, with settings."""
    common, yolo = types.ModuleType("models.common"), types.ModuleType("models.yolo")
    sys.modules.update({"models": types.ModuleType("models"), "models.common": common, "models.yolo": yolo})

    def define(module, name, base=nn.Module, **members):
        made = type(name, (base,), {"__module__": module.__name__, **members})
        setattr(module, name, made)
        return made

    Conv, Bottleneck = define(common, "Conv"), define(common, "Bottleneck")
    Concat, Detect, Model = define(common, "Concat"), define(yolo, "Detect"), define(yolo, "Model")

    def conv(width_in, width, kernel=1, stride=1):
        made = Conv()
        made.conv = nn.Conv2d(width_in, width, kernel, stride, kernel // 2, bias=False)
        made.bn = nn.BatchNorm2d(width, eps=1e-3, momentum=0.03)
        made.act = nn.SiLU(inplace=True)
        return made

    def placed(module, at, source, kind):
        module.i, module.f, module.type, module.np = at, source, kind, sum(p.numel() for p in module.parameters())
        return module

    bottleneck = Bottleneck()
    bottleneck.cv1, bottleneck.cv2, bottleneck.add = conv(8, 4), conv(4, 8, 3), True
    concat = Concat()
    concat.d = 1
    detect = Detect()
    detect.nc, detect.no, detect.nl, detect.na, detect.inplace = 2, 7, 1, 3, True
    detect.register_buffer("anchors", torch.tensor([[[1.25, 1.625], [2.0, 3.75], [4.125, 2.875]]]))
    detect.stride = torch.tensor([8.0])
    detect.m = nn.ModuleList([nn.Conv2d(16, 21, 1)])
    layers = [(conv(3, 8, 3, 2), -1, "models.common.Conv"), (bottleneck, -1, "models.common.Bottleneck"), (concat, [-1, 0], "models.common.Concat"), (detect, [2], "models.yolo.Detect")]
    model = Model()
    model.yaml = {"nc": 2, "depth_multiple": 0.33, "backbone": [[-1, 1, "Conv", [8, 3, 2]]], "ch": 3}
    model.model = nn.Sequential(*[placed(module, at, source, kind) for at, (module, source, kind) in enumerate(layers)])
    model.save, model.names, model.inplace, model.stride = [0, 2], {0: "person", 1: "dog"}, True, torch.tensor([8.0])
    seeded(model).half()
    note("yolo.pt", model)
    content = {
        "epoch": -1, "best_fitness": None, "model": model, "ema": None, "updates": None, "optimizer": None,
        "opt": {"weights": "", "epochs": 300, "imgsz": 640}, "git": None, "date": "2024-05-06T07:08:09",
    }  # fmt: skip
    save("pytorch/zoo/yolo.pt", saved(content))


def main():
    vision()
    language()
    detector()
    lines = [f"  {json.dumps(name)}: {json.dumps(classes)}" for name, classes in CLASSES.items()]
    (FIXTURES / "pytorch" / "zoo" / "classes.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
