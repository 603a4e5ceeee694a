"""The permission that each address declares, and that it keeps its word; an address that isn't in the table fails.

(The fields of the client's schema declare theirs where they are resolved: tests/wandb_api/engine/test_permissions.py.)
"""

import re

import pytest
from django.test import Client
from django.urls import reverse

from artifacts.actions import integrations
from artifacts.models import User
from registry.actions.link import link_by_name
from tests import factories
from tests.conftest import World
from tests.test_addresses import ALL, PROTOCOL

pytestmark = pytest.mark.once

# What one needs in the place that an address names. The words are those of `access.Can`, and:
# "own": only one's own things are shown or changed; "public": see tests/test_addresses.py; "administer": organization or team.
NEEDS = {
    "public": ["healthz", "readyz", "metrics", "login", "logout", "front", "identity-token", "telemetry", "traces"],
    "own": ["home", "front-page", "short", "search", "search-save", "search-rename", "search-delete", "search-remember", "search-clear",
            "authorize", "quickstart", "account", "account-profile", "account-default-entity",
            "account-theme", "account-password", "account-keys", "account-key-revoke",
            "invitations", "invitation-accept", "invitation-decline"],
    "view": ["collection-history", "organization-home", "star", "history", "members",
             "settings", "registry", "collection", "version", "version-tab",
             "printed-version", "organization", "organization-settings", "organization-members", "team-settings", "browser",
             "browser-type", "version-switch", "version-folder", "automations", "project-automations", "project", "project-runs",
             "project-workspace", "project-table", "project-overview", "projects",
             "collection-card", "collection-tags", "collection-compare", "compare", "run", "run-tab", "entity"],
    "download": ["version-file", "version-zip", "link-modal"],
    "log": ["run-stop"],
    "link": ["new-collection", "collection-link", "collection-delete", "unlink", "project-unlink"],
    "edit": ["deprecate", "delete-version", "delete-sequence", "collection-rename", "version-ttl", "reinstate", "move-back",
             "new-registry", "general", "collection-preview",
             "collection-describe", "collection-tag", "collection-untag", "version-describe",
             "version-metadata", "version-alias", "version-unalias", "version-tag", "version-untag", "run-delete",
             "project-automation-switch", "project-automation-delete", "project-settings"],
    "manage": ["accept-types", "protect-alias", "unprotect-alias", "icon", "restrict", "accepted", "add-access", "remove-access",
               "add-member", "set-role", "make-owner", "delete-registry", "automation-switch", "automation-delete"],
    "administer": ["team-create", "organization-member-add", "organization-member-role", "organization-member-remove",
                   "team-member-add", "team-member-role", "team-member-remove", "team-ttl", "team-webhook-add", "team-slack-add",
                   "team-integration-delete", "team-secret-add", "team-secret-replace", "team-secret-delete",
                   "organization-invitation-withdraw", "team-invitation-withdraw"],
}  # fmt: skip
NEEDED = {name: need for need, names in NEEDS.items() for name in names}
OURS = [
    (route, pattern)
    for route, pattern in ALL
    if not route.lstrip("^").startswith(("admin", *PROTOCOL)) and pattern.name
]
# What these two need beside their names.
QUERIES = {
    "printed-version": "?selectionPath=acme-corp/wandb-registry-model/detectors&view=membership&version=v0",
    "version-switch": "?version=v0",
}
HIDDEN, REFUSED = {404, 405}, {403, 404, 405}


@pytest.mark.parametrize("name", sorted({pattern.name for _, pattern in OURS}))
def test_each_address_declares_what_it_needs(name: str) -> None:
    assert name in NEEDED, f"say in NEEDS what “{name}” needs"


def test_nothing_is_declared_that_is_not_there() -> None:
    assert set(NEEDED) == {pattern.name for _, pattern in OURS}


@pytest.fixture
def places(world: World) -> dict[str, list[str]]:
    """Addresses of things that exist, by the name of their pattern."""
    source = factories.project(world.team, "detector", user=world.bob)
    run = factories.run(source, user=world.bob)
    version = factories.version(source, "yolo", user=world.bob, run=run)
    link_by_name(version, world.model, "detectors", acting_user=world.bob)
    registry = {"org": "Acme Corp", "registry": "model", "collection": "detectors", "reference": "v0", "tab": "files"}
    logged = {
        "entity": "vision",
        "project": "detector",
        "type": "model",
        "collection": "yolo",
        "reference": "v0",
        "tab": "files",
    }
    integrations.set_secret(world.team, "TOKEN", "t", acting_user=world.alice)
    numbers = {
        "automation": factories.automation(world.model, "of the registry", user=world.alice).pk,
        "project-automation": factories.automation(source, "of the project", user=world.bob).pk,
        "team-integration": factories.webhook(world.team, user=world.alice).pk,
    }
    known = {**logged, **registry, "run": run.name, "person": "bob", "kind": "user", "number": "1", "secret": "TOKEN"}
    found: dict[str, list[str]] = {}
    for route, pattern in OURS:
        space = pattern.callback.__module__.split(".")[0]
        words = known if "<str:org>" in route else {**known, **logged}
        words["number"] = str(numbers.get(pattern.name.rpartition("-")[0], 1))
        arguments = {key: words[key] for key in re.findall(r"<\w+:(\w+)>", route)}
        name = (
            pattern.name
            if pattern.name in {"login", "logout"} or space == "registry_site"
            else f"{space}:{pattern.name}"
        )
        found.setdefault(pattern.name, []).append(reverse(name, kwargs=arguments) + QUERIES.get(pattern.name, ""))
    return found


def statuses(user: User, address: str) -> tuple[int, int]:
    """What somebody gets for GET and for POST."""
    browser = Client()
    browser.force_login(user)
    return browser.get(address).status_code, browser.post(address).status_code


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_an_address_keeps_its_word(world: World, places: dict[str, list[str]], name: str) -> None:
    need = NEEDED[name]
    for address in places[name]:
        if need not in {"public", "own"}:
            assert set(statuses(world.mallory, address)) <= HIDDEN, f"a stranger at {address}"
        if need in {"log", "link", "edit", "manage", "administer"}:
            assert statuses(world.carol, address)[1] in REFUSED, f"a viewer at {address}"
        if need in {"manage", "administer"} and not name.endswith("-remove"):
            assert statuses(world.bob, address)[1] in REFUSED, f"a member at {address}"
        if need == "view":
            assert min(statuses(world.carol, address)) in {200, 204, 301, 302, 400, 422}, f"a viewer at {address}"
