"""Organizations, and the entities that own projects: teams, people's own, and those of organizations."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet, Sum

from artifacts import access, addresses
from artifacts.actions import invitations, organizations, people
from artifacts.errors import Invalid, NotFound
from artifacts.listing.filters import filtered
from artifacts.models import Blob, Collection, Entity, Invitation, Membership, Organization, Project, TeamMember, User
from artifacts.models.projects import ProjectQuerySet
from artifacts.naming import key_of, shown
from artifacts.text.cleaning import clean_text
from registry_site.wandb_api.engine import filters_and_orders, ids
from registry_site.wandb_api.engine.batching import read_for_peers, remember_visible, with_peers
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.paging import connection
from registry_site.wandb_api.engine.resolve import Permission, null_if_missing, reads, resolves
from registry_site.wandb_api.resolvers.people import visible_people

TYPE_WORDS = {Entity.Kind.TEAM: "team", Entity.Kind.PERSONAL: "user", Entity.Kind.ORGANIZATION: "organization"}
KINDS = {"SEQUENCE": Collection.Kind.SEQUENCE, "PORTFOLIO": Collection.Kind.PORTFOLIO}
MOST_MEMBERS = 1_000

reads("Entity.organization", "Entity.user")


@resolves("Query.organization", permission=Permission.checked("view"))
@null_if_missing
def organization(source: None, context: Context, name: str) -> Organization:
    return addresses.organization(context.person, name)


@resolves("Query.entity", permission=Permission.checked("view"))
@null_if_missing
def entity(source: None, context: Context, name: str | None = None) -> Entity:
    return addresses.entity(context.person, name) if name else people.default_entity(context.person)


@resolves("Organization.id", permission=Permission.PARENT)
def organization_id(organization: Organization, context: Context) -> str:
    return ids.encode("Organization", organization.pk)


@resolves("Organization.orgEntity", permission=Permission.PARENT)
def organization_entity(organization: Organization, context: Context) -> Entity | None:
    def load(page: list[Organization]) -> Mapping[int, Entity]:
        found = Entity.objects.filter(organization__in=page, kind=Entity.Kind.ORGANIZATION).with_owner()
        return {entity.organization_id: entity for entity in found if entity.organization_id is not None}

    return read_for_peers(context, "entities of organizations", organization, load)


@resolves("Organization.coreWeaveOrganizationId", "Entity.photoUrl", "Entity.limits", permission=Permission.PARENT)
def nothing(source: Any, context: Context) -> None:
    return None


@resolves("Organization.advancedRegistryFeatures", permission=Permission.PARENT)
def advanced_registry_features(organization: Organization, context: Context) -> dict[str, Any]:
    """The client then asks versions by the longer names, and may order them; both spellings are served."""
    return {"advanced_search": True}


@resolves("Organization.featureFlags", permission=Permission.PARENT)
def feature_flags(organization: Organization, context: Context, ramp_id_type: str) -> list[dict[str, Any]]:
    return []


@resolves("Entity.id", permission=Permission.PARENT)
def entity_id(entity: Entity, context: Context) -> str:
    return ids.encode("Entity", entity.pk)


@resolves("Entity.entityType", permission=Permission.PARENT)
def entity_type(entity: Entity, context: Context) -> str:
    return TYPE_WORDS[Entity.Kind(entity.kind)]


@resolves("Entity.available", permission=Permission.PARENT)
def is_available(entity: Entity, context: Context) -> bool:
    """Whether the name could still be taken: it is somebody's."""
    return False


@resolves("Entity.readOnly", permission=Permission.PARENT)
def is_read_only(entity: Entity, context: Context) -> bool:
    def load(page: list[Entity]) -> Mapping[int, bool]:
        return dict.fromkeys(access.logged_to(context.person, page), True)

    return not read_for_peers(context, "entities to log to", entity, load)


@resolves(
    "Entity.readOnlyAdmin",
    "Entity.codeSavingEnabled",
    "Entity.isPaid",
    "Entity.xxhashDigestsEnabled",
    permission=Permission.PARENT,
)
def no(entity: Entity, context: Context) -> bool:
    return False


@resolves("Entity.privateOnly", permission=Permission.PARENT)
def is_private_only(entity: Entity, context: Context) -> bool:
    """Nothing here is ever open to the public."""
    return True


