"""An organization of which every list has the same length: made at once, since asking is what is measured, not making.

The rows are what the product's verbs would have left (`fsck`'s invariants hold for them), without the bytes behind files.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from artifacts import addresses
from artifacts.actions import organizations, people, streams
from artifacts.models import (
    Alias,
    ApiKey,
    ArtifactType,
    ArtifactVersion,
    Collection,
    CollectionTag,
    Entity,
    ManifestEntry,
    Membership,
    MetricSeries,
    Organization,
    OrganizationMember,
    Project,
    ProjectMember,
    Role,
    Run,
    RunFile,
    RunOutput,
    RunTag,
    RunUse,
    TeamMember,
    User,
    VersionTag,
)
from registry.actions import registries
from registry.models import AcceptedType, Registry
from registry_site.wandb_api.engine import ids

COMMITTED = ArtifactVersion.State.COMMITTED


@dataclass
class Crowd:
    """What one organization holds `size` of, everything seen by `user`, a member of its team."""

    size: int
    user: User
    organization: Organization
    entity: Entity
    team: Entity
    model: Project
    source: Project
    yolo: Collection
    detectors: Collection
    run: Run
    everywhere: ArtifactVersion

    @property
    def version_id(self) -> str:
        """The client's id of the version that is linked into every collection and used by every run."""
        return ids.encode("Artifact", self.everywhere.pk)

    @property
    def project_path(self) -> dict[str, str]:
        """The variables for the team's project."""
        return {"entity": self.team.name, "project": self.source.name}

    @property
    def registry_path(self) -> dict[str, str]:
        """The variables for the registry of models."""
        return {"entity": self.entity.name, "project": self.model.name}


def make(size: int, name: str) -> Crowd:
    """An organization of this name with `size` of everything."""
    owner = people.create_user(f"{name}-owner", acting_user=None)
    user = people.create_user(f"{name}-asker", acting_user=None)
    organization = registries.create_organization(f"{name} corp", owner=owner, acting_user=None)
    members = [(owner, "admin"), (user, "member")]
    team = organizations.create_team(f"{name}-team", organization, members=members, acting_user=None)
    model = addresses.registry(owner, organization, "model")
    source = _projects(team, ["source"], [user])[0]
    colleagues = _people(name, organization, team, size)
    _teams(name, organization, user, colleagues)
    _organizations(name, user, size)
    ApiKey.objects.bulk_create(
        ApiKey(user=user, prefix="xxxx", digest=f"{name}{number}".rjust(64, "0")) for number in range(size)
    )
    _members(model, colleagues, organization)
    _registries(model.entity, name, colleagues)
    projects = _projects(team, [f"project{number}" for number in range(size)], [*colleagues[:-2], user, user])
    run = _runs([source] * size, colleagues)[-1]
    _history(run, user, size)
    yolo = _sequence(source, colleagues)
    detectors, everywhere = _links(model, projects, colleagues)
    _lineage(run, yolo, everywhere, _runs(projects, colleagues))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # so many rows at once: without it, plans are made for none
            cursor.execute("ANALYZE")
    return Crowd(size, user, organization, model.entity, team, model, source, yolo, detectors, run, everywhere)


def _people(name: str, organization: Organization, team: Entity, size: int) -> list[User]:
    """Members of the organization and of its team, each with a personal entity."""
    names = [f"{name}-person{number}" for number in range(size)]
    made = User.objects.bulk_create(User(name=each, name_key=each, password="!") for each in names)
    Entity.objects.bulk_create(
        Entity(name=user.name, name_key=user.name_key, kind=Entity.Kind.PERSONAL, user=user) for user in made
    )
    OrganizationMember.objects.bulk_create(OrganizationMember(organization=organization, user=user) for user in made)
    TeamMember.objects.bulk_create(TeamMember(team=team, user=user) for user in made)
    return made


def _teams(name: str, organization: Organization, user: User, colleagues: Sequence[User]) -> None:
    """As many teams, in each of them the one who asks and one colleague."""
    names = [f"{name}-team{number}" for number in range(len(colleagues))]
    made = Entity.objects.bulk_create(
        Entity(name=each, name_key=each, kind=Entity.Kind.TEAM, organization=organization) for each in names
    )
    TeamMember.objects.bulk_create(TeamMember(team=team, user=user) for team in made)
    TeamMember.objects.bulk_create(TeamMember(team=team, user=one) for team, one in zip(made, colleagues, strict=True))


