"""One's own account: profile, default entity, theme, password, API keys, and how to connect the client."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from artifacts import access
from artifacts.actions import people
from artifacts.errors import Invalid, NotFound
from artifacts.forms import ApiKeyForm, DefaultEntityForm, PasswordForm, ProfileForm, ThemeForm
from artifacts.models import ApiKey, Entity
from artifacts.models.organizations import EntityQuerySet
from artifacts.views.answers import HtmxHttpRequest, done, page
from artifacts.views.people import throttle

KEYS_SHOWN = 100
MADE_ALREADY = (
    "That key was made already, and it can’t be shown again. If you didn’t copy it, revoke it and make another one."
)

INSTALL = """pip install wandb
export WANDB_BASE_URL={address}
wandb login"""
SNIPPET = """import wandb

with wandb.init(entity="{entity}", project="first-steps") as run:
    artifact = wandb.Artifact("my-model", type="model")
    with artifact.new_file("weights.txt") as file:
        file.write("0.1 0.2 0.3")
    run.link_artifact(artifact, target_path="wandb-registry-model/my-first-collection")
"""


def public_address(request: HtmxHttpRequest) -> str:
    """The address of this server as people and the client use it, without a slash at the end."""
    return settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")


def _entities(request: HtmxHttpRequest) -> EntityQuerySet:
    """The entities that the visitor may log to."""
    teams = request.user.team_memberships.filter(role__in=access.roles_that(access.Can.LOG)).values("team")
    return Entity.objects.filter(Q(pk__in=teams) | Q(user=request.user)).order_by("name_key")


def _account(request: HtmxHttpRequest, *, status: int = 200, **changed: Any) -> HttpResponse:
    """The page of one's account, with the form that was sent as it was typed."""
    user = request.user
    keys = ApiKey.objects.filter(user=user).order_by("-pk")
    context: dict[str, Any] = {
        "profile": ProfileForm(initial={"full_name": user.full_name, "email": user.email}),
        "default_entity": DefaultEntityForm(
            entities=_entities(request), initial={"entity": people.default_entity(user).pk}
        ),
        "theme_form": ThemeForm(initial={"theme": request.COOKIES.get("theme", "")}),
        "password": PasswordForm(),
        "new_key": ApiKeyForm(initial={"once": secrets.token_hex(16)}),
        "keys": keys.filter(revoked_at__isnull=True)[:KEYS_SHOWN],
        "revoked": keys.filter(revoked_at__isnull=False)[:10],
        "organizations": user.organization_memberships.select_related("organization").order_by(
            "organization__name_key"
        )[:50],
        "teams": user.team_memberships.select_related("team").order_by("team__name_key")[:50],
        **changed,
    }
    return page(request, "artifacts/account/account.html", context, partial="keys", status=status)


@never_cache
@require_GET
def account(request: HtmxHttpRequest) -> HttpResponse:
    return _account(request)


@require_POST
def profile(request: HtmxHttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST)
    if form.is_valid():
        people.change_user(request.user, **form.cleaned_data, acting_user=request.user)
        return done(request, reverse("artifacts:account"), toast="Your profile is saved.")
    return _account(request, profile=form, status=422)


@require_POST
def default_entity(request: HtmxHttpRequest) -> HttpResponse:
    form = DefaultEntityForm(request.POST, entities=_entities(request))
    if form.is_valid():
        entity = form.cleaned_data["entity"]
        people.set_default_entity(request.user, entity, acting_user=request.user)
        return done(request, reverse("artifacts:account"), toast=f"Runs that name no entity now go to {entity.name}.")
    return _account(request, default_entity=form, status=422)


