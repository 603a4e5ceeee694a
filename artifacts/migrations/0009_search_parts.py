"""Parts of names in registries from each of their characters on, and words inside the names of linked files."""

import re
from itertools import islice

import django.db.models.deletion
from django.db import migrations, models

from artifacts.naming import key_of

LONGEST_GRAM, LONGEST_PART, SHORTEST_PART = 24, 48, 3
MOST_FILES, MOST_PARTS, PARTS_OF_A_NAME = 100_000, 50_000, 5
AT_ONCE = 5_000
WORD = re.compile(r"(?<=[\W_])[^\W_]{2}")
WORDS = re.compile(r"[^\W_]{2,}")


def compare_by_bytes(apps, schema_editor):
    """PostgreSQL: a range of beginnings is a range of the index only in the order of bytes, which SQLite has by itself."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute('ALTER TABLE artifacts_searchgram ALTER COLUMN gram TYPE varchar(24) COLLATE "C"')
        schema_editor.execute('ALTER TABLE artifacts_linkedfilepart ALTER COLUMN part TYPE varchar(48) COLLATE "C"')


def remember_names(apps, schema_editor):
    """What each name says from each of its characters on."""
    SearchTerm, SearchGram = apps.get_model("artifacts", "SearchTerm"), apps.get_model("artifacts", "SearchGram")
    rows = []
    for term in SearchTerm.objects.order_by("pk").iterator(chunk_size=AT_ONCE):
        key = term.name_key
        grams = {key[start : start + LONGEST_GRAM] for start in range(1, len(key) - SHORTEST_PART + 1)}
        rows += [
            SearchGram(term_id=term.pk, project_number=term.project_id, kind=term.kind, gram=gram) for gram in grams
        ]
        if len(rows) >= AT_ONCE:
            SearchGram.objects.bulk_create(rows, batch_size=AT_ONCE)
            rows = []
    SearchGram.objects.bulk_create(rows, batch_size=AT_ONCE)


def forget_names(apps, schema_editor):
    """Backwards: they wouldn't fit into three letters; the version before then finds names by their beginning until they are given anew."""
    apps.get_model("artifacts", "SearchGram").objects.all().delete()


def parts_of(path, ref, digest):
    """As `artifacts.actions.search` has it."""
    *folders, name = key_of(path).split("/")
    parts = [name[start.start() : start.start() + LONGEST_PART] for start in islice(WORD.finditer(name), PARTS_OF_A_NAME)]
    address = key_of(ref.partition("://")[2] or ref).split("/") if ref else []
    for piece in [*folders, *address]:
        parts += [
            piece[start.start() : start.start() + LONGEST_PART]
            for start in islice(WORDS.finditer(piece), PARTS_OF_A_NAME)
        ]
    return [*parts, key_of(digest)[:LONGEST_PART]] if ref else parts


def remember_what_is_linked(apps, schema_editor):
    """The newest links first, so that a file's place is where it was seen last."""
    LinkedFilePart = apps.get_model("artifacts", "LinkedFilePart")
    Membership = apps.get_model("artifacts", "Membership")
    ManifestEntry = apps.get_model("artifacts", "ManifestEntry")
    links = Membership.objects.filter(collection__kind="portfolio", version__deleted_at__isnull=True).order_by("-pk")
    for project, collection, version in list(
        links.values_list("collection__project_id", "collection_id", "version_id")
    ):
        entries = ManifestEntry.objects.filter(version_id=version).order_by("path")
        rows = {}
        for path, ref, digest in entries.values_list("path", "ref", "digest")[:MOST_FILES].iterator(AT_ONCE):
            if len(rows) >= MOST_PARTS:
                break
            for part in parts_of(path, ref, digest):
                rows.setdefault(part, path)
        LinkedFilePart.objects.bulk_create(
            [
                LinkedFilePart(project_number=project, collection_id=collection, part=part, path=path)
                for part, path in rows.items()
                if part
            ],
            ignore_conflicts=True,
            batch_size=AT_ONCE,
        )


class Migration(migrations.Migration):
    dependencies = [("artifacts", "0008_natural_names")]

    operations = [
        # Three letters each until now: they are written anew, from the terms.
        migrations.RunSQL("DELETE FROM artifacts_searchgram", migrations.RunSQL.noop),
        migrations.RemoveConstraint(model_name="searchgram", name="search_gram_once"),
        migrations.AddField("searchgram", "project_number", models.BigIntegerField(db_default=0)),
        migrations.AddField(
            "searchgram",
            "kind",
            models.CharField(
                choices=[
                    ("registry", "Registry"),
                    ("collection", "Collection"),
                    ("tag", "Tag"),
                    ("alias", "Alias"),
                ],
                db_default="",
                max_length=10,
            ),
        ),
        migrations.AlterField("searchgram", "gram", models.CharField(max_length=24)),
        migrations.AddConstraint(
            model_name="searchgram",
            constraint=models.UniqueConstraint(
                fields=("project_number", "kind", "gram", "term"), name="search_gram_once_in_place"
            ),
        ),
        migrations.CreateModel(
            name="LinkedFilePart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project_number", models.BigIntegerField()),
                ("part", models.CharField(max_length=48)),
                ("path", models.CharField(max_length=4096)),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="linked_file_parts",
                        to="artifacts.collection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project_number", "part", "collection"), name="linked_file_part_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="alias", index=models.Index(fields=["name_key", "id"], name="alias_newest_of_a_name")
        ),
        migrations.RunPython(compare_by_bytes, migrations.RunPython.noop),
        migrations.RunPython(remember_names, forget_names),
        migrations.RunPython(remember_what_is_linked, migrations.RunPython.noop),
    ]
