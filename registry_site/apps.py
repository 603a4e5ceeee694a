"""The edges: settings, addresses, commands, the client's protocol."""

from django.apps import AppConfig


class RegistrySiteConfig(AppConfig):
    """It has no tables; being an app is what makes its commands found."""

    name = "registry_site"
