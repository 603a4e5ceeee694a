"""What a view begins with: the project, version or run that an address names, if the visitor may see it."""

from artifacts import access, addresses
from artifacts.access import Can
from artifacts.models import ArtifactVersion, Membership, Project, Run
from artifacts.views.answers import HtmxHttpRequest
from artifacts.views.shell import in_organization


def project_of(request: HtmxHttpRequest, entity: str, project: str, *, can: Can = Can.VIEW) -> Project:
    """The project of an address, whose organization the navigation then shows."""
    found = addresses.project(request.user, entity, project, can=can)
    in_organization(request, found.entity.organization)
    return found


def membership_of(
    request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str, *, can: Can = Can.VIEW
) -> Membership:
    """The version of an address, in a project or a registry."""
    found = addresses.collection(project_of(request, entity, project, can=can), collection)
    return addresses.membership(found, reference)


def producing_run(request: HtmxHttpRequest, version: ArtifactVersion) -> Run | None:
    """The run that logged a version, if the visitor may see it."""
    if version.run_id is None:
        return None
    seen = access.visible_projects(request.user)
    return Run.objects.with_place().filter(pk=version.run_id, project__in=seen).first()
