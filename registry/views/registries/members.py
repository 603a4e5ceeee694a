"""Who may use a registry, in its settings: access for people and teams, roles of their own, the owner."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from artifacts.access import Can
from artifacts.errors import Conflict, Invalid, NotFound
from artifacts.models import Entity, Project, Role, User
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.url_of import registry_url
from registry.actions import members, settings
from registry.forms import AccessForm, NewMemberForm, refused
from registry.tables.members import holder_named
from registry.views.fetch import registry_of
from registry.views.registries.settings import settings_page


def holder_of(project: Project, kind: str, name: str) -> User | Entity:
    """The person or the team that an address names."""
    rows = project.members.select_related("user", "team")
    row = rows.filter(**{f"{kind}__name": name}).first() if kind in {"user", "team"} else None
    holder = row.user or row.team if row else None
    return holder or holder_named(project, name)


def saved_members(request: HtmxHttpRequest, project: Project, words: str) -> HttpResponse:
    return done(request, f"{registry_url(project, 'settings')}#members", event="membersChanged", toast=words)


@require_POST
def add_access(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    """Let people and teams in, several at once: all of them or none."""
    project = registry_of(request, org, registry, can=Can.MANAGE)
    form = AccessForm(request.POST)
    if form.is_valid():
        names = form.cleaned_data["names"]
        try:
            holders = [holder_named(project, name) for name in names]
            members.add_members(project, holders, acting_user=request.user)
        except (NotFound, Invalid) as refusal:
            refused(form, refusal, "names")
        else:
            words = ", ".join(holder.name for holder in holders)
            return saved_members(request, project, f"Added {words}")
    return settings_page(request, project, access_form=form)


@require_POST
def add_member(request: HtmxHttpRequest, org: str, registry: str) -> HttpResponse:
    """Give one person a role of their own, to be chosen in the table."""
    project = registry_of(request, org, registry, can=Can.MANAGE)
    form = NewMemberForm(request.POST)
    if form.is_valid():
        try:
            holder = holder_named(project, form.cleaned_data["member"])
            members.add_members(project, [holder], acting_user=request.user)
        except (NotFound, Invalid) as refusal:
            refused(form, refusal, "member")
        else:
            return saved_members(request, project, f"Added {holder.name} as restricted viewer")
    return settings_page(request, project, member_form=form)


@require_POST
def set_role(request: HtmxHttpRequest, org: str, registry: str, kind: str, person: str) -> HttpResponse:
    project = registry_of(request, org, registry, can=Can.MANAGE)
    holder = holder_of(project, kind, person)
    role = request.POST.get("role", "")
    members.set_role(project, holder, role, acting_user=request.user)
    label = Role(role).label if role in Role.values else "without a role of their own"
    return saved_members(request, project, f"{holder.name} is now {label}")


@require_POST
def make_owner(request: HtmxHttpRequest, org: str, registry: str, person: str) -> HttpResponse:
    project = registry_of(request, org, registry, can=Can.MANAGE)
    holder = holder_of(project, "user", person)
    if not isinstance(holder, User):
        raise Invalid(f"“{holder.name}” is a team; one person answers for a registry.")
    settings.make_owner(project, holder, acting_user=request.user)
    return saved_members(request, project, f"{holder.name} is the owner now")


@require_http_methods(["GET", "POST"])
def remove(request: HtmxHttpRequest, org: str, registry: str, kind: str, person: str) -> HttpResponse:
    """The dialog that asks whether to end the access of a person or a team; its POST ends it."""
    project = registry_of(request, org, registry, can=Can.MANAGE)
    holder = holder_of(project, kind, person)
    error = ""
    if request.method == "POST":
        try:
            members.remove_members(project, [holder], acting_user=request.user)
        except Conflict as refusal:
            error = str(refusal)
        else:
            return saved_members(request, project, f"Deleted the access of {holder.name}")
    context = {
        "registry": project,
        "holder": holder,
        "cancel": registry_url(project, "settings"),
        "error": error,
    }
    return page(request, "registry/settings/remove_access.html", context, status=422 if error else 200)
