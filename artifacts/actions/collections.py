"""What is done to collections, sequences and portfolios alike; links are made in `registry.actions.link` only."""

from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from artifacts import access, audit, naming
from artifacts.access import Can
from artifacts.actions import aliases_and_tags, locks, search_index
from artifacts.actions.former_names import formerly, take_over
from artifacts.errors import Conflict, Invalid
from artifacts.models import ArtifactType, Collection, Membership, NameRedirect, Project, SearchTerm, User, Verb
from artifacts.models.collections import MembershipQuerySet
from artifacts.naming import key_of
from artifacts.text.cleaning import clean_text

SHOWN = 5  # places named in a sentence


def find_or_create_collection(
    project: Project, kind: Collection.Kind, type_name: str, name: str, *, acting_user: User, description: str = ""
) -> tuple[Collection, bool]:
    """The collection that has or had this name, else one made on the fly, and whether it was made. Call inside a transaction.

    The caller judged access.

    Raises Invalid for a bad name, Conflict if the name belongs to a collection of another type, kind or spelling.
    """
    found = project.collections.filter(name_key=key_of(name)).first()
    is_new = False
    if found is None and (found := formerly(project, name)) is not None:
        name = found.name  # a renamed collection: what names it as before means it still
    if found is None:
        name, type_name = naming.collection_name(name), naming.type_name(type_name)
        try:
            with transaction.atomic():
                found = _create(project, kind, type_name, name, clean_text(description), acting_user)
                is_new = True
                take_over(project, name, found, acting_user=acting_user)
        except IntegrityError:  # somebody made it at the same moment
            found = project.collections.get(name_key=key_of(name))
    found.project = project
    if found.name != name:
        raise Conflict(
            f"A collection named “{found.name}” exists in “{project.title}”; write it so, or choose another name.",
            field="name",
            value=name,
        )
    if found.kind != kind:
        raise Conflict(
            f"“{name}” in “{project.title}” is taken by versions {'linked' if found.is_portfolio else 'logged'} there; "
            "choose another collection name.",
            field="name",
            value=name,
        )
    if found.type != type_name:
        raise Conflict(
            f"Collection “{name}” holds versions of type “{found.type}” and this one is of type “{naming.shown(type_name)}”; "
            f"choose another collection, or log it with type “{found.type}”.",
            field="name",
            value=name,
        )
    return found, is_new


def _create(
    project: Project, kind: Collection.Kind, type_name: str, name: str, description: str, acting_user: User
) -> Collection:
    remember_type(project, type_name)
    collection = Collection.objects.create(
        project=project,
        kind=kind,
        type=type_name,
        name=name,
        name_key=key_of(name),
        description=description,
        created_by=acting_user,
    )
    search_index.remember(project, SearchTerm.Kind.COLLECTION, name)
    audit.record(Verb.COLLECTION_CREATED, acting_user=acting_user, collection=collection)
    return collection


def remember_type(project: Project, name: str, *, but: Collection | None = None) -> None:
    """Let a project have a type; a Conflict where collections, `but` one apart, have it in other letters.

    Compared here, since databases disagree on `lower`. The project's row is locked, so that two first ones don't pass each other.
    """
    if ArtifactType.objects.filter(project=project, name=name).exists():
        return
    Project.objects.select_for_update(no_key=True).only("pk").get(pk=project.pk)
    key = key_of(name)
    for row in ArtifactType.objects.filter(project=project).exclude(name=name):
        if key_of(row.name) != key:
            continue
        left = project.collections.filter(type=row.name)
        if (left.exclude(pk=but.pk) if but else left).exists():
            raise Conflict(
                f"The type “{naming.shown(name)}” is written “{row.name}” in “{project.title}”; write it so, or choose another type.",
                field="types",
                value=name,
            )
        row.delete()
    ArtifactType.objects.get_or_create(project=project, name=name)


@transaction.atomic
def describe_collection(
    collection: Collection,
    description: str,
    *,
    acting_user: User,
    instead_of: Callable[[str], bool] | None = None,
) -> None:
    """Replace the Markdown card.

    `instead_of` says whether a text is the one that the writer began with; Conflict if another one is stored by now.
    """
    access.require(acting_user, Can.EDIT, collection.project)
    description = clean_text(description, longest=100_000)
    current = locks.lock_collection(collection.pk).description
    if instead_of is not None and current != description and not instead_of(current):
        raise Conflict(
            "Somebody else saved another description meanwhile, and yours isn't saved yet; "
            "look at theirs below, and save again to replace it with yours.",
            field="description",
        )
    collection.description = current
    if description != collection.description:
        collection.description = description
        collection.updated_at = Now()
        collection.save(update_fields=["description", "updated_at"])
        audit.record(
            Verb.COLLECTION_CHANGED,
            acting_user=acting_user,
            collection=collection,
            changed="description",
        )