def _organizations(name: str, user: User, size: int) -> None:
    """Organizations that the one who asks belongs to, with their entities."""
    names = [f"{name}-org{number}" for number in range(size - 1)]
    made = Organization.objects.bulk_create(Organization(name=each, name_key=each) for each in names)
    kind = Entity.Kind.ORGANIZATION
    Entity.objects.bulk_create(Entity(name=one.name, name_key=one.name, kind=kind, organization=one) for one in made)
    OrganizationMember.objects.bulk_create(OrganizationMember(organization=one, user=user) for one in made)


def _members(model: Project, colleagues: Sequence[User], organization: Organization) -> None:
    """Roles of their own in a registry, for people and for teams."""
    teams = Entity.objects.teams().filter(organization=organization).order_by("-pk")[: len(colleagues)]
    role = Role.MEMBER
    ProjectMember.objects.bulk_create(ProjectMember(project=model, user=user, role=role) for user in colleagues)
    ProjectMember.objects.bulk_create(ProjectMember(project=model, team=team, role=role) for team in teams)


def _registries(entity: Entity, name: str, colleagues: Sequence[User]) -> None:
    """Registries, each with a type that it accepts and one that it holds; the two core ones come on top."""
    names = [f"wandb-registry-{name}{number}" for number in range(len(colleagues) - 2)]
    kind, visibility = Project.Kind.REGISTRY, Project.Visibility.ORGANIZATION
    made = Project.objects.bulk_create(
        Project(entity=entity, name=each, name_key=each, kind=kind, visibility=visibility, created_by=user)
        for each, user in zip(names, colleagues, strict=False)
    )
    rows = Registry.objects.bulk_create(Registry(project=project, accepts_all_types=False) for project in made)
    AcceptedType.objects.bulk_create(AcceptedType(registry=row, name="accepted") for row in rows)
    ArtifactType.objects.bulk_create(ArtifactType(project=project, name="held") for project in made)


def _projects(team: Entity, names: Sequence[str], makers: Sequence[User]) -> list[Project]:
    """Ordinary projects and who made them."""
    made = Project.objects.bulk_create(
        Project(entity=team, name=name, name_key=name, kind=Project.Kind.PROJECT, created_by=user)
        for name, user in zip(names, makers, strict=True)
    )
    ArtifactType.objects.bulk_create(ArtifactType(project=project, name="model") for project in made)
    return made


def _runs(projects: Sequence[Project], makers: Sequence[User]) -> list[Run]:
    """A finished run in each of the projects, with tags, a configuration and metrics."""
    made = Run.objects.bulk_create(
        Run(
            project=project,
            created_by=user,
            name=f"run{number}",
            display_name=f"sunny-sky-{number}",
            state=Run.State.FINISHED,
            config={"lr": {"value": number}},
            summary={"loss": 0.5},
        )
        for number, (project, user) in enumerate(zip(projects, makers, strict=True))
    )
    RunTag.objects.bulk_create(RunTag(run=run, name=word) for run in made for word in ("nightly", "gpu"))
    MetricSeries.objects.bulk_create(
        MetricSeries(run=run, stream=stream, key=key, count=1, last=0.5)
        for run in made
        for stream, key in (("history", "seen"), ("events", "cpu"))
    )
    return made


def _history(run: Run, user: User, size: int) -> None:
    """So many lines, metrics, lines of the console, files."""
    history = [json.dumps({"_step": step, f"metric{step}": step, "loss": 0.5}) for step in range(size)]
    events = [json.dumps({"_runtime": step, f"system.gpu.{step}.temp": 40}) for step in range(size)]
    output = [f"2026-11-25T10:00:00.{step:06} line {step}" for step in range(size)]
    contents = {"wandb-history.jsonl": history, "wandb-events.jsonl": events, "output.log": output}
    files = {name: {"offset": 0, "content": lines} for name, lines in contents.items()}
    streams.receive(run, streams.read_request({"files": files}), acting_user=user)
    RunFile.objects.bulk_create(
        RunFile(run=run, name=f"media/{number}.png", size=9, key=f"x/{number}", uploaded_at=timezone.now())
        for number in range(size)
    )


