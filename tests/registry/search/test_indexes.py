"""Every statement of search finds its rows by an index: none reads a table that grows from end to end."""

import hashlib
from collections.abc import Callable, Iterable

import pytest
from django.db import connection

from artifacts.models import (
    Alias,
    ArtifactVersion,
    Blob,
    Collection,
    CollectionTag,
    LinkedFile,
    LinkedFilePart,
    ManifestEntry,
    Membership,
    Project,
    SearchGram,
    SearchTerm,
    User,
    VersionTag,
)
from registry.search.address import SearchAddress, narrowing_of
from registry.search.find import find, visible_registries
from registry.search.hits import Kind
from registry.search.labels import labels_of
from registry.search.meaning import as_meant
from registry.search.narrowing import EVERYTHING, Narrowing
from registry.search.without_words import types_in
from tests import factories
from tests.conftest import World
from tests.registry.search.plans import indexes_used, statements

MD5 = hashlib.md5(b"weights").hexdigest()
TAG = Narrowing(tags=frozenset({"detect-1"}))
ALIAS = Narrowing(aliases=frozenset({"detect-1"}))
TYPE = Narrowing(types=frozenset({"model"}))
ALL = Narrowing(types=TYPE.types, tags=TAG.tags, aliases=ALIAS.aliases)


def finding(kind: Kind, words: str, left: Narrowing = EVERYTHING) -> Callable[[User, dict[int, Project]], object]:
    narrowing = Narrowing(frozenset({kind}), None, left.types, left.tags, left.aliases)
    return lambda user, seen: find(user, words, narrowing=narrowing, seen=seen)


SHAPES: dict[str, Callable[[User, dict[int, Project]], object]] = {
    "registries that are seen": lambda user, seen: visible_registries(user),
    "collections": finding(Kind.COLLECTION, "detect"),
    "collections of two letters": finding(Kind.COLLECTION, "de"),
    "collections of a long name": finding(Kind.COLLECTION, "a-very-long-name-of-a-detector"),
    "collections of a path": finding(Kind.COLLECTION, "model/detect-1:v0"),
    "collections, narrowed": finding(Kind.COLLECTION, "detect", ALL),
    "collections of a type": finding(Kind.COLLECTION, "", TYPE),
    "collections of a tag": finding(Kind.COLLECTION, "", TAG),
    "collections of an alias": finding(Kind.COLLECTION, "", ALIAS),
    "versions by number": finding(Kind.VERSION, "model/detect-1:v0"),
    "versions by alias": finding(Kind.VERSION, "detect-1:lat"),
    "versions, the newest": finding(Kind.VERSION, "detect-1:"),
    "versions of a team": finding(Kind.VERSION, "vision/detector/yolo:v0"),
    "versions by digest": finding(Kind.VERSION, "e" * 32),
    "versions by digest, narrowed": finding(Kind.VERSION, "e" * 32, ALL),
    "versions of a tag": finding(Kind.VERSION, "", TAG),
    "versions of an alias": finding(Kind.VERSION, "", ALIAS),
    "tags": finding(Kind.TAG, "detect"),
    "tags, narrowed": finding(Kind.TAG, "detect", TAG),
    "aliases": finding(Kind.ALIAS, "detect"),
    "aliases, narrowed": finding(Kind.ALIAS, "detect", ALL),
    "files by name": finding(Kind.FILE, "detect"),
    "files by name, narrowed": finding(Kind.FILE, "detect", ALL),
    "files by path": finding(Kind.FILE, "a/detect"),
    "files by address": finding(Kind.FILE, "s3://lake/detect"),
    "files by digest": finding(Kind.FILE, MD5),
    "what is meant": lambda user, seen: as_meant(
        SearchAddress("", {"tag": ("det",), "alias": ("det",)}, free={"tag": ["det"], "alias": ["det"]}), seen
    ),
    "types": lambda user, seen: types_in(seen),
    "tags that are chosen": lambda user, seen: narrowing_of(SearchAddress("", {"tag": ("detect-1",)}), seen),
    "labels": lambda user, seen: labels_of(
        [hit for hits in find(user, "detect", seen=seen).hits.values() for hit in hits], ["detect-1"]
    ),
}


