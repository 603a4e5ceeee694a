"""What is done to a version from its page: its aliases here, and the tags, description and metadata that all places share."""

import json

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from artifacts.access import Can
from artifacts.actions import aliases_and_tags, versions
from artifacts.errors import Conflict, Forbidden, Invalid
from artifacts.forms import TtlForm, VersionDescriptionForm, VersionMetadataForm
from artifacts.versions.time_to_live import DAY, days_of
from artifacts.views.answers import HtmxHttpRequest, changed, done, page
from artifacts.views.fetch import membership_of
from artifacts.views.version_page import VersionPage, version_page_of
from artifacts.views.versions.page import named_aliases


def _version_page(request: HtmxHttpRequest, *address: str, can: Can = Can.VIEW) -> VersionPage:
    return version_page_of(request, membership_of(request, *address, can=can))


@require_POST
def add_alias(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    version_page = _version_page(request, entity, project, collection, reference, can=Can.EDIT)
    alias = request.POST.get("alias", "").strip()
    aliases_and_tags.add_aliases(version_page.membership, [alias], acting_user=request.user)
    return aliases_changed(request, version_page, f"{version_page.title} has the alias “{alias}”")


@require_POST
def remove_alias(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    version_page = _version_page(request, entity, project, collection, reference, can=Can.EDIT)
    alias = request.POST.get("alias", "")
    aliases_and_tags.remove_aliases(version_page.membership, [alias], acting_user=request.user)
    return aliases_changed(request, version_page, f"Removed the alias “{alias}” from {version_page.title}")


def aliases_changed(request: HtmxHttpRequest, version_page: VersionPage, said: str) -> HttpResponse:
    """The aliases as they are now, in their place and in the page's head; without script the page again."""
    if not request.htmx:
        return done(request, version_page.url(), toast=said)
    guarded = aliases_and_tags.protected_keys(version_page.project)
    context = {"version_page": version_page, "aliases": named_aliases(version_page.membership, guarded, version_page)}
    return changed(request, "artifacts/version/names.html", context, toast=said, partial="changed-aliases")


@require_POST
def add_tag(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    version_page = _version_page(request, entity, project, collection, reference)
    refuse_reader(version_page)
    tag = request.POST.get("tag", "").strip()
    aliases_and_tags.tag_version(version_page.version, [tag], acting_user=request.user)
    return tags_changed(request, version_page, f"Tagged {version_page.title} “{tag}”")


@require_POST
def remove_tag(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    version_page = _version_page(request, entity, project, collection, reference)
    refuse_reader(version_page)
    tag = request.POST.get("tag", "")
    aliases_and_tags.untag_version(version_page.version, [tag], acting_user=request.user)
    return tags_changed(request, version_page, f"Removed the tag “{tag}” from {version_page.title}")


def tags_changed(request: HtmxHttpRequest, version_page: VersionPage, said: str) -> HttpResponse:
    """The tags as they are now, in their place; without script the page again."""
    if not request.htmx:
        return done(request, version_page.url(), toast=said)
    context = {
        "version_page": version_page,
        "tags": version_page.version.tags.order_by("name"),
        "remove_tag": version_page.act_url("untag") if version_page.can_edit else "",
    }
    return changed(request, "artifacts/version/names.html", context, toast=said, partial="version-tags")


@require_http_methods(["GET", "POST"])
def describe(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    version_page = _version_page(request, entity, project, collection, reference)
    refuse_reader(version_page)
    form = VersionDescriptionForm(request.POST or None, initial={"description": version_page.version.description})
    if form.is_valid():
        try:
            versions.describe_version(
                version_page.version, description=form.cleaned_data["description"], acting_user=request.user
            )
            return done(request, version_page.url(), toast="Saved the description")
        except Invalid as refusal:
            form.add_error("description", str(refusal))
    context = {"version_page": version_page, "form": form, "cancel": version_page.url()}
    return page(request, "artifacts/version/describe.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def edit_metadata(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    version_page = _version_page(request, entity, project, collection, reference)
    refuse_reader(version_page)
    text = json.dumps(version_page.version.metadata, indent=2, ensure_ascii=False)
    form = VersionMetadataForm(request.POST or None, initial={"metadata": text})
    if form.is_valid():
        try:
            metadata = versions.read_metadata(form.cleaned_data["metadata"] or "{}")
            versions.describe_version(version_page.version, metadata=metadata, acting_user=request.user)
            return done(request, version_page.url("metadata"), toast="Saved the metadata")
        except Invalid as refusal:
            form.add_error("metadata", str(refusal))
    context = {"version_page": version_page, "form": form, "cancel": version_page.url("metadata")}
    return page(request, "artifacts/version/edit_metadata.html", context, status=422 if form.is_bound else 200)


def refuse_reader(version_page: VersionPage) -> None:
    """Refuse whoever may not change the version, before a form is shown; the action judges again."""
    if version_page.version.is_deleted:
        raise Conflict(f"Version “{version_page.title}” was deleted and can't be changed; choose another version.")
    if not version_page.can_edit:
        raise Forbidden(
            "permission denied: the description, tags and metadata are shared with the source version, and you may not "
            "change that; ask a member of the team that logged it."
        )


@require_http_methods(["GET", "POST"])
def edit_ttl(request: HtmxHttpRequest, entity: str, project: str, collection: str, reference: str) -> HttpResponse:
    """“Edit TTL policy”; why one isn't possible is said beside the choice."""
    version_page = _version_page(request, entity, project, collection, reference)
    refuse_reader(version_page)
    seconds = version_page.version.ttl_seconds
    days = days_of(seconds)
    policy = TtlForm.CUSTOM if days else TtlForm.INHERIT if seconds is None else TtlForm.DEACTIVATE
    form = TtlForm(request.POST or None, initial={"policy": policy, "days": days})
    default = days_of(version_page.version.project.entity.ttl_seconds)
    of_team = (
        f"Inherit ({default} day{'s' if default != 1 else ''}, as the team)"
        if default
        else "Inherit (the team sets none)"
    )
    form.fields["policy"].choices = [(TtlForm.INHERIT, of_team), *TtlForm.OWN]  # type: ignore[attr-defined]
    if form.is_valid():
        given = form.cleaned_data
        kept = {TtlForm.INHERIT: None, TtlForm.DEACTIVATE: versions.FOR_EVER}
        try:
            wanted = given["days"] * DAY if given["policy"] == TtlForm.CUSTOM else kept[given["policy"]]
            versions.keep_version(version_page.version, wanted, acting_user=request.user)
        except (Conflict, Forbidden, Invalid) as refusal:
            form.add_error("policy", str(refusal))
        else:
            return done(request, version_page.url(), toast="Updated the time to live")
    context = {"version_page": version_page, "form": form, "cancel": version_page.url()}
    return page(request, "artifacts/version/ttl.html", context, status=422 if form.is_bound else 200)
