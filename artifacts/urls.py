"""Addresses of accounts, organizations, projects, runs and artifacts. `/<entity>` matches anything and stands last."""

from django.urls import URLPattern, path

from artifacts.views.people import account, integrations, organizations, teams
from artifacts.views.projects import automations, browser, collections, projects, runs
from artifacts.views.versions import acts as version_acts
from artifacts.views.versions import compare, files
from artifacts.views.versions import page as versions

app_name = "artifacts"

accounts: list[URLPattern] = [
    path("authorize", account.authorize, name="authorize"),
    path("quickstart", account.quickstart, name="quickstart"),
    path("settings", account.account, name="account"),
    path("settings/profile", account.profile, name="account-profile"),
    path("settings/default-entity", account.default_entity, name="account-default-entity"),
    path("settings/theme", account.theme, name="account-theme"),
    path("settings/password", account.password, name="account-password"),
    path("settings/keys", account.keys, name="account-keys"),
    path("settings/keys/<int:number>/revoke", account.revoke_key, name="account-key-revoke"),
]

places: list[URLPattern] = [
    path("orgs/<str:org>", organizations.organization, name="organization"),
    path("orgs/<str:org>/settings", organizations.organization_settings, name="organization-settings"),
    path("orgs/<str:org>/-/teams", organizations.team_create, name="team-create"),
    path("orgs/<str:org>/-/members", organizations.organization_members, name="organization-members"),
    path("orgs/<str:org>/-/members/add", organizations.organization_member_add, name="organization-member-add"),
    path(
        "orgs/<str:org>/-/members/<str:person>/role",
        organizations.organization_member_role,
        name="organization-member-role",
    ),
    path(
        "orgs/<str:org>/-/members/<str:person>/remove",
        organizations.organization_member_remove,
        name="organization-member-remove",
    ),
    path("<str:entity>/settings", teams.team_settings, name="team-settings"),
    path("<str:entity>/-/members/add", teams.team_member_add, name="team-member-add"),
    path("<str:entity>/-/members/<str:person>/role", teams.team_member_role, name="team-member-role"),
    path("<str:entity>/-/members/<str:person>/remove", teams.team_member_remove, name="team-member-remove"),
    path("<str:entity>/-/ttl", teams.team_ttl, name="team-ttl"),
    path("<str:entity>/-/webhooks", integrations.webhook_add, name="team-webhook-add"),
    path("<str:entity>/-/slack", integrations.slack_add, name="team-slack-add"),
    path(
        "<str:entity>/-/integrations/<int:number>/delete",
        integrations.integration_delete,
        name="team-integration-delete",
    ),
    path("<str:entity>/-/secrets", integrations.secret_add, name="team-secret-add"),
    path("<str:entity>/-/secrets/<str:secret>/replace", integrations.secret_replace, name="team-secret-replace"),
    path("<str:entity>/-/secrets/<str:secret>/delete", integrations.secret_delete, name="team-secret-delete"),
]

# Acts on a version take its place without the type: they are the same in a project and in a registry.
ARTIFACTS = "<str:entity>/<str:project>/artifacts"
VERSION = "<str:collection>/<str:reference>"
artifact_pages: list[URLPattern] = [
    path(ARTIFACTS, browser.browser, name="browser"),
    path(f"{ARTIFACTS}/-/switch/<str:collection>", versions.switch, name="version-switch"),
    path(f"{ARTIFACTS}/-/compare/<str:collection>", compare.compare, name="compare"),
    path(f"{ARTIFACTS}/-/description/<str:collection>", collections.describe, name="collection-describe"),
    path(f"{ARTIFACTS}/-/rename/<str:collection>", collections.rename, name="collection-rename"),
    path(f"{ARTIFACTS}/-/description/{VERSION}", version_acts.describe, name="version-describe"),
    path(f"{ARTIFACTS}/-/ttl/{VERSION}", version_acts.edit_ttl, name="version-ttl"),
    path(f"{ARTIFACTS}/-/metadata/{VERSION}", version_acts.edit_metadata, name="version-metadata"),
    path(f"{ARTIFACTS}/-/aliases/{VERSION}", version_acts.add_alias, name="version-alias"),
    path(f"{ARTIFACTS}/-/aliases/{VERSION}/remove", version_acts.remove_alias, name="version-unalias"),
    path(f"{ARTIFACTS}/-/tags/{VERSION}", version_acts.add_tag, name="version-tag"),
    path(f"{ARTIFACTS}/-/tags/{VERSION}/remove", version_acts.remove_tag, name="version-untag"),
    path(f"{ARTIFACTS}/-/file/{VERSION}", files.file, name="version-file"),
    path(f"{ARTIFACTS}/-/zip/{VERSION}", files.archive, name="version-zip"),
    path(f"{ARTIFACTS}/-/folder/{VERSION}", files.branch, name="version-folder"),
    path(f"{ARTIFACTS}/<str:type>", browser.browser, name="browser-type"),
    path(f"{ARTIFACTS}/<str:type>/<str:collection>", collections.collection, name="collection"),
    path(f"{ARTIFACTS}/<str:type>/{VERSION}", versions.version, name="version"),
    path(f"{ARTIFACTS}/<str:type>/{VERSION}/<str:tab>", versions.version, name="version-tab"),
]

RUN = "<str:entity>/<str:project>/runs/<str:run>"
run_pages: list[URLPattern] = [
    path("<str:entity>/<str:project>/runs", projects.project_runs, name="project-runs"),
    path("<str:entity>/<str:project>/workspace", projects.project_runs, name="project-workspace"),
    path(f"{RUN}/-/delete", runs.run_delete, name="run-delete"),
    path(f"{RUN}/-/stop", runs.run_stop, name="run-stop"),
    path(RUN, runs.run, name="run"),
    path(f"{RUN}/<str:tab>", runs.run, name="run-tab"),
    path("<str:entity>/<str:project>/-/settings", projects.project_settings, name="project-settings"),
    path("<str:entity>/<str:project>", projects.project, name="project"),
]

AUTOMATIONS = "<str:entity>/<str:project>/-/automations"
automation_pages: list[URLPattern] = [
    path(AUTOMATIONS, automations.project_automations, name="project-automations"),
    path(f"{AUTOMATIONS}/<int:number>/switch", automations.project_automation_switch, name="project-automation-switch"),
    path(f"{AUTOMATIONS}/<int:number>/delete", automations.project_automation_delete, name="project-automation-delete"),
]

urlpatterns: list[URLPattern] = [
    *accounts,
    *places,
    *artifact_pages,
    *run_pages,
    *automation_pages,
    path("<str:entity>", teams.entity, name="entity"),
]
