"""What somebody typed into the search box: a part of a name, a path with or without a version, or a digest."""

import base64
import re
from dataclasses import dataclass

from artifacts.naming import REGISTRY_PREFIX, key_of, version_index

LONGEST_WORDS = 400  # of a path with an organization, a registry, a collection and an alias; each name has 128 at most
HEX = re.compile(r"[0-9a-f]{8,32}")
HEX_OF_MD5 = re.compile(r"[0-9a-f]{32}")
BASE64_OF_MD5 = re.compile(r"[A-Za-z0-9+/]{22}(?:==)?")
SCHEME = re.compile(r"wandb-artifact:/+")


@dataclass(frozen=True)
class Words:
    """The words, read in every way that could be meant."""

    text: str
    key: str  # what names have to hold
    places: tuple[str, ...] = ()  # keys of what stands before the last slash, the nearest last
    name: str = ""  # key of what stands behind it, without the version
    reference: str | None = (
        None  # what stands behind the colon: `v3`, an alias, or the beginning of one; None without a colon
    )
    digest: str = ""  # hexadecimal, whole or the beginning
    md5: str = ""  # base64, as files have it

    @property
    def index(self) -> int | None:
        """The number in `v3`."""
        return version_index(self.reference or "")

    @property
    def is_pointed(self) -> bool:
        """Whether the words look like one version or one content, and not like a part of a name."""
        return self.reference is not None or bool(self.digest) or self.text.endswith("==")

    def fits_place(self, project: str, *owners: str) -> bool:
        """Whether a registry or project, by the keys of its name and of its owner's names, is the place that was named."""
        wanted = self.places[-2:]
        if wanted and wanted[-1] not in {project, project.removeprefix(REGISTRY_PREFIX)}:
            return False
        return len(wanted) < 2 or wanted[0] in owners


def read(text: str) -> Words:
    """The words as they were typed or pasted; those of nothing have an empty key."""
    text = SCHEME.sub("", text.replace("\0", "").encode("utf-8", "replace").decode().strip()[:LONGEST_WORDS])
    *places, last = text.split("/")
    name, colon, reference = last.partition(":")
    if not colon and (spaced := re.fullmatch(r"(\S+)\s+(v\d+)", last)):  # as one says it: "detectors v3"
        name, colon, reference = spaced.group(1), ":", spaced.group(2)
    is_path = len(places) <= 3 and all(places)
    digest = text.casefold()
    return Words(
        text=text,
        key=key_of(text),
        places=tuple(map(key_of, places)) if is_path else (),
        name=key_of(name.strip()) if is_path or not places else "",
        reference=reference.strip() if colon and name and is_path else None,
        digest=digest if HEX.fullmatch(digest) else "",
        md5=_md5(text),
    )


def _md5(text: str) -> str:
    """A whole MD5 as files have it, from either way of writing it."""
    if HEX_OF_MD5.fullmatch(text.casefold()):
        return base64.b64encode(bytes.fromhex(text)).decode()
    if BASE64_OF_MD5.fullmatch(text):
        return text if text.endswith("==") else f"{text}=="
    return ""