TERMS = {"search_term_once", "search_gram_once_in_place"}
FILES = {"linked_file_name_once", "linked_file_part_once", "index_once_in_its_collection", "path_once_in_a_version"}
IS_BORNE = {"collection_tag_name", "version_tag_name", "version_once_in_a_collection", "collection.project_id"}
BEARS = {"collection_tag_once", "version_tag_once", "alias.membership_id"}
BY_NAME = "collection_name_once_in_its_project"
# The indexes by which SQLite finds what each shape asks for; one that is left out here without a reason is one that is lost.
KEPT: dict[str, set[str]] = {
    "registries that are seen": set(),
    "collections": {*TERMS, BY_NAME},
    "collections of two letters": {"search_term_once", BY_NAME},
    "collections of a long name": {*TERMS, BY_NAME},
    "collections of a path": {BY_NAME},
    "collections, narrowed": {
        *TERMS, BY_NAME, "collection_tag_once", "alias_once_in_its_collection", "alias_newest_of_a_name",
    },
    "collections of a type": {BY_NAME},
    "collections of a tag": {"collection_tag_name", "collection_tag_once"},
    "collections of an alias": {"alias_newest_of_a_name", "alias_once_in_its_collection"},
    "versions by number": {BY_NAME, "index_once_in_its_collection"},
    "versions by alias": {BY_NAME, "alias_once_in_its_collection"},
    "versions, the newest": {BY_NAME, "index_once_in_its_collection"},
    "versions of a team": {BY_NAME, "index_once_in_its_collection"},
    "versions by digest": {"version_digest_anywhere", "membership.version_id"},
    "versions by digest, narrowed": {"version_digest_anywhere", "membership.version_id", *BEARS},
    "versions of a tag": {"version_tag_name", "membership.version_id", "collection_tag_once", "version_tag_once"},
    "versions of an alias": {"alias_newest_of_a_name", "alias.membership_id"},
    "tags": {*TERMS, *IS_BORNE},
    "tags, narrowed": {"search_term_once", *IS_BORNE},
    "aliases": {*TERMS, "alias_newest_of_a_name"},
    "aliases, narrowed": {*TERMS, "alias_newest_of_a_name", *BEARS},
    "files by name": FILES,
    "files by name, narrowed": {*FILES, *BEARS},
    "files by path": FILES - {"linked_file_part_once"},
    "files by address": FILES,
    "files by digest": {*FILES, "blob_digest", "manifestentry.blob_id", "membership.version_id"},
    "what is meant": {*TERMS, *IS_BORNE, "alias_newest_of_a_name"},
    "types": {"collection_list_of_a_type"},
    "tags that are chosen": {"search_term_once"},
    "labels": {*TERMS, *IS_BORNE, *FILES, *BEARS, BY_NAME, "alias_newest_of_a_name"},
}  # fmt: skip
MADE_FOR_SEARCH = {
    "search_gram_once_in_place", "linked_file_name_once", "linked_file_part_once",
    "collection_list_of_a_type", "version_digest_anywhere", "blob_digest", "alias_newest_of_a_name",
}  # fmt: skip
# Where a term's key is compared with other names, PostgreSQL takes their index only if both compare alike.
KEPT_ON_POSTGRESQL = {"collections of two letters": {BY_NAME}}


MANY = 4_000


@pytest.fixture
def crowded(world: World) -> World:
    """Thousands of collections with a version, a tag, an alias and a file each, and a file whose digest is known."""
    source = factories.project(world.team, "detector", user=world.bob)
    first = factories.stored_version(source, {"weights": b"weights"}, user=world.bob)
    names = [f"detect-{number}" for number in range(MANY)]
    places = [(world.model, world.dataset)[number % 2] for number in range(MANY)]
    collections = Collection.objects.bulk_create(
        Collection(project=project, kind="portfolio", type="model", name=name, name_key=name, next_index=1)
        for project, name in zip(places, names, strict=True)
    )
    versions = ArtifactVersion.objects.bulk_create(
        ArtifactVersion(sequence=first.sequence, index=1 + number, state="COMMITTED", digest=f"{number:032x}")
        for number in range(MANY)
    )
    memberships = Membership.objects.bulk_create(
        Membership(collection=collection, version=version, index=0)
        for collection, version in zip(collections, versions, strict=True)
    )
    rows = list(zip(names, collections, versions, memberships, strict=True))
    Alias.objects.bulk_create(
        Alias(collection=collection, membership=membership, name=name, name_key=name)
        for name, collection, _, membership in rows
    )
    CollectionTag.objects.bulk_create(CollectionTag(collection=collection, name=name) for name, collection, *_ in rows)
    VersionTag.objects.bulk_create(VersionTag(version=version, name=name) for name, _, version, _ in rows)
    blobs = Blob.objects.bulk_create(Blob(project=source, digest=name, size=1, key=name) for name in names)
    ManifestEntry.objects.bulk_create(
        ManifestEntry(version=version, path=f"{name}.bin", digest=name, size=1, blob=blob)
        for blob, (name, _, version, _) in zip(blobs, rows, strict=True)
    )
    terms = SearchTerm.objects.bulk_create(
        SearchTerm(project=collection.project, kind=kind, name=name, name_key=name)
        for kind in ("collection", "tag", "alias")
        for name, collection, *_ in rows
    )
    SearchGram.objects.bulk_create(
        SearchGram(term=term, project_number=term.project_id, kind=term.kind, gram=term.name[start:])
        for term in terms
        for start in (1, 2)
    )
    LinkedFile.objects.bulk_create(
        LinkedFile(
            project_number=collection.project_id, collection=collection, name_key=f"{name}.bin", path=f"{name}.bin"
        )
        for name, collection, *_ in rows
    )
    LinkedFilePart.objects.bulk_create(
        LinkedFilePart(project_number=collection.project_id, collection=collection, part=name[7:], path=f"{name}.bin")
        for name, collection, *_ in rows
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return world


def faults(world: World, shapes: Iterable[str] = SHAPES) -> dict[str, set[str]]:
    """By shape, the tables that are read whole and the indexes that are not used, or are used in another's place."""
    seen = visible_registries(world.bob)
    found = {}
    for shape in shapes:
        with statements() as asked:
            SHAPES[shape](world.bob, seen)
        used = indexes_used(asked)
        if connection.vendor == "sqlite":
            wrong = KEPT[shape] ^ used
        else:
            # It weighs rows: a tag it finds by its name or by its collection, as there are fewer. So only what was made for
            # search is held; of few holders of an alias it takes the names alone as well, and sorts them.
            kept = KEPT[shape] & MADE_FOR_SEARCH | KEPT_ON_POSTGRESQL.get(shape, set())
            wrong = kept - used - ({"alias_newest_of_a_name"} if "alias_name" in used else set())
        if wrong:
            found[shape] = wrong
    return found


def test_each_statement_finds_its_rows_by_an_index(crowded: World) -> None:
    assert faults(crowded) == {}


@pytest.mark.parametrize(
    ("index", "shape"), [("version_digest_anywhere", "versions by digest"), ("blob_digest", "files by digest")]
)
def test_an_index_that_is_gone_is_missed(crowded: World, index: str, shape: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index}")
    assert index in faults(crowded, [shape])[shape]
