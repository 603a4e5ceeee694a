"""Where somebody may do something, as a statement: `access.projects_where`, put together once, which is the costly part."""

from functools import cache

from artifacts.access import Can, projects_where
from artifacts.models import Project, User

SOMEBODY = -4_611_686_018_427_387_904  # nobody's number


def registries_statement(user: User, can: Can) -> tuple[str, tuple[object, ...]]:
    """The numbers of the registries, as a statement with its parameters."""
    return _stated(user, can, Project.Kind.REGISTRY)


def ordinary_statement(user: User, can: Can) -> tuple[str, tuple[object, ...]]:
    """The same of the projects that runs are logged to."""
    return _stated(user, can, Project.Kind.PROJECT)


def _stated(user: User, can: Can, kind: str) -> tuple[str, tuple[object, ...]]:
    if not user.is_active:
        return "SELECT 0 WHERE 1 = 0", ()
    statement, parameters = _statement(can, kind, user.is_admin)
    return statement, tuple(user.pk if value == SOMEBODY else value for value in parameters)


@cache
def _statement(can: Can, kind: str, is_admin: bool) -> tuple[str, tuple[object, ...]]:
    """For anybody: whoever asks takes the place of `SOMEBODY`."""
    somebody = User(pk=SOMEBODY, is_admin=is_admin)
    statement, parameters = projects_where(somebody, can).filter(kind=kind).values("pk").query.sql_with_params()
    return statement, tuple(parameters)
