"""What the headers of model files have in common: tensors with name, type and shape, and totals over them."""

from collections import Counter
from dataclasses import dataclass, field

from artifacts.files.previews.preview import Options, Preview, clip

FIRST = 200
MOST_SHOWN = 2_000
LONGEST_NAME = 300
MOST_DIMENSIONS = 16
LARGEST = 1 << 63


@dataclass(frozen=True)
class Tensor:
    """A tensor as its file's header says."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int | None = None  # bytes, where the header says

    @property
    def parameters(self) -> int:
        """How many numbers it holds."""
        return count_of(self.shape)

    @property
    def count(self) -> str:
        """`parameters` as people write it: `18,432`."""
        return f"{self.parameters:,}" if self.parameters < LARGEST else "more than a file can hold"

    @property
    def dimensions(self) -> str:
        """The shape as it is written: `64 × 32 × 3 × 3`."""
        return " × ".join(map(str, self.shape)) or "one number"


@dataclass
class Header:
    """Totals, the tensors that are shown, and what else the header says."""

    parameters: str
    count: int
    dtypes: list[tuple[str, int]]
    dtype: str
    read: int  # bytes of the header
    tensors: list[Tensor] = field(default_factory=list)
    found: int = 0  # how many match the words
    metadata: list[tuple[str, str]] = field(default_factory=list)
    words: str = ""
    fault: str = ""
    more: str = ""  # what the link to the others says


def count_of(shape: tuple[int, ...]) -> int:
    """The product of the dimensions."""
    product = 1
    for side in shape:
        product *= side
    return product


def header(
    tensors: list[Tensor], metadata: list[tuple[str, str]], options: Options, *, read: int, fault: str = ""
) -> Preview:
    """The preview of a model file's header."""
    words = options.words.casefold()
    found = [tensor for tensor in tensors if words in tensor.name.casefold()] if words else tensors
    kinds = Counter(tensor.dtype for tensor in tensors).most_common(40)
    total = sum(tensor.parameters for tensor in tensors)
    shown = found[: MOST_SHOWN if options.show_all else FIRST]
    more = ""
    if len(shown) < len(found) and not options.show_all:
        more = "Show all" if len(found) <= MOST_SHOWN else f"Show the first {MOST_SHOWN:,}"
    content = Header(
        parameters=f"{total:,}" if total < LARGEST else "more than a file can hold",
        count=len(tensors),
        dtypes=kinds,
        dtype=kinds[0][0] if len(kinds) == 1 else "",
        read=read,
        tensors=shown,
        found=len(found),
        metadata=[(clip(key, 200), clip(value, 600)) for key, value in metadata],
        words=options.words,
        fault=fault,
        more=more,
    )
    return Preview("tensors", content=content)
