"""What may be a name, and when two names are the same."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from artifacts import naming
from artifacts.errors import Invalid
from artifacts.models import Entity, Organization, Project
from artifacts.naming import key_of, natural_key

NAMES: dict[str, Callable[[str], str]] = {
    "entity": naming.entity_name,
    "organization": naming.organization_name,
    "project": naming.project_name,
    "registry": naming.registry_project_name,
    "collection": naming.collection_name,
    "type": naming.type_name,
    "tag": naming.tag_name,
    "alias": naming.alias_name,
    "run": naming.run_name,
}
NOWHERE = [
    "",
    " ",
    ".",
    "..",
    "-",
    " a",
    "a ",
    "a\x00",
    "a\nb",
    "a\x7f",
    "\ud800",
    "a\u200b",
    "a\u202eb",
    "\u2028",
    "x" * 129,
]


@pytest.mark.parametrize("kind", list(NAMES))
@pytest.mark.parametrize("name", NOWHERE, ids=ascii)
def test_some_names_are_refused_everywhere(kind: str, name: str) -> None:
    with pytest.raises(Invalid):
        NAMES[kind](name)


@pytest.mark.parametrize("kind", ["organization", "project", "registry", "run"])
@pytest.mark.parametrize("character", "/\\#?%:")
def test_what_the_client_puts_into_addresses_has_no_characters_of_addresses(kind: str, character: str) -> None:
    with pytest.raises(Invalid):
        NAMES[kind](f"a{character}b")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("entity", "ada"),
        ("entity", "a.b_c-D9"),
        ("organization", "Acme Corp"),
        ("organization", "Müller & Söhne"),
        ("project", "my project"),
        ("project", "日本語"),
        ("collection", "raw images #1?"),
        ("collection", "a" * 128),
        ("type", "model"),
        ("type", "run table"),
        ("tag", "needs review"),
        ("alias", "production"),
        ("alias", "latest"),
        ("alias", "v1.2"),
        ("alias", "best of 2026"),
        ("run", "a1b2c3d4"),
        ("run", "resnet 50"),  # the client refuses a space at the ends only
    ],
)
def test_ordinary_names_pass_as_they_are(kind: str, name: str) -> None:
    assert NAMES[kind](name) == name


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *[
            ("entity", name)
            for name in ("ada lovelace", "é", "_a", ".a", "a/b", "a" * 65, "Registry", "ORGS", "graphql")
        ],
        *[("project", name) for name in ("wandb-registry-x", "WANDB-Registry-x", "settings", "Artifacts", "registry")],
        *[("alias", name) for name in ("v0", "v12", "V3", "Latest", "LATEST", "a/b", "a:b", "v" + "9" * 30)],
        *[("registry", name) for name in ("", "wandb-registry-", "x" * 114)],
        *[("collection", name) for name in ("a/b", "a:b")],
        *[("tag", name) for name in ("a,b", "a/b", "#1", "a  b\t")],
        *[("type", name) for name in ("a/b", "!", "a:b")],
    ],
)
def test_names_that_would_be_taken_for_something_else_are_refused(kind: str, name: str) -> None:
    with pytest.raises(Invalid):
        NAMES[kind](name)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Model", "mOdEl"), ("é", "e\u0301"), ("straße", "STRASSE"), ("ﬁle", "file"), ("İ", "i\u0307"), ("Σ", "ς")],
)
def test_twins_have_one_key(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(("one", "other"), [("prod", "prоd"), ("x²", "x2"), ("l", "1"), ("a b", "a-b")])
def test_the_rule_is_nfc_and_casefold_and_nothing_more(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


@given(st.text())
@example("\u0345\u03b1")
@example("\u1fbc\u0301")
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert key_of(key_of(name)) == key_of(name)
    assert key_of(unicodedata.normalize("NFD", name)) == key_of(name)


@given(st.sampled_from(list(NAMES)), st.text(max_size=140))
@example("organization", "ß" * 64)
@example("collection", "ﬃ" * 128)
def test_whatever_is_accepted_fits_its_columns(kind: str, name: str) -> None:
    try:
        accepted = NAMES[kind](name)
    except Invalid:
        return
    longest = 64 if kind in {"entity", "organization"} else 128
    assert len(accepted) <= longest
    assert len(key_of(accepted)) <= longest
    assert accepted == unicodedata.normalize("NFC", accepted)
    assert NAMES[kind](accepted) == accepted
    accepted.encode()


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=128))
def test_whatever_is_accepted_survives_the_database(name: str) -> None:
    try:
        accepted = naming.project_name(name)
    except Invalid:
        return
    organization, _ = Organization.objects.get_or_create(name="o", name_key="o")
    team, _ = Entity.objects.get_or_create(name="t", name_key="t", kind="team", organization=organization)
    made = Project.objects.create(entity=team, name=accepted, name_key=key_of(accepted))
    assert Project.objects.named(name).get().name == accepted
    made.delete()


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Acme Corp", "acme-corp"), ("Müller & Söhne", "muller-sohne"), ("日本", "organization"), ("-a.", "a")],
)
def test_an_organizations_entity_is_its_name_as_a_slug(name: str, slug: str) -> None:
    assert naming.slug_of(name) == slug
    assert naming.ENTITY.fullmatch(slug)


@pytest.mark.parametrize(
    ("reference", "index"),
    [("v0", 0), ("v12", 12), ("V1", None), ("v", None), ("v1a", None), ("v" + "9" * 20, None)],
)
def test_a_version_number_is_v_and_digits(reference: str, index: int | None) -> None:
    assert naming.version_index(reference) == index


def test_names_are_listed_as_people_count() -> None:
    listed = ["m", "m2", "m02", "m2-a", "m9x", "m10", "m10b", "m123456789", "m1234567890", "n1.9", "n1.10", "ünder"]
    keys = [natural_key(key_of(name)) for name in reversed(listed)]
    assert sorted(keys, key=str.encode) == keys[::-1]


@given(st.text("ab-012. ", max_size=128), st.text("ab-012. ", max_size=128))
@example("0" * 128, "0" * 127)
@example("a0" * 64, "00" * 64)
def test_two_names_never_have_the_same_place(one: str, other: str) -> None:
    assert (natural_key(one) == natural_key(other)) == (one == other)
    assert len(natural_key(one)) <= naming.LONGEST_NATURAL


def test_a_registry_is_not_named_as_if_it_had_the_prefix_twice() -> None:
    assert naming.registry_project_name("wandb-registry-foo") == "wandb-registry-foo"
    for name in ("wandb-registry-wandb-registry-foo", "Wandb-Registry-foo"):
        with pytest.raises(Invalid, match="stands before every registry's name by itself"):
            naming.registry_project_name(name)


def test_types_in_two_spellings_are_refused() -> None:
    naming.refuse_two_spellings(["model", "dataset", "model"])
    with pytest.raises(Invalid, match="“Model” and “model” differ in the case of their letters alone"):
        naming.refuse_two_spellings(["Model", "data", "model"])
