"""The policy says the same as a yes/no and as a queryset, and what each role in an organization is worth in its registries."""

import itertools
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from artifacts import access
from artifacts.access import GRANTS, Can
from artifacts.errors import Forbidden, NotFound
from artifacts.models import Entity, Organization, OrganizationMember, Project, ProjectMember, Role, TeamMember, User
from artifacts.models.organizations import MEMBER_ROLES
from tests import factories
from tests.conftest import World

PEOPLE, TEAMS, PROJECTS = 4, 4, 6
some_role = st.sampled_from([None, *MEMBER_ROLES])
grant = st.tuples(st.booleans(), st.integers(0, 3), st.sampled_from(list(Role)))
project = st.fixed_dictionaries(
    {
        "owner": st.integers(0, 9),  # two organizations, four teams, four people
        "visibility": st.sampled_from(list(Project.Visibility)),
        "default_role": st.sampled_from(list(Role)),
        "grants": st.lists(grant, max_size=4),
    }
)
worlds = st.fixed_dictionaries(
    {
        "organizations": st.lists(some_role, min_size=PEOPLE * 2, max_size=PEOPLE * 2),
        "teams": st.lists(some_role, min_size=PEOPLE * TEAMS, max_size=PEOPLE * TEAMS),
        "administrators": st.sets(st.integers(0, PEOPLE - 1), max_size=1),
        "inactive": st.sets(st.integers(0, PEOPLE - 1), max_size=1),
        "projects": st.lists(project, min_size=1, max_size=PROJECTS),
    }
)


