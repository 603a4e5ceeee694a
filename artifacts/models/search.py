"""The words by which registries are searched: an own index of parts of words that both databases hold.

Rows are only ever added, in the transaction that gives the name; what no longer bears a name is left out when results are shown.
"""

from django.db import models

from artifacts.models.projects import Project


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
    """Three consecutive characters of a term."""

    term = models.ForeignKey(SearchTerm, on_delete=models.DB_CASCADE, related_name="grams")
    gram = models.CharField(max_length=3)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gram", "term"], name="search_gram_once")]
