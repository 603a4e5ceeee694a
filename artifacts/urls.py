"""Addresses of accounts, organizations, projects, runs and artifacts. `/<entity>` matches anything and stands last."""

from django.urls import URLPattern, path

from artifacts.views import people, projects, versions

app_name = "artifacts"

accounts: list[URLPattern] = [
    path("authorize", people.account.authorize, name="authorize"),
    path("quickstart", people.account.quickstart, name="quickstart"),
    path("settings", people.account.account, name="account"),
    path("settings/profile", people.account.profile, name="account-profile"),
    path("settings/default-entity", people.account.default_entity, name="account-default-entity"),
    path("settings/theme", people.account.theme, name="account-theme"),
    path("settings/password", people.account.password, name="account-password"),
    path("settings/keys", people.account.keys, name="account-keys"),
    path("settings/keys/<int:number>/revoke", people.account.revoke_key, name="account-key-revoke"),
    path("settings/invitations", people.invitations.invitations_page, name="invitations"),
    path("settings/invitations/<int:number>/accept", people.invitations.accept, name="invitation-accept"),
    path("settings/invitations/<int:number>/decline", people.invitations.decline, name="invitation-decline"),
]

places: list[URLPattern] = [
    path("orgs/<str:org>", people.organizations.organization, name="organization"),
    path("orgs/<str:org>/settings", people.organizations.organization_settings, name="organization-settings"),
    path("orgs/<str:org>/-/teams", people.organizations.team_create, name="team-create"),
    path("orgs/<str:org>/-/members", people.organizations.organization_members, name="organization-members"),
    path("orgs/<str:org>/-/members/add", people.organizations.organization_member_add, name="organization-member-add"),
    path(
        "orgs/<str:org>/-/members/<str:person>/role",
        people.organizations.organization_member_role,
        name="organization-member-role",
    ),
    path(
        "orgs/<str:org>/-/members/<str:person>/remove",
        people.organizations.organization_member_remove,
        name="organization-member-remove",
    ),
    path(
        "orgs/<str:org>/-/invitations/<int:number>/withdraw",
        people.organizations.organization_invitation_withdraw,
        name="organization-invitation-withdraw",
    ),
    path("<str:entity>/settings", people.teams.team_settings, name="team-settings"),
    path("<str:entity>/-/members/add", people.teams.team_member_add, name="team-member-add"),
    path("<str:entity>/-/members/<str:person>/role", people.teams.team_member_role, name="team-member-role"),
    path("<str:entity>/-/members/<str:person>/remove", people.teams.team_member_remove, name="team-member-remove"),
    path(
        "<str:entity>/-/invitations/<int:number>/withdraw",
        people.teams.team_invitation_withdraw,
        name="team-invitation-withdraw",
    ),
    path("<str:entity>/-/ttl", people.teams.team_ttl, name="team-ttl"),
    path("<str:entity>/-/webhooks", people.integrations.webhook_add, name="team-webhook-add"),
    path("<str:entity>/-/slack", people.integrations.slack_add, name="team-slack-add"),
    path(
        "<str:entity>/-/integrations/<int:number>/delete",
        people.integrations.integration_delete,
        name="team-integration-delete",
    ),
    path("<str:entity>/-/secrets", people.integrations.secret_add, name="team-secret-add"),
    path("<str:entity>/-/secrets/<str:secret>/replace", people.integrations.secret_replace, name="team-secret-replace"),
    path("<str:entity>/-/secrets/<str:secret>/delete", people.integrations.secret_delete, name="team-secret-delete"),
]

