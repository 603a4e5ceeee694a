"""What surrounds every page: the theme, and the navigation with the organization in view."""

from django.db.models import F
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from artifacts import access
from artifacts.models import Entity, Organization, Role, User

THEMES = {"light", "dark"}


class Shell:
    """The navigation around a page: the organization in view, those one may switch to, its teams."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        user = request.user
        self.organizations: list[Organization] = []
        self.teams: list[Entity] = []
        self.organization: Organization | None = None
        if isinstance(user, User) or user.is_authenticated:
            self._load(user)

    def _load(self, user: User) -> None:
        """Two statements, on every page: one's organizations with one's role in each, and the teams of the current one."""
        mine = Organization.objects.filter(members__user=user).annotate(role=F("members__role"))
        self.organizations = list(mine.order_by("name_key")[:50])
        roles = {organization.pk: organization.role for organization in self.organizations}  # type: ignore[attr-defined]
        if not self.organizations and user.is_admin:
            self.organizations = list(access.visible_organizations(user).order_by("name_key")[:50])
        self.organization = self._current()
        if self.organization is None:
            return
        teams = Entity.objects.teams().filter(organization=self.organization)
        role = roles.get(self.organization.pk)
        if role is None:  # not among the first fifty, or a site administrator's view of somebody else's
            role = access.organization_role(user, self.organization)
        if role != Role.ADMIN and not user.is_admin:
            teams = teams.filter(members__user=user) if role is not None else teams.none()
        self.teams = list(teams.order_by("name_key")[:50])

    def _current(self) -> Organization | None:
        """That of the address, else the one seen last, else the first."""
        session = self._request.session
        by_number = {organization.pk: organization for organization in self.organizations}
        named = getattr(self._request, "organization", None)  # set by views through `in_organization`
        if isinstance(named, Organization):
            by_number.setdefault(named.pk, named)
            if session.get("organization") != named.pk:
                session["organization"] = named.pk
            return named
        return by_number.get(session.get("organization", 0)) or next(iter(by_number.values()), None)

    @property
    def section(self) -> str:
        """Which entry of the navigation is the current place."""
        match = self._request.resolver_match
        if match is None:
            return ""
        if match.url_name in {"organization-members", "organization-settings"}:
            return match.url_name.removeprefix("organization-")
        if match.url_name == "quickstart":
            return "quickstart"
        if "entity" in match.kwargs:
            return f"team:{match.kwargs['entity']}"
        return "registry" if match.app_name == "registry" else ""


def in_organization(request: HttpRequest, organization: Organization | None) -> None:
    """Say whose page this is, for the navigation around it."""
    if organization is not None:
        request.organization = organization  # type: ignore[attr-defined]


def shell(request: HttpRequest) -> dict[str, object]:
    """Context processor: the theme, and the navigation (read from the database only where a template shows it)."""
    theme = request.COOKIES.get("theme", "")
    return {"shell": SimpleLazyObject(lambda: Shell(request)), "theme": theme if theme in THEMES else ""}
