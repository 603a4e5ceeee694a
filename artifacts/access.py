"""The one access decision: what a role may do, who has which role, asked as a yes/no and as a queryset.

Nothing else compares roles. A test holds the two forms equal, and another one walks every address and every field of
the client's schema for the permission it declares.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial

from django.db.models import Q, QuerySet, Value

from artifacts.errors import Forbidden, NotFound
from artifacts.models import (
    ArtifactVersion,
    Automation,
    Collection,
    Entity,
    Membership,
    Organization,
    OrganizationMember,
    Project,
    ProjectMember,
    Role,
    TeamMember,
    User,
)
from artifacts.models.automations import AutomationQuerySet
from artifacts.models.lookups import IsInQuery
from artifacts.models.projects import ProjectQuerySet
from artifacts.models.versions import VersionQuerySet


class Can(StrEnum):
    """A verb that a role grants in a place."""

    VIEW = "view"
    DOWNLOAD = "download"
    LOG = "log"
    LINK = "link"
    EDIT = "edit"
    MANAGE = "manage"


GRANTS: dict[Role, frozenset[Can]] = {
    Role.RESTRICTED_VIEWER: frozenset({Can.VIEW}),
    Role.VIEWER: frozenset({Can.VIEW, Can.DOWNLOAD}),
    Role.MEMBER: frozenset({Can.VIEW, Can.DOWNLOAD, Can.LOG, Can.LINK, Can.EDIT}),
    Role.ADMIN: frozenset(Can),
}
STRENGTH = {role: len(grants) for role, grants in GRANTS.items()}
NO_PLACE = "There is nothing here that you can see; check the address, or ask an administrator for access."
NO_VERSION = "There is no artifact version here that you can see; check its name, or ask for access."


def roles_that(can: Can) -> list[Role]:
    """The roles that grant a verb."""
    return [role for role, grants in GRANTS.items() if can in grants]


def _weaker(one: Role, other: Role) -> Role:
    return one if STRENGTH[one] <= STRENGTH[other] else other


def role_in(user: User, project: Project) -> Role | None:
    """The strongest role that somebody has in a project or registry, by all roads together; None sees nothing."""
    if not user.is_active:
        return None
    entity = project.entity
    if entity.kind == Entity.Kind.PERSONAL:
        return Role.ADMIN if entity.user_id == user.pk else None
    return _strongest(user, project, set(_roles_by_road(user, project)))


def _strongest(user: User, project: Project, found: set[tuple[str, str]]) -> Role | None:
    """The strongest of somebody's roles, each given with the road it comes by."""
    roles: set[Role] = {Role(role) for road, role in found if road == "granted"}
    if project.is_registry:
        roles |= {_registry_role(project, Role(role)) for road, role in found if road == "organization"} - {None}  # type: ignore[arg-type]
        if user.is_admin:
            roles.add(Role.ADMIN)
    else:
        team = {Role(role) for road, role in found if road == "team"}
        roles |= team if project.visibility != Project.Visibility.RESTRICTED else team & {Role.ADMIN}
        if project.visibility == Project.Visibility.ORGANIZATION and any(road == "organization" for road, _ in found):
            roles.add(Role.VIEWER)
    return max(roles, key=lambda role: STRENGTH[role], default=None)


def _roles_by_road(user: User, project: Project) -> QuerySet[OrganizationMember, tuple[str, str]]:
    """Every role that could count, with the road it comes by, in one query."""
    organization = OrganizationMember.objects.filter(organization=project.entity.organization_id, user=user)
    team = TeamMember.objects.filter(team=project.entity_id, user=user)
    granted = ProjectMember.objects.filter(project=project)
    return organization.values_list(Value("organization"), "role").union(
        team.values_list(Value("team"), "role"),
        granted.filter(user=user).values_list(Value("granted"), "role"),
        granted.filter(team__members__user=user).values_list(Value("granted"), "role"),
    )


