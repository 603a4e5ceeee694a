"""Previews: what each format shows, how little of a file is read for it, and that hostile bytes do no harm."""

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as within
from hypothesis import strategies as st
from pytest_django import Settings

from artifacts.files import storage
from artifacts.files.previews import Options, Preview, is_risky, preview_of
from artifacts.files.previews.preview import Grid
from artifacts.files.storage import BlobStore, Chunks
from artifacts.models import Blob, ManifestEntry
from tests.artifacts.files import samples

KIB, MIB = 1024, 1024 * 1024


class CountingStore(BlobStore):
    """A store that knows how many bytes were read from it."""

    read = 0

    def open(self, key: str, **span: Any) -> Chunks:
        chunks = super().open(key, **span)
        self.read += chunks.left
        return chunks


@pytest.fixture
def counting(settings: Settings, tmp_path: Path) -> Iterator[CountingStore]:
    """The store of this test, which counts."""
    plain = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "artifacts": plain}
    made = CountingStore(tmp_path)
    storage._stores[storage.storages["artifacts"].path("")] = made
    yield made
    storage._stores.clear()


def seen(path: str, data: bytes, options: Options | None = None) -> Preview:
    """The preview of a file with these bytes; no database is asked."""
    md5 = storage.store().write(lambda md5: storage.blob_key(1, md5), io.BytesIO(data), size=len(data)).md5
    blob = Blob(digest="", size=len(data), key=storage.blob_key(1, md5))
    return preview_of(ManifestEntry(path=path, size=len(data), blob=blob), options)


def rows(preview: Preview) -> list[list[str]]:
    assert isinstance(preview.content, Grid)
    return [[cell.text for cell in row] for row in preview.content.rows]


def test_text_has_numbered_lines_and_a_bound(counting: CountingStore) -> None:
    short: Any = seen("a.yaml", b"\xef\xbb\xbfmodel: yolo\r\nepochs: 60\n").content
    assert (short.text, short.numbers) == ("model: yolo\nepochs: 60\n", "1\n2")
    counting.read = 0
    long = seen("a.log", "é".encode() * 3 * MIB)
    assert (long.kind, long.is_cut, set(long.text)) == ("text", True, {"é"})
    assert counting.read <= 65 * KIB
    assert seen("a.txt", b"a\0b").kind == "none"


def test_json_is_indented_also_where_it_is_cut(counting: CountingStore) -> None:
    assert seen("a.json", b'{"a":[1]}').text == '{\n  "a": [\n    1\n  ]\n}'
    large = seen("a.json", json.dumps({"words": ["a, {b}"] * 90_000}).encode())
    assert large.is_cut
    assert large.text.startswith('{\n  "words": [\n    "a, {b}",\n    "a, {b}"')
    assert seen("a.json", b"[" * 60_000).kind == "text"


def test_csv_is_a_table_with_typed_columns_and_its_first_rows(counting: CountingStore) -> None:
    lines = ["id;name;score;seen;ok", *(f'{n};"a;{n}";{n / 4};2026-01-02;{"true"}' for n in range(90_000))]
    counting.read = 0
    preview = seen("a.csv", "\n".join(lines).encode())
    assert counting.read <= 330 * KIB
    grid: Any = preview.content
    assert [(c.name, c.kind) for c in grid.columns] == [
        *(("id", "integer"), ("name", "text"), ("score", "number"), ("seen", "date"), ("ok", "true or false"))
    ]
    assert len(grid.rows) == 200
    assert rows(preview)[1] == ["1", "a;1", "0.25", "2026-01-02", "true"]
    assert grid.note.startswith("The first 200 rows")
    tabs = seen("a.tsv", b"a\tb\n1\t2,5\n3\n")
    assert rows(tabs) == [["1", "2,5"], ["3", ""]]
    assert isinstance(tabs.content, Grid)
    assert tabs.content.note == "2 rows"
    assert seen("a.csv", b"a,b\n1,2\n", Options(as_source=True)).kind == "text"
    assert seen("a.csv", b'"' + b"x" * 200_000).kind in {"text", "table"}


