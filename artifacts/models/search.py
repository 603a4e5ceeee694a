"""The words by which registries are searched: an own index of parts of words that both databases hold.

Rows are only ever added, in the transaction that gives the name; what no longer bears a name is left out when results are shown.
"""

from django.db import models
from django.db.models import Q

from artifacts.models.collections import Collection
from artifacts.models.projects import Project

LAST_CHARACTER = "\U0010ffff"


def begins(column: str, key: str) -> Q:
    """Rows whose column begins with a key, as a range: `LIKE` finds its way into the index on neither database.

    On PostgreSQL the columns that are asked so compare by bytes, as SQLite's do by themselves.
    """
    return Q(**{f"{column}__gte": key, f"{column}__lt": key + LAST_CHARACTER})


class SearchTerm(models.Model):
    """A name that something in a registry bears or bore."""

    class Kind(models.TextChoices):
        REGISTRY = "registry"
        COLLECTION = "collection"
        TAG = "tag"
        ALIAS = "alias"

    project = models.ForeignKey(Project, on_delete=models.DB_CASCADE, related_name="search_terms")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=128)
    name_key = models.CharField(max_length=160)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "kind", "name_key"], name="search_term_once")]
        indexes = [models.Index(fields=["name_key"], name="search_term_begins")]


class SearchGram(models.Model):
    """An end of a term from its second character on: any part of a name is the beginning of the term itself or of one of these.

    Registry and kind stand here too, so that a few of each are found at the start of a range, however many there are.
    """

    LONGEST = 24

    term = models.ForeignKey(SearchTerm, on_delete=models.DB_CASCADE, related_name="grams")
    project_number = models.BigIntegerField(db_default=0)
    kind = models.CharField(max_length=10, choices=SearchTerm.Kind.choices, db_default="")
    gram = models.CharField(max_length=LONGEST)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project_number", "kind", "gram", "term"], name="search_gram_once_in_place")
        ]


class LinkedFile(models.Model):
    """A name of a file in versions that are linked into a collection: once, however many versions and folders have it.

    Written when a version is linked, so that what nobody publishes costs nothing here. `path` is where it was first met:
    which version still has it is asked of the manifest when results are shown.
    """

    # A number, no foreign key: rows go with their collection, and a second key would be checked for each of 100,000 rows.
    project_number = models.BigIntegerField()
    collection = models.ForeignKey(Collection, on_delete=models.DB_CASCADE, related_name="linked_files")
    name_key = models.CharField(max_length=160)
    path = models.CharField(max_length=4096)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project_number", "name_key", "collection"], name="linked_file_name_once")
        ]

    def __str__(self) -> str:
        return self.path


class LinkedFilePart(models.Model):
    """What else a file of a linked version is found by: a word inside its name, a folder, a part of its reference's address or its digest.

    Once for a collection, with the path where it was first met, as `LinkedFile` keeps whole names.
    """

    project_number = models.BigIntegerField()
    collection = models.ForeignKey(Collection, on_delete=models.DB_CASCADE, related_name="linked_file_parts")
    part = models.CharField(max_length=48)
    path = models.CharField(max_length=4096)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project_number", "part", "collection"], name="linked_file_part_once")
        ]

    def __str__(self) -> str:
        return self.path
