"""The verbs of the audit log leave the state of the migrations: a new one needs no migration. The table stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("artifacts", "0009_search_parts")]

    operations = [
        migrations.AlterField(model_name="auditevent", name="verb", field=models.CharField(max_length=40)),
    ]
