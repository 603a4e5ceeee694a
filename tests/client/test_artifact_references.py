"""References: what lies elsewhere is listed with its checksum, and fetched from there; also what lies in another artifact."""

import ast
import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from artifacts.models import Blob, ManifestEntry, Membership, Project
from registry.actions.link import unlink_version
from tests.client.conftest import Client
from tests.conftest import World

pytestmark = pytest.mark.client


class Elsewhere(BaseHTTPRequestHandler):
    """Serves each path's own words with an ETag; as much of S3 as boto3 asks for one object of a versioned bucket."""

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        body = f"the bytes of {path}".encode()
        if path.endswith("absent"):
            self.send_error(404)
            return
        self.send_response(200)
        if not path.endswith("untagged"):
            self.send_header("ETag", f'"{hashlib.md5(path.encode()).hexdigest()}"')
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("x-amz-version-id", "version-1")
        self.send_header("Last-Modified", "Wed, 25 Nov 2026 10:00:00 GMT")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of a server that has nothing to do with ours."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_references_to_the_web_to_buckets_and_to_files(client: Client, elsewhere: str) -> None:
    bucket = {
        "AWS_S3_ENDPOINT_URL": elsewhere,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "ELSEWHERE": elsewhere,
        "SHARED": str(client.place),
    }
    said = client.run(
        """
        shared, web = os.environ["SHARED"], os.environ["ELSEWHERE"]
        for number in range(3):
            file(f"{shared}/mounted/deep/{number}", str(number).encode())
        with wandb.init(entity="vision", project="data") as run:
            artifact = wandb.Artifact("pointers", "dataset")
            artifact.add_reference(web + "/page.html?x=1", name="page.html")
            artifact.add_reference(web + "/untagged")
            artifact.add_reference(web + "/never-asked/absent", checksum=False)
            artifact.add_reference("s3://bucket/folder/object.bin")
            artifact.add_reference("s3://bucket/absent", name="buckets/absent", checksum=False)
            artifact.add_reference("s3://bucket/present", name="buckets/present")
            artifact.add_reference("s3://bucket/unchecked", name="unchecked", checksum=False)
            artifact.add_reference(f"file://{shared}/mounted", name="mounted", max_objects=3)
            artifact.add_reference(f"file://{shared}/mounted/deep/0", name="alone", checksum=False)
            artifact.add_reference("custom://host/anything", name="custom")
            for act in (
                lambda: artifact.add_reference(f"file://{shared}/mounted", name="twice", max_objects=2),
                lambda: artifact.add_reference(f"file://{shared}/nowhere"),
                lambda: artifact.add_reference("no/scheme"),
                lambda: artifact.add_reference("gs://bucket/object", checksum=False),
            ):
                say(refusal(act))
            logged = run.log_artifact(artifact).wait()
            say(logged.size, logged.file_count)
            run.link_artifact(logged, "wandb-registry-dataset/pointers")
        """,
        **bucket,
    )
    assert "Exceeded 2 objects tracked" in said[0]
    assert "must be a valid file or directory path" in said[1]
    assert "References must be URIs" in said[2]
    assert "gs:// references require" in said[3].replace("requires", "require")
    entries = {entry.path: entry for entry in ManifestEntry.objects.all()}
    assert said[4:] == [sum(entry.size for entry in entries.values()), len(entries)]
    assert not Blob.objects.exists()
    assert entries["object.bin"].extra["versionID"] == "version-1"
    assert entries["untagged"].digest == f"{elsewhere}/untagged"

    said = client.run(
        """
        found = wandb.Api(overrides={"entity": "vision"}).artifact("wandb-registry-dataset/pointers:latest")
        entries = found.manifest.entries
        say(entries["page.html"].ref, entries["page.html"].extra, entries["unchecked"].ref_target(), entries["custom"].ref)
        for name in ("page.html", "object.bin", "mounted/deep/2"):
            say(open(found.get_entry(name).download(root="down")).read())
        say(sorted(entry.name for entry in found.files(per_page=4)))
        say(refusal(lambda: found.download(root="whole", path_prefix="mounted")))
        say(refusal(lambda: found.download(root="missing", path_prefix="buckets")))
        say(sorted(contents(found.download(root="missing", path_prefix="buckets", allow_missing_references=True))))
        say(refusal(lambda: found.get_entry("absent").download(root="down")))
        """,
        user="alice",
        **bucket,
    )
    etag = hashlib.md5(b"/page.html").hexdigest()
    assert said[:2] == [f"{elsewhere}/page.html?x=1", {"etag": f'"{etag}"'}]
    assert said[2:4] == ["s3://bucket/unchecked", "custom://host/anything"]
    assert said[4:7] == ["the bytes of /page.html", "the bytes of /bucket/folder/object.bin", "2"]
    assert said[7] == sorted(entries)
    assert said[8] == "nothing raised: 'whole'"
    assert said[9] == "FileNotFoundError: Unable to find buckets/absent at s3://bucket/absent"
    assert said[10] == ["buckets/present"]
    assert "absent" in said[11]
    page = client.opens("/orgs/Acme%20Corp/registry/dataset/pointers/v0/files?path=unchecked").content.decode()
    assert "s3://bucket/unchecked" in page


