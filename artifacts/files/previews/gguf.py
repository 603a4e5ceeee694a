"""The header of a GGUF file: metadata and tensors. Long lists (a tokenizer's words) are passed over; the weights are not read.

Every count comes from the file, so each is held against a limit before anything is read by it.
"""

import struct

from artifacts.files.previews.preview import Options, Preview, binary, clip
from artifacts.files.previews.reading import Cursor, Unreadable, Window
from artifacts.files.previews.tensors import LONGEST_NAME, Tensor, header
from artifacts.models import Blob

MOST_BYTES = 32 * 1024 * 1024
MOST_KEYS = 4_000
MOST_TENSORS = 20_000
MOST_ITEMS = 1_500_000  # strings and lists walked over in all
LONGEST_KEY = 65_535
SHOWN_ITEMS = 8
DEEPEST = 4
NUMBERS = {
    **{0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"},
}
STRING, ARRAY = 8, 9
TYPES = {
    **{0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K"},
    **{12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S"},
    **{20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64"},
    **{29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4"},
}


def preview(blob: Blob, options: Options) -> Preview:
    """Tensors, totals and metadata; Unreadable or TooMuch with the reason where the header is none or too long."""
    reader = GgufReader(blob)
    if reader.cursor.take(4) != b"GGUF":
        raise Unreadable("It doesn't begin as one.")
    version = reader.number("<I")
    if version not in {2, 3}:
        raise Unreadable(f"Only versions 2 and 3 of the format are known here, and it says {version}.")
    count, keys = reader.number("<Q"), reader.number("<Q")
    if count > MOST_TENSORS or keys > MOST_KEYS:
        raise Unreadable("It says to have more tensors or keys than any model has.")
    pairs = [("format", f"GGUF {version}")]
    for _ in range(keys):
        key = reader.string(LONGEST_KEY)
        pairs.append((key, reader.value(reader.number("<I"))))
    tensors = [reader.tensor() for _ in range(count)]
    return header(tensors, pairs[:400], options, read=reader.cursor.place)


class GgufReader:
    """The values of the format, one after the other."""

    def __init__(self, blob: Blob) -> None:
        self.cursor = Cursor(Window(blob, MOST_BYTES))
        self.items = MOST_ITEMS

    def number(self, form: str) -> int:
        """One whole number."""
        (value,) = struct.unpack(form, self.cursor.take(struct.calcsize(form)))
        return int(value)

    def string(self, most: int, shown: int = 2_000) -> str:
        """A text, of which only the beginning is kept."""
        length = self.number("<Q")
        if length > most:
            raise Unreadable(f"It has a text longer than {binary(most + 1)}.")
        kept = min(length, shown)
        text = self.cursor.take(kept).decode("utf-8", "replace")
        self.cursor.skip(length - kept)
        return text

    def value(self, kind: int, depth: int = 0) -> str:
        """A value of the metadata as text."""
        if kind in NUMBERS:
            form = NUMBERS[kind]
            (value,) = struct.unpack(form, self.cursor.take(struct.calcsize(form)))
            return str(value).lower() if kind == 7 else f"{value:.9g}" if isinstance(value, float) else str(value)
        if kind == STRING:
            return self.string(MOST_BYTES)
        if kind == ARRAY and depth < DEEPEST:
            return self.array(depth)
        raise Unreadable("It has a value of a kind that nobody knows.")

    def array(self, depth: int) -> str:
        """The first items of a list, and how many there are."""
        kind, length = self.number("<I"), self.number("<Q")
        first = [self.value(kind, depth + 1) for _ in range(min(length, SHOWN_ITEMS))]
        rest = length - len(first)
        if kind in NUMBERS:
            self.cursor.skip(rest * struct.calcsize(NUMBERS[kind]))
        else:
            self.items -= rest
            if self.items < 0:
                raise Unreadable("It has longer lists than any model has.")
            for _ in range(rest):
                if kind == STRING:
                    self.cursor.skip(self.number("<Q"))
                else:
                    self.value(kind, depth + 1)
        items = ", ".join(clip(item, 60) for item in first)
        return f"[{items}{', …' if rest else ''}]" + (f" ({length:,} items)" if rest else "")

    def tensor(self) -> Tensor:
        """The next tensor's description; its sides are stored from the fastest on."""
        name, dimensions = self.string(LONGEST_KEY), self.number("<I")
        if dimensions > 8:
            raise Unreadable(f"The tensor “{clip(name, 80)}” has {dimensions} dimensions.")
        shape = tuple(self.number("<Q") for _ in range(dimensions))[::-1]
        kind = self.number("<I")
        self.number("<Q")  # where it lies
        return Tensor(clip(name, LONGEST_NAME), TYPES.get(kind, f"type {kind}"), shape)
