"""Checkpoints, and where there is torch.export, programs, by the version of torch that runs this."""

import io
import zipfile

import torch
from torch import nn
from common import noise, save
from streams import Keys, ordered

VERSION = ".".join(torch.__version__.split("+")[0].split(".")[:2])
torch.serialization.get_source_lines_and_file = lambda thing: (["class %s: ...\n" % thing.__name__], 1, "%s.py" % thing.__name__)


class Net(nn.Module):
    """A convolution, a norm, a buffer and a head."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU())
        self.register_buffer("scale", torch.ones(3))
        self.head = nn.Linear(3, 4)

    def forward(self, image):
        return self.head(self.stem(image).mean((2, 3)) * self.scale)


def seeded(model):
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.from_numpy(noise(name, *tensor.shape)))
                tensor.abs_() if name.endswith("running_var") else None
    return model.eval()


def saved(content):
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def steady(data):
    """The same without what differs from run to run: storages are named by addresses in streams, and in the archives of 1.6."""
    if data[:2] != b"PK":
        return ordered(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    keys = Keys(next(content for path, content in entries.items() if path.endswith("/data.pkl")))
    keys.load()
    if not any(len(key) > 9 for key in keys.found):
        return data
    names = {key: str(place).rjust(len(key), "0") for place, key in enumerate(keys.found, 1)}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path, content in sorted((path, content) for path, content in entries.items() if "/data/" not in path):
            for key, name in names.items():
                content = content.replace(key.encode(), name.encode())
            archive.writestr(zipfile.ZipInfo(path), content)
        for key, name in names.items():
            path = next(path for path in entries if path.endswith("/data/" + key))
            archive.writestr(zipfile.ZipInfo(path.replace(key, name)), entries[path])
    return stream.getvalue()


def main():
    model = seeded(Net())
    save("pytorch/versions/state-%s.pt" % VERSION, steady(saved(model.state_dict())))
    save("pytorch/versions/module-%s.pt" % VERSION, steady(saved(model)))
    if hasattr(torch, "export"):
        from exported import repacked, scrubbed

        stream = io.BytesIO()
        torch.export.save(scrubbed(torch.export.export(model, (torch.zeros(1, 2, 4, 4),))), stream)
        save("pytorch/versions/export-%s.pt2" % VERSION, repacked(stream.getvalue()))


if __name__ == "__main__":
    main()
