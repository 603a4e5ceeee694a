"""Choosing what to link, step by step: team, project, artifact, version; each choice narrows the next."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from artifacts import access, addresses
from artifacts.access import Can
from artifacts.errors import NotFound
from artifacts.models import Alias, ArtifactVersion, Collection, Entity, Membership, Organization, Project, User
from artifacts.naming import key_of, version_index
from registry.views.linking.address import LATER, SourceAddress
from registry.views.linking.choice import MOST_OPTIONS, ChoiceControl, offer_by_name

MOST_COUNTED = 1000


@dataclass(frozen=True)
class Wanted:
    """What is looked for: versions of a type, in an organization; with a collection, what it holds already is marked."""

    organization: Organization
    type_name: str
    collection: Collection | None = None

    @classmethod
    def by(cls, collection: Collection) -> "Wanted":
        """What a collection can hold."""
        organization = collection.project.entity.organization
        assert organization is not None  # a registry's entity is its organization's
        return cls(organization, collection.type, collection)


@dataclass
class Source:
    """The controls, and the version that they name once all of them are chosen."""

    project: ChoiceControl
    artifact: ChoiceControl
    version: ChoiceControl
    team: ChoiceControl | None = None
    chosen: ArtifactVersion | None = None
    held: Membership | None = None

    @property
    def choices(self) -> list[ChoiceControl]:
        """The selects, in the order in which they are chosen."""
        return [choice for choice in (self.team, self.project, self.artifact, self.version) if choice is not None]

    @property
    def has_errors(self) -> bool:
        """Whether a control says what is wrong."""
        return any(choice.error for choice in self.choices)

    def open_stale(self) -> None:
        """Let be chosen anew what no longer fits what was chosen before it, as it is where a page is sent without script."""
        for choice in self.choices[1:]:
            if choice.error and not choice.is_long:
                choice.error = choice.value = ""

    def refuse_gaps(self) -> None:
        """Say beside the first control that is open that it has to be chosen."""
        for choice in self.choices:
            if choice.is_ready and not choice.value and not choice.error:
                choice.error = f"{choice.prompt}."
                break


def _controls() -> Source:
    later = {name: [*(f"field_{one}" for one in names), "source-preview"] for name, names in LATER.items()}
    return Source(
        project=ChoiceControl("project", "Project", prompt="Choose a project", later=later["project"]),
        artifact=ChoiceControl("artifact", "Artifact", prompt="Choose a project first", later=later["artifact"]),
        version=ChoiceControl("version", "Version", prompt="Choose an artifact first", later=["source-preview"]),
    )


def read_source(user: User, wanted: Wanted, address: SourceAddress) -> Source:
    """The four controls, filled as far as an address goes; a form that was sent as a whole must have chosen all of them."""
    source = _controls()
    source.team = ChoiceControl("team", "Team", prompt="Choose a team", is_ready=True)
    source.team.later = [*(f"field_{name}" for name in LATER["team"]), "source-preview"]
    team = _choose_team(source.team, user, wanted, address.team, is_final=address.is_sent)
    if team is None:
        source.project.prompt = "Choose a team first"
    else:
        project = _choose_project(source.project, user, team, address.project, is_final=address.is_sent)
        _choose_rest(source, user, wanted, project, address)
    if address.is_sent:
        source.refuse_gaps()
    elif address.is_choosing:
        source.open_stale()
    return source


def read_short_source(user: User, wanted: Wanted, address: SourceAddress) -> Source:
    """Three controls without a team: the projects of all teams are offered, each named with its team.

    No version has to be chosen here, so no project is chosen by itself; once one is, the rest must be.
    """
    source = _controls()
    project = _choose_among_teams(source.project, user, wanted, address.project, is_final=address.is_sent)
    _choose_rest(source, user, wanted, project, address)
    if address.is_sent and address.is_begun:
        source.refuse_gaps()
    elif address.is_choosing:
        source.open_stale()
    return source


def _choose_rest(source: Source, user: User, wanted: Wanted, project: Project | None, address: SourceAddress) -> None:
    """Artifact and version, where a project is chosen."""
    if project is None:
        return
    sequence = _choose_artifact(source.artifact, wanted, project, address.artifact, is_final=address.is_sent)
    if sequence is not None:
        source.chosen = _choose_version(source, user, wanted, sequence, address.version, is_final=address.is_sent)


def _choose_team(choice: ChoiceControl, user: User, wanted: Wanted, asked: str, *, is_final: bool) -> Entity | None:
    organization = wanted.organization
    sources = access.projects_where(user, Can.DOWNLOAD).ordinary().values("entity")
    teams = Entity.objects.teams().filter(Q(pk__in=sources) | Q(members__user=user), organization=organization)
    missing = "No team of this organization has this name; choose one of the list."
    match = offer_by_name(choice, teams.distinct().order_by("name_key"), asked, missing=missing, is_final=is_final)
    choice.hint = (
        f"Only teams of {organization}. Versions of a personal entity can’t be linked: log them to a team first."
    )
    if choice.is_empty and not asked:
        choice.prompt = "You are in no team"
    if asked and match is None:
        personal = Entity.objects.filter(name_key=key_of(asked), user=user).first()
        if personal is not None:
            choice.error = (
                f"“{personal.name}” is a personal entity, and only artifacts logged within an organization's team can be linked; "
                'log the artifact to a team: wandb.init(entity="<team>", …).'
            )
    return match


def _choose_project(choice: ChoiceControl, user: User, team: Entity, asked: str, *, is_final: bool) -> Project | None:
    found = access.projects_where(user, Can.DOWNLOAD).ordinary().filter(entity=team).order_by("natural_key")
    missing = f"{team.name} has no project of this name that you may download from; choose one of the list."
    match = offer_by_name(choice, found, asked, missing=missing, is_final=is_final)
    if choice.is_empty and not asked:
        choice.prompt = "No project that you may download from"
    if match is not None:
        match.entity = team
    return match


def _choose_among_teams(
    choice: ChoiceControl, user: User, wanted: Wanted, asked: str, *, is_final: bool
) -> Project | None:
    """A project of any team, as `team/project`."""
    found = access.projects_where(user, Can.DOWNLOAD).ordinary().select_related("entity__organization")
    found = found.filter(entity__kind=Entity.Kind.TEAM, entity__organization=wanted.organization)
    found = found.order_by("natural_key", "entity__name_key")
    team, _, name = asked.rpartition("/")
    part = found.filter(name_key__contains=key_of(name))
    part = part.filter(entity__name_key=key_of(team)) if team else part
    rows = choice.read(found, part if asked else None)
    choice.offer([(f"{row.entity.name}/{row.name}", f"{row.name} · {row.entity.name}") for row in rows])
    choice.value = asked
    if choice.is_empty and not asked:
        choice.prompt = "No project of a team that you may download from"
    match = found.filter(entity__name_key=key_of(team), name_key=key_of(name)).first() if team else None
    if asked and match is None and (is_final or not choice.is_long):
        choice.error = "There is no project of this name that you may download from; choose one of the list."
    return match


def _choose_artifact(
    choice: ChoiceControl, wanted: Wanted, project: Project, asked: str, *, is_final: bool
) -> Collection | None:
    everything = Collection.objects.sequences().in_project(project).filter(version_count__gt=0)
    found = everything.filter(type=wanted.type_name).order_by("natural_key")
    choice.prompt = "Choose an artifact"
    missing = f"{project.name} has no artifact of this name and of type {wanted.type_name}; choose one of the list."
    match = offer_by_name(choice, found, asked, missing=missing, is_final=is_final)
    if choice.is_empty and not asked:
        choice.prompt = f"No artifact of type {wanted.type_name} here"
    choice.hint = _left_out(
        everything.exclude(type=wanted.type_name).values_list("type", flat=True)[: MOST_COUNTED + 1], wanted
    )
    if match is not None:
        match.project = project
    return match


def _left_out(types: Iterable[str], wanted: Wanted) -> str:
    """How many artifacts aren't offered, and why."""
    counted = Counter(types)
    total = counted.total()
    if not total:
        return ""
    number = f"More than {MOST_COUNTED:,}" if total > MOST_COUNTED else f"{total:,}"
    kinds = ", ".join(name for name, _ in counted.most_common(3)) + (", …" if len(counted) > 3 else "")
    noun, verb = ("artifact", "isn’t") if total == 1 else ("artifacts", "aren’t")
    return f"{number} {noun} of another type ({kinds}) {verb} offered: only type {wanted.type_name} fits."


