"""From the names in an address or a path to the rows that somebody may see; for pages and the client's protocol alike.

What doesn't exist and what is hidden raise the same NotFound. A renamed thing is found by its old name too: a page then
compares the name of the row with that of the address and redirects.
"""

from artifacts import access
from artifacts.access import Can
from artifacts.errors import NotFound
from artifacts.models import Alias, Collection, Entity, Membership, NameRedirect, Organization, Project, User
from artifacts.naming import REGISTRY_PREFIX, key_of, shown, version_index


def organization(user: User, name: str) -> Organization:
    """An organization by its own name or by its entity's."""
    seen = access.visible_organizations(user)
    key = key_of(name)
    found = (
        seen.filter(name_key=key).first()
        or seen.filter(entities__kind=Entity.Kind.ORGANIZATION, entities__name_key=key).first()
    )
    if found is None:
        redirect = (
            NameRedirect.objects.filter(name_key=key, organization__in=seen).select_related("organization").first()
        )
        found = redirect.organization if redirect else None
    if found is None:
        raise NotFound(f"Organization “{shown(name)}” not found; check its name, or ask an administrator to add you.")
    return found


def organization_entity(organization: Organization) -> Entity:
    """The entity that owns an organization's registries."""
    return organization.entities.get(kind=Entity.Kind.ORGANIZATION)


def entity(user: User, name: str) -> Entity:
    """A team, a person or an organization's entity by name."""
    seen = access.visible_entities(user).select_related("organization", "user")
    found = seen.filter(name_key=key_of(name)).first()
    if found is None:
        redirects = NameRedirect.objects.filter(name_key=key_of(name), entity__isnull=False)
        found = seen.filter(pk__in=redirects.values("entity")).first()
    if found is None:
        raise NotFound(f"entity “{shown(name)}” not found; check the name of the team, or ask to be added to it.")
    return found


def project_in(owner: Entity, name: str) -> Project | None:
    """An entity's project or registry by name or former name, with the entity already there. Judges nothing."""
    found = owner.projects.filter(name_key=key_of(name)).first()
    if found is None:
        redirect = NameRedirect.objects.filter(in_entity=owner, name_key=key_of(name)).select_related("project").first()
        found = redirect.project if redirect else None
    if found is not None:
        found.entity = owner
    return found


def project(user: User, entity_name: str, name: str, *, can: Can = Can.VIEW) -> Project:
    """A project or registry by its entity and whole name (`wandb-registry-model`), if somebody may do `can` there."""
    missing = (
        f"project “{shown(name)}” not found under entity “{shown(entity_name)}”; check both names, or ask for access."
    )
    owner = Entity.objects.named(entity_name).with_owner().first()
    if owner is None:
        redirects = NameRedirect.objects.filter(name_key=key_of(entity_name), entity__isnull=False)
        owner = Entity.objects.filter(pk__in=redirects.values("entity")).with_owner().first()
    found = project_in(owner, name) if owner is not None else None
    if found is None or not access.allowed(user, Can.VIEW, found):
        raise NotFound(missing)
    if can != Can.VIEW:
        access.require(user, can, found)
    return found


def registry(user: User, organization: Organization, name: str, *, can: Can = Can.VIEW) -> Project:
    """A registry's project by its own name, without the prefix."""
    found = project_in(organization_entity(organization), REGISTRY_PREFIX + name.removeprefix(REGISTRY_PREFIX))
    if found is None or not access.allowed(user, Can.VIEW, found):
        raise NotFound(
            f"Registry “{shown(name)}” not found; check its name, or ask one of its administrators for access."
        )
    if can != Can.VIEW:
        access.require(user, can, found)
    return found


def collection(project: Project, name: str) -> Collection:
    """A collection by its exact name, in a project that was already judged."""
    found = project.collections.filter(name_key=key_of(name), name=name).first()
    if found is None:
        redirect = (
            NameRedirect.objects.filter(in_project=project, name_key=key_of(name)).select_related("collection").first()
        )
        found = redirect.collection if redirect else None
    if found is None:
        raise NotFound(f"Collection “{shown(name)}” not found in “{project.title}”; check its name.")
    found.project = project
    return found


def membership(collection: Collection, reference: str) -> Membership:
    """A version's place by `vN` or an alias, in a collection that was already judged."""
    index = version_index(reference)
    if index is not None:
        found = collection.memberships.select_related("version").filter(index=index).first()
    else:
        alias = Alias.objects.filter(collection=collection, name_key=key_of(reference), name=reference)
        row = alias.select_related("membership__version").first()
        found = row.membership if row else None
    if found is None:
        raise NotFound(
            f"“{collection.name}” has no version “{shown(reference)}”; choose one of its versions or aliases."
        )
    found.collection = collection
    return found
