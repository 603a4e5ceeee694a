"""Automations on pages: those that concern a project (or, by the same functions, a registry), switched and deleted."""

from collections.abc import Callable
from typing import Any

from django.db.models import FETCH_RAISE
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from artifacts import access
from artifacts.actions import automations
from artifacts.automations.sentences import action_words, condition_words, event_words, scope_words
from artifacts.errors import NotFound
from artifacts.listing.paging import page_of
from artifacts.models import Automation, Project
from artifacts.models.automations import AutomationQuerySet
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.fetch import project_of
from artifacts.views.url_of import registry_url

type AddressOf = Callable[[str, Automation], str]


def concerning(request: HtmxHttpRequest, project: Project) -> AutomationQuerySet:
    """The automations that the visitor sees and that something in the project or registry may set off."""
    return access.visible_automations(request.user).watching(project).with_scope().select_related("created_by")


def automation_of(request: HtmxHttpRequest, project: Project, number: int) -> Automation:
    """The automation of this number, if the visitor sees it here; else NotFound."""
    found = concerning(request, project).filter(pk=number).first()
    if found is None:
        raise NotFound("There is no such automation here; reload the list.")
    return found


def listing(request: HtmxHttpRequest, project: Project, address_of: AddressOf) -> dict[str, Any]:
    """A page of automations, newest first, each in words and with what the visitor may do to it."""
    found = page_of(concerning(request, project).fetch_mode(FETCH_RAISE), ("-pk",), request.GET.dict())
    may: dict[object, bool] = {}

    def is_changeable(automation: Automation) -> bool:
        """Asked once for each kind of scope: all collections of a project are judged alike."""
        key = ("collection" if automation.collection_id else "project", automation.entity_id)
        if key not in may:
            may[key] = access.manages_automations(request.user, automation.scope)
        return may[key]

    return {
        "automations": [
            {
                "automation": automation,
                "event": event_words(automation),
                "condition": condition_words(automation),
                "action": action_words(automation),
                "scope": scope_words(automation),
                "may_change": is_changeable(automation),
                "switch": address_of("switch", automation),
                "delete": address_of("delete", automation),
            }
            for automation in found.rows
        ],
        "older": found.older,
        "newest": "?" if found.newer else "",
    }


def switched(request: HtmxHttpRequest, automation: Automation, back: str) -> HttpResponse:
    """Switch the automation on or off, as the form says."""
    is_on = request.POST.get("enabled") == "on"
    automations.change_automation(automation, enabled=is_on, acting_user=request.user)
    return done(request, back, toast=f"“{automation.name}” is {'enabled' if is_on else 'disabled'}.")


def deleted(request: HtmxHttpRequest, automation: Automation, back: str) -> HttpResponse:
    """The dialog that asks whether to delete the automation; its POST deletes it."""
    access.require_automating(request.user, automation.scope)
    if request.method == "POST":
        automations.delete_automation(automation, acting_user=request.user)
        return done(request, back, toast=f"Deleted the automation “{automation.name}”.")
    return page(request, "artifacts/project/delete_automation.html", {"automation": automation, "cancel": back})


def _back(project: Project) -> str:
    return reverse("artifacts:project-automations", args=[project.entity.name, project.name])


@require_GET
def project_automations(request: HtmxHttpRequest, entity: str, project: str) -> HttpResponse:
    found = project_of(request, entity, project)
    if found.is_registry:
        return redirect(registry_url(found, "automations"))

    def address_of(verb: str, automation: Automation) -> str:
        place = [found.entity.name, found.name, automation.pk]
        return reverse(f"artifacts:project-automation-{verb}", args=place)

    context = {"project": found, **listing(request, found, address_of)}
    return page(request, "artifacts/project/automations.html", context)


@require_POST
def project_automation_switch(request: HtmxHttpRequest, entity: str, project: str, number: int) -> HttpResponse:
    found = project_of(request, entity, project)
    return switched(request, automation_of(request, found, number), _back(found))


@require_http_methods(["GET", "POST"])
def project_automation_delete(request: HtmxHttpRequest, entity: str, project: str, number: int) -> HttpResponse:
    found = project_of(request, entity, project)
    return deleted(request, automation_of(request, found, number), _back(found))
