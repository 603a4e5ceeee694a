"""Keeps the words by which registries are searched."""

from artifacts.models import Project, SearchGram, SearchTerm
from artifacts.naming import key_of

SHORTEST_PART = 3


def grams_of(key: str) -> list[str]:
    """The distinct runs of three characters of a name's key."""
    return sorted({key[start : start + SHORTEST_PART] for start in range(len(key) - SHORTEST_PART + 1)})


def remember(project: Project, kind: SearchTerm.Kind, name: str) -> None:
    """Make a name of something in a registry findable by its parts; again does nothing. Call inside a transaction."""
    if not project.is_registry:
        return
    term, is_new = SearchTerm.objects.get_or_create(
        project=project, kind=kind, name_key=key_of(name), defaults={"name": name}
    )
    if is_new:
        SearchGram.objects.bulk_create([SearchGram(term=term, gram=gram) for gram in grams_of(term.name_key)])
