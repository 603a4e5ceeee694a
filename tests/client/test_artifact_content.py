"""What an artifact holds: files, folders and media objects go in, and a colleague gets the same out, in every way the client has."""

import pytest

from artifacts.models import ArtifactVersion, Blob, ManifestEntry
from tests.client.conftest import Client

pytestmark = pytest.mark.client

FILES = """
with wandb.init(entity="vision", project="data") as run:
    artifact = wandb.Artifact("many", "dataset")
    artifact.add_file(file("plain.txt", b"plain"))
    artifact.add_file("plain.txt", name="renamed/other.txt", policy="immutable", skip_cache=True)
    say(artifact.add_file(file("tmp.txt", b"temporary"), name="media/tmp.txt", is_tmp=True).path)
    artifact.add_file(file("changing", b"before"))
    artifact.add_file(file("changing", b"after"), overwrite=True)
    os.makedirs("folder/deep")
    file("folder/one", b"one")
    file("folder/deep/two", b"two")
    artifact.add_dir("folder")
    artifact.add_dir("folder", name="copy", policy="immutable")
    file("folder/one", b"another one")
    artifact.add_dir("folder", name="copy", merge=True)
    with artifact.new_file("made/new.json", mode="w", encoding="utf-8") as out:
        json.dump({"ü": 1}, out)
    with artifact.new_file("made/new.bin", mode="wb") as out:
        out.write(b"\\x00binary")
    artifact.add_file("plain.txt", name="gone")
    artifact.add_file("plain.txt", name="going/a")
    artifact.add_file("plain.txt", name="going/b")
    artifact.remove("gone")
    artifact.remove("going")
    say(artifact.get_added_local_path_name("tmp.txt"), artifact.get_added_local_path_name("nowhere"))
    for act in (
        lambda: artifact.add_file("absent"),
        lambda: artifact.add_dir("absent"),
        lambda: artifact.add_file("plain.txt", policy="neither"),
        lambda: artifact.add_file(file("plain2.txt", b"2"), name="plain.txt"),
        lambda: artifact.remove("absent"),
        lambda: artifact.new_file("../outside").__enter__(),
        lambda: artifact.get_entry("plain.txt"),
        lambda: artifact.version,
    ):
        say(refusal(act))
    logged = run.log_artifact(artifact).wait()
    say(logged.size, logged.digest)
    for act in (lambda: logged.add_file("plain.txt"), lambda: logged.remove("plain.txt"), lambda: logged.get_entry("absent")):
        say(refusal(act))
"""

PATHS = [
    "changing",
    "copy/deep/two",
    "copy/one",
    "deep/two",
    "made/new.bin",
    "made/new.json",
    "media/f9e20ebfc7fef28e98ab.txt",
    "one",
    "plain.txt",
    "renamed/other.txt",
]


def test_files_folders_and_new_files_come_back_as_they_were_added(client: Client) -> None:
    said = client.run(FILES)
    assert said[0] == said[1]
    assert said[2] is None
    assert [sentence.split(":")[0] for sentence in said[3:11]] == [
        *["ValueError"] * 4,
        "FileNotFoundError",
        "ValueError",
        *["ArtifactNotLoggedError"] * 2,
    ]
    size, digest = said[11:13]
    assert [sentence.split(":")[0] for sentence in said[13:]] == ["ArtifactFinalizedError"] * 2 + ["KeyError"]
    version = ArtifactVersion.objects.get()
    assert (version.size, version.digest, version.file_count) == (size, digest, len(PATHS))
    paths = list(ManifestEntry.objects.of_version(version).values_list("path", flat=True))
    assert paths == [said[0] if path.startswith("media") else path for path in PATHS]
    assert Blob.objects.count() == 8  # each content once, however often it was added

    said = client.run(
        """
        found = wandb.Api().artifact("vision/data/many:v0", type="dataset")
        say(contents(found.download(root="some", path_prefix="copy/", multipart=True)))
        whole = found.download(multipart=False)
        say(contents(whole))
        found.verify()
        say(sorted(contents(found.download(root="made", path_prefix="made/"))))
        file("checked/foreign", b"x")
        file("checked/one", b"changed")
        say(contents(found.checkout(root="checked")) == contents(whole))
        found.verify(root="checked")
        file("checked/one", b"changed")
        say(refusal(lambda: found.verify(root="checked")))
        file("made/foreign", b"x")
        say(refusal(lambda: found.verify(root="made")))
        listed = found.files(per_page=3)
        say(len(listed), [entry.name for entry in listed], found.files(names=["one"])[0].size)
        say([entry.name for entry in found.files(names=["one", "made/new.bin", "absent"])])
        first = found.files(per_page=4)
        begun = [first[number].name for number in range(4)]
        say(begun + [entry.name for entry in found.files(per_page=4, start=first.cursor)] == [e.name for e in listed])
        say(open(found.get_path("one").download(root="single", skip_cache=True)).read())
        say(refusal(lambda: found.file()))
        say(open(found.files(names=["one"])[0].download(root="by-file").name).read())
        """,
        user="carol",
    )
    assert said[0] == {"copy/one": "another one", "copy/deep/two": "two"}
    contents = said[1]
    assert contents["changing"] == "after"
    assert (contents["copy/one"], contents["one"]) == ("another one", "one")
    assert (contents["made/new.json"], contents["made/new.bin"]) == ('{"\\u00fc": 1}', "\x00binary")
    assert len(contents) == len(PATHS)
    assert said[2:4] == [["made/new.bin", "made/new.json"], True]
    assert "Digest mismatch for file: one" in said[4]
    assert "not a member" in said[5]
    assert said[6] == len(PATHS)
    assert (said[7], said[8]) == (paths, 3)
    assert sorted(said[9]) == ["made/new.bin", "one"]
    assert said[10:12] == [True, "one"]
    assert "more than one file" in said[12]
    assert said[13] == "one"
    page = client.opens("/vision/data/artifacts/dataset/many/v0/files", user="carol").content.decode()
    assert "changing" in page
    assert "made" in page


