"""Which registry, collection and link an address names: what every view of this app begins with."""

from artifacts import access, addresses
from artifacts.access import Can
from artifacts.models import Collection, Organization, Project
from artifacts.views.answers import HtmxHttpRequest
from artifacts.views.shell import in_organization


def organization_of(request: HtmxHttpRequest, org: str) -> Organization:
    """The organization of an address, which the navigation then shows."""
    organization = addresses.organization(request.user, org)
    in_organization(request, organization)
    return organization


def registry_of(request: HtmxHttpRequest, org: str, registry: str, *, can: Can = Can.VIEW) -> Project:
    """The registry of an address."""
    return addresses.registry(request.user, organization_of(request, org), registry, can=can)


def collection_of(
    request: HtmxHttpRequest, org: str, registry: str, collection: str, *, can: Can = Can.VIEW
) -> Collection:
    """The collection of an address."""
    return addresses.collection(registry_of(request, org, registry, can=can), collection)


def owner_of(project: Project) -> Organization:
    """The organization that owns a registry."""
    organization = project.entity.organization
    assert organization is not None  # a registry's entity is its organization's
    return organization


def organization_name(project: Project) -> str:
    """The organization that owns a registry, as addresses name it."""
    return owner_of(project).name


def filled_in(request: HtmxHttpRequest) -> dict[str, str]:
    """What a form sent, or the address names, without the spaces around it."""
    given = request.POST if request.method == "POST" else request.GET
    return {name: str(given[name]).strip() for name in given}


def permissions(request: HtmxHttpRequest, project: Project) -> dict[str, bool]:
    """What templates may offer."""
    verbs = access.verbs_in(request.user, project)
    return {"can_link": Can.LINK in verbs, "can_edit": Can.EDIT in verbs, "can_manage": Can.MANAGE in verbs}
