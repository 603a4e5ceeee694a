"""The admin panel: found by administrators only, writes through the actions, shows no secret."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from artifacts.actions import integrations, people
from artifacts.auth import user_of_key
from artifacts.automations.payloads import GivenAction
from artifacts.models import (
    ArtifactVersion,
    AuditEvent,
    Collection,
    Entity,
    Integration,
    ManifestEntry,
    Organization,
    OrganizationMember,
    ProtectedAlias,
    TeamMember,
    User,
)
from registry.actions.link import link_version
from registry.models import Registry
from tests import factories
from tests.conftest import World

MODELS = sorted((model._meta.app_label, model._meta.model_name or "") for model in admin.site._registry)
READ_ONLY = {"artifactversion", "membership", "alias", "manifestentry", "auditevent", "project", "projectmember", "run"}


@pytest.fixture
def root(world: World, client: Client) -> User:
    made = people.create_user("root", is_admin=True, acting_user=None)
    client.force_login(made)
    return made


@pytest.fixture
def linked(world: World) -> ArtifactVersion:
    version = factories.version(factories.project(world.team, user=world.bob), user=world.bob)
    link_version(
        version, factories.portfolio(world.model, user=world.alice), aliases=["staging"], acting_user=world.bob
    )
    factories.run(version.sequence.project, user=world.bob)
    return version


def change(client: Client, table: str, row: object, data: dict[str, object] | None = None, verb: str = "change") -> int:
    address = reverse(f"admin:{table}_{verb}", args=[row.pk])  # type: ignore[attr-defined]
    return client.get(address).status_code if data is None else client.post(address, data).status_code


def test_only_administrators_find_it(client: Client, world: World) -> None:
    assert client.get("/admin/")["Location"].startswith("/admin/login")
    assert client.get("/admin/login/?next=/admin/artifacts/user/")["Location"] == "/login?next=/admin/artifacts/user/"
    client.force_login(world.alice)
    assert client.get("/admin/login/").status_code == 404
    assert client.get("/admin/artifacts/user/", follow=True).status_code == 404
    assert client.post("/admin/artifacts/user/add/", {"name": "eve"}, follow=True).status_code == 404
    assert not User.objects.named("eve").exists()


@pytest.mark.parametrize(("app", "model"), MODELS)
def test_every_list_opens_and_is_searched_with_few_queries(
    client: Client, root: User, linked: ArtifactVersion, app: str, model: str
) -> None:
    people.create_api_key(root, acting_user=root)
    address = reverse(f"admin:{app}_{model}_changelist")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    assert len(queries) <= 8
    assert client.get(address, {"q": "vision\x00'%_"}).status_code == 200
    assert client.get(address, {"q": "detector", "p": "7"}).status_code in {200, 302}


@pytest.mark.parametrize(("app", "model"), MODELS)
def test_every_row_opens_and_what_is_read_only_stays_so(
    client: Client, root: User, linked: ArtifactVersion, app: str, model: str
) -> None:
    table = next(found for found in admin.site._registry if found._meta.model_name == model)
    row = table._default_manager.first()
    if row is None:
        return
    assert client.get(reverse(f"admin:{app}_{model}_change", args=[row.pk])).status_code == 200
    if model in READ_ONLY:
        before = list(table._default_manager.order_by("pk").values())
        for verb, arguments in (("change", [row.pk]), ("delete", [row.pk]), ("add", [])):
            assert (
                client.post(reverse(f"admin:{app}_{model}_{verb}", args=arguments), {"post": "yes"}).status_code == 403
            )
        assert list(table._default_manager.order_by("pk").values()) == before


def test_a_person_made_here_has_an_entity_and_is_written_down(client: Client, root: User) -> None:
    form = {"name": "Eve", "full_name": "Eve E", "email": "eve@example.com", "new_password": "a long enough secret"}
    assert client.post("/admin/artifacts/user/add/", form).status_code == 302
    eve = User.objects.get(name="Eve")
    assert eve.check_password("a long enough secret")
    assert eve.personal.kind == Entity.Kind.PERSONAL
    assert AuditEvent.objects.get(verb="user.created", label="Eve").actor == root


def test_a_refusal_is_said_above_the_form(client: Client, root: User, world: World) -> None:
    answer = client.post("/admin/artifacts/user/add/", {"name": "vision", "full_name": "Typed before"})
    page = answer.content.decode()
    assert "The name “vision” is taken" in page
    assert 'name="name" value="vision"' in page
    assert 'value="Typed before"' in page, "what was typed stays"
    assert not User.objects.named("vision").exists()
    assert (
        "last administrator of this site"
        in client.post(
            reverse("admin:artifacts_user_change", args=[root.pk]), {"is_active": "on"}, follow=True
        ).content.decode()
    )
    root.refresh_from_db()
    assert root.is_admin


def test_a_person_is_changed_deactivated_and_given_a_password(client: Client, root: User, world: World) -> None:
    form = {"full_name": "Bob", "email": "", "is_active": "", "new_password": "a long enough secret", "name": "robert"}
    assert change(client, "artifacts_user", world.bob, form) == 302
    world.bob.refresh_from_db()
    assert (world.bob.full_name, world.bob.is_active, world.bob.name) == ("Bob", False, "bob")
    assert world.bob.check_password("a long enough secret")
    verbs = AuditEvent.objects.filter(actor=root).values_list("verb", flat=True)
    assert {"user.changed", "user.password_changed"} <= set(verbs)


def test_a_person_is_deleted_after_a_question(client: Client, root: User, world: World) -> None:
    assert change(client, "artifacts_user", world.bob, verb="delete") == 200
    assert change(client, "artifacts_user", world.bob, {"post": "yes"}, verb="delete") == 302
    assert not Entity.objects.named("bob").exists()
    assert AuditEvent.objects.get(verb="user.deleted").actor == root
    assert change(client, "artifacts_user", world.alice, {"post": "yes"}, verb="delete") == 302
    assert User.objects.filter(pk=world.alice.pk).exists(), "the last administrator of an organization stays"


def test_an_organization_made_here_has_its_registries(client: Client, root: User, world: World) -> None:
    assert client.post("/admin/artifacts/organization/add/", {"name": "Beta", "owner": "bob"}).status_code == 302
    beta = Organization.objects.get(name="Beta")
    assert sorted(beta.entities.get().projects.values_list("name", flat=True)) == [
        "wandb-registry-dataset",
        "wandb-registry-model",
    ]
    assert beta.members.get().user == world.bob
    assert change(client, "artifacts_organization", beta, {"post": "yes"}, verb="delete") == 302
    assert not Entity.objects.named("beta").exists()
    assert AuditEvent.objects.filter(actor=root, verb="organization.deleted").exists()


def test_teams_and_members_are_managed(client: Client, root: User, world: World) -> None:
    form = {"name": "speech", "organization": world.organization.pk}
    assert client.post("/admin/artifacts/entity/add/", form).status_code == 302
    speech = Entity.objects.get(name="speech", kind="team")
    form = {"team": speech.pk, "user": world.carol.pk, "role": "member"}
    assert client.post("/admin/artifacts/teammember/add/", form).status_code == 302
    member = TeamMember.objects.get(team=speech)
    assert change(client, "artifacts_teammember", member, {"role": "admin"}) == 302
    member.refresh_from_db()
    assert member.role == "admin"
    assert change(client, "artifacts_teammember", member, {"role": "restricted_viewer"}) == 200
    assert change(client, "artifacts_teammember", member, {"post": "yes"}, verb="delete") == 302
    assert not TeamMember.objects.filter(team=speech).exists()
    alice = OrganizationMember.objects.get(organization=world.organization, user=world.alice)
    assert change(client, "artifacts_organizationmember", alice, {"role": "viewer"}) == 200, "it says why not"
    alice.refresh_from_db()
    assert alice.role == "admin", "the last administrator stays"
    assert AuditEvent.objects.filter(actor=root, verb="member.changed").count() == 1


def test_registries_collections_and_protected_aliases(
    client: Client, root: User, linked: ArtifactVersion, world: World
) -> None:
    form = {"organization": "acme corp", "name": "Golden", "visibility": "restricted", "types": "dataset, labels"}
    assert client.post("/admin/registry/registry/add/", form).status_code == 302
    golden = Registry.objects.get(project__name="wandb-registry-Golden")
    assert golden.type_names == ["dataset", "labels"]
    assert change(client, "registry_registry", golden, {"description": "Frozen"}) == 302
    golden.project.refresh_from_db()
    assert golden.project.description == "Frozen"
    form = {"project": world.model.pk, "name": "production"}
    assert client.post("/admin/artifacts/protectedalias/add/", form).status_code == 302
    protected = ProtectedAlias.objects.get()
    assert change(client, "artifacts_protectedalias", protected, {"post": "yes"}, verb="delete") == 302
    assert not ProtectedAlias.objects.exists()
    portfolio = Collection.objects.get(kind="portfolio")
    assert change(client, "artifacts_collection", portfolio, {"post": "yes"}, verb="delete") == 302
    assert not Collection.objects.filter(kind="portfolio").exists()
    assert change(client, "artifacts_collection", linked.sequence, {"post": "yes"}, verb="delete") == 403
    verbs = set(AuditEvent.objects.filter(actor=root).values_list("verb", flat=True))
    assert {"registry.created", "registry.changed", "registry.alias_protected", "collection.deleted"} <= verbs


def test_keys_are_revoked_and_their_digest_is_never_shown(client: Client, root: User, world: World) -> None:
    row, key = people.create_api_key(world.bob, description="laptop", acting_user=world.bob)
    pages = [client.get("/admin/artifacts/apikey/"), client.get(f"/admin/artifacts/apikey/{row.pk}/change/")]
    for page in pages:
        assert row.prefix in page.content.decode()
        assert row.digest not in page.content.decode()
    assert client.get("/admin/artifacts/apikey/", {"digest": row.digest}).status_code in {302, 400}
    assert client.get("/admin/artifacts/apikey/", {"user__password__startswith": "s"}).status_code in {302, 400}
    form = {"action": "revoke", "_selected_action": [row.pk]}
    assert client.post("/admin/artifacts/apikey/", form).status_code == 302
    assert user_of_key(key) is None
    assert AuditEvent.objects.get(verb="api_key.revoked").actor == root


def test_a_version_shows_its_files_and_cannot_be_changed(client: Client, root: User, linked: ArtifactVersion) -> None:
    page = client.get(reverse("admin:artifacts_artifactversion_change", args=[linked.pk])).content.decode()
    assert "Save" not in page
    assert f"?version__id__exact={linked.pk}" in page
    files = client.get("/admin/artifacts/manifestentry/", {"version__id__exact": linked.pk})
    assert "model.bin" in files.content.decode()
    assert ManifestEntry.objects.filter(version=linked).count() == 1


def test_automations_are_looked_at_and_deleted_and_no_secret_is_shown(
    client: Client, root: User, linked: ArtifactVersion, world: World
) -> None:
    integrations.set_secret(world.team, "TOKEN", "s3cret-value", acting_user=world.alice)
    hook = factories.webhook(world.team, access_token="TOKEN", user=world.alice)
    action = GivenAction("GENERIC_WEBHOOK", hook.pk)
    made = factories.automation(world.model, user=world.alice, action=action)
    for row, words in ((made, "ADD_ARTIFACT_ALIAS"), (hook, "https://example.com/hook"), (hook.access_token, "TOKEN")):
        table = f"artifacts_{row._meta.model_name}"
        page = client.get(reverse(f"admin:{table}_change", args=[row.pk])).content.decode()
        assert words in page
        assert "sealed" not in page
        assert "s3cret" not in page
        assert change(client, table, row, {"name": "other"}) == 403
    assert client.get("/admin/artifacts/secret/", {"sealed__startswith": "g"}).status_code in {302, 400}
    assert change(client, "artifacts_integration", hook, {"post": "yes"}, verb="delete") == 302
    assert Integration.objects.filter(pk=hook.pk).exists(), "an automation delivers there"
    for row in (made, hook, hook.access_token):
        assert change(client, f"artifacts_{row._meta.model_name}", row, {"post": "yes"}, verb="delete") == 302
        assert not type(row)._default_manager.filter(pk=row.pk).exists()
    verbs = set(AuditEvent.objects.filter(actor=root).values_list("verb", flat=True))
    assert {"automation.deleted", "integration.deleted", "secret.deleted"} <= verbs
