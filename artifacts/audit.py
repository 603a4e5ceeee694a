"""The one writer of the audit log. Call it inside the transaction of the act, and only when something changed."""

from dataclasses import dataclass
from string import Formatter

from artifacts.models import ArtifactVersion, AuditEvent, Collection, Membership, Organization, Project, User, Verb

LONGEST_LABEL = 400


@dataclass(frozen=True)
class VerbFacts:
    """What is kept of an act: how its label is made for people, and which fields its `data` has besides those in the label."""

    label: str
    further: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def needed(self) -> set[str]:
        """The fields that every event of this shape has."""
        return {name for _, name, _, _ in Formatter().parse(self.label) if name} | set(self.further)

    def faults(self, facts: dict[str, object]) -> set[str]:
        """The fields that are missing, and those that don't belong here."""
        return (self.needed - facts.keys()) | (facts.keys() - self.needed - set(self.optional))


NAMED = VerbFacts("{name}")
OF_A_MEMBER = VerbFacts("{member} in {place}", ("role",), ("registry",))
OF_A_KEY = VerbFacts("{name}", ("prefix",))
OF_AN_ALIAS = VerbFacts("{alias}", ("registry",))
OF_A_COLLECTION_TAG = VerbFacts("{collection}", ("tag",))
OF_A_VERSION_TAG = VerbFacts("{collection}:{version}", ("tag",))
OF_A_RUN = VerbFacts("{project}/{run}")
OF_AN_INTEGRATION = VerbFacts("{entity}/{name}")
WATCHED = (
    "project",
    "registry",
    "collection",
)  # what an automation watches, unless it is all of a team or an organization

# `collection` is a name, `version` a number such as "v3" in that collection, `source` the whole path of a version where it was
# logged; `registry` and `project` are names. All are as they were at that moment. `moved_from` and `successor` are "v2" or null.
SHAPES: dict[Verb, VerbFacts] = {
    Verb.USER_CREATED: NAMED,
    Verb.USER_DELETED: NAMED,
    Verb.USER_CHANGED: VerbFacts("{name}", optional=("changed", "default_entity")),
    Verb.PASSWORD_CHANGED: NAMED,
    Verb.API_KEY_CREATED: OF_A_KEY,
    Verb.API_KEY_REVOKED: OF_A_KEY,
    Verb.ORGANIZATION_CREATED: NAMED,
    Verb.ORGANIZATION_DELETED: NAMED,
    Verb.MEMBER_ADDED: OF_A_MEMBER,
    Verb.MEMBER_CHANGED: OF_A_MEMBER,
    Verb.MEMBER_REMOVED: OF_A_MEMBER,
    Verb.MEMBER_INVITED: OF_A_MEMBER,
    Verb.INVITATION_DECLINED: OF_A_MEMBER,
    Verb.INVITATION_WITHDRAWN: OF_A_MEMBER,
    Verb.TEAM_CREATED: NAMED,
    Verb.TEAM_CHANGED: VerbFacts("{name}", ("changed", "seconds", "by_admins")),
    Verb.PROJECT_CREATED: VerbFacts("{project}"),
    Verb.PROJECT_CHANGED: VerbFacts("{project}", ("changed",), ("renamed_from",)),
    Verb.PROJECT_DELETED: VerbFacts("{project}"),
    Verb.REGISTRY_CREATED: VerbFacts("{registry}", ("visibility", "types")),
    Verb.REGISTRY_CHANGED: VerbFacts(
        "{registry}",
        ("changed",),
        ("visibility", "types", "accepts_all_types", "renamed_from", "icon", "owner"),
    ),
    Verb.REGISTRY_DELETED: VerbFacts("{registry}", ("collections", "versions")),
    Verb.ALIAS_PROTECTED: OF_AN_ALIAS,
    Verb.ALIAS_UNPROTECTED: OF_AN_ALIAS,
    Verb.COLLECTION_CREATED: VerbFacts("{collection}"),
    Verb.COLLECTION_CHANGED: VerbFacts("{collection}", ("changed",), ("renamed_from",)),
    Verb.COLLECTION_DELETED: VerbFacts("{collection}", ("versions",), ("links",)),
    Verb.COLLECTION_TAGGED: OF_A_COLLECTION_TAG,
    Verb.COLLECTION_UNTAGGED: OF_A_COLLECTION_TAG,
    Verb.VERSION_LOGGED: VerbFacts("{collection}:{version}", optional=("ttl_ignored",)),
    Verb.VERSION_LOGGED_AGAIN: VerbFacts("{collection}:{version}", ("kept", "run")),
    Verb.VERSION_CHANGED: VerbFacts("{collection}:{version}", ("changed",)),
    Verb.VERSION_DELETED: VerbFacts("{collection}:{version}", ("aliases", "links")),
    Verb.VERSION_TAGGED: OF_A_VERSION_TAG,
    Verb.VERSION_UNTAGGED: OF_A_VERSION_TAG,
    Verb.VERSION_DEPRECATED: VerbFacts("{collection}:{version}", ("reason", "successor")),
    Verb.VERSION_REINSTATED: VerbFacts("{collection}:{version}"),
    Verb.LINKED: VerbFacts("{collection}:{version}", ("source", "index")),
    Verb.UNLINKED: VerbFacts("{collection}:{version}", ("source", "aliases")),
    Verb.ALIAS_SET: VerbFacts("{alias} → {collection}:{version}", ("moved_from",)),
    Verb.ALIAS_REMOVED: VerbFacts("{alias} from {collection}:{version}"),
    Verb.RUN_STOPPED: OF_A_RUN,
    Verb.RUN_DELETED: OF_A_RUN,
    Verb.AUTOMATION_CREATED: VerbFacts("{name}", ("event", "action"), WATCHED),
    Verb.AUTOMATION_CHANGED: VerbFacts("{name}", ("changed", "enabled"), WATCHED),
    Verb.AUTOMATION_DELETED: VerbFacts("{name}", optional=WATCHED),
    Verb.INTEGRATION_CREATED: OF_AN_INTEGRATION,
    Verb.INTEGRATION_DELETED: OF_AN_INTEGRATION,
    Verb.SECRET_CREATED: OF_AN_INTEGRATION,
    Verb.SECRET_REPLACED: OF_AN_INTEGRATION,
    Verb.SECRET_DELETED: VerbFacts("{entity}/{name}", ("webhooks",)),
}


