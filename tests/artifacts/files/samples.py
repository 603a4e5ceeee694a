"""Small true files of the kinds that are previewed, made here byte by byte."""

import io
import json
import os
import pickle
import struct
import wave
import zipfile
import zlib
from collections import OrderedDict


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("echo pwned",)


def safetensors(tensors: dict[str, tuple[str, list[int], int]], metadata: dict[str, str] | None = None) -> bytes:
    """A file with tensors of a type, a shape and so many bytes each."""
    header: dict[str, object] = {"__metadata__": metadata} if metadata else {}
    at = 0
    for name, (dtype, shape, size) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    said = json.dumps(header).encode()
    return struct.pack("<Q", len(said)) + said + bytes(at)


def gguf(keys: list[tuple[str, int, bytes]], tensors: list[tuple[str, list[int], int]]) -> bytes:
    """A file with metadata (key, type, value as bytes) and tensors (name, sides, type)."""
    out = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    for key, kind, value in keys:
        out += text(key) + struct.pack("<I", kind) + value
    for name, sides, kind in tensors:
        out += text(name) + struct.pack("<I", len(sides)) + struct.pack(f"<{len(sides)}Q", *sides)
        out += struct.pack("<IQ", kind, 0)
    return out


def text(words: str) -> bytes:
    """A text as GGUF writes it."""
    return struct.pack("<Q", len(words.encode())) + words.encode()


def words(*items: str) -> bytes:
    """A list of texts as GGUF writes it."""
    return struct.pack("<IQ", 8, len(items)) + b"".join(map(text, items))


def png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * 255 // width) & 255 for x in range(width)) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def wav(seconds: float = 0.5) -> bytes:
    """A sound of nothing."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(int(16_000 * seconds)))
    return out.getvalue()


def checkpoint(value: object, member: str = "model/data.pkl") -> bytes:
    """A zip as PyTorch writes it, with this pickled inside."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(member, pickle.dumps(value, protocol=2))
        archive.writestr("model/data/0", bytes(4_000))
    return out.getvalue()


def objects_array() -> bytes:
    """A NumPy array of Python objects."""
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + pickle.dumps([Evil()])


def table(columns: list[str], rows: list[list[object]]) -> bytes:
    """A `wandb.Table` as the client writes it."""
    said = {"_type": "table", "columns": columns, "data": rows, "ncols": len(columns), "nrows": len(rows)}
    return json.dumps(said).encode()


def picture_cell(path: str) -> dict[str, object]:
    """A picture in a table's cell."""
    return {"_type": "image-file", "path": path, "sha256": "00", "size": 1, "width": 8, "height": 8, "format": "png"}


def notebook() -> bytes:
    """A notebook with text, code, outputs and an error."""
    cells = [
        {"cell_type": "markdown", "source": ["# Training\n", "Look at *pallets* <script>alert(1)</script>"]},
        {
            "cell_type": "code",
            "execution_count": 3,
            "source": "print(model.accuracy)",
            "outputs": [
                {"output_type": "stream", "text": ["0.93\n"]},
                {"output_type": "display_data", "data": {"text/html": "<script>alert(1)</script>"}},
                {"output_type": "error", "traceback": ["\x1b[31mZeroDivisionError\x1b[0m: by zero"]},
            ],
        },
    ]
    return json.dumps({"cells": cells, "nbformat": 4, "metadata": {"language_info": {"name": "python"}}}).encode()


STATE = OrderedDict(weight=1)
LAYERS = {f"backbone.stage{n}.conv.weight": ("F32", [8, 3, 3, 3], 864) for n in range(214)}
EVERYTHING = {
    "weights/model.safetensors": safetensors(LAYERS, {"format": "pt", "epochs": "60"}),
    "weights/model.gguf": gguf(
        [
            ("general.architecture", 8, text("llama")),
            ("general.name", 8, text("Tiny")),
            ("llama.context_length", 4, struct.pack("<I", 4096)),
            ("tokenizer.ggml.tokens", 9, words(*(f"token{n}" for n in range(500)))),
        ],
        [("token_embd.weight", [64, 500], 12), ("blk.0.attn_q.weight", [64, 64], 2), ("output_norm.weight", [64], 0)],
    ),
    "weights/legacy.pt": checkpoint(STATE),
    "weights/odd.pkl": pickle.dumps(Evil()),
    "config.json": b'{"a":[1,{"b":null}],"html":"<b>"}',
    "config.yaml": b"model: yolo\nepochs: 60\n",
    "labels.csv": b"id,name,score,seen\n1,pallet,0.93,2026-01-02\n2,person,0.2,2026-01-03\n",
    "predictions.table.json": table(
        ["picture", "label", "score"],
        [[picture_cell("media/images/a.png"), "pallet", 0.93], [picture_cell("media/images/b.png"), "person", 0.2]],
    ),
    "media/images/a.png": png(64, 48),
    "media/images/b.png": png(48, 64),
    "audio/beep.wav": wav(),
    "README.md": b"# Detector\n\nFor *pallets*.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    "train.ipynb": notebook(),
    "objects.npy": objects_array(),
}