def test_a_logged_table_shows_rows_and_its_media_also_when_far_too_large(counting: CountingStore) -> None:
    grid: Any = seen("p.table.json", samples.EVERYTHING["predictions.table.json"]).content
    assert [(c.name, c.kind) for c in grid.columns] == [("picture", "image"), ("label", "text"), ("score", "number")]
    assert grid.rows[0][0].path == "media/images/a.png"
    assert grid.note == "2 rows"
    many = samples.table(["n", "x"], [[n, {"deep": [n]}] for n in range(300_000)])
    counting.read = 0
    large: Any = seen("p.table.json", many).content
    assert counting.read <= 1100 * KIB
    assert len(large.rows) == 200
    assert large.rows[3][1].text == '{"deep": [3]}'
    middle: Any = seen("p.table.json", samples.table(["n"], [[n] for n in range(1_000)])).content
    assert middle.note == "The first 200 of 1,000 rows, as the file says"
    assert seen("p.table.json", b'{"a": 1}').kind == "text"
    assert seen("empty.table.json", samples.table(["n"], [])).kind == "table"


def test_pictures_say_their_size(counting: CountingStore) -> None:
    lossy = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 320, 200)
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 200, 320) + b"\0" * 9
    for name, data, size in [
        ("a.png", samples.png(64, 48), (64, 48)),
        ("a.gif", b"GIF89a" + struct.pack("<HH", 3, 4), (3, 4)),
        ("a.jpg", jpeg, (320, 200)),
        ("a.webp", lossy, (320, 200)),
    ]:
        preview = seen(name, data)
        content: Any = preview.content
        assert (preview.kind, content.width, content.height) == ("image", *size), name
    assert seen("a.jpg", b"\xff\xd8\xff").content is None
    assert seen("a.wav", samples.wav()).kind == "audio"
    assert seen("a.mp3", b"<script>").kind == "text"


def test_notebooks_and_markdown_are_read_as_text(counting: CountingStore) -> None:
    book: Any = seen("a.ipynb", samples.notebook()).content
    assert [cell.kind for cell in book.cells] == ["markdown", "code"]
    assert book.cells[1].outputs == [
        *(("stream", "0.93\n"), ("result", "(text/html: not shown here)"), ("error", "ZeroDivisionError: by zero"))
    ]
    costly = {"cells": [{"cell_type": "markdown", "source": "*_`[" * 300}] * 190}
    kinds = [cell.kind for cell in seen("a.ipynb", json.dumps(costly).encode()).content.cells]  # type: ignore[attr-defined]
    assert kinds[:2] == ["markdown", "text"]
    assert seen("a.ipynb", b'{"cells": 3}').kind == "text"
    assert seen("a.md", b"# A").kind == "markdown"
    assert seen("a.md", b"# A", Options(as_source=True)).kind == "text"
    assert seen("a.md", b"long " * 20_000).kind == "text"


def test_safetensors_are_read_by_their_header_alone(counting: CountingStore) -> None:
    data = samples.safetensors({**samples.LAYERS, "head": ("F32", [5 * MIB], 20 * MIB)}, {"format": "pt"})
    counting.read = 0
    header: Any = seen("m.safetensors", data).content
    assert counting.read == header.read < 40 * KIB
    assert (header.count, header.parameters, header.dtype) == (215, f"{214 * 216 + 5 * MIB:,}", "F32")
    assert (len(header.tensors), header.found, header.more) == (200, 215, "Show all")
    assert header.metadata == [("format", "pt")]
    found: Any = seen("m.safetensors", data, Options(words="HEAD")).content
    assert [(one.name, one.dimensions) for one in found.tensors] == [("head", f"{5 * MIB}")]
    everything: Any = seen("m.safetensors", data, Options(show_all=True)).content
    assert (len(everything.tensors), everything.more) == (215, "")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "too short"),
        (struct.pack("<Q", 1 << 63) + b"{}", "longer than the file"),
        (struct.pack("<Q", 2) + b"[]", "no list of tensors"),
        (struct.pack("<Q", 9) + b'{"a": 1}\n', "no list of tensors"),
        (struct.pack("<Q", 5) + b"{{{{{", "broken"),
        (samples.safetensors({"a": ("F32", [-1], 4)}), "make sense"),
        (samples.safetensors({"a": ("F32", [1 << 70], 4)}), "make sense"),
        (struct.pack("<Q", 5 * MIB) + b" " * (5 * MIB), "more than is read here"),
    ],
)
def test_a_broken_header_is_said_to_be_one(counting: CountingStore, data: bytes, said: str) -> None:
    preview = seen("m.safetensors", data)
    assert preview.kind == "none"
    assert said in preview.text


