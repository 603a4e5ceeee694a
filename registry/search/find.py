"""Finding registries, collections, versions, tags, aliases and files, among what somebody may see.

Access comes first: every statement starts from the registries that the person sees. And everything is bounded: of each kind so
many candidates are read, by way of an index, and ranked here; that there are more is said, not counted.
"""

from artifacts.access import Can
from artifacts.models import Project, User
from registry.search.access_sql import registries_statement
from registry.search.files import find_files
from registry.search.hits import Kind, SearchResults
from registry.search.names import aliases_named, collections_named, registries_named, tags_named
from registry.search.narrowing import EVERYTHING, Narrowing
from registry.search.sql import rows_of, sql
from registry.search.tables import projects_of
from registry.search.versions import find_versions
from registry.search.without_words import all_collections, all_versions
from registry.search.words import read

MOST = 20
CANDIDATES = 60


def find(
    user: User,
    words: str,
    *,
    most: int = MOST,
    candidates: int = CANDIDATES,
    narrowing: Narrowing = EVERYTHING,
    seen: dict[int, Project] | None = None,
) -> SearchResults:
    """What `words` mean or are a part of: exactly these first, then what begins so, then a word that does, then the others.

    Without words, the collections and versions that facets name, those that got it last first.
    `most` of each kind are shown, the best of the first `candidates` that the indexes give. `seen` is what
    `visible_registries` gave for this person, where it was asked already.
    """
    found, asked, limit = SearchResults(most), read(words), max(most, candidates)
    if not asked.key and not narrowing.names_something:
        return found
    seen = visible_registries(user) if seen is None else seen
    left = narrowing.registries
    visible = seen if left is None else {number: row for number, row in seen.items() if number in left}
    if not asked.key:
        if narrowing.takes(Kind.COLLECTION):
            found.add(Kind.COLLECTION, all_collections(visible, narrowing, limit), limit)
        if narrowing.takes(Kind.VERSION):
            found.add(Kind.VERSION, all_versions(visible, narrowing, limit), limit)
        return found
    if narrowing.takes(Kind.REGISTRY):
        found.add(Kind.REGISTRY, registries_named(visible.values(), asked), limit)
    if narrowing.takes(Kind.COLLECTION):
        found.add(Kind.COLLECTION, collections_named(visible, asked, narrowing, limit), limit)
    if narrowing.takes(Kind.VERSION):
        found.add(Kind.VERSION, find_versions(user, visible, asked, narrowing, limit), limit)
    is_path = bool(asked.places) or asked.reference is not None
    if narrowing.takes(Kind.TAG) and not is_path:
        found.add(Kind.TAG, tags_named(visible, asked.key, narrowing, limit), limit)
    if narrowing.takes(Kind.ALIAS) and not is_path:
        found.add(Kind.ALIAS, aliases_named(visible, asked.key, narrowing, limit), limit)
    if narrowing.takes(Kind.FILE):
        found.add(Kind.FILE, find_files(user, visible, asked, narrowing, limit), limit)
    return found


def visible_registries(user: User) -> dict[int, Project]:
    """The registries that somebody sees, each with its organization."""
    seen = registries_statement(user, Can.VIEW)
    projects = sql("SELECT {of_project} FROM {project} {its_owner} WHERE {project.id} IN ({seen})", seen=seen)
    return {project.pk: project for project in projects_of(rows_of(projects))}
