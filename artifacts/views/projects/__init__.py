"""A project, its runs, its artifacts, its automations."""

from artifacts.views.projects import automations, browser, collections, page, runs

__all__ = ["automations", "browser", "collections", "page", "runs"]
