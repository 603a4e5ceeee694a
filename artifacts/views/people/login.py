"""Logging in and out."""

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from artifacts.forms import LoginForm
from artifacts.models import User
from artifacts.naming import key_of
from artifacts.views.people import throttle
from artifacts.views.people.invitations import after_log_in

WRONG = "Name and password don’t fit together. Try again, or ask your administrator for a new password."


def way_back(request: HttpRequest) -> str:
    """Where the visitor wanted to go, if that is on this site; else home."""
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else resolve_url(settings.LOGIN_REDIRECT_URL)


@never_cache
@sensitive_post_parameters("password")
@login_not_required
@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    if request.method == "GET" and request.user.is_authenticated:
        return HttpResponseRedirect(way_back(request))
    form = LoginForm(request.POST or None)
    status, seconds = 200, 0
    if request.method == "POST":
        status = 422
        if form.is_valid():
            who = {"name": key_of(form.cleaned_data["name"]), "address": throttle.address_of(request)}
            seconds = throttle.wait(**who)
            user = None if seconds else _person(request, form)
            if isinstance(user, User):
                throttle.forgive(name=who["name"])
                auth.login(request, user)  # a new session key: one that was planted before is worth nothing
                request.session.set_expiry(None if form.cleaned_data["stay"] else 0)
                return HttpResponseRedirect(after_log_in(user, way_back(request)))
            if seconds:
                status = 429
                form.add_error(None, f"Too many wrong passwords. Wait {seconds} seconds, then try again.")
            else:
                throttle.fail(**who)
                form.add_error(None, WRONG)
    response = render(request, "artifacts/account/login.html", {"form": form, "next": way_back(request)}, status=status)
    if seconds:
        response["Retry-After"] = str(seconds)
    return response


def _person(request: HttpRequest, form: LoginForm) -> object:
    return auth.authenticate(request, username=form.cleaned_data["name"], password=form.cleaned_data["password"])


@require_POST
@login_not_required  # after a session ended by itself, its button still leads to the log-in
def log_out(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return HttpResponseRedirect(resolve_url(settings.LOGOUT_REDIRECT_URL or "login"))