def _choose_version(
    source: Source, user: User, wanted: Wanted, sequence: Collection, asked: str, *, is_final: bool
) -> ArtifactVersion | None:
    choice = source.version
    newest = Membership.objects.in_collection(sequence).live().newest_first().with_aliases()
    newest = newest.select_related("version__created_by", "version__run")
    number = version_index(asked if asked.startswith("v") else f"v{asked}")
    named = Alias.objects.filter(collection=sequence, name_key__contains=key_of(asked)).values("membership")
    rows = choice.read(newest, newest.filter(Q(index=number) | Q(pk__in=named)) if asked else None)
    choice.prompt = "Choose a version"
    match = next((row for row in rows if row.name == asked), None) if asked else None
    if asked and match is None:
        try:
            match = addresses.membership(sequence, asked)
        except NotFound as refusal:
            choice.error = str(refusal) if is_final or not choice.is_long else ""
    marks = _marks(user, wanted, rows if match is None else [*rows, match])
    choice.offer([(row.name, _version_words(row, marks)) for row in rows])
    choice.value = match.name if match is not None else asked
    if match is None:
        return None
    match.version.sequence = sequence
    source.held = marks.here.get(match.version_id)
    choice.note = _what_happens(source.held, marks.elsewhere.get(match.version_id, []))
    return match.version


