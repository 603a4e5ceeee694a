"""Small real files of the kinds that teams log, made byte by byte: the demo needs nothing but Python."""

import json
import math
import pickle
import struct
import wave
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO

type Rows = Sequence[Sequence[object]]


def safetensors(tensors: Mapping[str, Sequence[int]], seed: int) -> bytes:
    """A safetensors file of float32 tensors with these shapes: 8 bytes of length, a JSON header, the numbers."""
    header: dict[str, object] = {"__metadata__": {"format": "pt", "seed": str(seed)}}
    offset = 0
    for name, shape in tensors.items():
        size = 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    values = (math.sin(seed * 0.7 + place * 0.13) for place in range(offset // 4))
    return struct.pack("<Q", len(text)) + text + struct.pack(f"<{offset // 4}f", *values)


def gguf(name: str, seed: int) -> bytes:
    """A GGUF file of version 3 with some keys and one tensor: what llama.cpp loads."""

    def text(value: str) -> bytes:
        data = value.encode()
        return struct.pack("<Q", len(data)) + data

    keys = {"general.architecture": "llama", "general.name": name, "general.license": "apache-2.0"}
    pairs = b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in keys.items())
    pairs += text("llama.context_length") + struct.pack("<II", 4, 4096)
    tensor = text("token_embd.weight") + struct.pack("<IQQIQ", 2, 32, 16, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(keys) + 1) + pairs + tensor
    head += b"\0" * (-len(head) % 32)
    return head + struct.pack("<512f", *(math.cos(seed + place) for place in range(512)))


def csv(columns: Sequence[str], rows: Rows) -> bytes:
    """Lines of values with commas between them."""
    return "".join(",".join(map(str, row)) + "\n" for row in [columns, *rows]).encode()


def table(columns: Sequence[str], rows: Rows) -> bytes:
    """The file that `wandb.Table` becomes in an artifact (`*.table.json`)."""
    return json.dumps({"_type": "table", "columns": list(columns), "data": [list(row) for row in rows]}).encode()


def png(width: int, height: int, seed: int) -> bytes:
    """A picture of coloured waves."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = bytearray()
    for y in range(height):
        lines.append(0)
        for x in range(width):
            wave_here = math.sin(x / 9 + seed) + math.cos(y / 7 - seed)
            lines += bytes((int(90 + 40 * wave_here), int(120 + 50 * wave_here), int(150 - 30 * wave_here)))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(lines)))
        + chunk(b"IEND", b"")
    )


def wav(seconds: float, pitch: float) -> bytes:
    """A tone at 8 kHz."""
    out = BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        samples = (int(9000 * math.sin(2 * math.pi * pitch * place / 8000)) for place in range(int(8000 * seconds)))
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return out.getvalue()


def notebook(title: str) -> bytes:
    """A Jupyter notebook with one cell of words and one of code."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": [f"# {title}\n", "\n", "Errors by class, worst first."]},
        {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {},
            "source": ["errors.groupby('class').size().sort_values()"],
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["bus      3\n", "bicycle  9\n"]}],
        },
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()


def pickled(value: object) -> bytes:
    """A pickle, to show how files are marked that can run code when they are loaded."""
    return pickle.dumps(value, protocol=4)


def yaml(values: Mapping[str, object]) -> bytes:
    """One `key: value` on each line."""
    return "".join(f"{key}: {json.dumps(value)}\n" for key, value in values.items()).encode()
