"""Where somebody may do something, as a statement: `access.projects_where`, put together once, which is the costly part."""

from functools import cache

from artifacts.access import Can, projects_where
from artifacts.models import Project, User
from registry.search.sql import Statement

SOMEBODY = -4_611_686_018_427_387_904  # nobody's number
NOWHERE = Statement("SELECT 0 WHERE 1 = 0")


def registries_statement(user: User, can: Can) -> Statement:
    """The numbers of the registries where somebody may do this."""
    return _statement(user, can, Project.Kind.REGISTRY)


def ordinary_statement(user: User, can: Can) -> Statement:
    """The numbers of the projects that runs are logged to where somebody may do this."""
    return _statement(user, can, Project.Kind.PROJECT)


def _statement(user: User, can: Can, kind: str) -> Statement:
    if not user.is_active:
        return NOWHERE
    of_somebody = _of_somebody(can, kind, user.is_admin)
    return Statement(
        of_somebody.sql, tuple(user.pk if value == SOMEBODY else value for value in of_somebody.parameters)
    )


@cache
def _of_somebody(can: Can, kind: str, is_admin: bool) -> Statement:
    """The statement for anybody: whoever asks takes the place of `SOMEBODY`."""
    somebody = User(pk=SOMEBODY, is_admin=is_admin)
    statement, parameters = projects_where(somebody, can).filter(kind=kind).values("pk").query.sql_with_params()
    return Statement(statement, tuple(parameters))
