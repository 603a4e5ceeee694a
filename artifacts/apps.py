"""The source side: organizations, people, projects, runs, artifacts."""

from django.apps import AppConfig


class ArtifactsConfig(AppConfig):
    """Whatever would exist without any registry."""

    name = "artifacts"
    default_auto_field = "django.db.models.BigAutoField"