def test_media_objects_are_added_and_read_back(client: Client) -> None:
    said = client.run(
        """
        import struct, wave
        with wave.open("beep.wav", "wb") as out:
            out.setnchannels(1); out.setsampwidth(2); out.setframerate(8000)
            out.writeframes(struct.pack("<100h", *range(100)))
        with wandb.init(entity="vision", project="data") as run:
            artifact = wandb.Artifact("media", "dataset")
            left = wandb.Table(columns=["id", "word"], data=[[1, "one"], [2, "two"]])
            right = wandb.Table(columns=["id", "mark"], data=[[1, 0.5], [2, None]])
            say(artifact.add(left, "left").path)
            artifact["right"] = right
            say(artifact.add(left, "again").path)
            artifact.add(wandb.JoinedTable(left, right, "id"), "joined")
            artifact.add(wandb.Audio("beep.wav", sample_rate=8000, caption="a beep"), "beep")
            artifact.add(wandb.Html("<p>hello</p>", inject=False), "page")
            artifact.add(wandb.Classes([{"id": 0, "name": "cat"}]), "classes")
            say(refusal(lambda: artifact.add("a string", "word")))
            run.log_artifact(artifact).wait()
        """
    )
    assert said[:2] == ["left.table.json", "left.table.json"]
    assert said[2].startswith("TypeError")
    said = client.run(
        """
        found = wandb.Api().artifact("vision/data/media:latest")
        table = found.get("left")
        say(table.columns, table.data, found["right"].data)
        joined = found.get("joined")
        say(joined._join_key, joined._table1.data + joined._table2.data)
        beep = found.get("beep")
        say(os.path.getsize(found.get_entry("beep").download()) > 0, type(beep).__name__)
        say(open(found.get("page")._path).read(), type(found.get("classes")).__name__, found.get("absent"))
        say(sorted(found.manifest.entries))
        # What comes from another artifact goes in as a reference to it.
        with wandb.init(entity="vision", project="other") as run:
            second = wandb.Artifact("second", "dataset")
            second.add(table, "borrowed")
            run.log_artifact(second).wait()
        found = wandb.Api().artifact("vision/other/second:v0")
        say(found.get("borrowed").data, found.get_entry("borrowed.table.json").ref.split("://")[0])
        say(open(found.download(root="down") + "/borrowed.table.json").read()[:1])
        """,
        user="alice",
    )
    assert said[:3] == [["id", "word"], [[1, "one"], [2, "two"]], [[1, 0.5], [2, None]]]
    assert said[3] == "id"
    assert said[4] == [[1, "one"], [2, "two"], [1, 0.5], [2, None]]
    assert said[5:7] == [True, "Audio"]
    assert said[7:10] == ["<p>hello</p>", "Classes", None]
    assert {"joined.joined-table.json", "left.table.json", "page.html-file.json"} <= set(said[10])
    assert said[11:] == [[[1, "one"], [2, "two"]], "wandb-artifact", "{"]
    page = client.opens("/vision/data/artifacts/dataset/media/v0/files").content.decode()
    assert "left.table.json" in page


def test_equal_content_and_drafts_of_others_send_nothing_twice(client: Client) -> None:
    said = client.run(
        """
        with wandb.init(entity="vision", project="data") as run:
            first = wandb.Artifact("a", "dataset", description="kept", metadata={"k": 1})
            first.add_file(file("shared", b"shared"))
            first.add_file(file("own", b"own"))
            logged = run.log_artifact(first, aliases=["first"]).wait()
            other = wandb.Artifact("b", "dataset")
            other.add_file("shared")
            run.log_artifact(other, aliases=["x"]).wait()
            second = logged.new_draft()
            say(second.is_draft(), second.name, second.description, second.metadata, second.id)
            second.remove("own")
            second.add_file(file("more", b"more"))
            say(run.log_artifact(second, aliases=["first", "second"]).wait().version)
            third = wandb.Artifact("a", "dataset")
            third.add_file("shared")
            third.add_file("own")
            same = run.log_artifact(third, aliases=["again"], tags=["t"]).wait()
            say(same.version, sorted(same.aliases), same.tags)
        # Logged before any run of this project, by a run that the client makes by itself.
        elsewhere = wandb.Artifact("a", "dataset")
        elsewhere.add_file("shared")
        elsewhere.save(project="elsewhere")
        say(elsewhere.wait(timeout=20).qualified_name, elsewhere.logged_by().job_type)
        say(refusal(lambda: wandb.Artifact("never", "dataset").wait()))
        """
    )
    assert said[:5] == [True, "a", "kept", {"k": 1}, None]
    assert said[5:9] == ["v1", "v0", ["again", "latest"], ["t"]]
    assert said[9:11] == ["vision/elsewhere/a:v0", "auto"]
    assert said[11].startswith("ArtifactNotLoggedError")
    said = client.run(
        """
        api = wandb.Api()
        say([api.artifact(f"vision/data/a:{alias}").version for alias in ("first", "second", "again", "latest")])
        """,
        user="carol",
    )
    assert said == [["v1", "v1", "v0", "v0"]]
    assert Blob.objects.filter(project__name="data").count() == 3
    assert Blob.objects.filter(project__name="elsewhere").count() == 1
    page = client.opens("/vision/data/artifacts/dataset/a", user="carol").content.decode()
    assert "again" in page
