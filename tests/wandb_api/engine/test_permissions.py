"""Every field that a request can begin at is served and says who may ask it."""

from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from artifacts.access import Can
from registry_site.wandb_api.engine.resolve import RESOLVERS, ROOTS
from registry_site.wandb_api.schema import schema, undeclared


def test_every_field_of_query_and_mutation_is_served() -> None:
    assert undeclared(schema()) == []


def test_what_a_resolver_declares_is_a_permission_of_ours() -> None:
    schema()
    for field, registered in RESOLVERS.items():
        assert set(registered.permission.verbs) <= set(Can), field
        if field.startswith("Mutation."):
            assert registered.permission.how in {"signed in", "checked"}, field


def test_every_field_that_leads_to_another_object_of_a_model_declares_who_may_follow() -> None:
    """A field of a model that leads on and has no resolver fails when it is asked, so that none is open by mistake."""
    models = {"Artifact", "ArtifactCollectionMembership", "ArtifactPortfolio", "ArtifactSequence", "Entity"}
    models |= {"Organization", "Project", "Run", "User"}
    for name in models:
        kind = schema().type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        for field_name, field in kind.fields.items():
            if not is_leaf_type(get_named_type(field.type)):
                assert f"{name}.{field_name}" in RESOLVERS, f"{name}.{field_name}"


def test_the_roots_are_those_of_the_schema() -> None:
    assert set(ROOTS) == {"Query", "Mutation"}
