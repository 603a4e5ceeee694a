"""Manifests: the list of a version's files, read from the client's JSON in bounded memory, merged, digested, written.

The digest is the client's (ArtifactManifestV1.digest): MD5 over a first line and `path:digest` lines in the order of the paths.
"""

import base64
import binascii
import codecs
import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]  # it is there since 2.6
from typing import Any, NamedTuple

from artifacts import naming
from artifacts.errors import Invalid
from artifacts.files.paths import CONTROL, refuse_collisions, refuse_outside
from artifacts.files.storage import Reader
from artifacts.text.cleaning import clean_json, clean_text

LARGEST_MANIFEST = 200 * 1024 * 1024
MOST_ENTRIES = 1_000_000
LONGEST_PATH = 2_000  # bytes: what a PostgreSQL index can hold
LONGEST_REFERENCE = 4_096
LONGEST_DIGEST = 2_048
LARGEST_VALUE = 1024 * 1024  # characters of one entry
FIRST_LINE = b"wandb-artifact-manifest-v1\n"
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
BLANK = re.compile(r"[ \t\n\r]*")
CHUNK = 1024 * 1024


class Entry(NamedTuple):
    """One file of a manifest. A `ref` points at bytes elsewhere; `birth` is the client's id of the version that first held the file."""

    path: str
    digest: str
    size: int | None = None
    ref: str = ""
    birth: str = ""
    extra: dict[str, Any] = {}

    @property
    def is_reference(self) -> bool:
        """Whether the bytes lie elsewhere."""
        return bool(self.ref)


def digest_of(entries: Iterable[Entry]) -> str:
    """The canonical digest of entries in any order, as 32 hex digits."""
    hasher = hashlib.md5(FIRST_LINE, usedforsecurity=False)
    for entry in sorted(entries, key=lambda entry: entry.path):
        hasher.update(f"{entry.path}:{entry.digest}\n".encode())
    return hasher.hexdigest()


def merged(*layers: Iterable[Entry]) -> list[Entry]:
    """Entries of several manifests, by path; of two with the same path the later one's counts. Refuses what can't lie side by side."""
    found = {entry.path: entry for layer in layers for entry in layer}
    if len(found) > MOST_ENTRIES:
        raise Invalid(f"The version has more than {MOST_ENTRIES} files; split it into several artifacts.")
    refuse_collisions(found)
    return [found[path] for path in sorted(found)]


def hex_of(digest: str) -> str:
    """The MD5 in hex of the client's base64 digest; Invalid when it isn't one."""
    try:
        plain = base64.b64decode(digest, validate=True)
    except (binascii.Error, ValueError):
        plain = b""
    if len(plain) != 16 or base64.b64encode(plain).decode() != digest:
        raise Invalid(f"“{naming.shown(digest)}” is no MD5 digest in base64; log the artifact with its MD5 digests.")
    return plain.hex()


def base64_of(md5: str) -> str:
    """The client's form of an MD5 in hex."""
    return base64.b64encode(bytes.fromhex(md5)).decode()


def checked_path(path: str) -> str:
    """A file's path inside its version: relative, without steps upwards or control characters."""
    size = len(path.encode("utf-8", "surrogatepass"))
    if not path or size > LONGEST_PATH:
        raise Invalid(f"A file's path in the manifest is empty or longer than {LONGEST_PATH} bytes; rename the file.")
    if UNSTORABLE.search(path):
        raise Invalid("A file's path in the manifest has characters that can't be stored; rename the file.")
    refuse_outside(path, "in the artifact")
    return path


def parse(stream: Reader) -> Iterator[Entry]:
    """The entries of a manifest's JSON, as they are read; raises Invalid for whatever isn't a manifest."""
    text = _Text(stream)
    version: object = 1
    count = 0
    seen: set[str] = set()
    for key in text.members():
        if key == "contents":
            for path in text.members():
                count += 1
                if count > MOST_ENTRIES:
                    raise Invalid(f"The manifest has more than {MOST_ENTRIES} files; split it into several artifacts.")
                if path in seen:
                    raise Invalid(f"The manifest lists “{naming.shown(path)}” twice; log the artifact again.")
                seen.add(path)
                yield _entry(checked_path(path), text.value())
        elif key == "version":
            version = text.value()
        elif key == "storagePolicyConfig":
            policy = text.value()
            refuse_region(policy.get("storageRegion") if isinstance(policy, dict) else None)
        else:
            text.value()
    text.end()
    if version != 1 or isinstance(version, bool):
        raise Invalid("The manifest has a version that this server doesn't know; log the artifact with another client.")


def refuse_region(region: object) -> None:
    """Refuse a place for the bytes that isn't here: this server has one, which clients that name any call “default”."""
    if region not in (None, "", "default"):
        raise Invalid(
            f"There is no storage region “{naming.shown(str(region))}” here, only the default one; leave `storage_region` out."
        )