def test_references_to_other_artifacts_lead_to_their_files_also_through_a_link_alone(
    client: Client, world: World
) -> None:
    said = client.run(
        """
        api = wandb.Api(overrides={"entity": "vision"})
        with wandb.init(entity="vision", project="data") as run:
            source = wandb.Artifact("source", "dataset")
            source.add_file(file("inner.txt", b"inner"))
            source.add_file(file("other.txt", b"other"), name="deep/other.txt")
            found = run.log_artifact(source).wait()
            linked = run.link_artifact(source, "wandb-registry-dataset/source")
        with wandb.init(entity="vision", project="elsewhere") as run:
            pointer = wandb.Artifact("pointer", "dataset")
            pointer.add_reference(found.get_entry("inner.txt"), name="by-entry.txt")
            pointer.add_reference(linked.get_entry("deep/other.txt").ref_url(), name="by-address.txt")
            first = run.log_artifact(pointer).wait()
            chain = wandb.Artifact("chain", "dataset")
            chain.add_reference(first.get_entry("by-entry.txt"))
            run.log_artifact(chain).wait()
            say(chain.manifest.entries["inner.txt"].ref == found.get_entry("inner.txt").ref_url())
        """
    )
    assert said == [True]
    reading = """
        api = wandb.Api(overrides={"entity": "vision"})
        for name in ("pointer", "chain"):
            say(refusal(lambda: contents(api.artifact(f"vision/elsewhere/{name}:v0").download(root=name))))
        """
    everything = [{"by-entry.txt": "inner", "by-address.txt": "other"}, {"inner.txt": "inner"}]
    assert [
        ast.literal_eval(sentence.removeprefix("nothing raised: ")) for sentence in client.run(reading, user="carol")
    ] == everything
    assert Blob.objects.filter(project__name="elsewhere").count() == 0

    # The source is hidden now, and the registry's link to it is not: bob and carol know the version by its id only.
    Project.objects.filter(name="data").update(visibility=Project.Visibility.RESTRICTED)
    said = client.run(
        reading
        + """
        say(refusal(lambda: api.artifact("vision/data/source:v0")))
        linked = api.artifact("wandb-registry-dataset/source:v0")
        say(linked.source_project, refusal(lambda: linked.source_artifact), linked.logged_by())
        with wandb.init(entity="vision", project="elsewhere") as run:
            third = wandb.Artifact("third", "dataset")
            third.add_reference(linked.get_entry("inner.txt"), name="inner.txt")
            run.log_artifact(third).wait()
        """
    )
    assert [ast.literal_eval(sentence.removeprefix("nothing raised: ")) for sentence in said[:2]] == everything
    assert said[2] == "CommError: project 'data' not found under entity 'vision'"
    assert said[3] == ""
    assert "Unable to fetch source artifact" in said[4]
    assert said[5] is None
    # Without the link the same addresses lead nowhere.
    unlink_version(
        Membership.objects.get(collection__name="source", collection__kind="portfolio"), acting_user=world.alice
    )
    for sentence in client.run(reading, user="carol"):
        assert not sentence.startswith("nothing raised")
        assert "inner'" not in sentence
