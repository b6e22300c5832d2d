"""Archives of TorchScript, made fit to be fixtures: the same wherever they are made."""

import io
import pickletools
import struct
import zipfile
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
PACKAGES = Path(torch.__file__).resolve().parents[1]


def tidy(data):
    """The same archive without the place of this checkout and of its packages: sources are named from there on."""

    def shortened(name, content):
        if not is_debug(name):
            return content
        out, end = b"", 0
        for opcode, text, at in pickletools.genops(content):
            if opcode.name == "BINUNICODE":
                old = text.encode()
                new = old.replace(f"{PACKAGES}/".encode(), b"").replace(f"{HERE}/".encode(), b"")
                out += content[end:at] + b"X" + struct.pack("<I", len(new)) + new
                end = at + 5 + len(old)
        return out + content[end:]

    return edited(data, shortened)


def edited(data, edit):
    """The same archive with other content: `edit` is given name and content of each entry, and gives the content, or none to leave it out."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as new:
        for entry in old.infolist():
            content = edit(entry.filename, old.read(entry))
            if content is None:
                continue
            target = zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0))
            # Payloads are aligned, as those who map them into memory want it.
            gap = -(stream.tell() + 30 + len(entry.filename) + 4) % 64
            target.extra = struct.pack("<HH", 0x4246, gap) + gap * b"Z"
            new.writestr(target, content)
    return stream.getvalue()


def without_sources(data):
    """The same archive without what tells where code comes from: of modules of torch, that is a lot."""
    return edited(data, lambda name, content: None if is_debug(name) else content)


def is_debug(name):
    """Whether an entry tells where code comes from; before torch 1.3, these were in a folder of their own."""
    return name.endswith(".debug_pkl") or "/debug/" in name
