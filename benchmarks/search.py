"""Whether search costs the same however many collections and files there are.

    uv run python -m benchmarks.search [--sizes 1000 10000 100000] [--files 1000000] [--times 20]

Measured inside one process (no network), on the database of `DATABASE_URL`, else on SQLite: what the box asks for as one types, whole,
with session and template, and the page of results; first, what the same costs when nothing was typed, which is the floor.
Milliseconds of the server's own CPU time (on PostgreSQL of this process only) and of the clock, the medians. Each size has so many
collections with a tag and an alias each, every second one with the tag `common` too, spread over 20 registries; the files are those
of linked versions with 100,000 each. Last, what linking a version with 100,000 files costs, the first one and the next one.
"""

import base64
import hashlib
import statistics
import time
from collections.abc import Callable

from benchmarks.own_place import Place, arguments, own_place

ASKED = {
    "part of a name": "tector-7",
    "its beginning": "detector",
    "two letters": "de",
    "a tag's part": "abel-77",
    "a tag of half": "common",
    "only by that tag": "tag:common",
    "words and tag": "tag:common detector",
    "name:v0": "detector-77:v0",
    "nothing like it": "zebra crossing",
    "file, exact": "img_0077777.jpg",
    "file, beginning": "img_00777",
    "file's digest": hashlib.md5(b"77").hexdigest(),
    "version's digest": "00000000000000000000000000000001",
}

PANEL = {"HX-Request": "true", "HX-Target": "search-panel"}


def fill(start: int, end: int) -> None:
    """Collections with a version, a tag and an alias each, as the actions would make them."""
    from artifacts.actions import search_index
    from artifacts.actions.search_index import grams_of
    from artifacts.models import (
        Alias,
        ArtifactVersion,
        Collection,
        CollectionTag,
        Membership,
        Project,
        SearchGram,
        SearchTerm,
    )  # fmt: skip

    registries = list(Project.objects.registries().order_by("pk"))
    sequence = Collection.objects.get(kind="sequence", name="yolo")
    for first in range(start, end, 5_000):
        numbers = range(first, min(first + 5_000, end))
        made = Collection.objects.bulk_create(
            Collection(
                project=registries[n % len(registries)], kind="portfolio", type="model", name=f"detector-{n}",
                name_key=f"detector-{n}", next_index=1, version_count=1,
            )
            for n in numbers
        )  # fmt: skip
        versions = ArtifactVersion.objects.bulk_create(
            ArtifactVersion(sequence=sequence, index=n + 1, state="COMMITTED", digest=f"{n + 1:032x}") for n in numbers
        )
        places = Membership.objects.bulk_create(
            Membership(collection=collection, version=version, index=0)
            for collection, version in zip(made, versions, strict=True)
        )
        Alias.objects.bulk_create(
            Alias(collection=place.collection, membership=place, name=f"best-{n}", name_key=f"best-{n}")
            for n, place in zip(numbers, places, strict=True)
        )
        CollectionTag.objects.bulk_create(
            CollectionTag(collection=collection, name=f"label-{n}") for n, collection in zip(numbers, made, strict=True)
        )
        CollectionTag.objects.bulk_create(CollectionTag(collection=each, name="common") for each in made[::2])
        for registry in registries:
            search_index.remember(registry, SearchTerm.Kind.TAG, "common")
        terms = SearchTerm.objects.bulk_create(
            SearchTerm(project=collection.project, kind=kind, name=f"{word}-{n}", name_key=f"{word}-{n}")
            for n, collection in zip(numbers, made, strict=True)
            for kind, word in (("collection", "detector"), ("tag", "label"), ("alias", "best"))
        )
        SearchGram.objects.bulk_create(
            SearchGram(term=term, project_number=term.project_id, kind=term.kind, gram=gram)
            for term in terms
            for gram in grams_of(term.name_key)
        )


def link_files(count: int) -> float:
    """Link a version with so many files into the collection `images`; milliseconds of the clock for their names alone."""
    from django.db import connection, transaction

    from artifacts.actions import search_index
    from artifacts.models import ArtifactVersion, Blob, Collection, Membership, Project

    source, registry = Project.objects.get(name_key="bench"), Project.objects.get(name_key="wandb-registry-dataset")
    named = {"type": "dataset", "name": "images", "name_key": "images"}
    sequence, _ = Collection.objects.get_or_create(project=source, kind="sequence", **named)
    images, _ = Collection.objects.get_or_create(project=registry, kind="portfolio", **named)
    blob, _ = Blob.objects.get_or_create(
        project=source, digest=base64.b64encode(hashlib.md5(b"77").digest()).decode(), size=1, key="x"
    )
    index = sequence.versions.count()
    version = ArtifactVersion.objects.create(
        sequence=sequence, index=index, state="COMMITTED", digest="f" * 32, file_count=count
    )
    columns = "(version_id, path, digest, size, blob_id, ref, extra)"
    rows = [
        (version.pk, f"part-{n % 10}/img_{n:07}.jpg", "x", 1, blob.pk if n == 77 else None, "", "{}")
        for n in range(count)
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO artifacts_manifestentry {columns} VALUES (%s, %s, %s, %s, %s, %s, %s)", rows)
    Membership.objects.create(collection=images, version=version, index=index)
    began = time.perf_counter()
    with transaction.atomic():
        search_index.remember_files(images, version)
    return (time.perf_counter() - began) * 1000


def medians(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Milliseconds of CPU time and of the clock, after two that warm the caches."""
    work()
    work()
    spent, passed = [], []
    for _ in range(times):
        began, clock = time.process_time(), time.perf_counter()
        work()
        spent.append((time.process_time() - began) * 1000)
        passed.append((time.perf_counter() - clock) * 1000)
    return statistics.median(spent), statistics.median(passed)


def main() -> None:
    """Print one table for each size."""
    parser = arguments(__doc__, sizes=[1_000, 10_000, 100_000], times=20)
    parser.add_argument("--files", type=int, default=1_000_000)
    given = parser.parse_args()
    with own_place() as place:
        measure(place, given.sizes, given.files, given.times)


def measure(place: Place, sizes: list[int], files: int, times: int) -> None:
    """Fill and time each size in turn."""
    from django.db import connection

    from artifacts.models import Collection
    from registry.actions import registries

    user, browser = place.user, place.browser
    for number in range(18):
        registries.create_registry(place.organization, f"Registry {number}", acting_user=user)
    Collection.objects.create(project=place.project, kind="sequence", type="model", name="yolo", name_key="yolo")
    linked = [link_files(100_000) for _ in range(max(1, files // 100_000))]
    done = 0
    for size in sizes:
        fill(done, size)
        done = size
        if (
            connection.vendor == "postgresql"
        ):  # as it does by itself after a while; SQLite is left as the product leaves it
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        print(f"{size:,} collections, {len(linked) * 100_000:,} files of linked versions")
        for what, words in {"nothing typed": "", **ASKED}.items():
            typed = medians(lambda words=words: browser.get("/search", {"q": words}, headers=PANEL), times)
            page = medians(lambda words=words: browser.get("/search", {"q": words}), max(times // 4, 3))
            print(
                f"  {what:<18}{typed[0]:>8.1f} ms CPU{typed[1]:>8.1f} ms   page{page[0]:>8.1f} ms CPU{page[1]:>8.1f} ms"
            )
    print(f"names of 100,000 files at linking: {linked[0]:.0f} ms; of the next version {linked[-1]:.0f} ms")


if __name__ == "__main__":
    main()