def people_of(registry: Project) -> QuerySet[User]:
    """Everybody who has a role in a registry through its organization or by a grant (site administrators apart)."""
    members = OrganizationMember.objects.filter(organization=registry.entity.organization_id)
    if registry.visibility != Project.Visibility.ORGANIZATION:
        members = members.filter(role=Role.ADMIN)
    granted = ProjectMember.objects.filter(project=registry)
    return User.objects.filter(
        Q(pk__in=members.values("user"))
        | Q(pk__in=granted.filter(user__isnull=False).values("user"))
        | Q(
            pk__in=TeamMember.objects.filter(team__in=granted.filter(team__isnull=False).values("team")).values("user")
        ),
        is_active=True,
    )


def roles_in(registry: Project, people: Sequence[User]) -> dict[int, Role]:
    """`role_in` for a page of people at once; whoever has none is left out."""
    granted = ProjectMember.objects.filter(project=registry)
    found: dict[int, set[tuple[str, str]]] = {user.pk: set() for user in people}
    organization = OrganizationMember.objects.filter(organization=registry.entity.organization_id, user__in=people)
    for user, role in organization.values_list("user", "role"):
        found[user].add(("organization", role))
    for user, role in granted.filter(user__in=people).values_list("user", "role"):
        found[user].add(("granted", role))
    for user, role in granted.filter(team__members__user__in=people).values_list("team__members__user", "role"):
        found[user].add(("granted", role))
    roles = {user.pk: _strongest(user, registry, found[user.pk]) for user in people if user.is_active}
    return {user: role for user, role in roles.items() if role is not None}


def _registry_role(registry: Project, role: Role) -> Role | None:
    """What a role in the organization is worth in one of its registries.

    An administrator of the organization is one of every registry. A member has the registry's default role, and a viewer the weaker one
    of that and viewer, both only where the registry is open to the organization.
    """
    if role == Role.ADMIN:
        return Role.ADMIN
    if registry.visibility != Project.Visibility.ORGANIZATION:
        return None
    return Role(registry.default_role) if role == Role.MEMBER else _weaker(Role.VIEWER, Role(registry.default_role))


def allowed(user: User, can: Can, project: Project) -> bool:
    """Whether somebody may do this in a project or registry."""
    role = role_in(user, project)
    return role is not None and can in GRANTS[role]


def verbs_in(user: User, project: Project) -> frozenset[Can]:
    """Everything that somebody may do in a project or registry: what pages ask once and hand to their templates."""
    role = role_in(user, project)
    return frozenset() if role is None else GRANTS[role]


def require(user: User, can: Can, project: Project) -> None:
    """Refuse unless somebody may do this: NotFound if the place is hidden from them, else Forbidden."""
    role = role_in(user, project)
    if role is None:
        raise NotFound(NO_PLACE)
    if can not in GRANTS[role]:
        needed = min((other for other in roles_that(can)), key=lambda other: STRENGTH[other])
        raise Forbidden(
            f"permission denied: your role in “{project.title}” is {role.label.lower()} and this needs {needed.label.lower()}; "
            "ask one of its administrators."
        )


def projects_where(user: User, can: Can) -> ProjectQuerySet:
    """Every project and registry in which somebody may do this: `allowed` as SQL."""
    return Project.objects.filter(projects_condition(user, can))


def projects_condition(user: User, can: Can, prefix: str = "") -> Q:
    """`allowed` as a condition on rows that lead to a project by `prefix`, such as `project__`.

    With it a list needs no subquery over all projects, which PostgreSQL plans badly as long as its tables aren't analyzed.
    """
    if not user.is_active:
        return Q(pk__in=[])
    roles = roles_that(can)
    teams = TeamMember.objects.filter(user=user)
    organizations = OrganizationMember.objects.filter(user=user)
    granted = ProjectMember.objects.filter(role__in=roles)
    its = partial(_its, prefix)
    may = its(entity__user=user)
    ordinary = its(kind=Project.Kind.PROJECT)
    may |= (
        ordinary
        & ~its(visibility=Project.Visibility.RESTRICTED)
        & its(entity__in=teams.filter(role__in=roles).values("team"))
    )
    may |= ordinary & its(entity__in=teams.filter(role=Role.ADMIN).values("team"))
    if Role.VIEWER in roles:
        may |= ordinary & its(
            visibility=Project.Visibility.ORGANIZATION, entity__organization__in=organizations.values("organization")
        )
    may |= its(pk__in=granted.filter(user=user).values("project"))
    may |= its(pk__in=granted.filter(IsInQuery("team", teams.values("team"))).values("project"))
    return may | its(kind=Project.Kind.REGISTRY) & _registries_where(user, roles, prefix)


