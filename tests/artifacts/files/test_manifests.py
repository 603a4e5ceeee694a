"""Manifests: what is read, what is refused, the digest."""

import base64
import hashlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wandb.sdk.artifacts._generated import ArtifactDigestAlgorithm
from wandb.sdk.artifacts.artifact_manifest_entry import ArtifactManifestEntry
from wandb.sdk.artifacts.artifact_manifests.artifact_manifest_v1 import ArtifactManifestV1

from artifacts.errors import Invalid
from artifacts.files import manifests
from artifacts.files.manifests import Entry

MD5 = base64.b64encode(hashlib.md5(b"x").digest()).decode()
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
paths = st.lists(names, min_size=1, max_size=3).map("/".join).filter(lambda path: is_path(path))
contents = st.dictionaries(
    paths,
    st.fixed_dictionaries(
        {"digest": st.just(MD5)},
        optional={
            "size": st.integers(0, 2**63 - 1),
            "ref": st.just("s3://bucket/key"),
            "birthArtifactID": st.just("QXJ0aWZhY3Q6MQ=="),
            "local_path": st.just("/home/bob/secret"),
            "skip_cache": st.booleans(),
            "extra": st.dictionaries(names, st.integers(0, 9) | st.text("abc"), max_size=2),
        },
    ),
    max_size=12,
)


def is_path(path: str) -> bool:
    try:
        manifests.checked_path(path)
    except Invalid:
        return False
    return True


class Trickle:
    """A stream that gives a few bytes at a time, whatever is asked for."""

    def __init__(self, data: bytes, step: int) -> None:
        self.data, self.step = io.BytesIO(data), step

    def read(self, size: int) -> bytes:
        return self.data.read(min(size, self.step))


def manifest(contents: object, **more: object) -> bytes:
    return json.dumps({"version": 1, "storagePolicy": "wandb-storage-policy-v1", "contents": contents, **more}).encode()


def parsed(data: bytes) -> list[Entry]:
    return list(manifests.parse(io.BytesIO(data)))


@given(contents, st.integers(1, 64), st.booleans())
def test_every_manifest_of_the_client_is_read_however_it_arrives(contents, step, is_ascii):
    data = json.dumps({"version": 1, "contents": contents}, ensure_ascii=is_ascii, indent=step % 3 or None).encode()
    entries = list(manifests.parse(Trickle(data, step)))
    assert [entry.path for entry in entries] == list(contents)
    assert [entry.size for entry in entries] == [fields.get("size") for fields in contents.values()]
    again = b"".join(manifests.written(entries))
    assert parsed(again) == entries
    assert b"local_path" not in again
    assert b"skip_cache" not in again


@given(contents)
def test_the_digest_is_the_clients(contents):
    theirs = ArtifactManifestV1(digest_algorithm=ArtifactDigestAlgorithm.MANIFEST_MD5)
    for path, fields in contents.items():
        theirs.entries[path] = ArtifactManifestEntry.model_construct(path=path, digest=fields["digest"])
    assert manifests.digest_of(parsed(manifest(contents))) == theirs.digest()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xef\xbb\xbf" + manifest({}),
        manifest({}) + b" more",
        manifest({})[:-1],
        manifest({}, version=2),
        b'{"contents":{"a":{"digest":"\xff"}}}',
        b'{"contents":{"a":' + b"[" * 10_000,
        b'{"contents":{"a":{"digest":"x","extra":{"loss":NaN}}}}',
        b'{"contents":{"a":{"digest":"x","size":1e999}}}',
        b'{"contents":{"a":{"digest":"x","size":' + b"9" * 5_000 + b"}}}",
        b'{"contents":{"a":{"digest":"x"},"a":{"digest":"x"}}}',
        b'{"contents":{"\\ud800":{"digest":"x"}}}',
        manifest({"a": {"digest": "x", "size": -1}}),
        manifest({"a": {"digest": "x", "size": True}}),
        manifest({"a": {"digest": ""}}),
        manifest({"a": {}}),
        manifest({"a": None}),
        manifest({"a": {"digest": "x", "ref": "r" * 5_000}}),
        b'{"contents":{"a":"' + b"x" * 3_000_000,
    ],
)
def test_what_is_no_manifest_is_refused(data):
    with pytest.raises(Invalid):
        parsed(data)


OUTSIDE = [
    "/etc/passwd",
    "..",
    "a/../b",
    "../a",
    "a\\..\\b",
    "a/..\\b",
    "\\a",
    "\\\\server\\share",
    "//server/share",
    "\\\\?\\C:\\x",
]
OUTSIDE += ["C:\\x", "C:x", "c:/x", "C:", "1:x", "z:..\\x", "a/.. /b", ".. "]


