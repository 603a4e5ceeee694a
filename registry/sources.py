"""Choosing what to link, step by step: team, project, artifact, version; each choice narrows the next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q

from artifacts import access, addresses
from artifacts.access import Can
from artifacts.errors import NotFound
from artifacts.models import ArtifactVersion, Collection, Entity, Membership, Project, User
from artifacts.naming import key_of

MOST_OPTIONS = 50


@dataclass
class Choice:
    """One control: what can be chosen, what is; a long list is searched instead, and shows its first entries."""

    name: str
    label: str
    value: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    is_long: bool = False
    prompt: str = ""
    hint: str = ""
    error: str = ""
    is_ready: bool = False


@dataclass
class Source:
    """The four controls, and the version that they name once all four are chosen."""

    team: Choice
    project: Choice
    artifact: Choice
    version: Choice
    chosen: ArtifactVersion | None = None

    @property
    def choices(self) -> list[Choice]:
        """In the order in which they are made."""
        return [self.team, self.project, self.artifact, self.version]

    @property
    def has_errors(self) -> bool:
        """Whether a control says what is wrong."""
        return any(choice.error for choice in self.choices)


def read_source(user: User, collection: Collection, asked: Mapping[str, str], *, is_final: bool = False) -> Source:
    """The controls for linking into a collection, filled as far as `asked` goes; `is_final` asks for all of them."""
    source = Source(
        team=Choice("team", "Team", prompt="Choose a team", is_ready=True),
        project=Choice("project", "Project", prompt="Choose a team first"),
        artifact=Choice("artifact", "Artifact", prompt="Choose a project first"),
        version=Choice("version", "Version", prompt="Choose an artifact first"),
    )
    team = _choose_team(source.team, user, collection, asked.get("team", ""))
    project = _choose_project(source.project, user, team, asked.get("project", "")) if team else None
    sequence = _choose_artifact(source.artifact, collection, project, asked.get("artifact", "")) if project else None
    if sequence is not None:
        source.chosen = _choose_version(source.version, collection, sequence, asked.get("version", ""))
    if is_final:
        for choice in source.choices:
            if choice.is_ready and not choice.value and not choice.error:
                choice.error = f"{choice.prompt}."
                break
    return source


def _settle(choice: Choice, asked: str, names: Iterable[str], *, missing: str) -> str:
    """What is chosen: what was asked for if it exists, else the only entry there is."""
    choice.is_ready = True
    found = list(names)
    if asked:
        choice.value = asked
        if asked in found:
            return asked
        choice.error = missing
        return ""
    if len(choice.options) == 1 and not choice.is_long:
        choice.value = choice.options[0][0]
    return choice.value


def _options(choice: Choice, names: list[str], asked: str) -> None:
    choice.is_long = len(names) > MOST_OPTIONS
    choice.options = [(name, name) for name in names[:MOST_OPTIONS]]


def _choose_team(choice: Choice, user: User, collection: Collection, asked: str) -> Entity | None:
    organization = collection.project.entity.organization
    sources = access.projects_where(user, Can.DOWNLOAD).ordinary().values("entity")
    teams = Entity.objects.teams().filter(Q(pk__in=sources) | Q(members__user=user), organization=organization)
    teams = teams.distinct().order_by("name_key")
    _options(choice, list(teams.values_list("name", flat=True)[: MOST_OPTIONS + 1]), asked)
    choice.hint = (
        f"Only teams of {organization}. Versions of a personal entity can’t be linked: log them to a team first."
    )
    if not choice.options:
        choice.prompt = "You are in no team"
    match = teams.filter(name_key=key_of(asked)).first() if asked else None
    if asked and match is None:
        personal = Entity.objects.filter(name_key=key_of(asked), user=user).first()
        choice.value, choice.error = (
            asked,
            (
                f"“{personal.name}” is a personal entity, and only artifacts logged within an organization's team can be linked; "
                'log the artifact to a team: wandb.init(entity="<team>", …).'
                if personal
                else "No team of this organization has this name; choose one of the list."
            ),
        )
        return None
    name = _settle(choice, match.name if match else "", [match.name] if match else [], missing="")
    return match or (teams.filter(name=name).first() if name else None)


def _choose_project(choice: Choice, user: User, team: Entity, asked: str) -> Project | None:
    found = access.projects_where(user, Can.DOWNLOAD).ordinary().filter(entity=team).order_by("name_key")
    choice.prompt = "Choose a project"
    listed = found.filter(name_key__contains=key_of(asked)) if asked else found
    _options(choice, list(found.values_list("name", flat=True)[: MOST_OPTIONS + 1]), asked)
    if choice.is_long and asked:
        choice.options = [(name, name) for name in listed.values_list("name", flat=True)[:MOST_OPTIONS]]
    if not choice.options and not asked:
        choice.prompt = "No project that you may download from"
    match = found.filter(name_key=key_of(asked)).first() if asked else None
    name = _settle(
        choice,
        match.name if match else asked,
        [match.name] if match else [],
        missing=f"{team.name} has no project of this name that you may download from; choose one of the list.",
    )
    match = match or (found.filter(name=name).first() if name else None)
    if match is not None:
        match.entity = team
    return match


def _choose_artifact(choice: Choice, collection: Collection, project: Project, asked: str) -> Collection | None:
    found = (
        Collection.objects.sequences()
        .in_project(project)
        .filter(type=collection.type, version_count__gt=0)
        .order_by("name_key")
    )
    choice.prompt = "Choose an artifact"
    _options(choice, list(found.values_list("name", flat=True)[: MOST_OPTIONS + 1]), asked)
    if choice.is_long and asked:
        part = found.filter(name_key__contains=key_of(asked))
        choice.options = [(name, name) for name in part.values_list("name", flat=True)[:MOST_OPTIONS]]
    if not choice.options and not asked:
        choice.prompt = f"No artifact of type {collection.type} here"
    name = _settle(
        choice,
        asked,
        found.filter(name=asked).values_list("name", flat=True) if asked else [],
        missing=f"{project.name} has no artifact of this name and of type {collection.type}; choose one of the list.",
    )
    match = found.filter(name=name).first() if name else None
    if match is not None:
        match.project = project
    return match


def _choose_version(choice: Choice, collection: Collection, sequence: Collection, asked: str) -> ArtifactVersion | None:
    newest = list(
        Membership.objects.in_collection(sequence)
        .live()
        .newest_first()
        .with_aliases()
        .select_related("version__created_by", "version__run")[: MOST_OPTIONS + 1]
    )
    linked = dict(
        Membership.objects.in_collection(collection)
        .filter(version__in=[membership.version_id for membership in newest])
        .values_list("version", "index")
    )
    choice.is_ready, choice.prompt = True, "Choose a version"
    choice.is_long = len(newest) > MOST_OPTIONS
    choice.options = [(membership.name, _version_words(membership, linked)) for membership in newest[:MOST_OPTIONS]]
    choice.value = asked
    if not asked:
        return None
    match = next((membership for membership in newest if membership.name == asked), None)
    if match is None:
        try:
            match = addresses.membership(sequence, asked)
        except NotFound as refusal:
            choice.error = str(refusal)
            return None
    match.version.sequence = sequence
    return match.version


def _version_words(membership: Membership, linked: Mapping[int, int]) -> str:
    """A version's line in the list: its number first, then what tells it from the others."""
    if membership.version_id in linked:
        return f"{membership.name} · already linked as v{linked[membership.version_id]}"
    created = membership.version.created_at
    return " · ".join([membership.name, *membership.alias_names[:4], f"{created:%-d %b %Y}"])
