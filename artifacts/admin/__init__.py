"""The admin panel's pages of this app; importing them is what registers them with the site."""

from artifacts.admin import automations, people, places, versions

__all__ = ["automations", "people", "places", "versions"]
