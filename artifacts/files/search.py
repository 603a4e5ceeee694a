"""A version's files found by a part of their path, or by their digest."""

import base64
import re
from dataclasses import dataclass

from artifacts.files.folders import behind, files_below
from artifacts.models import ArtifactVersion, Blob, ManifestEntry

MOST_FOUND = 100
MOST_LOOKED_AT = 120_000
BATCH = 10_000
HEX = re.compile(r"[0-9a-fA-F]{32}")
BASE64 = re.compile(r"[A-Za-z0-9+/]{22}(?:==)?")


@dataclass(frozen=True)
class FoundFiles:
    """A page of files; `after` is from where on to look for more, empty where there are none."""

    entries: list[ManifestEntry]
    after: str = ""
    by_digest: bool = False


def find_files(
    version: ArtifactVersion, words: str, after: str = "", *, most: int = MOST_FOUND, looked_at: int = MOST_LOOKED_AT
) -> FoundFiles:
    """The files whose path holds the words in whatever case, by path; or those with exactly this digest (base64 or hex of an MD5).

    Reads only paths, out of the index, from `after` on, and stops at a page of hits or after so many paths.
    """
    if not after and (found := _of_digest(version, words, most)):
        return FoundFiles(found, by_digest=True)
    wanted = words.casefold()
    paths = files_below(version, "")
    hits: list[str] = []
    last = after
    for _ in range(max(looked_at // BATCH, 1)):
        seen = list(behind(paths, last).values_list("path", flat=True)[: min(BATCH, looked_at)])
        for path in seen:
            if wanted in path.casefold():
                if len(hits) == most:
                    return FoundFiles(_entries(version, hits), hits[-1])
                hits.append(path)
        if len(seen) < min(BATCH, looked_at):
            return FoundFiles(_entries(version, hits))
        last = seen[-1]
    return FoundFiles(_entries(version, hits), last)


def _entries(version: ArtifactVersion, paths: list[str]) -> list[ManifestEntry]:
    return list(ManifestEntry.objects.of_version(version).filter(path__in=paths)) if paths else []


def _of_digest(version: ArtifactVersion, words: str, most: int) -> list[ManifestEntry]:
    """By way of the stored bytes, which are indexed by their digest; a reference's digest is no MD5 of ours."""
    if HEX.fullmatch(words):
        digest = base64.b64encode(bytes.fromhex(words)).decode()
    elif BASE64.fullmatch(words):
        digest = words if words.endswith("==") else f"{words}=="
    else:
        return []
    blobs = Blob.objects.filter(project=version.project, digest=digest)
    return list(ManifestEntry.objects.of_version(version).filter(blob__in=blobs)[:most])
