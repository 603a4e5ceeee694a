"""Where the page of a thing is. What lies in a registry leads into the registry, by the names of its addresses."""

from urllib.parse import urlencode

from django.urls import reverse

from artifacts.models import ArtifactVersion, Collection, Membership, Project, Run

ACTS_ON_LINKS = {"unlink", "deprecate", "reinstate"}
ACTS_THAT_LINK = {
    "publish": "registry:link-modal",
    "delete": "registry:delete-version",
    "unlink": "registry:project-unlink",
}


def project_url(project: Project, page: str = "") -> str:
    """Where a project is, or a page of it such as "settings"."""
    name = f"artifacts:project-{page}" if page else "artifacts:project"
    return reverse(name, args=[project.entity.name, project.name])


def registry_url(project: Project, page: str = "registry") -> str:
    """Where a registry is, or a page or an act of it such as "settings" or "star"."""
    return reverse(f"registry:{page}", args=_names_of_registry(project))


def browser_url(project: Project, type: str = "") -> str:
    """Where a project's artifacts are, or those of a type."""
    names = [project.entity.name, project.name]
    return reverse("artifacts:browser-type", args=[*names, type]) if type else reverse("artifacts:browser", args=names)


def run_url(run: Run) -> str:
    """Where a run is."""
    return reverse("artifacts:run", args=[run.project.entity.name, run.project.name, run.name])


def collection_url(collection: Collection, page: str = "") -> str:
    """Where a collection is, or a page or an act of it such as "history" or "describe"."""
    project = collection.project
    suffix = f"-{page}" if page else ""
    if project.is_registry:
        return reverse(f"registry:collection{suffix}", args=[*_names_of_registry(project), collection.name])
    type = [] if page else [collection.type]
    return reverse(f"artifacts:collection{suffix}", args=[project.entity.name, project.name, *type, collection.name])


def compare_url(collection: Collection) -> str:
    """Where versions of a collection are compared."""
    if collection.project.is_registry:
        return collection_url(collection, "compare")
    return reverse("artifacts:compare", args=_names_of_project(collection))


def version_url(membership: Membership, tab: str = "version") -> str:
    """Where a version, or one of its tabs, is: in a registry or in the artifact browser of its project."""
    return reference_url(membership.collection, membership.name, tab)


def reference_url(collection: Collection, reference: str, tab: str = "version") -> str:
    """Where a version, or one of its tabs, is when only its collection and its number or alias are known."""
    project = collection.project
    name, last = ("version", []) if tab == "version" else ("version-tab", [tab])
    if project.is_registry:
        return reverse(f"registry:{name}", args=[*_names_of_registry(project), collection.name, reference, *last])
    names = [project.entity.name, project.name, collection.type, collection.name, reference]
    return reverse(f"artifacts:{name}", args=[*names, *last])


def source_url(version: ArtifactVersion) -> str:
    """Where a version is in the artifact browser of the project that it was logged to."""
    return reference_url(version.sequence, version.name)


def act_url(membership: Membership, name: str, **query: str) -> str:
    """The address of an act on a version: of one that is the same in a project and in a registry, or of one on a link."""
    collection = membership.collection
    if name == "compare":
        address, query = compare_url(collection), {"version": membership.name, **query}
    elif name in ACTS_ON_LINKS and collection.project.is_registry:
        names = _names_of_registry(collection.project)
        address = reverse(f"registry:{name}", args=[*names, collection.name, membership.name])
    else:
        names = _names_of_project(collection)
        address = reverse(ACTS_THAT_LINK.get(name, f"artifacts:version-{name}"), args=[*names, membership.name])
    return f"{address}?{urlencode(query)}" if query else address


def path_of(membership: Membership, reference: str) -> str:
    """The name of a version for the client, by number or by alias."""
    project = membership.collection.project
    path = f"{membership.collection.path}:{reference}"
    return path if project.is_registry else f"{project.entity.name}/{path}"


def _names_of_project(collection: Collection) -> list[str]:
    return [collection.project.entity.name, collection.project.name, collection.name]


def _names_of_registry(project: Project) -> list[str]:
    organization = project.entity.organization
    assert organization is not None  # an organization's entity owns registries
    return [organization.name, project.title]
