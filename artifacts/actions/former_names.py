"""The one rule for names that were given up: they lead to what had them, and only who manages that may give them to something else."""

from artifacts import access
from artifacts.access import Can
from artifacts.errors import Conflict
from artifacts.models import Collection, Entity, NameRedirect, Project, User
from artifacts.naming import REGISTRY_PREFIX, key_of, shown


def formerly(place: Project, name: str) -> Collection | None:
    """The collection that had a name in a project, and to which the name leads."""
    found = NameRedirect.objects.filter(in_project=place, name_key=key_of(name)).select_related("collection").first()
    return found.collection if found else None


def take_over(place: Entity | Project, name: str, taker: Project | Collection, *, acting_user: User | None) -> None:
    """Give a former name to what was just stored under it; call it afterwards, so that a rename at the same moment is seen.

    A thing may have its own back. Raises Conflict for whoever doesn't manage what the name leads to: code that names it would get
    something else.
    """
    where = {"in_entity": place} if isinstance(place, Entity) else {"in_project": place}
    redirects = NameRedirect.objects.filter(**where, name_key=key_of(name)).select_related(
        "project", "collection__project"
    )
    redirect = redirects.first()
    if redirect is None:
        return
    holder = redirect.collection or redirect.project
    project = redirect.collection.project if redirect.collection else redirect.project
    if holder != taker and project is not None and acting_user is not None:
        _refuse(name, project, holder, acting_user)
    redirect.delete()


def _refuse(name: str, project: Project, holder: Project | Collection | None, acting_user: User) -> None:
    role = access.role_in(acting_user, project)
    if role is not None and Can.MANAGE in access.GRANTS[role]:
        return
    own = name.removeprefix(REGISTRY_PREFIX) if isinstance(holder, Project) else name
    word = f"The name “{shown(own)}” still leads to "
    now = holder.title if isinstance(holder, Project) else holder.name if holder else ""
    raise Conflict(
        f"{word}“{now}”, which had it, and code that uses it would get something else; choose another name, or ask an "
        f"administrator of “{project.title}”."
        if role is not None
        else f"{word}something that you can't see; choose another name.",
        field="name",
        value=own,
    )
