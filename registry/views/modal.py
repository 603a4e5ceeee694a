"""“Link to registry”: from a version in a project, a collection of a registry is chosen, then aliases."""

from collections import defaultdict
from typing import Any

from django.db.models import Q
from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from artifacts import access, addresses, naming
from artifacts.access import Can
from artifacts.errors import DomainError, Invalid
from artifacts.models import ArtifactVersion, Collection, Membership, Project
from artifacts.naming import key_of
from artifacts.pages import HtmxHttpRequest, done, in_organization, page
from registry.actions.link import link_by_name, link_version, refuse_unlinkable
from registry.forms import words
from registry.models import Registry
from registry.rows import source_url
from registry.views.link import known_aliases, preview, takes_nothing
from registry.views.place import filled_in, version_url

MOST_TARGETS = 50
NEW = "new"


@require_http_methods(["GET", "POST"])
def modal(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    source = addresses.project(request.user, entity, project, can=Can.DOWNLOAD)
    version = addresses.membership(addresses.collection(source, collection), reference).version
    version.sequence = addresses.collection(source, collection)
    in_organization(request, source.entity.organization)
    if reason := why_not(version):
        return page(
            request, "registry/link_refused.html", {"version": version, "reason": reason, "cancel": source_url(version)}
        )
    asked = filled_in(request)
    asked["step"] = asked.get("step", "") if request.method == "POST" else ""
    errors: dict[str, str] = {}
    if asked["step"] in {"aliases", "link"}:
        try:
            target = Target.read(request, version, asked)
            if asked["step"] == "link":
                return target.linked(request, version, asked)
            return choose_aliases(request, version, target, asked, {})
        except Refused as refusal:
            errors = refusal.errors
            if refusal.target is not None:
                return choose_aliases(request, version, refusal.target, asked, errors)
    return choose_collection(request, version, asked, errors)


def why_not(version: ArtifactVersion) -> str:
    """Why this version can't be linked to any registry of its organization, in the domain's own sentence."""
    entity = version.project.entity
    place = Project(kind=Project.Kind.REGISTRY, name=naming.REGISTRY_PREFIX, entity=entity)
    try:
        refuse_unlinkable(version, place)
    except DomainError as refusal:
        return str(refusal)
    return ""


class Refused(Exception):
    """What is wrong, by control; with a target it is about the second step."""

    def __init__(self, errors: dict[str, str], target: "Target | None" = None) -> None:
        super().__init__(errors)
        self.errors, self.target = errors, target


class Target:
    """Where to link: a collection, or the name of one to make in a registry."""

    def __init__(self, registry: Project, name: str, collection: Collection | None) -> None:
        self.registry, self.name, self.collection = registry, name, collection

    @classmethod
    def read(cls, request: HtmxHttpRequest, version: ArtifactVersion, asked: dict[str, str]) -> "Target":
        """The target that the first step names; Refused with what is wrong beside its control."""
        chosen = asked.get("target", "")
        if chosen in {NEW, "Create new collection"}:
            title, name, control = asked.get("registry", ""), asked.get("name", ""), "registry"
        else:
            title, _, name = chosen.partition("/")
            control = "target"
        if not chosen or not title:
            raise Refused({control: "Choose a collection." if control == "target" else "Choose a registry."})
        organization = version.project.entity.organization
        assert organization is not None  # a team's, or the version would have been refused
        try:
            registry = addresses.registry(request.user, organization, title, can=Can.LINK)
        except DomainError as refusal:
            raise Refused({control: str(refusal)}) from None
        if control == "target":
            try:
                return cls(registry, name, addresses.collection(registry, name))
            except DomainError as refusal:
                raise Refused({"target": str(refusal)}) from None
        try:
            naming.collection_name(name)
            if registry.collections.filter(name_key=key_of(name)).exists():
                raise Invalid(f"“{registry.title}” has a collection of this name already; choose it in the list above.")
        except DomainError as refusal:
            raise Refused({"name": str(refusal)}) from None
        return cls(registry, name, None)

    def linked(self, request: HtmxHttpRequest, version: ArtifactVersion, asked: dict[str, str]) -> HttpResponse:
        """Link; a refusal is about the aliases or, above the form, about the rest."""
        aliases = words(",".join([*request.POST.getlist("aliases"), asked.get("more", "")]))
        may_undo = self.collection is None or takes_nothing(version, self.collection, aliases)
        try:
            if self.collection is not None:
                made = link_version(version, self.collection, aliases=aliases, acting_user=request.user)
            else:
                made = link_by_name(version, self.registry, self.name, aliases=aliases, acting_user=request.user)
        except DomainError as refusal:
            is_typed = any(f"“{name}”" in str(refusal) for name in words(asked.get("more", "")))
            control = ("more" if is_typed else "aliases") if "alias" in str(refusal) else "form"
            raise Refused({control: str(refusal)}, self) from None
        collection = made.collection
        collection.project = self.registry
        address = version_url(collection, made.name)
        return done(
            request,
            source_url(version),
            event="versionLinked",
            toast="Linked as",
            link=(address, f"{collection.name}:{made.name}"),
            undo=version_url(collection, made.name, "registry:unlink") if may_undo else "",
        )


def choose_collection(
    request: HtmxHttpRequest, version: ArtifactVersion, asked: dict[str, str], errors: dict[str, str]
) -> HttpResponse:
    """Step 1 of 2."""
    organization = version.project.entity.organization
    registries = Registry.objects.among(access.projects_where(request.user, Can.LINK).registries()).filter(
        project__entity__organization=organization
    )
    accepting = registries.filter(Q(accepts_all_types=True) | Q(accepted_types__name=version.type)).distinct()
    open_to = {row.project_id: row.project for row in accepting.select_related("project").order_by("project__name_key")}
    target = asked.get("target", "")
    found = (
        Collection.objects.portfolios()
        .filter(project__in=open_to, type=version.type)
        .order_by("project__name_key", "name_key")
    )
    listed = list(found.select_related("project")[: MOST_TARGETS + 1])
    is_long = len(listed) > MOST_TARGETS
    held = dict(Membership.objects.filter(version=version, collection__in=listed).values_list("collection", "index"))
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for collection in listed[:MOST_TARGETS]:
        words_of = f" · v{held[collection.pk]} holds this version" if collection.pk in held else ""
        groups[collection.project.title].append(
            (f"{collection.project.title}/{collection.name}", f"{collection.name}{words_of}")
        )
    context = {
        "version": version,
        "preview": preview(request, version),
        "groups": list(groups.items()),
        "is_long": is_long,
        "registries": [project.title for project in open_to.values()],
        "target": target,
        "asked": asked,
        "errors": errors,
        "new": NEW,
        "cancel": source_url(version),
    }
    return page(request, "registry/link_modal.html", context, status=422 if errors else 200)


def choose_aliases(
    request: HtmxHttpRequest, version: ArtifactVersion, target: Target, asked: dict[str, str], errors: dict[str, str]
) -> HttpResponse:
    """Step 2 of 2."""
    collection = target.collection
    held = (
        Membership.objects.in_collection(collection).filter(version=version).first() if collection is not None else None
    )
    context: dict[str, Any] = {
        "version": version,
        "target": target,
        "next_name": held.name if held else f"v{collection.next_index if collection else 0}",
        "is_linked": held is not None,
        "known_aliases": known_aliases(collection, request) if collection is not None else [],
        "chosen_aliases": request.POST.getlist("aliases"),
        "asked": asked,
        "errors": errors,
        "cancel": source_url(version),
    }
    return page(request, "registry/link_modal_aliases.html", context, status=422 if errors else 200)
