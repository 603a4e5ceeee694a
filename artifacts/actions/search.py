"""Keeps the words by which registries are searched."""

import json

from django.db import connection

from artifacts.models import ArtifactVersion, Collection, LinkedFile, ManifestEntry, Project, SearchGram, SearchTerm
from artifacts.naming import key_of

SHORTEST_PART = 3
LONGEST_KEY = 160
MOST_FILES = 100_000  # of a version that are looked at: what is beyond is found by its digest only
AT_ONCE = 5_000
ROWS_OF_JSON = {
    "sqlite": "SELECT %s, %s, json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(%s) WHERE true",
    "postgresql": "SELECT %s, %s, value->>0, value->>1 FROM json_array_elements(%s::json)",
}


def grams_of(key: str) -> list[str]:
    """The distinct runs of three characters of a name's key."""
    return sorted({key[start : start + SHORTEST_PART] for start in range(len(key) - SHORTEST_PART + 1)})


def remember(project: Project, kind: SearchTerm.Kind, name: str) -> None:
    """Make a name of something in a registry findable by its parts; again does nothing. Call inside a transaction."""
    if not project.is_registry:
        return
    term, is_new = SearchTerm.objects.get_or_create(
        project=project, kind=kind, name_key=key_of(name), defaults={"name": name}
    )
    if is_new:
        SearchGram.objects.bulk_create([SearchGram(term=term, gram=gram) for gram in grams_of(term.name_key)])


def file_key(path: str) -> str:
    """The form in which a file's own name, without its folders, is looked for."""
    return key_of(path.rpartition("/")[2])[:LONGEST_KEY]


def remember_files(collection: Collection, version: ArtifactVersion) -> None:
    """Make the files of a version that was linked findable by their names; again does nothing. Call inside a transaction.

    Only names that the collection doesn't have yet are written: a version with the files of the one before adds no row.
    The rows go as one value: 100,000 times four cost PostgreSQL's driver more than the rows themselves.
    """
    paths = ManifestEntry.objects.filter(version=version).order_by("path").values_list("path", flat=True)[:MOST_FILES]
    first_met: dict[str, str] = {}
    for path in paths.iterator(chunk_size=AT_ONCE):
        first_met.setdefault(file_key(path), path)
    # In the order of the index, so that two first links which write the same names wait for each other and don't lock crosswise.
    rows = sorted(first_met.items())
    table = connection.ops.quote_name(LinkedFile._meta.db_table)
    statement = f"INSERT INTO {table} (project_number, collection_id, name_key, path) {ROWS_OF_JSON[connection.vendor]}"
    with connection.cursor() as cursor:
        for start in range(0, len(rows), AT_ONCE):
            part = json.dumps(rows[start : start + AT_ONCE])
            cursor.execute(f"{statement} ON CONFLICT DO NOTHING", [collection.project_id, collection.pk, part])