def test_a_header_that_does_not_fit_its_file_says_so(counting: CountingStore) -> None:
    cut: Any = seen("m.safetensors", samples.safetensors({"a": ("F32", [4], 16)})[:-1]).content
    assert "behind the end of the file" in cut.fault
    short: Any = seen("m.safetensors", samples.safetensors({"a": ("F32", [4], 8)})).content
    assert "more or fewer bytes" in short.fault


def test_gguf_headers_show_metadata_and_quantization(counting: CountingStore) -> None:
    header: Any = seen("m.gguf", samples.EVERYTHING["weights/model.gguf"]).content
    pairs = dict(header.metadata)
    assert pairs["general.architecture"] == "llama"
    assert pairs["llama.context_length"] == "4096"
    assert pairs["tokenizer.ggml.tokens"].endswith("(500 items)")
    assert header.dtypes == [("Q4_K", 1), ("Q4_0", 1), ("F32", 1)]
    assert header.parameters == f"{64 * 500 + 64 * 64 + 64:,}"
    assert header.tensors[0].dimensions == "500 × 64"
    numbers = struct.pack("<IQ", 6, 4 * MIB) + bytes(16 * MIB)
    counting.read = 0
    skipped: Any = seen("m.gguf", samples.gguf([("scores", 9, numbers), ("last", 7, b"\1")], []) + bytes(MIB)).content
    assert counting.read < 300 * KIB
    assert dict(skipped.metadata)["last"] == "true"


@pytest.mark.parametrize(
    "body",
    [
        struct.pack("<IQQ", 3, 1 << 62, 1),
        struct.pack("<IQQ", 3, 0, 1 << 62),
        struct.pack("<IQQ", 9, 0, 0),
        struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 63),
        struct.pack("<IQQ", 3, 0, 1) + samples.text("k") + struct.pack("<IIQ", 9, 8, 1 << 60),
        struct.pack("<IQQ", 3, 0, 1) + samples.text("k") + struct.pack("<IIQ", 9, 6, 1 << 62),
        struct.pack("<IQQ", 3, 0, 1) + samples.text("k") + struct.pack("<IIQ", 9, 9, 1) * 40,
        struct.pack("<IQQ", 3, 1, 0) + samples.text("t") + struct.pack("<I", 1 << 31),
    ],
)
def test_hostile_counts_of_gguf_end_at_once(counting: CountingStore, body: bytes) -> None:
    preview = seen("m.gguf", b"GGUF" + body + bytes(200 * KIB))
    assert preview.kind == "none"
    assert "GGUF" in preview.text
    assert counting.read < 300 * KIB


def test_what_runs_code_when_loaded_is_marked_with_what_it_imports(counting: CountingStore) -> None:
    evil = pickle.dumps(samples.Evil())
    for name, data in {
        "a.pkl": evil,
        "a.joblib": evil,
        "a.pt": samples.checkpoint(samples.Evil()),
        "pytorch_model.bin": samples.checkpoint(samples.Evil()),
        "anything.bin": samples.checkpoint(samples.Evil()),
        "a.npy": samples.objects_array(),
        "a.ckpt": evil + b"\0" * MIB,
    }.items():
        preview = seen(name, data)
        assert preview.kind == "risky", name
        scan: Any = preview.content
        assert scan.imports[0] == ("posix.system", "dangerous"), name
        assert scan.is_dangerous
    harmless: Any = seen("a.pt", samples.checkpoint(samples.STATE)).content
    assert harmless.imports == [("collections.OrderedDict", "harmless")]
    own: Any = seen("a.pkl", b"cmy.library\nModel\n.").content
    assert own.imports == [("my.library.Model", "unknown")]
    assert seen("a.bin", bytes(100)).kind == "none"
    assert seen("a.pt", b"nothing of a pickle").kind == "risky"


def test_arrays_and_models_without_code_are_not_marked(counting: CountingStore) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"
    plain = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(4)
    assert seen("a.npy", plain).kind == "none"
    layer = b'{"class_name": "%s", "config": {}}'
    for name in ("m.h5", "m.hdf5"):
        assert seen(name, b"\x89HDF\r\n\x1a\n" + layer % b"Lambda").kind == "risky"
        assert seen(name, b"\x89HDF\r\n\x1a\n\0" + layer % b"Dense").kind == "none"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", layer % b"Lambda")
    assert seen("m.keras", out.getvalue()).kind == "risky"
    assert [is_risky(name) for name in ("a/b.PT", "pytorch_model-01.bin", "a.bin", "pkl", "a.pkl/b")] == [
        *(True, True, False, False, False)
    ]