def _its(prefix: str, **conditions: object) -> Q:
    return Q(**{f"{prefix}{name}": value for name, value in conditions.items()})


def _registries_where(user: User, roles: list[Role], prefix: str) -> Q:
    """The part of `projects_condition` that follows from roles in organizations."""
    if user.is_admin:
        return Q()
    organizations = OrganizationMember.objects.filter(user=user)
    its = partial(_its, prefix)

    def those(role: Role) -> Q:
        return its(entity__organization__in=organizations.filter(role=role).values("organization"))

    opened = its(visibility=Project.Visibility.ORGANIZATION)
    may = those(Role.ADMIN) | opened & those(Role.MEMBER) & its(default_role__in=roles)
    for default in Role:
        if _weaker(Role.VIEWER, default) in roles:
            may |= opened & those(Role.VIEWER) & its(default_role=default)
    return may


def visible_projects(user: User) -> ProjectQuerySet:
    """Every project and registry that exists for somebody: every list starts here."""
    return projects_where(user, Can.VIEW)


def allowed_version(user: User, can: Can, version: ArtifactVersion) -> bool:
    """Whether a version may be read through any place that holds it; for requests that name only the version."""
    return versions_where(user, can).filter(pk=version.pk).exists()


def versions_where(user: User, can: Can) -> VersionQuerySet:
    """Versions that somebody may read: by their source project or by any portfolio that holds them."""
    if can not in {Can.VIEW, Can.DOWNLOAD}:
        raise ValueError("Only reading is judged without a place.")
    projects = projects_where(user, can).values("pk")
    linked = Membership.objects.filter(collection__kind="portfolio", collection__project__in=projects).values("version")
    return ArtifactVersion.objects.filter(Q(sequence__project__in=projects) | Q(pk__in=linked))


def visible_versions(user: User) -> VersionQuerySet:
    """Versions that exist for somebody."""
    return versions_where(user, Can.VIEW)


def visible_organizations(user: User) -> QuerySet[Organization]:
    """Organizations that exist for somebody: their own; all of them for a site administrator."""
    if not user.is_active:
        return Organization.objects.none()
    if user.is_admin:
        return Organization.objects.all()
    return Organization.objects.filter(members__user=user)


def visible_entities(user: User) -> QuerySet[Entity]:
    """Namespaces that exist for somebody: their own, and the teams, people and registries' owners of their organizations."""
    if not user.is_active:
        return Entity.objects.none()
    if user.is_admin:
        return Entity.objects.all()
    organizations = OrganizationMember.objects.filter(user=user).values("organization")
    colleagues = OrganizationMember.objects.filter(organization__in=organizations).values("user")
    return Entity.objects.filter(Q(user=user) | Q(organization__in=organizations) | Q(user__in=colleagues))


def organization_role(user: User, organization: Organization) -> Role | None:
    """Somebody's role in an organization; a site administrator is administrator of every one."""
    if not user.is_active:
        return None
    if user.is_admin:
        return Role.ADMIN
    member = organization.members.filter(user=user).first()
    return None if member is None else Role(member.role)


def team_role(user: User, team: Entity) -> Role | None:
    """Somebody's role in a team, or in their own personal entity."""
    if not user.is_active:
        return None
    if team.user_id is not None:
        return Role.ADMIN if team.user_id == user.pk else None
    member = team.members.filter(user=user).first()
    return None if member is None else Role(member.role)


def manages_organization(user: User, organization: Organization) -> bool:
    """Whether somebody may change an organization's members, teams and settings."""
    return organization_role(user, organization) == Role.ADMIN


def manages_team(user: User, team: Entity) -> bool:
    """Whether somebody may change a team's members: its administrators and those of its organization."""
    if team_role(user, team) == Role.ADMIN:
        return True
    return team.organization is not None and manages_organization(user, team.organization)


