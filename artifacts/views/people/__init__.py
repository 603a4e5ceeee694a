"""Accounts, members, teams, organizations."""

from artifacts.views.people import account, integrations, login, organizations, teams

__all__ = ["account", "integrations", "login", "organizations", "teams"]
