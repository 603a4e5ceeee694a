"""What the forms of the two dialogs say is read into one value each."""

import pytest
from django.test import RequestFactory

from registry.views.linking.address import SourceAddress, TargetAddress

CHOSEN = {"team": "vision", "project": "detector", "artifact": "yolo", "version": "v3", "aliases": " prod "}


def source(method: str = "get", said: dict[str, str] | None = None, **headers: str) -> SourceAddress:
    request = getattr(RequestFactory(), method)("/", CHOSEN if said is None else said, headers=headers)
    return SourceAddress.read(request)


def target(said: dict[str, object], method: str = "post") -> TargetAddress:
    return TargetAddress.read(getattr(RequestFactory(), method)("/", said))


def test_a_form_sent_as_a_whole_asks_for_everything() -> None:
    sent = source("post")
    assert (sent.is_posted, sent.is_sent, sent.is_choosing) == (True, True, False)
    assert (sent.team, sent.project, sent.artifact, sent.version, sent.aliases) == (
        "vision",
        "detector",
        "yolo",
        "v3",
        "prod",
    )


@pytest.mark.parametrize("button", [{"step": "choose"}, {"pick_team": "speech"}])
def test_a_form_without_script_is_sent_for_the_next_choices_too(button: dict[str, str]) -> None:
    sent = source("post", CHOSEN | button)
    assert (sent.is_sent, sent.is_choosing) == (False, True)


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        ("team", ("vision", "", "", "")),
        ("project", ("vision", "detector", "", "")),
        ("artifact", ("vision", "detector", "yolo", "")),
    ],
)
def test_what_hung_on_a_choice_is_open_again_once_it_is_made_anew(changed: str, left: tuple[str, ...]) -> None:
    for address in (
        source(**{"HX-Trigger": f"id_{changed}"}),
        source(said=CHOSEN | {f"pick_{changed}": CHOSEN[changed]}),
    ):
        assert (address.team, address.project, address.artifact, address.version) == left


def test_an_entry_that_was_pressed_counts_instead_of_what_was_typed() -> None:
    address = source(said={"team": "spe", "pick_team": "speech"})
    assert (address.team, address.picked) == ("speech", "team")


def test_htmx_asks_for_the_controls_alone_while_one_chooses() -> None:
    assert source(**{"HX-Target": "source-fields"}).redraws("source-fields")
    assert source(**{"HX-Target": "list_project"}).redraws("source-fields")
    assert not source(**{"HX-Target": "dialog"}).redraws("source-fields")
    assert not source("post", **{"HX-Target": "source-fields"}).redraws("source-fields")


def test_a_step_counts_only_where_the_form_was_sent_for_it() -> None:
    assert target({"step": "aliases", "target": "model/zoo"}).step == "aliases"
    assert target({"step": "aliases", "target": "model/zoo"}, "get").step == ""
    assert target({"step": "choose", "target": "model/zoo"}).step == ""


def test_a_new_collection_may_come_with_a_new_registry() -> None:
    said = {"target": "Create new collection", "registry": "Create new registry", "name": "zoo", "new-name": "fresh"}
    address = target(said)
    assert (address.makes_collection, address.makes_registry, address.names_registry) == (True, True, True)
    assert address.new_registry == {"new-name": "fresh"}
    assert address.first_step == (
        ("target", "Create new collection"),
        ("registry", "/new"),
        ("name", "zoo"),
        ("new-name", "fresh"),
    )
    without = target({"target": "new", "registry": "/new"})
    assert (without.makes_registry, without.names_registry) == (True, False)
    assert not target({"target": "model/zoo", "registry": "/new"}).makes_registry


def test_chosen_and_typed_aliases_come_together_each_once() -> None:
    address = target({"aliases": ["prod", "best"], "more": "best, nightly"})
    assert address.aliases == ("prod", "best", "nightly")
    assert address.typed == ("best", "nightly")