def test_a_bomb_is_unpacked_no_further_than_is_looked_at(counting: CountingStore) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.pkl", b"\x80\x02" + b"N0" * MIB + b".")
    preview: Any = seen("a.pt", out.getvalue())
    assert preview.kind == "risky"
    assert "Only the first 512 KiB" in preview.content.note


@pytest.mark.parametrize("path", sorted(samples.EVERYTHING))
def test_of_a_file_however_large_only_a_bounded_part_is_read(counting: CountingStore, path: str) -> None:
    data = samples.EVERYTHING[path]
    md5 = storage.store().write(lambda md5: storage.blob_key(1, md5), io.BytesIO(data), size=len(data)).md5
    key = storage.blob_key(1, md5)
    os.truncate(counting.path(key), 3 << 30)
    blob = Blob(digest="", size=3 << 30, key=key)
    counting.read = 0
    preview_of(ManifestEntry(path=path, size=blob.size, blob=blob))
    assert counting.read <= 5 * MIB


NAMES = ["m.safetensors", "m.gguf", "a.pkl", "a.pt", "a.bin", "a.npy", "a.h5", "a.keras", "a.png", "a.jpg", "a.webp"]
NAMES += ["a.gif", "a.wav", "a.csv", "a.tsv", "p.table.json", "a.ipynb", "a.md", "a.json", "a.txt", "a.joblib", "a.npz"]
TRUE = [data for data in samples.EVERYTHING.values() if len(data) < 20_000]


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A true file with some of its bytes changed, left out or doubled."""
    data = bytearray(draw(st.sampled_from(TRUE)))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        data[at : at + draw(st.integers(0, 9))] = draw(st.binary(max_size=9))
    return bytes(data)


@within(
    max_examples=150,
    deadline=2_000,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(name=st.sampled_from(NAMES), data=st.one_of(spoiled(), st.binary(max_size=400)))
def test_no_bytes_whatever_raise_or_are_read_more_than_twice(counting: CountingStore, name: str, data: bytes) -> None:
    counting.read = 0
    preview = seen(name, data)
    assert preview.kind in {"none", "text", "table", "tensors", "risky", "image", "audio", "markdown", "notebook"}
    assert counting.read <= 4 * len(data) + 200


HEADER = st.builds(
    lambda said, body: struct.pack("<Q", said) + body,
    st.one_of(st.integers(0, 200), st.integers(0, 2**64 - 1)),
    st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=5), st.floats()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["dtype", "shape", "data_offsets", "__metadata__", "a"]), inner, max_size=4
            ),
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
)
OPCODES = st.lists(
    st.one_of(
        st.sampled_from(
            [b"\x80\x04", b"\x93", b"\x94", b".", b"(", b"t", b"R", b"}", b"h\x00", b"q\x01", b"\x8c\x02os"]
        ),
        st.sampled_from(
            [b"cos\nsystem\n", b"\x8a\xff", b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f", b"X\xff\xff\xff\x7f", b"I9\n"]
        ),
        st.binary(max_size=3),
    ),
    max_size=40,
).map(b"".join)


@within(
    max_examples=40, deadline=2_000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(header=HEADER, opcodes=OPCODES)
def test_made_up_headers_and_opcodes_never_raise(counting: CountingStore, header: bytes, opcodes: bytes) -> None:
    assert seen("m.safetensors", header).kind in {"none", "tensors"}
    assert seen("m.gguf", b"GGUF" + opcodes).kind in {"none", "tensors"}
    assert seen("a.pkl", opcodes).kind == "risky"


@pytest.mark.parametrize(
    ("name", "data", "kind", "words"),
    [
        ("notes.txt", b"", "none", "The file is empty."),
        ("empty.csv", b"", "none", "The file is empty."),
        ("shot.png", b"\x00no picture", "none", "bytes are no PNG file"),
        ("hey.wav", b"\x00\xff\xfe", "none", "bytes are no WAV file"),
        ("report.ipynb", b'{"cells": [', "text", "can’t be read as its name says"),
        ("rows.table.json", b'{"_type": "table", "columns": ["x",', "text", "can’t be read as its name says"),
        ("plain.json", b'{"broken', "text", ""),
    ],
)
def test_what_is_not_what_its_name_says_is_said_to_be_so(name: str, data: bytes, kind: str, words: str) -> None:
    found = seen(name, data)
    assert found.kind == kind
    assert words in (found.note if kind == "text" else found.text)
    assert bool(found.note) == (kind == "text" and bool(words))
