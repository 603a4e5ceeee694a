"""The Registry App's addresses. Acts and subpages lie behind `/-/`, which is no name, and stand before the names."""

from django.urls import path

from registry.views.collections import card, deprecation, history, source, versions
from registry.views.collections import page as collection_page
from registry.views.linking import modal, sidebar, unlink
from registry.views.registries import automations, home, members, new_collection, settings
from registry.views.registries import page as registry_page
from registry.views.search import page as search_page
from registry.views.search import saved

app_name = "registry"
HOME = "orgs/<str:org>/registry"
REGISTRY = f"{HOME}/<str:registry>"
COLLECTION = f"{REGISTRY}/<str:collection>"

urlpatterns = [
    path("", home.front, name="front"),
    path("registry", home.home, name="home"),
    path("home", home.front_page, name="front-page"),
    path("registry/<str:registry>", home.short, name="short"),
    path("search", search_page.search, name="search"),
    path("search/-/recent", saved.remember, name="search-remember"),
    path("search/-/recent/clear", saved.clear, name="search-clear"),
    path("search/-/save", saved.save, name="search-save"),
    path("search/-/saved/<int:number>/rename", saved.rename, name="search-rename"),
    path("search/-/saved/<int:number>/delete", saved.delete, name="search-delete"),
    path(HOME, home.organization_home, name="organization-home"),
    path(f"{HOME}/-/new-registry", home.new_registry, name="new-registry"),
    path(f"{REGISTRY}/-/star", registry_page.star, name="star"),
    path(f"{REGISTRY}/-/history", history.registry_history, name="history"),
    path(f"{REGISTRY}/-/automations", automations.show, name="automations"),
    path(f"{REGISTRY}/-/automations/<int:number>/switch", automations.switch, name="automation-switch"),
    path(f"{REGISTRY}/-/automations/<int:number>/delete", automations.delete, name="automation-delete"),
    path(f"{REGISTRY}/-/members", registry_page.members, name="members"),
    path(f"{REGISTRY}/-/new-collection", new_collection.new_collection, name="new-collection"),
    path(f"{REGISTRY}/-/settings", settings.show, name="settings"),
    path(f"{REGISTRY}/-/settings/general", settings.general, name="general"),
    path(f"{REGISTRY}/-/settings/icon", settings.icon, name="icon"),
    path(f"{REGISTRY}/-/settings/visibility", settings.restrict, name="restrict"),
    path(f"{REGISTRY}/-/settings/accepted", settings.accepted, name="accepted"),
    path(f"{REGISTRY}/-/settings/types", settings.accept_types, name="accept-types"),
    path(f"{REGISTRY}/-/settings/aliases", settings.protect_alias, name="protect-alias"),
    path(f"{REGISTRY}/-/settings/aliases/remove", settings.unprotect_alias, name="unprotect-alias"),
    path(f"{REGISTRY}/-/settings/access", members.add_access, name="add-access"),
    path(f"{REGISTRY}/-/settings/access/<str:kind>/<str:person>/remove", members.remove, name="remove-access"),
    path(f"{REGISTRY}/-/settings/members", members.add_member, name="add-member"),
    path(f"{REGISTRY}/-/settings/members/<str:kind>/<str:person>/role", members.set_role, name="set-role"),
    path(f"{REGISTRY}/-/settings/members/<str:person>/owner", members.make_owner, name="make-owner"),
    path(f"{REGISTRY}/-/delete", settings.delete, name="delete-registry"),
    path(f"{COLLECTION}/-/link", sidebar.sidebar, name="collection-link"),
    path(f"{COLLECTION}/-/history", history.collection_history, name="collection-history"),
    path(f"{COLLECTION}/-/history/move-back", history.move_back, name="move-back"),
    path(f"{COLLECTION}/-/compare", collection_page.compare, name="collection-compare"),
    path(f"{COLLECTION}/-/delete", collection_page.delete, name="collection-delete"),
    path(f"{COLLECTION}/-/description", card.describe, name="collection-describe"),
    path(f"{COLLECTION}/-/description/preview", card.preview, name="collection-preview"),
    path(f"{COLLECTION}/-/card", card.show_card, name="collection-card"),
    path(f"{COLLECTION}/-/tags/shown", card.show_tags, name="collection-tags"),
    path(f"{COLLECTION}/-/tags", card.add_tag, name="collection-tag"),
    path(f"{COLLECTION}/-/tags/remove", card.remove_tag, name="collection-untag"),
    path(f"{COLLECTION}/<str:reference>/-/unlink", unlink.unlink, name="unlink"),
    path(f"{COLLECTION}/<str:reference>/-/deprecate", deprecation.deprecate, name="deprecate"),
    path(f"{COLLECTION}/<str:reference>/-/reinstate", deprecation.reinstate, name="reinstate"),
    path(REGISTRY, registry_page.registry, name="registry"),
    path(COLLECTION, collection_page.collection, name="collection"),
    path(f"{COLLECTION}/<str:reference>", versions.version, name="version"),
    path(f"{COLLECTION}/<str:reference>/<str:tab>", versions.version, name="version-tab"),
    path("<str:entity>/registry/model", versions.printed, name="printed-version"),
    path(
        "<str:entity>/<str:project>/artifacts/-/delete/<str:collection>",
        source.delete_collection,
        name="delete-sequence",
    ),
    path(
        "<str:entity>/<str:project>/artifacts/-/unlink/<str:collection>/<str:reference>",
        unlink.unlink_in_project,
        name="project-unlink",
    ),
    path(
        "<str:entity>/<str:project>/artifacts/-/delete/<str:collection>/<str:reference>",
        source.delete,
        name="delete-version",
    ),
    path(
        "<str:entity>/<str:project>/artifacts/-/link/<str:collection>/<str:reference>", modal.modal, name="link-modal"
    ),
]
