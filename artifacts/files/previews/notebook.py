"""A notebook as text: its cells and what they printed; nothing of its HTML, pictures or scripts."""

import json
import re
from dataclasses import dataclass, field

from artifacts.files.previews.preview import Preview, clip
from artifacts.files.previews.reading import Window
from artifacts.models import Blob
from artifacts.text.markup import COSTLY, MOST_COSTLY

MOST_BYTES = 4 * 1024 * 1024
MOST_CELLS = 200
MOST_LETTERS = 120_000
LONGEST_OUTPUT = 8_000
COLOURS = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")


@dataclass
class NotebookCell:
    """A cell: its kind (`markdown`, `code`, `text`), its source, and the text of its outputs."""

    kind: str
    source: str
    number: str = ""
    outputs: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Notebook:
    """The cells, and in what language they are."""

    cells: list[NotebookCell]
    count: int
    language: str = ""


def preview(blob: Blob) -> Preview:
    """The first cells; ValueError, TypeError or TooMuch where it is no notebook or larger than is read."""
    found = json.loads(Window(blob, MOST_BYTES).read())
    raw = found["cells"]
    if not isinstance(raw, list):
        raise ValueError("no cells")
    room, costly = MOST_LETTERS, MOST_COSTLY
    cells: list[NotebookCell] = []
    for item in raw[:MOST_CELLS]:
        if room <= 0 or not isinstance(item, dict):
            break
        cell = _cell(item, room)
        room -= len(cell.source) + sum(len(text) for _, text in cell.outputs)
        if cell.kind == "markdown":
            # Rendering costs time by these signs: beyond what one card may have, cells are shown as typed.
            costly -= sum(map(cell.source.count, COSTLY))
            if costly < 0:
                cell.kind = "text"
        cells.append(cell)
    metadata = found.get("metadata")
    info = metadata.get("language_info") if isinstance(metadata, dict) else None
    language = info.get("name") if isinstance(info, dict) else ""
    notebook = Notebook(cells, len(raw), clip(language, 40) if isinstance(language, str) else "")
    return Preview("notebook", content=notebook, is_cut=len(cells) < len(raw), has_source=True)


def _cell(item: dict[str, object], room: int) -> NotebookCell:
    kind = {"markdown": "markdown", "code": "code"}.get(str(item.get("cell_type")), "text")
    number = item.get("execution_count")
    cell = NotebookCell(kind, _joined(item.get("source"))[:room], str(number) if type(number) is int else "")
    outputs = item.get("outputs")
    for output in (outputs if isinstance(outputs, list) and kind == "code" else [])[:20]:
        if isinstance(output, dict) and (shown := _output(output)):
            cell.outputs.append(shown)
    return cell


def _output(output: dict[str, object]) -> tuple[str, str] | None:
    """What an output says as text, and whether it is printed, a result or an error."""
    if output.get("output_type") == "error":
        trace = output.get("traceback")
        lines = "\n".join(map(str, trace)) if isinstance(trace, list) else ""
        return "error", clip(COLOURS.sub("", lines) or str(output.get("evalue", "")), LONGEST_OUTPUT)
    if output.get("output_type") == "stream":
        return "stream", clip(COLOURS.sub("", _joined(output.get("text"))), LONGEST_OUTPUT)
    data = output.get("data")
    if not isinstance(data, dict):
        return None
    if text := _joined(data.get("text/plain")):
        return "result", clip(text, LONGEST_OUTPUT)
    return ("result", f"({clip(', '.join(map(str, data)), 100)}: not shown here)") if data else None


def _joined(value: object) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
