"""Addresses of accounts, organizations, projects, runs and artifacts. `/<entity>` matches anything and stands last."""

from django.urls import URLPattern

app_name = "artifacts"
urlpatterns: list[URLPattern] = []
