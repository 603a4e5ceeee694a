"""What all kinds of previews have in common."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath

MOST_TEXT = 64 * 1024


@dataclass(frozen=True)
class Options:
    """What the visitor asked to see of a file."""

    as_source: bool = False  # a Markdown file, notebook or table as its text
    words: str = ""  # only tensors whose name holds them
    show_all: bool = False


@dataclass(frozen=True)
class Preview:
    """What is shown of a file. `kind` chooses the template; "none" is a sentence that says why nothing is."""

    kind: str
    text: str = ""
    is_cut: bool = False
    content: object = None
    has_source: bool = False  # whether it can be shown as plain text too
    note: str = ""  # why it isn't shown as its name says


@dataclass
class Grid:
    """Rows of a table as text; each column knows whether it holds numbers."""

    columns: list["GridColumn"]
    rows: list[list["GridCell"]] = field(default_factory=list)
    note: str = ""  # how many rows there are, or how much of the file was read


MOST_LETTERS = 120_000


def fitted(grid: Grid) -> Grid:
    """The table with shorter cells where all of them together would make too long a page."""
    total = sum(len(cell.text) for row in grid.rows for cell in row)
    if total > MOST_LETTERS:
        most = max(16, MOST_LETTERS // max(1, sum(map(len, grid.rows))))
        for row in grid.rows:
            for cell in row:
                cell.text = clip(cell.text, most)
    return grid


@dataclass
class GridColumn:
    """A column's name and what its cells are: integer, number, true or false, date, text, or a kind of media."""

    name: str
    kind: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it is aligned to the right."""
        return self.kind in {"integer", "number"}


@dataclass
class GridCell:
    """A cell's text; `path` names the file of the same version that a media cell shows."""

    text: str
    path: str = ""
    href: str = ""
    image: str = ""
    is_number: bool = False


def suffix(path: str) -> str:
    """The end of a file's name by which it is known."""
    return PurePosixPath(path.rsplit("/", 1)[-1]).suffix.lower()


def clip(text: str, most: int = 300) -> str:
    """A text of a file in bounded length."""
    return text if len(text) <= most else f"{text[:most]}…"


def binary(size: int) -> str:
    """A bound in words: `64 KiB`."""
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"