def record(
    verb: Verb,
    *,
    acting_user: User | None,
    label: str = "",
    organization: Organization | None = None,
    project: Project | None = None,
    collection: Collection | None = None,
    version: ArtifactVersion | None = None,
    membership: Membership | None = None,
    **facts: object,
) -> None:
    """Write one event with the facts that `SHAPES` asks for; its label is made of them, unless one is given.

    Places that aren't given are taken from the narrower one (a membership names all of them). The project, the collection and
    the version that are given are facts by their names, and needn't be named again.
    """
    known = {**_named(project, collection, version, membership), **facts}
    shape = SHAPES[verb]
    if faults := shape.faults(known):
        raise ValueError(f"an event {verb} has {sorted(known)}; wrong: {sorted(faults)}")
    if membership is not None:
        collection, version = membership.collection, membership.version
    project = project or (collection.project if collection is not None else None)
    if organization is None and project is not None:
        organization_id = project.entity.organization_id
    else:
        organization_id = None if organization is None else organization.pk
    AuditEvent.objects.create(
        organization_id=organization_id,
        actor=acting_user,
        actor_name=acting_user.name if acting_user else "",
        verb=verb,
        label=(label or shape.label.format_map(known))[:LONGEST_LABEL],
        project_number=project.pk if project else None,
        collection_number=collection.pk if collection else None,
        version_number=version.pk if version else None,
        data=known,
    )


def _named(
    project: Project | None,
    collection: Collection | None,
    version: ArtifactVersion | None,
    membership: Membership | None,
) -> dict[str, object]:
    """What an event is about, by name, as it is called at this moment."""
    named: dict[str, object] = {}
    if project is not None:
        named["registry" if project.is_registry else "project"] = project.title
    if membership is not None:
        named |= {"collection": membership.collection.name, "version": membership.name}
    if collection is not None:
        named["collection"] = collection.name
    if version is not None:
        named["version"] = version.name
    return named
