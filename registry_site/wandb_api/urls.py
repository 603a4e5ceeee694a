"""Where the wandb client's protocol answers."""

from django.urls import path

from . import views

urlpatterns = [
    path("graphql", views.graphql, name="graphql"),
]
