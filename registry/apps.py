"""The published side: registries, linking, search."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """It knows `artifacts`; `artifacts` never knows it."""

    name = "registry"
    default_auto_field = "django.db.models.BigAutoField"
