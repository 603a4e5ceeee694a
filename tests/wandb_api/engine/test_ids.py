import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts.errors import DomainError, Invalid, NotFound
from registry_site.wandb_api.engine.ids import LARGEST, decode, encode

names = st.sampled_from(["Artifact", "Project", "ArtifactCollectionMembership", "User"])


@given(names, st.integers(0, LARGEST))
def test_an_id_leads_back_to_its_row(name: str, pk: int) -> None:
    assert decode(encode(name, pk), "Other", name) == pk


def test_an_id_is_standard_base64_with_padding() -> None:
    assert encode("Artifact", 7) == "QXJ0aWZhY3Q6Nw=="


@given(names, st.integers(0, LARGEST))
def test_an_id_of_another_type_is_not_found(name: str, pk: int) -> None:
    with pytest.raises(NotFound):
        decode(encode(name, pk), "Run")


@pytest.mark.parametrize("pk", [2**63, 10**18 * 9 + 10**18 // 2])
def test_a_number_that_no_row_can_have_is_not_found(pk: int) -> None:
    with pytest.raises(NotFound):
        decode(encode("Artifact", pk), "Artifact")


@pytest.mark.parametrize(
    "plain",
    ["Artifact:", "Artifact:-1", "Artifact:01", "Artifact: 1", "Artifact:1\n", "Artifact:١", ":1", "7", "Artifact:1e3"],
)
def test_a_forged_id_is_invalid(plain: str) -> None:
    with pytest.raises(Invalid):
        decode(base64.b64encode(plain.encode()).decode(), "Artifact")


@pytest.mark.parametrize(
    "text", ["", "x", "QXJ0aWZhY3Q6Nw", "QXJ0aWZhY3Q6Nw==\n", "QXJ0aWZhY3Q6Nx==", "é", "QXJ0" * 1_000_000, "\ud800"]
)
def test_what_is_no_base64_of_ours_is_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        decode(text, "Artifact")


@given(st.text(max_size=60))
def test_any_text_is_decoded_or_refused_with_a_sentence(text: str) -> None:
    try:
        pk = decode(text, "Artifact")
    except DomainError as refusal:
        outcome = str(refusal).endswith(".")
    else:
        outcome = encode("Artifact", pk) == text
    assert outcome