@transaction.atomic
def rename_collection(collection: Collection, name: str, *, acting_user: User) -> None:
    """Give a collection another name; the old one leads to it from now on. The name that it has changes nothing.

    Raises Conflict for a name that is taken, Forbidden where a protected alias would lead elsewhere with it.
    """
    access.require(acting_user, Can.EDIT, collection.project)
    current = locks.lock_collection(collection.pk)
    if current.name == name:
        return
    name = naming.collection_name(name)
    project, key, old = current.project, key_of(name), current.name_key
    if project.collections.filter(name_key=key).exclude(pk=current.pk).exists():
        raise _name_taken(project, name)
    aliases_and_tags.refuse_holder(current, ", which would move with its name", acting_user=acting_user)
    collection.name, collection.name_key = name, key
    collection.updated_at = Now()
    try:
        with transaction.atomic():
            collection.save(update_fields=["name", "name_key", "natural_key", "updated_at"])
    except IntegrityError:  # somebody took the name at the same moment
        raise _name_taken(project, name) from None
    take_over(project, name, collection, acting_user=acting_user)
    if old != key:
        NameRedirect.objects.update_or_create(in_project=project, name_key=old, defaults={"collection": collection})
    search_index.remember(project, SearchTerm.Kind.COLLECTION, name)
    audit.record(
        Verb.COLLECTION_CHANGED,
        acting_user=acting_user,
        collection=collection,
        changed="name",
        renamed_from=current.name,
    )


def _name_taken(project: Project, name: str) -> Conflict:
    return Conflict(
        f"A collection named “{name}” exists in “{project.title}”; choose another name.", field="name", value=name
    )


@transaction.atomic
def retype_sequence(collection: Collection, type_name: str, *, acting_user: User) -> None:
    """Give the versions that are logged into a sequence another type.

    Raises Conflict while one of them is linked, saying where: what links them holds versions of the type that they have.
    """
    access.require(acting_user, Can.EDIT, collection.project)
    refuse_other_kind(collection, Collection.Kind.SEQUENCE)
    type_name = naming.type_name(type_name)
    if locks.lock_collection(collection.pk).type == type_name:
        return
    _refuse_linked(collection, acting_user)
    remember_type(collection.project, type_name, but=collection)
    collection.type = type_name
    collection.updated_at = Now()
    collection.save(update_fields=["type", "updated_at"])
    audit.record(Verb.COLLECTION_CHANGED, acting_user=acting_user, collection=collection, changed="type")


def _refuse_linked(sequence: Collection, acting_user: User) -> None:
    """Refuse to change the type of versions that are linked. A deleted version's link counts: it still says its type."""
    links = Membership.objects.filter(version__sequence=sequence, collection__kind=Collection.Kind.PORTFOLIO)
    places = places_of(links, acting_user)
    if places:
        raise Conflict(
            f"Versions of “{sequence.name}” are linked in {places} as artifacts of type “{sequence.type}”; "
            "unlink them there first, or log to a collection of the new type.",
            field="type",
        )


def places_of(links: MembershipQuerySet, acting_user: User) -> str:
    """The collections in which these links are, by name as far as the person may see them, empty if there are none."""
    held = Collection.objects.filter(pk__in=links.values("collection")).order_by("pk")
    seen = held.filter(project__in=access.visible_projects(acting_user).values("pk")).select_related("project")
    names = ", ".join(f"“{row.path}”" for row in seen[:SHOWN])
    more = held.count() - min(seen.count(), SHOWN)
    if not more:
        return names
    others = "another one" if more == 1 else f"{more} others"
    return f"{names} and {others}" if names else f"{others.removeprefix('another ')} that you can't see"


def refuse_other_kind(collection: Collection, kind: Collection.Kind) -> None:
    """Refuse an act that is meant for the other kind of collection."""
    if collection.kind != kind:
        word = "linked into" if collection.is_portfolio else "logged into"
        raise Invalid(f"“{collection.name}” is a collection that versions are {word}; this can't be done to it.")
