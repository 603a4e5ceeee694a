"""The edges: settings, addresses, commands, the client's protocol; and the admin panel that every app registers in."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class RegistrySiteConfig(AppConfig):
    """It has no tables; being an app is what makes its commands found."""

    name = "registry_site"
    default = True


class PanelConfig(admin_apps.AdminConfig):
    """Django's admin panel with our rules for who comes in."""

    default = False
    default_site = "registry_site.admin_site.Panel"
