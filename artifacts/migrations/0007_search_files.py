"""Names of the files in linked versions, digests, and names by their beginning: what search asks for.

Nothing that was there changes. Filling the names of what is linked already takes a second for some hundred thousand files.
"""

import django.db.models.deletion
from django.db import migrations, models

from artifacts.naming import key_of

MOST_FILES = 100_000
AT_ONCE = 5_000


def compare_by_bytes(apps, schema_editor):
    """PostgreSQL: a range of beginnings is a range of the index only in the order of bytes, which SQLite has by itself."""
    if schema_editor.connection.vendor == "postgresql":
        for table in ("artifacts_linkedfile", "artifacts_searchterm"):
            schema_editor.execute(f'ALTER TABLE {table} ALTER COLUMN name_key TYPE varchar(160) COLLATE "C"')
        schema_editor.execute('ALTER TABLE artifacts_artifactversion ALTER COLUMN digest TYPE varchar(64) COLLATE "C"')


def remember_what_is_linked(apps, schema_editor):
    """The newest links first, so that a file's place is where it was seen last."""
    LinkedFile = apps.get_model("artifacts", "LinkedFile")
    Membership = apps.get_model("artifacts", "Membership")
    ManifestEntry = apps.get_model("artifacts", "ManifestEntry")
    links = Membership.objects.filter(collection__kind="portfolio", version__deleted_at__isnull=True).order_by("-pk")
    for project, collection, version in list(
        links.values_list("collection__project_id", "collection_id", "version_id")
    ):
        entries = ManifestEntry.objects.filter(version_id=version).order_by("path")
        rows = {
            key_of(path.rpartition("/")[2])[:160]: path
            for path in entries.values_list("path", flat=True)[:MOST_FILES].iterator(chunk_size=AT_ONCE)
        }
        LinkedFile.objects.bulk_create(
            [
                LinkedFile(project_number=project, collection_id=collection, name_key=key, path=path)
                for key, path in rows.items()
            ],
            ignore_conflicts=True,
            batch_size=AT_ONCE,
        )


class Migration(migrations.Migration):
    dependencies = [("artifacts", "0006_lifetimes")]

    operations = [
        migrations.CreateModel(
            name="LinkedFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name_key", models.CharField(max_length=160)),
                ("path", models.CharField(max_length=4096)),
                (
                    "collection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DB_CASCADE,
                        related_name="linked_files",
                        to="artifacts.collection",
                    ),
                ),
                ("project_number", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project_number", "name_key", "collection"), name="linked_file_name_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="artifactversion",
            index=models.Index(fields=["digest"], name="version_digest_anywhere"),
        ),
        migrations.AddIndex(
            model_name="blob",
            index=models.Index(fields=["digest"], name="blob_digest"),
        ),
        migrations.RunPython(compare_by_bytes, migrations.RunPython.noop),
        migrations.RunPython(remember_what_is_linked, migrations.RunPython.noop),
    ]
