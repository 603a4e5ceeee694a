"""The person who asks, other people, and API keys."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from artifacts import access, addresses
from artifacts.actions import people
from artifacts.errors import Invalid, NotFound
from artifacts.models import ApiKey, Entity, Organization, TeamMember, User
from artifacts.naming import key_of
from artifacts.text.cleaning import clean_text
from registry_site.wandb_api.engine import ids
from registry_site.wandb_api.engine.batching import read_for_peers, with_peers
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.paging import connection, whole
from registry_site.wandb_api.engine.resolve import Permission, names_type, resolves

MOST_FOUND = 100
LONGEST_PART = 320


@names_type(User)
def type_of_person(user: User) -> str:
    return "User"


@resolves("Query.viewer", permission=Permission.SIGNED_IN)
def viewer(source: None, context: Context) -> User:
    return context.person


def visible_people(user: User) -> QuerySet[User]:
    """The people that exist for somebody: colleagues and oneself."""
    seen = access.visible_entities(user).filter(kind=Entity.Kind.PERSONAL)
    return User.objects.filter(pk__in=seen.values("user"), is_active=True)


@resolves("Query.users", permission=Permission.SIGNED_IN)
def users(source: None, context: Context, query: str | None = None) -> dict[str, Any]:
    """Colleagues by part of their name or address; who is named exactly comes first, since the client takes the first."""
    # SQLite refuses to look for parts that are longer than any name or address could be.
    found, part = visible_people(context.person), clean_text(query or "")[:LONGEST_PART]
    if part:
        same = Q(name_key=key_of(part)) | Q(email__iexact=part)
        first = Case(When(same, then=Value(0)), default=Value(1), output_field=IntegerField())
        found = found.filter(Q(name_key__contains=key_of(part)) | Q(email__icontains=part)).order_by(first, "name_key")
    return whole(with_peers(found if part else found.order_by("name_key"))[:MOST_FOUND])


@resolves("User.id", permission=Permission.PARENT)
def person_id(user: User, context: Context) -> str:
    return ids.encode("User", user.pk)


@resolves("User.name", permission=Permission.PARENT)
def full_name(user: User, context: Context) -> str:
    return user.full_name or user.name


@resolves("User.username", permission=Permission.PARENT)
def username(user: User, context: Context) -> str:
    return user.name


@resolves("User.email", permission=Permission.PARENT)
def email(user: User, context: Context) -> str | None:
    """Shown to those who share an organization with the person, to the person, and to the site's administrators."""

    def load(page: list[User]) -> Mapping[int, bool]:
        numbers = [peer.pk for peer in page]
        return dict.fromkeys(visible_people(context.person).filter(pk__in=numbers).values_list("pk", flat=True), True)

    seen = user.pk == context.person.pk or read_for_peers(context, "colleagues", user, load)
    return user.email if seen else None


@resolves("User.admin", permission=Permission.PARENT)
def is_admin(user: User, context: Context) -> bool:
    return user.is_admin


@resolves("User.deletedAt", "User.photoUrl", permission=Permission.PARENT)
def nothing(source: Any, context: Context) -> None:
    return None


@resolves("User.flags", permission=Permission.PARENT)
def flags(user: User, context: Context) -> str:
    return "{}"


@resolves("User.entity", permission=Permission.PARENT)
def entity_of_person(user: User, context: Context) -> str:
    """Where the person's runs go; of others it is no secret that their own entity is called like them."""
    if user.pk != context.person.pk:
        return user.name
    if "default entity" not in context.cache:
        context.cache["default entity"] = people.default_entity(user).name
    name: str = context.cache["default entity"]
    return name


@resolves("User.apiKeys", permission=Permission.SIGNED_IN)
def api_keys(user: User, context: Context) -> dict[str, Any]:
    """One's own keys that still work; nobody else's. Each name is another one: the client deletes a key by its name.

    Read once, however often a page leads to oneself.
    """
    if user.pk != context.person.pk:
        return whole([])
    if "api keys" not in context.cache:
        context.cache["api keys"] = distinct_keys(user)
    return whole(context.cache["api keys"])


def distinct_keys(user: User) -> list[dict[str, Any]]:
    """Somebody's keys as the client lists them."""
    names, found = set[str](), []
    for row in user.api_keys.filter(revoked_at__isnull=True).order_by("pk"):
        name = row.prefix if row.prefix not in names else f"{row.prefix} ({row.pk})"
        names.add(name)
        found.append({"id": ids.encode("ApiKey", row.pk), "name": name, "description": row.description})
    return found


@resolves("User.teams", permission=Permission.PARENT)
def teams_of_person(user: User, context: Context) -> dict[str, Any]:
    def load(page: list[User]) -> Mapping[int, list[Entity]]:
        seen = access.visible_entities(context.person).filter(kind=Entity.Kind.TEAM).values("pk")
        found: dict[int, list[Entity]] = defaultdict(list)
        for member in TeamMember.objects.filter(user__in=page, team__in=seen).select_related("team").order_by("pk"):
            found[member.user_id].append(member.team)
        return found

    return whole(read_for_peers(context, "teams of people", user, load) or [])


@resolves("User.organizations", permission=Permission.PARENT)
def organizations_of_person(user: User, context: Context) -> list[Organization]:
    seen = access.visible_organizations(context.person).filter(members__user=user)
    return list(with_peers(seen.order_by("name_key")))


@resolves("User.projects", permission=Permission.checked("view"))
def projects_of_person(
    user: User, context: Context, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """The projects of a person's own entity; for oneself all projects and registries that one sees.

    The client looks there for automations.
    """
    seen = access.visible_projects(context.person)
    if user.pk != context.person.pk:
        seen = seen.filter(entity__user=user)
    return connection(with_peers(seen), first=first, after=after)


@resolves("Mutation.createUser", permission=Permission.checked("manage"))
def create_user(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    """An account without a password yet: a site administrator gives it one."""
    user = people.create_account(input["email"], is_admin=bool(input.get("admin")), acting_user=context.person)
    return {"user": user}


@resolves("Mutation.createServiceAccount", permission=Permission.SIGNED_IN)
def create_service_account(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    raise Invalid("Service accounts aren't served yet; make an account for the job and use its API key.")


@resolves("Mutation.generateApiKey", permission=Permission.SIGNED_IN)
def generate_api_key(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    """The client's `name` of a new key is the key itself, this once."""
    row, key = people.create_api_key(
        context.person, description=input.get("description") or "", acting_user=context.person
    )
    return {"api_key": {"id": ids.encode("ApiKey", row.pk), "name": key, "description": row.description}}


@resolves("Mutation.deleteApiKey", permission=Permission.SIGNED_IN)
def delete_api_key(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    row = ApiKey.objects.filter(pk=ids.decode(input["id"], "ApiKey"), user=context.person).first()
    if row is None:
        raise NotFound("There is no such API key; list your keys again.")
    people.revoke_api_key(row, acting_user=context.person)
    return {"success": True}


@resolves("Mutation.updateUser", permission=Permission.SIGNED_IN)
def update_user(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    name = input.get("default_entity")
    if not name:
        raise Invalid("No default entity is given; name a team of yours, or yourself.")
    people.set_default_entity(context.person, addresses.entity(context.person, name), acting_user=context.person)
    context.cache.pop("default entity", None)
    return {"user": context.person}
