"""A collection's card and tags: written, previewed and named in place, or on a page of their own without script."""

import hashlib
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from artifacts.access import Can
from artifacts.actions import aliases_and_tags, collections
from artifacts.errors import Conflict, Invalid
from artifacts.models import Collection
from artifacts.views.answers import HtmxHttpRequest, changed, done, page
from artifacts.views.url_of import collection_url
from registry.forms import DescriptionForm, TagForm, refused
from registry.views.fetch import collection_of, permissions

CARD = "collection-card"  # the id of its panel in the page
OUTLINE = """## Summary

What these versions are for, in two sentences.

## License

## References

## Training data

Where it comes from, and what it leaves out.

## Processing

## Data storage

## Architecture

## Task

## Deserialize the model

```python
```

## Deployment
"""


@require_http_methods(["GET", "POST"])
def describe(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    """The editor. Its buttons send `step`: `outline` fills an empty card, `preview` shows it, and without one it is saved."""
    found = collection_of(request, org, registry, collection, can=Can.EDIT)
    step = request.POST.get("step", "")
    text = request.POST.get("description", found.description)
    if step == "outline":
        text = text if text.strip() else OUTLINE
    if request.method == "POST" and not step:
        return save(request, found)
    form = DescriptionForm(initial={"description": text})
    return editor(request, found, form, text, mark=request.POST.get("mark") or mark_of(found.description))


def save(request: HtmxHttpRequest, found: Collection) -> HttpResponse:
    """Keep the text, unless somebody else saved another one meanwhile: then both are shown, and nothing is lost."""
    form = DescriptionForm(request.POST)
    mark = request.POST.get("mark")
    if form.is_valid():
        try:
            collections.describe_collection(
                found,
                form.cleaned_data["description"],
                acting_user=request.user,
                instead_of=None if mark is None else lambda current: mark_of(current) == mark,
            )
        except Conflict as refusal:
            found.refresh_from_db(fields=["description"])
            form.add_error("description", str(refusal))
            theirs = found.description
            return editor(
                request, found, form, form.data["description"], mark=mark_of(theirs), theirs=theirs, status=422
            )
        except Invalid as refusal:
            refused(form, refusal, "description")
        else:
            if request.htmx and request.htmx.target == CARD:
                return changed(
                    request, "registry/collection/card_panel.html", card(request, found), toast="Saved the description"
                )
            return done(request, collection_url(found), toast="Saved the description")
    text = str(form.data.get("description", ""))
    return editor(request, found, form, text, mark=mark or mark_of(found.description), status=422)


def editor(
    request: HtmxHttpRequest,
    found: Collection,
    form: DescriptionForm,
    text: str,
    *,
    mark: str,
    theirs: str = "",
    status: int = 200,
) -> HttpResponse:
    """The form in the card's own place, in a dialog, or as a page."""
    is_in_place = bool(request.htmx) and request.htmx.target == CARD
    context = {
        **card(request, found),
        "form": form,
        "text": text,
        "mark": mark,
        "theirs": theirs,
        "outline": not text.strip(),
        "cancel": collection_url(found),
        "preview_url": collection_url(found, "preview"),
        "target": f"#{CARD}" if is_in_place else "#dialog",
    }
    template = "registry/collection/card_editor.html" if is_in_place else "registry/collection/describe.html"
    return page(request, template, context, status=status)


def card(request: HtmxHttpRequest, found: Collection) -> dict[str, Any]:
    """What the card and the tags of a collection show."""
    return {
        "collection": found,
        "registry": found.project,
        "organization": found.project.entity.organization,
        "tags": found.tags.order_by("name"),
        **permissions(request, found.project),
    }


@require_http_methods(["GET"])
def show_card(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    """The card as it is, when its editor is closed."""
    found = collection_of(request, org, registry, collection)
    if not request.htmx:
        return redirect(collection_url(found))
    return page(request, "registry/collection/card_panel.html", {**card(request, found), "is_focused": True})


@require_POST
def preview(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    """What a text would look like; nothing is kept."""
    collection_of(request, org, registry, collection, can=Can.EDIT)
    form = DescriptionForm(request.POST)
    text = form.cleaned_data["description"] if form.is_valid() else ""
    return page(
        request, "registry/collection/card_preview.html", {"text": text, "errors": form.errors.get("description")}
    )


@require_http_methods(["GET", "POST"])
def add_tag(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.EDIT)
    form = TagForm(request.POST or None)
    if form.is_valid():
        try:
            aliases_and_tags.tag_collection(found, form.cleaned_data["tag"], acting_user=request.user)
        except Invalid as refusal:
            refused(form, refusal, "tag")
        else:
            return done(request, collection_url(found), event="collectionTagged", toast="Tagged the collection")
    context = {"collection": found, "form": form, "cancel": collection_url(found)}
    return page(request, "registry/collection/tag.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET"])
def show_tags(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    """The tags alone, when one was added."""
    found = collection_of(request, org, registry, collection)
    if not request.htmx:
        return redirect(collection_url(found))
    return page(request, "registry/collection/tags.html", card(request, found))


@require_POST
def remove_tag(request: HtmxHttpRequest, org: str, registry: str, collection: str) -> HttpResponse:
    found = collection_of(request, org, registry, collection, can=Can.EDIT)
    tag = request.POST.get("tag", "")
    aliases_and_tags.untag_collection(found, [tag], acting_user=request.user)
    if not request.htmx:
        return redirect(collection_url(found))
    context = {**card(request, found), "is_focused": True}
    return changed(request, "registry/collection/tags.html", context, toast=f"Removed the tag “{tag}”")


def mark_of(text: str) -> str:
    """A short mark of a text: a form brings back that of the text it began with."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