@pytest.mark.parametrize("path", ["", "a\0b", "é" * 1_001, *OUTSIDE])
def test_paths_that_lead_out_are_refused(path):
    with pytest.raises(Invalid):
        parsed(manifest({path: {"digest": MD5}}))


@pytest.mark.parametrize(
    "path",
    [
        ".",
        " ",
        "a//b",
        "a/./b",
        ".git/config",
        "CON",
        "ab:stream",
        "2026-11-30T14:00.txt",
        "...",
        "a..b",
        "a\\b",
        "d/c:x",
    ],
)
def test_odd_paths_are_data(path):
    assert parsed(manifest({path: {"digest": MD5}}))[0].path == path


@pytest.mark.parametrize("path", OUTSIDE)
def test_the_sentence_names_the_path(path):
    with pytest.raises(Invalid) as said:
        parsed(manifest({"good": {"digest": MD5}, path: {"digest": MD5}}))
    assert f"“{path}”" in str(said.value)


@pytest.mark.parametrize("sign", ["\x1b", "\n", "\r", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\u202e", "\u2066"])
def test_control_characters_are_refused_and_spelled_out(sign):
    with pytest.raises(Invalid) as said:
        parsed(manifest({f"a{sign}[2Jb": {"digest": MD5}}))
    assert sign not in str(said.value)
    assert f"“a{sign.encode('unicode_escape').decode()}[2Jb”" in str(said.value)
    with pytest.raises(Invalid, match="digest of"):
        parsed(manifest({"a": {"digest": f"x{sign}"}}))


@pytest.mark.parametrize(
    ("paths", "named"),
    [
        (["a", "a/b"], ["“a”", "“a/b”"]),
        (["a/b/c/d", "a/b"], ["“a/b”", "“a/b/c/d”"]),
        (["x/y", "x/y/", "z"], ["“x/y/”"]),
        (["a/b", "a//b"], ["“a//b”"]),
        (["a", "./a"], ["“./a”"]),
        (["a/./b", "a/b/c"], ["“a/./b”"]),
        ([".", "a"], ["“.”"]),
    ],
)
def test_what_cannot_lie_side_by_side_is_refused(paths, named):
    for order in (paths, paths[::-1]):
        layers = [[Entry(path, "1")] for path in order]
        for given_layers in (layers, [[entry for layer in layers for entry in layer]]):
            with pytest.raises(Invalid) as said:
                manifests.merged(*given_layers)
            assert all(name in str(said.value) for name in named)


@given(contents)
def test_what_lies_in_folders_of_a_disk_is_taken(contents):
    """Paths that have no file where another one needs a folder."""
    kept: dict[str, str] = {}
    for path in contents:
        place = "/".join(part for part in path.split("/") if part not in {"", "."})
        if place and not any(f"{place}/".startswith(f"{one}/") or f"{one}/".startswith(f"{place}/") for one in kept):
            kept[place] = path
    assert len(manifests.merged(Entry(path, "1") for path in kept.values())) == len(kept)


def test_more_entries_than_the_most_are_refused(monkeypatch):
    monkeypatch.setattr(manifests, "MOST_ENTRIES", 3)
    with pytest.raises(Invalid, match="more than 3 files"):
        parsed(manifest({str(number): {"digest": MD5} for number in range(4)}))


def test_a_later_layer_counts():
    base, delta = [Entry("b", "1"), Entry("a", "1")], [Entry("b", "2"), Entry("c", "2")]
    assert [(entry.path, entry.digest) for entry in manifests.merged(base, delta)] == [
        ("a", "1"),
        ("b", "2"),
        ("c", "2"),
    ]


@pytest.mark.parametrize("digest", ["", "abc", "x" * 24, MD5[:-1], MD5 + "\n", MD5.replace("=", ""), "é" * 24])
def test_only_an_md5_in_base64_is_a_digest(digest):
    with pytest.raises(Invalid):
        manifests.hex_of(digest)
    assert manifests.base64_of(manifests.hex_of(MD5)) == MD5


@pytest.mark.parametrize("region", ["coreweave-us", 7])
def test_a_storage_region_that_is_not_here_is_refused_by_its_name(region: object) -> None:
    with pytest.raises(Invalid, match=f"no storage region “{region}” here"):
        manifests.refuse_region(region)


@pytest.mark.parametrize("region", [None, "", "default"])
def test_the_one_storage_region_may_be_named(region: object) -> None:
    manifests.refuse_region(region)
