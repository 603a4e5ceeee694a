"""“Link to registry”: from a version in a project, a collection of a registry is chosen, then aliases."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from artifacts import addresses, naming
from artifacts.access import Can
from artifacts.actions.labels import protected_keys
from artifacts.errors import DomainError, Invalid
from artifacts.models import ArtifactVersion, Collection, Membership, Project
from artifacts.naming import key_of
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.shell import in_organization
from artifacts.views.url_of import source_url, version_url
from registry.actions.link import link_by_name, link_into_new_registry, link_version, refuse_unlinkable
from registry.actions.registries import refuse_taken_name
from registry.forms import RegistryOnTheWayForm, refused, words
from registry.tables.rows import Name
from registry.views.linking.choice import (
    narrowed,
    picked_in,
)
from registry.views.linking.sidebar import (
    is_narrowing,
    is_sent,
    known_aliases,
    preview,
    takes_nothing,
)
from registry.views.linking.source_steps import (
    deprecated_links,
    deprecated_words,
)
from registry.views.linking.target_steps import (
    CREATE_REGISTRY,
    NEW,
    NEW_COLLECTION,
    NEW_REGISTRY,
    Targets,
    details_of,
    organization_of,
    read_targets,
)
from registry.views.linking.unlink import (
    COLLECTION,
    REGISTRY,
    undo_url,
)
from registry.views.place import filled_in

FIRST_STEP = ("target", "registry", "name", "new-name", "new-visibility", "new-accepted", "new-types")
SENT = ",".join([*FIRST_STEP, "pick_target", "pick_registry"])


@require_http_methods(["GET", "POST"])
def modal(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    source = addresses.project(request.user, entity, project, can=Can.DOWNLOAD)
    version = addresses.membership(addresses.collection(source, collection), reference).version
    version.sequence = addresses.collection(source, collection)
    in_organization(request, source.entity.organization)
    if reason := why_not(version):
        return page(
            request, "registry/linking/refused.html", {"version": version, "reason": reason, "cancel": source_url(version)}
        )
    asked = narrowed(filled_in(request), "", {})
    if asked.get("registry") == CREATE_REGISTRY:  # as a field for search shows it
        asked["registry"] = NEW_REGISTRY
    step = asked.get("step", "") if is_sent(request) else ""
    errors: dict[str, str] = {}
    form = registry_form(request, version, asked)
    if step in {"aliases", "link"} and not is_unasked(asked):
        try:
            target = Target.read(request, version, asked, form)
            if step == "link":
                return target.linked(request, version, asked)
            return choose_aliases(request, version, target, asked, {})
        except Refused as refusal:
            errors = refusal.errors
            if refusal.target is not None:
                return choose_aliases(request, version, refusal.target, asked, errors)
    return choose_collection(request, version, asked, errors, form)


def why_not(version: ArtifactVersion) -> str:
    """Why this version can't be linked to any registry of its organization, in the domain's own sentence."""
    entity = version.project.entity
    place = Project(kind=Project.Kind.REGISTRY, name=naming.REGISTRY_PREFIX, entity=entity)
    try:
        refuse_unlinkable(version, place)
    except DomainError as refusal:
        return str(refusal)
    return ""


def is_new(asked: dict[str, str]) -> bool:
    """Whether a collection is made with the link."""
    return asked.get("target", "") in {NEW, NEW_COLLECTION}


def is_unasked(asked: dict[str, str]) -> bool:
    """Whether a new registry was chosen on a page that didn't ask for its name yet, as it is without script."""
    return is_new(asked) and asked.get("registry") == NEW_REGISTRY and "new-name" not in asked


def registry_form(request: HtmxHttpRequest, version: ArtifactVersion, asked: dict[str, str]) -> RegistryOnTheWayForm:
    """The fields of a new registry: judged once the step is sent, else filled with what was typed."""
    is_judged = is_sent(request) and is_new(asked) and asked.get("registry") == NEW_REGISTRY and "new-name" in asked
    typed = {name.removeprefix("new-"): value for name, value in asked.items() if name.startswith("new-")}
    return RegistryOnTheWayForm(asked if is_judged else None, initial=typed, type_name=version.type)


class Refused(Exception):
    """What is wrong, by control; with a target it is about the second step."""

    def __init__(self, errors: dict[str, str], target: "Target | None" = None) -> None:
        super().__init__(errors)
        self.errors, self.target = errors, target


