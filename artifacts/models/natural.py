"""A column by which names are listed as people count: `m2` before `m10`."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from artifacts.naming import LONGEST_NATURAL, natural_key


class NaturalKey(models.CharField):  # type: ignore[type-arg]  # at run time it takes none
    """The natural order of the row's `name_key`, computed whenever the column is saved.

    A `save(update_fields=…)` with `name_key` has to name this column too.

    Kept in byte order on PostgreSQL (SQLite has no other), since the key is made for that.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": LONGEST_NATURAL, "editable": False, "default": "", **options})

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """Migrations name no options: the field sets all of them itself."""
        name, path, arguments, _ = super().deconstruct()
        return name, path, arguments, {}

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """With the collation of bytes where that isn't the only one."""
        return {**super().db_parameters(connection), "collation": "C" if connection.vendor == "postgresql" else None}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """The key of the row's name."""
        key = natural_key(model_instance.name_key)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key