@dataclass(frozen=True)
class Marks:
    """What is said beside versions: where the collection holds them, and which links of them are deprecated elsewhere."""

    here: Mapping[int, Membership]
    elsewhere: Mapping[int, list[Membership]]


def _marks(user: User, wanted: Wanted, rows: list[Membership]) -> Marks:
    versions = [row.version_id for row in rows]
    here: dict[int, Membership] = {}
    if wanted.collection is not None:
        held = Membership.objects.in_collection(wanted.collection).filter(version__in=versions)
        here = {row.version_id: row for row in held}
        for row in here.values():
            row.collection = wanted.collection
    elsewhere: dict[int, list[Membership]] = {}
    for row in deprecated_links(user, versions):
        if wanted.collection is None or row.collection_id != wanted.collection.pk:
            elsewhere.setdefault(row.version_id, []).append(row)
    return Marks(here, elsewhere)


def deprecated_links(user: User, versions: list[int]) -> list[Membership]:
    """The deprecated links of versions, in the registries that somebody sees."""
    seen = access.visible_projects(user).registries().values("pk")
    found = Membership.objects.filter(version__in=versions, deprecated_at__isnull=False, collection__project__in=seen)
    return list(found.select_related("collection__project").order_by("pk")[:MOST_OPTIONS])


def _version_words(membership: Membership, marks: Marks) -> str:
    """A version's line in the list: its number first, then what tells it from the others."""
    here = marks.here.get(membership.version_id)
    if here is not None:
        return f"{membership.name} · already linked as {here.name}{' · deprecated' if here.is_deprecated else ''}"
    created = membership.version.created_at
    words = [membership.name, *membership.alias_names[:4], f"{created:%-d %b %Y}"]
    return " · ".join([*words, "deprecated elsewhere"] if membership.version_id in marks.elsewhere else words)


def _what_happens(held: Membership | None, elsewhere: list[Membership]) -> str:
    """What choosing this version leads to, where it isn't simply a new link."""
    if held is not None:
        words = f"It is linked here already, as {held.name}: no new version is made, {held.name} gets the aliases."
        return f"{words} {held.name} is deprecated: {held.deprecation}" if held.is_deprecated else words
    return deprecated_words(elsewhere)


def deprecated_words(links: list[Membership]) -> str:
    """Where a version is deprecated and why; it can be linked all the same."""
    if not links:
        return ""
    first = links[0]
    more = f" (and in {len(links) - 1} more)" if len(links) > 1 else ""
    return f"Deprecated as {first} in {first.collection.project.title}{more}: {first.deprecation} It can be linked all the same."
