"""On PostgreSQL the paths of a version are kept in byte order, as SQLite does by itself: folders then lie together in the index."""

from django.db import migrations


def order_by_bytes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute('ALTER TABLE artifacts_manifestentry ALTER COLUMN path TYPE varchar(4096) COLLATE "C"')


class Migration(migrations.Migration):
    dependencies = [("artifacts", "0001_initial")]
    operations = [migrations.RunPython(order_by_bytes, migrations.RunPython.noop)]
