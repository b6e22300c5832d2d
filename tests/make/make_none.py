"""Files that are no models: each must get a sentence that says what it is and what can be done.

All are made here from nothing but Python's library, so that no foreign file is kept.
"""

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import struct
import tarfile
import tempfile
import wave
import zipfile
import zlib
from pathlib import Path

from common import save

OLD = (1980, 1, 1, 0, 0, 0)


def write(name, data):
    save(f"none/{name}", data.encode() if isinstance(data, str) else data)


def pages():
    """What comes from a server or a repository in place of the model."""
    write(
        "page.onnx",
        "<!DOCTYPE html>\n<html lang=en><head><title>404 Not Found</title></head><body>Not Found</body></html>\n",
    )
    write(
        "sign-in.safetensors",
        "\ufeff\n  <html>\n<head><title>Sign in</title></head><body>Please sign in.</body></html>\n",
    )
    write(
        "denied.onnx",
        '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>No</Message></Error>\n',
    )
    write("error.bin", '{"error":"Repository not found","status":404}\n')
    write("unauthorized.safetensors", "Invalid username or password.")
    digest = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
    write("lfs-pointer.onnx", f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 12345678\n")
    write(
        "lfs-pointer.safetensors", f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 988097824\n"
    )
    write("annex-pointer.pt", f"/annex/objects/SHA256E-s98765--{digest}.pt\n")


def texts():
    write("empty.onnx", b"")
    write("one-byte.bin", b"\x08")
    write("blank.txt", " \n\n")
    write("readme.md", "# Model card\n\nThis folder holds the weights of a small model.\n")
    write("utf16.txt", "A text in UTF-16.\n".encode("utf-16"))
    write("latin1.txt", "Größe und Maße\n".encode("latin-1"))
    write(
        "adapter_config.json",
        json.dumps({"peft_type": "LORA", "r": 8, "base_model_name_or_path": "llama"}, indent=2),
    )
    write("list.json", "[1, 2, 3]\n")
    write("cut.json", '{"layers": [{"name": "conv1", "kern')
    write("train.py", '#!/usr/bin/env python3\nimport torch\n\nmodel = torch.load("model.pt")\nprint(model)\n')
    notebook = {"cells": [], "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}
    write("notebook.ipynb", json.dumps(notebook))
    write("labels.csv", "id,label\n0,cat\n1,dog\n2,emu\n")
    write("labels.txt", "cat\ndog\nemu\n")
    write("settings.yaml", "model:\n  name: resnet50\n  layers: [3, 4, 6, 3]\n")
    write("settings.toml", '[model]\nname = "resnet50"\n')
    write(
        "drawing.svg",
        '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>\n',
    )
    write("script.sh", "#!/bin/sh\necho hello\n")
    write("library.js", "export const answer = 42;\n")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def media():
    """Pictures, sound, video, documents: complete where that is short, else the head that tells them."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    write("image.png", b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))
    write(
        "photo.jpg",
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\xff\xdb\0\x43\0" + bytes([1] * 64) + b"\xff\xd9",
    )
    write("image.gif", b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;")
    write("image.webp", b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0")
    write(
        "image.bmp",
        b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\1\0\0\0\1\0\0\0\1\0\x18\0" + bytes(24) + b"\xff\xff\xff\0",
    )
    write("image.tiff", b"II*\0\x08\0\0\0\0\0\0\0\0\0")
    write("video.mp4", struct.pack(">I", 32) + b"ftypisom\0\0\2\0isomiso2avc1mp41" + struct.pack(">I", 8) + b"mdat")
    sound = io.BytesIO()
    with wave.open(sound, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(32))
    write("sound.wav", sound.getvalue())
    write("sound.mp3", b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\0" + bytes(100))
    write("document.pdf", b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    write("font.woff2", b"wOF2" + bytes(44))


def programs():
    elf = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 0, 64, 0, 0)
    write("library.so", elf)
    write("program.exe", b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0\x64\x86" + bytes(18))
    write("library.dylib", struct.pack("<8I", 0xFEEDFACF, 0x0100000C, 0, 6, 0, 0, 0, 0))
    write("module.wasm", b"\0asm\1\0\0\0")
    write("Main.class", b"\xca\xfe\xba\xbe\0\0\0\x34\0\1")
    write("cached.pyc", b"\xa7\x0d\x0d\x0a" + bytes(12) + b"\xe3" + bytes(20))
    write("object.a", b"!<arch>\n")


def zipped(entries, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name, OLD), data, method)
    return out.getvalue()


def tarred(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in entries:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def encrypt(data, password):
    """PKWARE's traditional encryption (APPNOTE 6.1): twelve bytes of header, then the data, by the same stream."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc(old, byte):
        return zlib.crc32(bytes([byte]), old ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

    def update(byte):
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 255)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)

    for byte in password:
        update(byte)
    out = bytearray()
    for byte in bytes(11) + bytes([zlib.crc32(data) >> 24]) + data:
        stream = keys[2] | 2
        out.append(byte ^ (stream * (stream ^ 1) >> 8 & 255))
        update(byte)
    return bytes(out)


def encrypted_zip(name, data, password):
    """A stored, encrypted entry; checked with Python's own reader."""
    body = encrypt(data, password)
    fields = struct.pack("<HHHHIIIHH", 1, 0, 0, 33, zlib.crc32(data), len(body), len(data), len(name), 0)
    local = b"PK\3\4" + struct.pack("<H", 20) + fields + name + body
    central = b"PK\1\2" + struct.pack("<HH", 20, 20) + fields + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    out = local + central + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    assert zipfile.ZipFile(io.BytesIO(out)).read(name.decode(), pwd=password) == data
    return out


def archives():
    notes = [("notes/readme.txt", b"Nothing here.\n"), ("notes/table.csv", b"a,b\n1,2\n")]
    whole = zipped(notes)
    write("notes.zip", whole)
    write("empty.zip", zipped([]))
    write("cut.zip", whole[: len(whole) // 2])
    write("comment.zip", whole[:-2] + struct.pack("<H", 5) + b"hello")
    write("encrypted.zip", encrypted_zip(b"model.onnx", b"\x08\x08 secret", b"password"))
    document = [("[Content_Types].xml", b'<?xml version="1.0"?><Types/>'), ("word/document.xml", b"<w:document/>")]
    write("letter.docx", zipped(document))
    write("program.jar", zipped([("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n")]))
    write("notes.tar", tarred(notes))
    write("notes.tar.gz", gzip.compress(tarred(notes), mtime=0))
    write("note.txt.gz", gzip.compress(b"Only a text.\n", mtime=0))
    write("cut.gz", gzip.compress(bytes(range(256)) * 4, mtime=0)[:40])
    write("note.txt.bz2", bz2.compress(b"Only a text.\n"))
    write("note.txt.xz", lzma.compress(b"Only a text.\n"))
    write("note.txt.zst", b"\x28\xb5\x2f\xfd\x20\x05\x29\0\0text\n")
    write("notes.7z", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24))
    write("notes.rar", b"Rar!\x1a\x07\1\0" + bytes(16))


def data_files():
    """Data in formats of its own, and bytes without any."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.sqlite"
        connection = sqlite3.connect(path)
        connection.executescript("PRAGMA page_size = 512; VACUUM; CREATE TABLE t (a INTEGER);")
        connection.close()
        # The header names the version of SQLite that wrote it (bytes 96 to 99): not part of what is tested.
        data = bytearray(path.read_bytes())
        data[96:100] = bytes(4)
        write("data.sqlite", bytes(data))
    write("table.parquet", b"PAR1\x15\4\x15\0" + bytes(8) + struct.pack("<I", 8) + b"PAR1")
    write("zeros.onnx", bytes(4096))
    noise, state = bytearray(), 1
    while len(noise) < 4096:
        state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        noise.append(state >> 56)
    write("noise.bin", bytes(noise))


if __name__ == "__main__":
    pages()
    texts()
    media()
    programs()
    archives()
    data_files()
