"""“Link to registry”: from a version in a project, a collection of a registry is chosen, then aliases."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from artifacts import naming
from artifacts.access import Can
from artifacts.actions.aliases_and_tags import protected_keys
from artifacts.errors import DomainError
from artifacts.models import ArtifactVersion, Membership, Project
from artifacts.naming import key_of
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.fetch import membership_of
from artifacts.views.url_of import source_url, version_url
from registry.actions.link import refuse_unlinkable
from registry.forms import RegistryOnTheWayForm
from registry.tables.rows import Name
from registry.views.linking.address import FIRST_STEP, TargetAddress
from registry.views.linking.preview import known_aliases, preview
from registry.views.linking.source_steps import deprecated_links, deprecated_words
from registry.views.linking.target import Target, TargetRefused, read_target, registry_form
from registry.views.linking.target_steps import Targets, details_of, read_targets
from registry.views.linking.unlink import undo_url

# The names of the fields that go with a question for the next choices.
SENT = ",".join([*FIRST_STEP, "pick_target", "pick_registry"])


@require_http_methods(["GET", "POST"])
def modal(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    membership = membership_of(request, entity, project, collection, reference, can=Can.DOWNLOAD)
    version = membership.version
    version.sequence = membership.collection
    if reason := why_not(version):
        context = {"version": version, "reason": reason, "cancel": source_url(version)}
        return page(request, "registry/linking/refused.html", context)
    address = TargetAddress.read(request)
    form = registry_form(version, address)
    errors: dict[str, str] = {}
    if address.step in {"aliases", "link"} and (address.names_registry or not address.makes_registry):
        try:
            target = read_target(request.user, version, address, form)
        except TargetRefused as refusal:
            errors = refusal.errors
        else:
            return second_step(request, version, target, address)
    return choose_collection(request, version, address, errors, form)


def why_not(version: ArtifactVersion) -> str:
    """Why this version can't be linked to any registry of its organization, in the domain's own sentence."""
    entity = version.project.entity
    place = Project(kind=Project.Kind.REGISTRY, name=naming.REGISTRY_PREFIX, entity=entity)
    try:
        refuse_unlinkable(version, place)
    except DomainError as refusal:
        return str(refusal)
    return ""


def second_step(
    request: HtmxHttpRequest, version: ArtifactVersion, target: Target, address: TargetAddress
) -> HttpResponse:
    """Link if that was asked for; a refusal stands beside the field with the alias that it is about, else above the form."""
    errors: dict[str, str] = {}
    aliases = list(address.aliases)
    if address.step == "link":
        may_undo = target.may_undo(version, aliases)
        try:
            made = target.link(version, aliases, acting_user=request.user)
        except DomainError as refusal:
            is_typed = key_of(refusal.value) in {key_of(name) for name in address.typed}
            control = ("more" if is_typed else "aliases") if refusal.field == "aliases" else "form"
            errors = {control: str(refusal)}
        else:
            return linked(request, version, made, undo_url(made, target.new) if may_undo else "")
    return choose_aliases(request, version, target, address, errors)


def linked(request: HtmxHttpRequest, version: ArtifactVersion, made: Membership, undo: str) -> HttpResponse:
    """Say under which name the version is linked."""
    address, name = version_url(made), f"{made.collection.name}:{made.name}"
    return done(request, source_url(version), event="versionLinked", toast="Linked as", link=(address, name), undo=undo)


def choose_collection(
    request: HtmxHttpRequest,
    version: ArtifactVersion,
    address: TargetAddress,
    errors: dict[str, str],
    form: RegistryOnTheWayForm,
) -> HttpResponse:
    """Step 1 of 2."""
    targets = read_targets(request.user, version, address)
    targets.target.error = errors.get("target", "")
    targets.registry.error = errors.get("registry", "")
    context = {
        "version": version,
        "preview": preview(request.user, version),
        "targets": targets,
        "details": chosen_details(request, version, targets),
        "registry_form": form,
        "deprecated": deprecated_words(deprecated_links(request.user, [version.pk])),
        "asked": address,
        "errors": errors,
        "kept": [("aliases", name) for name in address.aliases],
        "sent": SENT,
        "picked": address.picked,
        "cancel": source_url(version),
    }
    partial = "target-fields" if address.redraws("target-fields") else None
    is_wrong = bool(errors) or bool(form.errors)
    return page(request, "registry/linking/modal.html", context, partial=partial, status=422 if is_wrong else 200)


def chosen_details(request: HtmxHttpRequest, version: ArtifactVersion, targets: Targets) -> dict[str, Any] | None:
    """What the first step says about the chosen collection."""
    if targets.chosen is None:
        return None
    found = details_of(request.user, version, targets.chosen)
    protected = protected_keys(found.collection.project)
    return {"found": found, "aliases": [Name(name, key_of(name) in protected) for name in found.aliases]}


def choose_aliases(
    request: HtmxHttpRequest, version: ArtifactVersion, target: Target, address: TargetAddress, errors: dict[str, str]
) -> HttpResponse:
    """Step 2 of 2."""
    collection = target.collection
    held = Membership.objects.in_collection(collection).filter(version=version).first() if collection else None
    known = known_aliases(request.user, collection) if collection else []
    offered = {alias.name for alias in known if alias.is_open}
    context: dict[str, Any] = {
        "version": version,
        "target": target,
        "next_name": held.name if held else f"v{collection.next_index if collection else 0}",
        "held": held,
        "known_aliases": known,
        "chosen_aliases": [name for name in address.aliases if name in offered] if known else address.aliases,
        "more": ", ".join(name for name in address.aliases if name not in offered) if known else "",
        "kept": address.first_step,
        "errors": errors,
        "cancel": source_url(version),
    }
    return page(request, "registry/linking/modal_aliases.html", context, status=422 if errors else 200)
