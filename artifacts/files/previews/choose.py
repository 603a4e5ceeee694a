"""Which preview a file gets."""

from collections.abc import Callable

from artifacts.files.previews import gguf, media, notebook, risky, safetensors, tables, text, wandb_table
from artifacts.files.previews.preview import MOST_TEXT, Options, Preview, binary, suffix
from artifacts.files.previews.reading import TooMuch, Unreadable, Window
from artifacts.files.storage import Damaged
from artifacts.models import Blob, ManifestEntry

# What a hostile file of a known kind makes the standard library's readers raise.
BAD = (ValueError, RecursionError, OverflowError, MemoryError, KeyError, TypeError, IndexError, Unreadable)
NOTHING = "There is no preview for this kind of file; download it to look inside."
EMPTY = "The file is empty."
NOT_SO = "It can’t be read as its name says, or is too long for that; this is its text."


def preview_of(entry: ManifestEntry, options: Options | None = None) -> Preview:
    """A bounded look into a file's bytes; never an exception, whatever they are."""
    if entry.ref:
        return Preview("none", "This is a reference: the bytes lie elsewhere and are not shown here.")
    if entry.blob is None:
        return Preview("none", "The bytes of this file are not stored here.")
    try:
        return _preview(entry.path, entry.blob, options or Options())
    except Damaged:
        return Preview("none", "The stored file is missing or damaged; tell the operator.")


def _preview(path: str, blob: Blob, options: Options) -> Preview:
    end = suffix(path)
    if end == ".safetensors":
        return _header(lambda: safetensors.preview(blob, options), "safetensors")
    if end == ".gguf":
        return _header(lambda: gguf.preview(blob, options), "GGUF")
    if (found := risky.preview(path, blob)) is not None:
        return found
    if not blob.size:
        return Preview("none", EMPTY)
    if (found := media.preview(path, blob)) is not None:
        return found
    start = Window(blob, MOST_TEXT).read(MOST_TEXT)
    words = text.decoded(start, blob.size > len(start))
    if words is None:
        return Preview("none", media.why_not(path, blob) or NOTHING)
    has_source, note = False, ""
    if (reader := _reader(path)) is not None:
        try:
            if not options.as_source:
                return reader(blob)
            has_source = True
        except (*BAD, TooMuch):
            note = NOT_SO  # then it is text
    return text.preview(end, words, is_cut=blob.size > len(start), has_source=has_source, note=note)


def _reader(path: str) -> Callable[[Blob], Preview] | None:
    name = path.lower()
    if name.endswith(".table.json"):
        return wandb_table.preview
    return {
        ".csv": tables.preview,
        ".tsv": tables.preview,
        ".tab": tables.preview,
        ".md": text.markdown,
        ".markdown": text.markdown,
        ".ipynb": notebook.preview,
    }.get(suffix(path))


def _header(read: Callable[[], Preview], name: str) -> Preview:
    try:
        return read()
    except Unreadable as error:
        return Preview("none", f"This is no {name} file that can be read. {error}")
    except TooMuch:
        return Preview("none", f"The header of this {name} file is larger than is read here ({binary(MOST_HEADER)}).")
    except BAD:
        return Preview("none", f"This is no {name} file that can be read: its header is broken.")


MOST_HEADER = gguf.MOST_BYTES