# Acts on a version take its place without the type: they are the same in a project and in a registry.
ARTIFACTS = "<str:entity>/<str:project>/artifacts"
VERSION = "<str:collection>/<str:reference>"
artifact_pages: list[URLPattern] = [
    path(ARTIFACTS, projects.browser.browser, name="browser"),
    path(f"{ARTIFACTS}/-/switch/<str:collection>", versions.page.switch, name="version-switch"),
    path(f"{ARTIFACTS}/-/compare/<str:collection>", versions.compare.compare, name="compare"),
    path(
        f"{ARTIFACTS}/-/description/<str:collection>",
        projects.collections.describe,
        name="collection-describe",
    ),
    path(f"{ARTIFACTS}/-/rename/<str:collection>", projects.collections.rename, name="collection-rename"),
    path(f"{ARTIFACTS}/-/description/{VERSION}", versions.acts.describe, name="version-describe"),
    path(f"{ARTIFACTS}/-/ttl/{VERSION}", versions.acts.edit_ttl, name="version-ttl"),
    path(f"{ARTIFACTS}/-/metadata/{VERSION}", versions.acts.edit_metadata, name="version-metadata"),
    path(f"{ARTIFACTS}/-/aliases/{VERSION}", versions.acts.add_alias, name="version-alias"),
    path(f"{ARTIFACTS}/-/aliases/{VERSION}/remove", versions.acts.remove_alias, name="version-unalias"),
    path(f"{ARTIFACTS}/-/tags/{VERSION}", versions.acts.add_tag, name="version-tag"),
    path(f"{ARTIFACTS}/-/tags/{VERSION}/remove", versions.acts.remove_tag, name="version-untag"),
    path(f"{ARTIFACTS}/-/file/{VERSION}", versions.files.file, name="version-file"),
    path(f"{ARTIFACTS}/-/zip/{VERSION}", versions.files.archive, name="version-zip"),
    path(f"{ARTIFACTS}/-/folder/{VERSION}", versions.files.branch, name="version-folder"),
    path(f"{ARTIFACTS}/<str:type>", projects.browser.browser, name="browser-type"),
    path(f"{ARTIFACTS}/<str:type>/<str:collection>", projects.collections.collection, name="collection"),
    path(f"{ARTIFACTS}/<str:type>/{VERSION}", versions.page.version, name="version"),
    path(f"{ARTIFACTS}/<str:type>/{VERSION}/<str:tab>", versions.page.version, name="version-tab"),
]

RUN = "<str:entity>/<str:project>/runs/<str:run>"
run_pages: list[URLPattern] = [
    path("<str:entity>/<str:project>/runs", projects.page.project_runs, name="project-runs"),
    path("<str:entity>/<str:project>/workspace", projects.page.project_runs, name="project-workspace"),
    path("<str:entity>/<str:project>/table", projects.page.project_runs, name="project-table"),
    path("<str:entity>/<str:project>/overview", projects.page.project_runs, name="project-overview"),
    path(f"{RUN}/-/delete", projects.runs.run_delete, name="run-delete"),
    path(f"{RUN}/-/stop", projects.runs.run_stop, name="run-stop"),
    path(RUN, projects.runs.run, name="run"),
    path(f"{RUN}/<str:tab>", projects.runs.run, name="run-tab"),
    path("<str:entity>/<str:project>/-/settings", projects.page.project_settings, name="project-settings"),
    path("<str:entity>/projects", projects.page.projects, name="projects"),
    path("<str:entity>/<str:project>", projects.page.project, name="project"),
]

AUTOMATIONS = "<str:entity>/<str:project>/-/automations"
automation_pages: list[URLPattern] = [
    path(AUTOMATIONS, projects.automations.project_automations, name="project-automations"),
    path(
        f"{AUTOMATIONS}/<int:number>/switch",
        projects.automations.project_automation_switch,
        name="project-automation-switch",
    ),
    path(
        f"{AUTOMATIONS}/<int:number>/delete",
        projects.automations.project_automation_delete,
        name="project-automation-delete",
    ),
]

urlpatterns: list[URLPattern] = [
    *accounts,
    *places,
    *artifact_pages,
    *run_pages,
    *automation_pages,
    path("<str:entity>", people.teams.entity, name="entity"),
]
