"""The header of a safetensors file: eight bytes of length, then JSON; the tensors themselves are not read."""

import json
import struct

from artifacts.files.previews.preview import Options, Preview, binary, clip
from artifacts.files.previews.reading import Unreadable, Window
from artifacts.files.previews.tensors import LARGEST, LONGEST_NAME, MOST_DIMENSIONS, Tensor, count_of, header
from artifacts.models import Blob

MOST_BYTES = 4 * 1024 * 1024
BITS = {
    **{"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "U16": 16, "I16": 16, "F16": 16},
    **{"BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64, "F4": 4},
}


def preview(blob: Blob, options: Options) -> Preview:
    """Tensors, totals and metadata; Unreadable with the reason where the header is none."""
    window = Window(blob, MOST_BYTES + 8)
    start = window.read(8)
    if len(start) < 8:
        raise Unreadable("It is too short to have a header.")
    (length,) = struct.unpack("<Q", start)
    if length > blob.size - 8:
        raise Unreadable("Its header is said to be longer than the file.")
    if length > MOST_BYTES:
        raise Unreadable(f"Its header is longer than {binary(MOST_BYTES)}, which is more than is read here.")
    found = json.loads(window.read(length))
    if not isinstance(found, dict):
        raise Unreadable("Its header is no list of tensors.")
    metadata = found.pop("__metadata__", {})
    pairs = [(str(key), _text(value)) for key, value in metadata.items()] if isinstance(metadata, dict) else []
    tensors, fault = [], ""
    for name, said in found.items():
        tensor, end = _tensor(name, said)
        tensors.append(tensor)
        if end > blob.size - 8 - length:
            fault = "Some tensors are said to lie behind the end of the file: it is incomplete or was tampered with."
        elif tensor.dtype in BITS and (count_of(tensor.shape) * BITS[tensor.dtype] + 7) // 8 != tensor.size:
            fault = fault or "Some tensors are said to have more or fewer bytes than their shape needs."
    return header(tensors, pairs[:200], options, read=8 + length, fault=fault)


def _tensor(name: str, said: object) -> tuple[Tensor, int]:
    """A tensor and where it ends."""
    if not isinstance(said, dict):
        raise Unreadable("Its header is no list of tensors.")
    shape, offsets, dtype = said.get("shape"), said.get("data_offsets"), said.get("dtype")
    if not isinstance(dtype, str) or not _are_sizes(shape, MOST_DIMENSIONS) or not _are_sizes(offsets, 2):
        raise Unreadable(f"The tensor “{clip(name, 80)}” has no dtype, shape and place that make sense.")
    assert isinstance(shape, list)
    assert isinstance(offsets, list)
    if len(offsets) != 2 or offsets[0] > offsets[1]:
        raise Unreadable(f"The tensor “{clip(name, 80)}” ends before it begins.")
    return Tensor(clip(name, LONGEST_NAME), clip(dtype, 20), tuple(shape), offsets[1] - offsets[0]), offsets[1]


def _are_sizes(values: object, most: int) -> bool:
    return (
        isinstance(values, list)
        and len(values) <= most
        and all(type(one) is int and 0 <= one < LARGEST for one in values)
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