@require_POST
def theme(request: HtmxHttpRequest) -> HttpResponse:
    """The cookie that the switch in the page's head writes too; empty: like the system."""
    form = ThemeForm(request.POST)
    response = HttpResponseRedirect(reverse("artifacts:account"))
    if form.is_valid() and form.cleaned_data["theme"]:
        response.set_cookie(
            "theme", form.cleaned_data["theme"], max_age=31_536_000, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie("theme")
    return response


@sensitive_post_parameters()
@require_POST
def password(request: HtmxHttpRequest) -> HttpResponse:
    form = PasswordForm(request.POST)
    if form.is_valid():
        user, who = request.user, f"password of {request.user.pk}"
        seconds = throttle.wait(name=who)
        if seconds:
            form.add_error("old", f"Too many wrong passwords. Wait {seconds} seconds, then try again.")
        elif not user.check_password(form.cleaned_data["old"]):
            throttle.fail(name=who)
            form.add_error("old", "This isn’t your current password.")
        else:
            try:
                people.set_password(user, form.cleaned_data["new"], acting_user=user)
            except Invalid as error:
                form.add_error("new", str(error))
            else:
                throttle.forgive(name=who)
                update_session_auth_hash(request, user)  # this session goes on, all others end
                return done(
                    request, reverse("artifacts:account"), toast="Your password is changed; other sessions have ended."
                )
    return _account(request, password=form, status=422)


def _made_key(request: HtmxHttpRequest, form: ApiKeyForm) -> str | None:
    """A new key in the clear, or None if this very form was sent before: a reload must not make another one."""
    used: list[str] = request.session.get("used_forms", [])
    if form.cleaned_data["once"] in used:
        messages.warning(request, MADE_ALREADY)
        return None
    _, key = people.create_api_key(request.user, description=form.cleaned_data["description"], acting_user=request.user)
    request.session["used_forms"] = [*used, form.cleaned_data["once"]][-20:]
    return key


@never_cache
@require_http_methods(["GET", "POST"])
def keys(request: HtmxHttpRequest) -> HttpResponse:
    """Makes a key and shows it in this answer only: it is stored nowhere."""
    if request.method == "GET":
        return HttpResponseRedirect(reverse("artifacts:account") + "#keys")
    form = ApiKeyForm(request.POST)
    if not form.is_valid():
        return _account(request, new_key=form, status=422)
    key = _made_key(request, form)
    return HttpResponseRedirect(reverse("artifacts:account") + "#keys") if key is None else _account(request, key=key)


@require_http_methods(["GET", "POST"])
def revoke_key(request: HtmxHttpRequest, number: int) -> HttpResponse:
    row = ApiKey.objects.select_related("user").filter(pk=number, user=request.user).first()
    if row is None:
        raise NotFound("There is no such API key; reload the page to see yours.")
    back = reverse("artifacts:account")
    if request.method == "POST":
        people.revoke_api_key(row, acting_user=request.user)
        return done(request, f"{back}#keys", event="keysChanged", toast=f"The key {row.prefix}… is revoked.")
    return page(request, "artifacts/account/revoke_key.html", {"key": row, "cancel": f"{back}#keys"})


@never_cache
@require_http_methods(["GET", "POST"])
def authorize(request: HtmxHttpRequest) -> HttpResponse:
    """Where `wandb login` sends people (wandb/sdk/lib/wbauth/prompt.py): one button, one key."""
    form = ApiKeyForm(request.POST or None, initial={"once": secrets.token_hex(16), "description": "wandb login"})
    key = None
    if request.method == "POST":
        key = _made_key(request, form) if form.is_valid() else None
        if key is None:
            return HttpResponseRedirect(reverse("artifacts:authorize"))
    return page(request, "artifacts/account/authorize.html", {"form": form, "key": key})


@require_GET
def quickstart(request: HtmxHttpRequest) -> HttpResponse:
    team = people.default_entity(request.user)
    address = public_address(request)
    context = {
        "team": team,
        "organization": team.organization,
        "install": INSTALL.format(address=address),
        "snippet": SNIPPET.format(entity=team.name),
    }
    return page(request, "artifacts/account/quickstart.html", context)