def _versions(
    places: Sequence[tuple[Collection, int]], makers: Sequence[User], runs: Sequence[Run | None]
) -> list[ArtifactVersion]:
    """Committed versions with these numbers in their sequences, each with two tags and an alias."""
    made = ArtifactVersion.objects.bulk_create(
        ArtifactVersion(
            sequence=sequence,
            index=index,
            digest=f"{sequence.pk}-{index}",
            state=COMMITTED,
            committed_at=timezone.now(),
            created_by=user,
            run=run,
            metadata={"acc": index},
        )
        for (sequence, index), user, run in zip(places, makers, runs, strict=True)
    )
    VersionTag.objects.bulk_create(VersionTag(version=version, name=tag) for version in made for tag in ("even", "odd"))
    _put([(version.sequence, version) for version in made])
    return made


def _put(places: Sequence[tuple[Collection, ArtifactVersion]]) -> None:
    """Give versions their places, numbered in this order, with an alias for each; the last one of a collection is latest."""
    counts: dict[Collection, int] = {}
    rows = []
    for collection, version in places:
        counts[collection] = counts.get(collection, 0) + 1
        rows.append(Membership(collection=collection, version=version, index=counts[collection] - 1))
    made = Membership.objects.bulk_create(rows)
    Alias.objects.bulk_create(
        Alias(collection=place.collection, membership=place, name=name, name_key=name)
        for place in made
        for name in (f"a{place.index}", *(["latest"] if place.index == counts[place.collection] - 1 else []))
    )
    for count in set(counts.values()):
        held = [collection.pk for collection, each in counts.items() if each == count]
        Collection.objects.filter(pk__in=held).update(next_index=count, version_count=count)


def _collections(projects: Sequence[Project], names: Sequence[str], kind: str) -> list[Collection]:
    """Collections of models with two tags each."""
    made = Collection.objects.bulk_create(
        Collection(project=project, kind=kind, type="model", name=name, name_key=name)
        for project, name in zip(projects, names, strict=True)
    )
    CollectionTag.objects.bulk_create(CollectionTag(collection=one, name=tag) for one in made for tag in ("red", "big"))
    return made


def _sequence(source: Project, makers: Sequence[User]) -> Collection:
    """A sequence of so many versions, among so many sequences and types of one project."""
    size = len(makers)
    kinds = [ArtifactType(project=source, name=f"type{number}") for number in range(size - 1)]
    ArtifactType.objects.bulk_create(kinds)
    names = ["yolo", *(f"sequence{number}" for number in range(size - 1))]
    yolo, *others = _collections([source] * size, names, Collection.Kind.SEQUENCE)
    runs = Run.objects.filter(project=source).order_by("pk")
    _versions([(yolo, number) for number in range(size)], makers, list(runs))
    _versions([(one, 0) for one in others], makers[1:], [None] * (size - 1))
    return yolo


def _links(model: Project, projects: Sequence[Project], makers: Sequence[User]) -> tuple[Collection, ArtifactVersion]:
    """A collection with a version of each project, and as many collections that all hold the last of these versions."""
    size = len(projects)
    sequences = _collections(projects, ["sourced"] * size, Collection.Kind.SEQUENCE)
    made = _versions([(one, 0) for one in sequences], makers, [None] * size)
    names = ["detectors", *(f"collection{number}" for number in range(size - 1))]
    detectors, *others = _collections([model] * size, names, Collection.Kind.PORTFOLIO)
    ArtifactType.objects.get_or_create(project=model, name="model")
    _put([(detectors, version) for version in made])
    _put([(one, made[-1]) for one in others])
    Registry.objects.filter(project=model).update(collection_count=size, version_count=2 * size - 1)
    files = [ManifestEntry(version=made[-1], path=f"{number}.bin", size=9, digest="x") for number in range(size)]
    ManifestEntry.objects.bulk_create(files)
    ArtifactVersion.objects.filter(pk=made[-1].pk).update(file_count=size, size=9 * size)
    return detectors, made[-1]


def _lineage(run: Run, yolo: Collection, everywhere: ArtifactVersion, runs: Sequence[Run]) -> None:
    """One run that logged and used everything, one version that every run used."""
    logged = [RunOutput(run=run, version=version) for version in yolo.versions.all()]
    RunOutput.objects.bulk_create(logged)
    linked = ArtifactVersion.objects.filter(
        memberships__collection__name="detectors", sequence__project__entity=run.project.entity
    )
    RunUse.objects.bulk_create(RunUse(run=run, version=version) for version in linked)
    RunUse.objects.bulk_create(RunUse(run=one, version=everywhere) for one in runs)