def manages(user: User, place: Organization | Entity) -> bool:
    """Whether somebody may change the members of an organization or a team."""
    return manages_organization(user, place) if isinstance(place, Organization) else manages_team(user, place)


def logs_in(user: User, entity: Entity) -> bool:
    """Whether somebody may make projects and runs in an entity. An organization's own entity holds no runs."""
    return entity.pk in logged_to(user, [entity])


def logged_to(user: User, entities: Sequence[Entity]) -> set[int]:
    """Those of some entities that somebody may log to, by primary key: `logs_in` for a page of them at once."""
    if not user.is_active:
        return set()
    own = {entity.pk for entity in entities if entity.user_id == user.pk}
    teams = [entity.pk for entity in entities if entity.kind == Entity.Kind.TEAM]
    member = TeamMember.objects.filter(team__in=teams, user=user, role__in=roles_that(Can.LOG)) if teams else None
    return own if member is None else own | set(member.values_list("team", flat=True))


def creates_registries(user: User, organization: Organization) -> bool:
    """Whether somebody may make a registry: any member of the organization who isn't a viewer."""
    return organization_role(user, organization) in {Role.ADMIN, Role.MEMBER}


def require_management(is_allowed: bool, of: str) -> None:
    """Refuse an administrator's act to whoever isn't one; `of` is the place's name, which they can see."""
    if not is_allowed:
        raise Forbidden(f"permission denied: only an administrator of “{of}” can do this; ask one of them.")


def manages_automations(user: User, scope: Entity | Project | Collection) -> bool:
    """Whether somebody may make, change and delete automations of a scope: members in projects and collections, else administrators."""
    if isinstance(scope, Collection):
        return allowed(user, Can.EDIT, scope.project)
    if isinstance(scope, Project):
        return allowed(user, Can.MANAGE if scope.is_registry else Can.EDIT, scope)
    return manages_team(user, scope)


def require_automating(user: User, scope: Entity | Project | Collection) -> None:
    """Refuse whoever may not change the automations of a scope: NotFound if it is hidden from them, else Forbidden."""
    if isinstance(scope, Collection):
        require(user, Can.EDIT, scope.project)
    elif isinstance(scope, Project):
        require(user, Can.MANAGE if scope.is_registry else Can.EDIT, scope)
    elif not visible_entities(user).filter(pk=scope.pk).exists():
        raise NotFound(NO_PLACE)
    else:
        require_management(manages_team(user, scope), scope.name)


def visible_automations(user: User) -> AutomationQuerySet:
    """Automations that exist for somebody: of places they see, of teams they are in, of organizations they belong to."""
    if not user.is_active:
        return Automation.objects.none()
    if user.is_admin:
        watched = Q(entity__isnull=False)
    else:
        members = OrganizationMember.objects.filter(user=user)
        managed = members.filter(role=Role.ADMIN).values("organization")
        watched = Q(entity__kind=Entity.Kind.ORGANIZATION, organization__in=members.values("organization"))
        watched |= Q(entity__in=TeamMember.objects.filter(user=user).values("team"))
        watched |= Q(entity__kind=Entity.Kind.TEAM, organization__in=managed)
    projects = visible_projects(user).values("pk")
    return Automation.objects.filter(watched | Q(project__in=projects) | Q(collection__project__in=projects))


def entities_to_deliver_for(user: User) -> QuerySet[Entity]:
    """Entities whose webhooks and Slack channels somebody may see and use: where they log, and what they administer."""
    if not user.is_active:
        return Entity.objects.none()
    if user.is_admin:
        return Entity.objects.filter(Q(user=user) | ~Q(kind=Entity.Kind.PERSONAL))
    members = OrganizationMember.objects.filter(user=user)
    logging = TeamMember.objects.filter(user=user, role__in=roles_that(Can.LOG))
    return Entity.objects.filter(
        Q(user=user)
        | Q(pk__in=logging.values("team"))
        | Q(kind=Entity.Kind.TEAM, organization__in=members.filter(role=Role.ADMIN).values("organization"))
        | Q(
            kind=Entity.Kind.ORGANIZATION,
            organization__in=members.filter(role__in=[Role.ADMIN, Role.MEMBER]).values("organization"),
        )
    )
