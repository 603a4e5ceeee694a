"""Accounts, members, teams, organizations."""

from artifacts.views.people import account, integrations, invitations, login, organizations, teams

__all__ = ["account", "integrations", "invitations", "login", "organizations", "teams"]