@dataclass
class Target:
    """Where to link: a collection, or the name of one to make in a registry, or both to make."""

    name: str
    registry: Project | None = None
    collection: Collection | None = None
    form: RegistryOnTheWayForm | None = None

    @property
    def title(self) -> str:
        """The registry, as pages name it."""
        return (
            self.registry.title
            if self.registry is not None
            else str(self.form.cleaned_data["name"] if self.form else "")
        )

    @classmethod
    def read(
        cls, request: HtmxHttpRequest, version: ArtifactVersion, asked: dict[str, str], form: RegistryOnTheWayForm
    ) -> "Target":
        """The target that the first step names; Refused with what is wrong beside its control."""
        if is_new(asked):
            return cls._new(request, version, asked, form)
        title, _, name = asked.get("target", "").rpartition("/")
        if not title:
            raise Refused({"target": "Choose a collection."})
        try:
            registry = addresses.registry(request.user, organization_of(version), title, can=Can.LINK)
            return cls(name, registry, addresses.collection(registry, name))
        except DomainError as refusal:
            raise Refused({"target": str(refusal)}) from None

    @classmethod
    def _new(
        cls, request: HtmxHttpRequest, version: ArtifactVersion, asked: dict[str, str], form: RegistryOnTheWayForm
    ) -> "Target":
        name, title = asked.get("name", ""), asked.get("registry", "")
        registry = None
        if title == NEW_REGISTRY:
            _judge_registry(form, version)
        else:
            try:
                if not title:
                    raise Invalid("Choose a registry.")
                registry = addresses.registry(request.user, organization_of(version), title, can=Can.LINK)
            except DomainError as refusal:
                raise Refused({"registry": str(refusal)}) from None
        try:
            naming.collection_name(name)
            if registry is not None and registry.collections.filter(name_key=key_of(name)).exists():
                raise Invalid(f"“{registry.title}” has a collection of this name already; choose it in the list above.")
        except DomainError as refusal:
            raise Refused({"name": str(refusal)}) from None
        if form.errors:
            raise Refused({})
        return cls(name, registry, None, None if registry is not None else form)

    @property
    def new(self) -> str:
        """What is made on the way to the link."""
        return "" if self.collection is not None else COLLECTION if self.registry is not None else REGISTRY

    def made(self, request: HtmxHttpRequest, version: ArtifactVersion, aliases: list[str]) -> Membership:
        """Link, and make what is missing for it, all or nothing."""
        if self.collection is not None:
            return link_version(version, self.collection, aliases=aliases, acting_user=request.user)
        if self.registry is not None:
            return link_by_name(version, self.registry, self.name, aliases=aliases, acting_user=request.user)
        assert self.form is not None  # `read` leaves one of the three
        given = self.form.cleaned_data
        return link_into_new_registry(
            version,
            organization_of(version),
            given["name"],
            self.name,
            visibility=given["visibility"],
            types=given["types"],
            aliases=aliases,
            acting_user=request.user,
        )

    def linked(self, request: HtmxHttpRequest, version: ArtifactVersion, asked: dict[str, str]) -> HttpResponse:
        """Link; a refusal is about the aliases or, above the form, about the rest."""
        aliases = aliases_given(request, asked)
        may_undo = self.collection is None or takes_nothing(version, self.collection, aliases)
        try:
            made = self.made(request, version, aliases)
        except DomainError as refusal:
            is_typed = any(f"“{name}”" in str(refusal) for name in words(asked.get("more", "")))
            control = ("more" if is_typed else "aliases") if "alias" in str(refusal) else "form"
            raise Refused({control: str(refusal)}, self) from None
        collection = made.collection
        collection.project = self.registry or Project.objects.with_entity().get(pk=collection.project_id)
        address = version_url(made)
        return done(
            request,
            source_url(version),
            event="versionLinked",
            toast="Linked as",
            link=(address, f"{collection.name}:{made.name}"),
            undo=undo_url(made, self.new) if may_undo else "",
        )


def _judge_registry(form: RegistryOnTheWayForm, version: ArtifactVersion) -> None:
    """Say beside the new registry's name that it is taken, before the second step."""
    if form.is_valid():
        try:
            refuse_taken_name(organization_of(version), form.cleaned_data["name"])
        except DomainError as refusal:
            refused(form, refusal, "name")


def aliases_given(request: HtmxHttpRequest, asked: dict[str, str]) -> list[str]:
    """The aliases that were chosen or typed in the second step."""
    return words(",".join([*request.POST.getlist("aliases"), asked.get("more", "")]))


def choose_collection(
    request: HtmxHttpRequest,
    version: ArtifactVersion,
    asked: dict[str, str],
    errors: dict[str, str],
    form: RegistryOnTheWayForm,
) -> HttpResponse:
    """Step 1 of 2."""
    targets = read_targets(request.user, version, asked)
    targets.target.error = errors.get("target", "")
    targets.registry.error = errors.get("registry", "")
    context = {
        "version": version,
        "preview": preview(request, version),
        "targets": targets,
        "details": chosen_details(request, version, targets),
        "registry_form": form,
        "deprecated": deprecated_words(deprecated_links(request.user, [version.pk])),
        "asked": asked,
        "errors": errors,
        "kept": [("aliases", name) for name in aliases_given(request, asked)],
        "sent": SENT,
        "picked": picked_in(filled_in(request)),
        "cancel": source_url(version),
    }
    partial = "target-fields" if is_narrowing(request, "target-fields") else None
    is_wrong = bool(errors) or bool(form.errors)
    return page(request, "registry/linking/modal.html", context, partial=partial, status=422 if is_wrong else 200)


def chosen_details(request: HtmxHttpRequest, version: ArtifactVersion, targets: Targets) -> dict[str, Any] | None:
    """What the first step says about the chosen collection."""
    if targets.chosen is None:
        return None
    found = details_of(request.user, version, targets.chosen)
    guarded = protected_keys(found.collection.project)
    return {"found": found, "aliases": [Name(name, key_of(name) in guarded) for name in found.aliases]}


def choose_aliases(
    request: HtmxHttpRequest, version: ArtifactVersion, target: Target, asked: dict[str, str], errors: dict[str, str]
) -> HttpResponse:
    """Step 2 of 2."""
    collection = target.collection
    held = (
        Membership.objects.in_collection(collection).filter(version=version).first() if collection is not None else None
    )
    known = known_aliases(collection, request) if collection is not None else []
    given = aliases_given(request, asked)
    offered = {alias["name"] for alias in known if alias["is_open"]}
    context: dict[str, Any] = {
        "version": version,
        "target": target,
        "next_name": held.name if held else f"v{collection.next_index if collection else 0}",
        "held": held,
        "known_aliases": known,
        "chosen_aliases": [name for name in given if name in offered] if known else given,
        "more": ", ".join(name for name in given if name not in offered) if known else "",
        "kept": [(name, asked[name]) for name in FIRST_STEP if name in asked],
        "errors": errors,
        "cancel": source_url(version),
    }
    return page(request, "registry/linking/modal_aliases.html", context, status=422 if errors else 200)