@resolves("Entity.defaultAccess", permission=Permission.PARENT)
def default_access(entity: Entity, context: Context) -> str:
    return "PRIVATE"


@resolves("Entity.storageBytes", permission=Permission.PARENT)
def storage_bytes(entity: Entity, context: Context) -> int:
    def load(page: list[Entity]) -> Mapping[int, int]:
        blobs = Blob.objects.filter(project__entity__in=page).values("project__entity")
        return dict(blobs.annotate(bytes=Sum("size")).values_list("project__entity", "bytes"))

    return read_for_peers(context, "bytes of entities", entity, load) or 0


@resolves("Entity.members", permission=Permission.PARENT)
def members(entity: Entity, context: Context) -> list[dict[str, Any]]:
    """Who belongs to it; of a personal entity that is one person."""
    if entity.user is not None:
        return [member(entity.user, "admin") | {"account_type": "USER"}]
    if entity.organization is not None and entity.kind == Entity.Kind.ORGANIZATION:
        rows: QuerySet[Any] = entity.organization.members.select_related("user")
        return [member(row.user, row.role) for row in rows.order_by("user__name_key")[:MOST_MEMBERS]]

    def load(page: list[Entity]) -> Mapping[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = {peer.pk: [] for peer in page}
        for row in TeamMember.objects.filter(team__in=page).select_related("user").order_by("user__name_key"):
            if len(found[row.team_id]) < MOST_MEMBERS:
                found[row.team_id].append(member(row.user, row.role))
        return found

    return read_for_peers(context, "members of teams", entity, load) or []


def member(user: User, role: str) -> dict[str, Any]:
    """A person as a Member; the client takes the id back in deleteInvite."""
    return {
        "id": ids.encode("User", user.pk),
        "account_type": "MEMBER",
        "admin": role == "admin",
        "email": user.email or None,
        "name": user.full_name or user.name,
        "pending": False,
        "role": role,
        "username": user.name,
    }


def projects_in(entity: Entity, context: Context, filters: str | None) -> ProjectQuerySet:
    """The projects of an entity that somebody may see and that a filter leaves."""
    seen = access.visible_projects(context.person).filter(entity=entity)
    return filtered(seen, filters, filters_and_orders.project_fields())  # type: ignore[return-value]


@resolves("Entity.project", permission=Permission.checked("view"))
@null_if_missing
def project(entity: Entity, context: Context, name: str | None = None) -> Project | None:
    """A registry by its present name only: the client asks so to load one, or to learn that a name is free."""
    found = addresses.project(context.person, entity.name, name or "")
    return remember_visible(context, found) if found.name_key == key_of(name or "") else None


@resolves("Entity.projects", permission=Permission.checked("view"))
def projects(
    entity: Entity,
    context: Context,
    filters: str | None = None,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    key = filters_and_orders.key_for(order, filters_and_orders.NAMED_ORDERS, default="pk")
    return connection(with_peers(projects_in(entity, context, filters)), first=first, after=after, key=key)


@resolves("Entity.artifactCollections", permission=Permission.checked("view"))
def artifact_collections(
    entity: Entity,
    context: Context,
    project_filters: str | None = None,
    filters: str | None = None,
    collection_types: list[str] | None = None,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    seen = Collection.objects.filter(project__in=projects_in(entity, context, project_filters).values("pk"))
    kinds = [KINDS[word] for word in collection_types or KINDS]
    found = filtered(seen.filter(kind__in=kinds), filters, filters_and_orders.collection_fields())
    key = filters_and_orders.key_for(order, filters_and_orders.NAMED_ORDERS, default="pk")
    return connection(with_peers(found), first=first, after=after, key=key, total=found.count)


@resolves("Entity.artifactMemberships", permission=Permission.checked("view"))
def artifact_memberships(
    entity: Entity,
    context: Context,
    project_filters: str | None = None,
    collection_filters: str | None = None,
    filters: str | None = None,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    collections = Collection.objects.filter(project__in=projects_in(entity, context, project_filters).values("pk"))
    collections = filtered(collections, collection_filters, filters_and_orders.collection_fields())  # type: ignore[assignment]
    seen = Membership.objects.live().filter(collection__in=collections.values("pk"))
    key = filters_and_orders.key_for(order, filters_and_orders.MEMBERSHIP_ORDERS, default="-pk")
    found = filtered(seen, filters, filters_and_orders.MEMBERSHIP_FIELDS)
    return connection(with_peers(found), first=first, after=after, key=key)


@resolves("Mutation.createTeam", permission=Permission.checked("manage"))
def create_team(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    """A team of the organization that is named, of the only one that the person belongs to, or of their default entity's."""
    who = input.get("team_admin_user_name")
    place = organization_for(context, input.get("organization_id"))
    admin = person(context, who, place) if who else context.person
    team = organizations.create_team(input["team_name"], place, members=[(admin, "admin")], acting_user=context.person)
    return {"entity": team}


def organization_for(context: Context, number: str | None) -> Organization:
    """The organization with this id, or the only one that somebody belongs to, or that of their default entity."""
    seen = access.visible_organizations(context.person)
    if number:
        found = seen.filter(pk=ids.decode(number, "Organization")).first()
        if found is None:
            raise NotFound("No organization has this id; name one that you belong to.")
        return found
    own = list(seen.filter(members__user=context.person)[:2])
    chosen = own[0] if len(own) == 1 else people.default_entity(context.person).organization
    if chosen is None:
        raise Invalid(
            "You belong to several organizations or none; make the team in the web app, where you choose one."
        )
    return chosen


def person(context: Context, name: str, place: Organization | None) -> User:
    """A colleague by name or address; administrators of the organization bring in newcomers, as in its settings."""
    brings_newcomers = place is not None and access.manages_organization(context.person, place)
    known = User.objects.filter(is_active=True) if brings_newcomers else visible_people(context.person)
    found = known.filter(name_key=key_of(name)).first()
    found = found or known.filter(email__iexact=clean_text(name)).exclude(email="").first()
    if found is None:
        raise NotFound(
            f"No colleague of yours is called “{shown(name)}”; add newcomers in the organization's settings."
        )
    return found


@resolves("Mutation.createInvite", permission=Permission.checked("manage"))
def create_invite(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    """A colleague belongs to the team at once; somebody from elsewhere once they accept, on their page of invitations."""
    team = addresses.entity(context.person, input["entity_name"])
    access.require_management(access.manages_team(context.person, team), team.name)
    asked = input.get("username") or input.get("email") or ""
    user = person(context, asked, team.organization)
    row = organizations.invite(team, user, "admin" if input.get("admin") else "member", acting_user=context.person)
    if isinstance(row, Invitation):
        return {"invite": waiting(row, asked)}
    number = ids.encode("User", user.pk)
    return {
        "invite": {
            "id": number, "name": user.name, "email": user.email, "created_at": row.created_at, "to_user": user
        }
    }  # fmt: skip


def waiting(invitation: Invitation, asked: str) -> dict[str, Any]:
    """An invitation that isn't answered: of the person nothing but what the inviter wrote."""
    return {
        "id": ids.encode("Invitation", invitation.pk),
        "name": asked,
        "email": asked if "@" in asked else None,
        "created_at": invitation.created_at,
        "to_user": None,
    }


@resolves("Mutation.deleteInvite", permission=Permission.checked("manage"))
def delete_invite(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    """How the client takes a member out of a team, by the member's id, and an invitation back, by its own. Again is no error."""
    team = addresses.entity(context.person, input.get("entity_name") or "")
    number = input.get("id") or ""
    if ids.is_of(number, "Invitation"):
        access.require_management(access.manages_team(context.person, team), team.name)
        found = (
            Invitation.objects.to(team)
            .filter(pk=ids.decode(number, "Invitation"))
            .select_related("organization", "team", "user")
        )
        for invitation in found:
            invitations.withdraw(invitation, acting_user=context.person)
        return {"success": True}
    user = visible_people(context.person).filter(pk=ids.decode(number, "User")).first()
    if user is None:
        raise NotFound("No member of this team has this id; list its members again.")
    if access.manages_team(context.person, team) and not team.members.filter(user=user).exists():
        return {"success": True}
    organizations.remove_member(team, user, acting_user=context.person)
    return {"success": True}