def build(drawn: dict[str, Any]) -> tuple[list[User], list[Project]]:
    """Rows straight into the tables: also such as the actions would not make."""
    people = [
        User.objects.create(
            name=f"p{number}",
            name_key=f"p{number}",
            is_admin=number in drawn["administrators"],
            is_active=number not in drawn["inactive"],
        )
        for number in range(PEOPLE)
    ]
    organizations = [Organization.objects.create(name=f"o{number}", name_key=f"o{number}") for number in range(2)]
    make = Entity.objects.create
    owners = [
        make(name=f"e{number}", name_key=f"e{number}", kind="organization", organization=organizations[number])
        for number in range(2)
    ]
    teams = [
        make(name=f"t{number}", name_key=f"t{number}", kind="team", organization=organizations[number % 2])
        for number in range(TEAMS)
    ]
    owners += teams
    owners += [make(name=user.name, name_key=user.name_key, kind="personal", user=user) for user in people]
    OrganizationMember.objects.bulk_create(
        OrganizationMember(organization=organizations[number % 2], user=people[number // 2], role=role)
        for number, role in enumerate(drawn["organizations"])
        if role
    )
    TeamMember.objects.bulk_create(
        TeamMember(team=teams[number % TEAMS], user=people[number // TEAMS], role=role)
        for number, role in enumerate(drawn["teams"])
        if role
    )
    return people, [_project(number, row, owners, people, teams) for number, row in enumerate(drawn["projects"])]


def _project(
    number: int, row: dict[str, Any], owners: list[Entity], people: list[User], teams: list[Entity]
) -> Project:
    owner = owners[row["owner"]]
    is_registry = owner.kind == Entity.Kind.ORGANIZATION
    visibility = row["visibility"]
    if is_registry and visibility == Project.Visibility.TEAM:
        visibility = Project.Visibility.ORGANIZATION
    made = Project.objects.create(
        entity=owner,
        name=f"x{number}",
        name_key=f"x{number}",
        kind=Project.Kind.REGISTRY if is_registry else Project.Kind.PROJECT,
        visibility=visibility,
        default_role=row["default_role"],
    )
    grants = {(is_team, whom): role for is_team, whom, role in row["grants"]}
    ProjectMember.objects.bulk_create(
        ProjectMember(project=made, role=role, **({"team": teams[whom]} if is_team else {"user": people[whom]}))
        for (is_team, whom), role in grants.items()
        if owner.kind != Entity.Kind.PERSONAL
    )
    return made


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=worlds)
def test_allowed_is_the_same_as_being_among_the_projects_where(drawn: dict[str, Any]) -> None:
    with transaction.atomic():
        people, projects = build(drawn)
        for user in people:
            verbs = {project.pk: access.verbs_in(user, project) for project in projects}
            for can in Can:
                wanted = {number for number, granted in verbs.items() if can in granted}
                assert set(access.projects_where(user, can).values_list("pk", flat=True)) == wanted, (user, can)
            assert all(
                access.allowed(user, can, project) == (can in verbs[project.pk])
                for project in projects[:1]
                for can in Can
            )
        transaction.set_rollback(True)


def test_stronger_roles_may_all_that_weaker_ones_may() -> None:
    ladder = [Role.RESTRICTED_VIEWER, Role.VIEWER, Role.MEMBER, Role.ADMIN]
    for weaker, stronger in itertools.pairwise(ladder):
        assert GRANTS[weaker] < GRANTS[stronger]
    assert GRANTS[Role.RESTRICTED_VIEWER] == {Can.VIEW}


# organization role × visibility and default role → role in a registry
TABLE = [
    ("admin", "organization", "member", "admin"),
    ("admin", "organization", "restricted_viewer", "admin"),
    ("admin", "restricted", "member", "admin"),
    ("member", "organization", "member", "member"),
    ("member", "organization", "admin", "admin"),
    ("member", "organization", "viewer", "viewer"),
    ("member", "organization", "restricted_viewer", "restricted_viewer"),
    ("member", "restricted", "member", None),
    ("member", "restricted", "admin", None),
    ("viewer", "organization", "member", "viewer"),
    ("viewer", "organization", "admin", "viewer"),
    ("viewer", "organization", "restricted_viewer", "restricted_viewer"),
    ("viewer", "restricted", "member", None),
    (None, "organization", "admin", None),
    (None, "restricted", "member", None),
]


@pytest.mark.parametrize(("role", "visibility", "default", "wanted"), TABLE)
def test_the_role_in_a_registry_follows_from_the_organizations(
    world: World, role: str | None, visibility: str, default: str, wanted: str | None
) -> None:
    OrganizationMember.objects.filter(user=world.bob).delete()
    TeamMember.objects.filter(user=world.bob).delete()
    if role:
        OrganizationMember.objects.create(organization=world.organization, user=world.bob, role=role)
    Project.objects.filter(pk=world.model.pk).update(visibility=visibility, default_role=default)
    registry = Project.objects.with_entity().get(pk=world.model.pk)
    assert access.role_in(world.bob, registry) == wanted


@pytest.mark.parametrize("through", ["user", "team"])
@pytest.mark.parametrize("granted", list(Role))
def test_granted_roles_are_joined_and_the_strongest_wins(world: World, through: str, granted: Role) -> None:
    who = {"user": world.bob} if through == "user" else {"team": world.team}
    ProjectMember.objects.create(project=world.model, role=granted, **who)
    assert access.role_in(world.bob, world.model) == max(granted, Role.MEMBER, key=lambda role: len(GRANTS[role]))
    Project.objects.filter(pk=world.model.pk).update(visibility="restricted")
    assert access.role_in(world.bob, Project.objects.with_entity().get(pk=world.model.pk)) == granted


def test_site_administrators_administer_registries_but_read_nobodys_projects(world: World) -> None:
    User.objects.filter(pk=world.mallory.pk).update(is_admin=True)
    world.mallory.refresh_from_db()
    assert access.role_in(world.mallory, world.model) == Role.ADMIN
    assert access.role_in(world.mallory, factories.project(world.team, user=world.bob)) is None


def test_what_is_hidden_is_absent_and_what_is_visible_is_forbidden(world: World) -> None:
    made = factories.project(world.team, user=world.bob)
    with pytest.raises(NotFound):
        access.require(world.mallory, Can.VIEW, made)
    with pytest.raises(Forbidden, match="your role in “detector” is viewer and this needs member"):
        access.require(world.carol, Can.LOG, made)
    access.require(world.bob, Can.LOG, made)


def test_an_inactive_person_may_nothing(world: World) -> None:
    world.alice.is_active = False
    assert access.role_in(world.alice, world.model) is None
    assert not access.visible_projects(world.alice).exists()
    assert not access.visible_entities(world.alice).exists()
    assert not access.visible_organizations(world.alice).exists()
    assert not access.manages_organization(world.alice, world.organization)
    assert not access.manages_team(world.alice, world.team)
