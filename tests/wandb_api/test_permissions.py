"""Every field that a request can begin at says who may ask it, or is listed here with the reason why it isn't served."""

from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from artifacts.access import Can
from registry_site.wandb_api.resolve import RESOLVERS, ROOTS
from registry_site.wandb_api.schema import schema, undeclared
from tests.conftest import World

from .asking import post

AUTOMATIONS = "Automations come later; until then the server says that it doesn't answer."
RUNS = "Runs are stopped, and their states and files changed, where they run; the server only records them."

NOT_SERVED = {
    "Mutation.createFilterTrigger": AUTOMATIONS,
    "Mutation.createGenericWebhookIntegration": AUTOMATIONS,
    "Mutation.deleteFiles": RUNS,
    "Mutation.deleteTrigger": AUTOMATIONS,
    "Mutation.stopRun": RUNS,
    "Mutation.updateFilterTrigger": AUTOMATIONS,
    "Mutation.updateRunState": RUNS,
}


def test_every_field_of_query_and_mutation_is_served_or_listed() -> None:
    assert undeclared(schema()) == sorted(NOT_SERVED)


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


def test_what_is_not_served_says_so(world: World) -> None:
    for field in NOT_SERVED:
        name = field.split(".")[1]
        kind = schema().type_map["Mutation"]
        assert isinstance(kind, GraphQLObjectType)
        argument = kind.fields[name].args["input"].type
        text = f"mutation($input: {argument}) {{ {name}(input: $input) {{ __typename }} }}"
        answer = post(world.alice, text, {"input": EXAMPLES[name]})
        assert answer["errors"][0]["message"] == f"This server doesn't answer “{name}”."


EXAMPLES: dict[str, dict[str, object]] = {
    "createFilterTrigger": {
        "enabled": True, "eventFilter": "{}", "name": "x", "scopeID": "x", "scopeType": "PROJECT",
        "triggeredActionConfig": {}, "triggeredActionType": "NO_OP", "triggeringEventType": "LINK_MODEL",
    },
    "createGenericWebhookIntegration": {"entityName": "vision", "name": "x", "urlEndpoint": "https://example.com"},
    "deleteFiles": {"files": []},
    "deleteTrigger": {"triggerID": "x"},
    "stopRun": {"id": "x"},
    "updateFilterTrigger": {"id": "x"},
    "updateRunState": {"id": "x", "state": "x"},
}  # fmt: skip


def test_the_roots_are_those_of_the_schema() -> None:
    assert set(ROOTS) == {"Query", "Mutation"}