def _entry(path: str, value: object) -> Entry:
    """One entry's JSON checked; `local_path` and `skip_cache` concern the uploader's machine only and are left out."""
    fields: dict[str, Any] = value if isinstance(value, dict) else {}
    digest, reference = fields.get("digest"), fields.get("ref")
    birth, extra, size = fields.get("birthArtifactID"), fields.get("extra"), fields.get("size")
    sound = (
        isinstance(digest, str)
        and 0 < len(digest) <= LONGEST_DIGEST
        and isinstance(reference, str | None)
        and len(reference or "") <= LONGEST_REFERENCE
        and isinstance(birth, str | None)
        and len(birth or "") <= 256
        and isinstance(extra, dict | None)
        and (size is None or (isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**63))
    )
    if not sound:
        raise Invalid(f"The manifest's entry “{naming.shown(path)}” can't be read; log the artifact again.")
    assert isinstance(digest, str)
    if CONTROL.search(digest) or (not digest.isascii() and digest != clean_text(digest)):
        raise Invalid(f"The digest of “{naming.shown(path)}” has characters that can't be stored; log it again.")
    cleaned = clean_json(extra) if extra else {}
    assert isinstance(cleaned, dict)
    return Entry(path, digest, size, clean_text(reference or ""), birth or "", cleaned)


def written(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The JSON of a manifest with these entries, a piece at a time."""
    yield b'{"version":1,"storagePolicy":"wandb-storage-policy-v1","storagePolicyConfig":{"storageLayout":"V2"},"contents":{'
    piece: list[str] = []
    comma = ""
    for entry in entries:
        fields: dict[str, object] = {"digest": entry.digest}
        if entry.size is not None:
            fields["size"] = entry.size
        if entry.birth:
            fields["birthArtifactID"] = entry.birth
        if entry.ref:
            fields["ref"] = entry.ref
        if entry.extra:
            fields["extra"] = entry.extra
        piece.append(f"{comma}{json.dumps(entry.path)}:{json.dumps(fields, separators=(',', ':'))}")
        comma = ","
        if len(piece) == 1_000:
            yield "".join(piece).encode()
            piece.clear()
    yield "".join(piece).encode() + b"}}"


def _constant(name: str) -> object:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number


class _Text:
    """JSON text that is read as it is needed: objects are walked member by member, values are decoded one at a time."""

    decoder = json.JSONDecoder(parse_constant=_constant, parse_float=_finite)

    def __init__(self, stream: Reader) -> None:
        self.stream = stream
        self.decode = codecs.getincrementaldecoder("utf-8")("strict").decode
        self.buffer, self.at, self.taken, self.is_whole = "", 0, 0, False

    def refuse(self, why: str) -> Invalid:
        return Invalid(f"The manifest {why}; log the artifact again.")

    def more(self) -> None:
        """Read on, forgetting what was used."""
        if len(self.buffer) - self.at > LARGEST_VALUE:
            raise self.refuse("has an entry that is longer than a MiB or isn't JSON")
        piece = self.stream.read(CHUNK)
        self.taken += len(piece)
        if self.taken > LARGEST_MANIFEST:
            raise self.refuse(f"has more than {LARGEST_MANIFEST // 1024**2} MiB")
        self.is_whole = not piece
        try:
            self.buffer = self.buffer[self.at :] + self.decode(piece, self.is_whole)
        except UnicodeDecodeError:
            raise self.refuse("isn't UTF-8") from None
        self.at = 0

    def next(self) -> str:
        """The next character that isn't blank, not used up."""
        while True:
            match = BLANK.match(self.buffer, self.at)
            assert match is not None
            self.at = match.end()
            if self.at < len(self.buffer):
                return self.buffer[self.at]
            if self.is_whole:
                raise self.refuse("ends too early")
            self.more()

    def take(self, *wanted: str) -> str:
        """Use up one of these characters."""
        character = self.next()
        if character not in wanted:
            raise self.refuse("isn't the JSON of a manifest")
        self.at += 1
        return character

    def members(self) -> Iterator[str]:
        """The names in an object; after each one its value has to be read."""
        self.take("{")
        if self.next() == "}":
            self.at += 1
            return
        while True:
            yield self.name()
            if self.take(",", "}") == "}":
                return

    def name(self) -> str:
        self.take('"')
        while True:
            try:
                name, self.at = scanstring(self.buffer, self.at, True)
            except ValueError:
                if self.is_whole:
                    raise self.refuse("isn't JSON") from None
                self.more()
            else:
                self.take(":")
                return str(name)

    def value(self) -> object:
        """The whole value that comes next."""
        self.next()
        while True:
            try:
                value, end = self.decoder.raw_decode(self.buffer, self.at)
            except RecursionError:
                raise self.refuse("is nested too deeply") from None
            except ValueError:
                if self.is_whole:
                    raise self.refuse("isn't JSON that can be stored") from None
            else:
                if end < len(self.buffer) or self.is_whole:  # a number could go on beyond what was read
                    if end - self.at > LARGEST_VALUE:
                        raise self.refuse("has an entry that is longer than a MiB")
                    self.at = end
                    return value
            self.more()

    def end(self) -> None:
        """Nothing but blanks may follow."""
        while True:
            if self.buffer[self.at :].strip(" \t\n\r"):
                raise self.refuse("has text behind its end")
            self.at = len(self.buffer)
            if self.is_whole:
                return
            self.more()
