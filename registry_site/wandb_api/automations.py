"""Automations are not served yet: whoever asks for them hears so, instead of an empty list that would be no truth."""

from .resolve import Declared, not_served, resolves

FIELDS = ["Entity.triggers", "Entity.integrations", "Organization.triggers", "Project.triggers"]

for field in FIELDS:
    resolves(field, permission=Declared.PARENT)(not_served(field.split(".")[1]))
