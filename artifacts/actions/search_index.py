"""Writes the index by which registries are searched: names, parts of names, and the files of linked versions."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from django.db import connection

from artifacts.models import (
    ArtifactVersion,
    Collection,
    LinkedFile,
    LinkedFilePart,
    ManifestEntry,
    Project,
    SearchGram,
    SearchTerm,
)
from artifacts.naming import key_of

SHORTEST_PART = 3
LONGEST_KEY = 160
MOST_FILES = 100_000  # of a version, by path; further ones are found by their digest only
MOST_PARTS = 50_000  # written by one link; further files are found by their whole names only
PARTS_OF_A_NAME = 5  # words in it after the first
LONGEST_PART = 48
AT_ONCE = 5_000
WORD = re.compile(r"(?<=[\W_])[^\W_]{2}")  # the beginning of a word inside a name: two letters or digits after a sign
WORDS = re.compile(r"[^\W_]{2,}")
ROWS_OF_JSON = {
    "sqlite": "SELECT %s, %s, json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(%s) WHERE true",
    "postgresql": "SELECT %s, %s, value->>0, value->>1 FROM json_array_elements(%s::json)",
}


def grams_of(key: str) -> list[str]:
    """The ends of a name's key from its second character on, of three characters or more, each cut to the length that is stored."""
    ends = range(1, len(key) - SHORTEST_PART + 1)
    return sorted({key[start : start + SearchGram.LONGEST] for start in ends})


def remember(project: Project, kind: SearchTerm.Kind, name: str) -> None:
    """Make a name of something in a registry findable by its parts; again does nothing. Call inside a transaction."""
    if not project.is_registry:
        return
    term, is_new = SearchTerm.objects.get_or_create(
        project=project, kind=kind, name_key=key_of(name), defaults={"name": name}
    )
    if is_new:
        SearchGram.objects.bulk_create(
            [SearchGram(term=term, project_number=project.pk, kind=kind, gram=gram) for gram in grams_of(term.name_key)]
        )


def file_key(path: str) -> str:
    """The form in which a file's own name, without its folders, is looked for."""
    return key_of(path.rpartition("/")[2])[:LONGEST_KEY]


def remember_files(collection: Collection, version: ArtifactVersion) -> None:
    """Make the files of a version that was linked findable by their names; again does nothing. Call inside a transaction.

    Only names that the collection doesn't have yet are written: a version with the files of the one before adds no row.
    Search is of registries, so what is linked inside a project isn't remembered.
    """
    if not collection.project.is_registry:
        return
    entries = ManifestEntry.objects.filter(version=version).order_by("path")
    listed = entries.values_list("path", "ref", "digest")[:MOST_FILES].iterator(chunk_size=AT_ONCE)
    names: dict[str, str] = {}
    parts: dict[str, str] = {}
    for path, ref, digest in listed:
        names.setdefault(file_key(path), path)
        if len(parts) < MOST_PARTS:
            for part in parts_of(path, ref, digest):
                parts.setdefault(part, path)
    _write(LinkedFile._meta.db_table, "name_key", collection, names)
    _write(LinkedFilePart._meta.db_table, "part", collection, dict(islice(parts.items(), MOST_PARTS)))


def parts_of(path: str, ref: str, digest: str) -> Iterator[str]:
    """What a file is found by beside its name: words in it, folders, and of a reference the address's words and its digest."""
    *folders, name = key_of(path).split("/")
    for start in islice(WORD.finditer(name), PARTS_OF_A_NAME):
        yield name[start.start() : start.start() + LONGEST_PART]
    yield from _words(folders)
    if ref:
        yield from _words([key_of(ref.partition("://")[2] or ref)])
        yield key_of(digest)[:LONGEST_PART]


def _words(texts: Iterable[str]) -> Iterator[str]:
    """Each text from each of its words on, up to the next slash: what is typed may be one word of it or several."""
    for text in texts:
        for piece in text.split("/"):
            for start in islice(WORDS.finditer(piece), PARTS_OF_A_NAME):
                yield piece[start.start() : start.start() + LONGEST_PART]


def _write(table: str, column: str, collection: Collection, first_met: Mapping[str, str]) -> None:
    """Add the rows that the collection doesn't have.

    They go as one value: 100,000 times four cost PostgreSQL's driver more than the rows themselves. In the order of the
    index, so that two first links which write the same names wait for each other and don't lock crosswise.
    """
    rows = sorted((key, path) for key, path in first_met.items() if key)
    named = connection.ops.quote_name(table)
    statement = f"INSERT INTO {named} (project_number, collection_id, {column}, path) {ROWS_OF_JSON[connection.vendor]}"
    with connection.cursor() as cursor:
        for start in range(0, len(rows), AT_ONCE):
            part = json.dumps(rows[start : start + AT_ONCE])
            cursor.execute(f"{statement} ON CONFLICT DO NOTHING", [collection.project_id, collection.pk, part])
