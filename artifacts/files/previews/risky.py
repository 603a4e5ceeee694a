"""Formats that can run code when they are loaded: pickles in all their wrappings, and Keras models with Lambda layers.

Nothing is loaded: `picklescan` lists the imports out of the opcodes, of a bounded number of bytes that we read.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field

from picklescan.scanner import SafetyLevel, scan_pickle_bytes

from artifacts.files.previews.preview import Preview, binary, clip, suffix
from artifacts.files.previews.reading import TooMuch, Window
from artifacts.models import Blob

RISKY_WORDS = "can run code when loaded"
PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib", ".dill", ".cloudpickle", ".pck", ".p"}
WRAPPED = PICKLES | {".bin", ".npz", ".data", ".dat"}
KERAS = {".keras", ".h5", ".hdf5"}
MOST_SCANNED = 512 * 1024
MOST_READ = 4 * 1024 * 1024  # with the directory of a zip
MOST_PICKLES = 4
MOST_IMPORTS = 100
LAMBDA = re.compile(rb'"class_name"\s*:\s*"Lambda"')
OBJECTS = re.compile(rb"'\|?O\d*'")
PROTOCOL = re.compile(rb"\x80[\x00-\x05]")
LEVELS = {SafetyLevel.Dangerous: "dangerous", SafetyLevel.Suspicious: "unknown", SafetyLevel.Innocuous: "harmless"}
BROKEN = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError, MemoryError)


@dataclass
class Scan:
    """What a look at the opcodes found."""

    imports: list[tuple[str, str]] = field(default_factory=list)  # (what, dangerous | unknown | harmless)
    note: str = ""
    is_pickle: bool = False
    why: str = "It holds a Python pickle."

    @property
    def is_dangerous(self) -> bool:
        """Whether something was found that has no place in a model."""
        return any(level == "dangerous" for _, level in self.imports)


def is_risky(path: str) -> bool:
    """Whether the name is that of a pickle: for lists, where no bytes are read."""
    name = path.rsplit("/", 1)[-1].lower()
    return suffix(path) in PICKLES or bool(re.fullmatch(r"pytorch_model[\w.-]*\.bin", name))


def preview(path: str, blob: Blob) -> Preview | None:
    """What a scan found in a file that can run code; None for every other file."""
    end = suffix(path)
    if end in KERAS:
        return _keras(end, blob)
    if end == ".npy":
        return _array(blob)
    if end not in WRAPPED:
        return None
    scan = _scanned(blob, is_named=is_risky(path))
    return Preview("risky", content=scan) if scan.is_pickle or is_risky(path) else None


def _scanned(blob: Blob, *, is_named: bool) -> Scan:
    scan = Scan()
    window = Window(blob, MOST_READ)
    start = window.read(8)
    window.seek(0)
    if start[:4] == b"PK\x03\x04":
        _scan_zip(window, scan)
    elif unpacked := _unpacked(start, window):
        _scan(unpacked, scan, is_cut=len(unpacked) == MOST_SCANNED)
    elif is_named or PROTOCOL.match(start):
        window.seek(0)
        _scan(window.read(MOST_SCANNED), scan, is_cut=blob.size > MOST_SCANNED)
    return _sorted(scan)


def _unpacked(start: bytes, window: Window) -> bytes:
    """The beginning of what a compressed file holds, empty where it isn't one that can be looked into."""
    if start[:2] not in {b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b"}:
        return b""
    try:
        return zlib.decompressobj(wbits=47).decompress(window.read(MOST_SCANNED), MOST_SCANNED)
    except zlib.error:
        return b""


def _scan_zip(window: Window, scan: Scan) -> None:
    """The pickles of an archive as PyTorch writes it. Only what is stored or deflated is opened: those stop where we say."""
    try:
        with zipfile.ZipFile(window) as archive:
            members = [
                one for one in archive.infolist() if one.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
            ]
            named = [one for one in members if suffix(one.filename) in {".pkl", ".pickle", ".npy"}]
            for member in named[:MOST_PICKLES]:
                with archive.open(member) as file:
                    data = file.read(MOST_SCANNED)
                if suffix(member.filename) == ".npy":
                    data = _objects(data)
                if data:
                    _scan(data, scan, is_cut=len(data) >= MOST_SCANNED)
            if len(named) > MOST_PICKLES:
                scan.note = f"Only the first {MOST_PICKLES} of its {len(named):,} pickles and arrays were looked at."
    except TooMuch:
        scan.note = "The archive is larger than is read here; not all of it was looked at."
    except (*BROKEN, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        scan.note = scan.note or "The archive can't be read to its end."


def _scan(data: bytes, scan: Scan, *, is_cut: bool) -> None:
    """Add the imports of one pickle."""
    try:
        found = scan_pickle_bytes(io.BytesIO(data), "file")
    except BROKEN:
        scan.note = "It doesn't follow the rules of a pickle, as files do that hide something: don't load it."
        scan.is_pickle = True
        return
    if is_cut:
        scan.note = f"Only the first {binary(MOST_SCANNED)} were looked at."
    elif found.scan_err:
        scan.note = scan.note or "It could not be followed to its end; there may be more in it."
    scan.is_pickle = scan.is_pickle or bool(found.globals) or bool(PROTOCOL.match(data))
    seen = {what for what, _ in scan.imports}
    for one in found.globals[:10_000]:
        what = clip(f"{one.module}.{one.name}", 120)
        if what not in seen:
            seen.add(what)
            scan.imports.append((what, LEVELS[one.safety]))


def _sorted(scan: Scan) -> Scan:
    order = list(LEVELS.values())
    scan.imports.sort(key=lambda pair: (order.index(pair[1]), pair[0]))
    if len(scan.imports) > MOST_IMPORTS:
        scan.note = f"{len(scan.imports) - MOST_IMPORTS:,} further imports are not shown. {scan.note}".strip()
        del scan.imports[MOST_IMPORTS:]
    return scan


def _array(blob: Blob) -> Preview | None:
    """A NumPy array of objects is a pickle behind a header; other arrays hold numbers only."""
    data = _objects(Window(blob, MOST_SCANNED).read(MOST_SCANNED))
    if not data:
        return None
    scan = Scan(why="It is a NumPy array of Python objects, which are kept as a pickle.", is_pickle=True)
    _scan(data, scan, is_cut=blob.size > MOST_SCANNED)
    return Preview("risky", content=_sorted(scan))


def _objects(data: bytes) -> bytes:
    """The pickle of a NumPy array of objects, empty for any other."""
    if data[:6] != b"\x93NUMPY" or len(data) < 12:
        return b""
    start, length = (
        (10, int.from_bytes(data[8:10], "little")) if data[6] == 1 else (12, int.from_bytes(data[8:12], "little"))
    )
    return data[start + length :] if OBJECTS.search(data[start : start + min(length, 65_536)]) else b""


def _keras(end: str, blob: Blob) -> Preview | None:
    """A Keras model with a Lambda layer holds code; what describes the layers lies near the beginning, or in `config.json`."""
    window = Window(blob, MOST_READ)
    try:
        if end == ".keras":
            with zipfile.ZipFile(window) as archive:
                member = archive.getinfo("config.json")
                if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                    return None
                with archive.open(member) as file:
                    data = file.read(2 * 1024 * 1024)
        else:
            data = window.read(2 * 1024 * 1024)
    except (*BROKEN, TooMuch, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        return None
    if not LAMBDA.search(data):
        return None
    return Preview(
        "risky", content=Scan(why="It is a Keras model with a Lambda layer, which is kept as code.", is_pickle=True)
    )
