"""Collections, registries and projects are listed as people count: a column beside the name that sorts so, byte by byte.

It is filled for what is there, some thousand rows at a time, before the indexes of the lists are made of it.
"""

from django.db import migrations, models

import artifacts.models.natural
from artifacts.naming import natural_key

AT_ONCE = 2_000


def fill(apps, schema_editor):
    for name in ("Project", "Collection"):
        model = apps.get_model("artifacts", name)
        last = 0
        while rows := list(model.objects.filter(pk__gt=last).order_by("pk").only("name_key")[:AT_ONCE]):
            for row in rows:
                row.natural_key = natural_key(row.name_key)
            model.objects.bulk_update(rows, ["natural_key"], batch_size=400)
            last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("artifacts", "0007_search_files")]

    operations = [
        migrations.RemoveIndex(model_name="collection", name="collection_list_of_a_type"),
        migrations.RemoveIndex(model_name="collection", name="collection_list"),
        migrations.RemoveIndex(model_name="project", name="project_list"),
        migrations.AddField(
            model_name="collection", name="natural_key", field=artifacts.models.natural.NaturalKey()
        ),
        migrations.AddField(model_name="project", name="natural_key", field=artifacts.models.natural.NaturalKey()),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="collection",
            index=models.Index(fields=["project", "kind", "type", "natural_key"], name="collection_list_of_a_type"),
        ),
        migrations.AddIndex(
            model_name="collection",
            index=models.Index(fields=["project", "kind", "natural_key"], name="collection_list"),
        ),
        migrations.AddIndex(
            model_name="project",
            index=models.Index(fields=["kind", "entity", "natural_key"], name="project_list"),
        ),
    ]
