"""Logging versions, in the order of the client's calls (wandb-core, saver.go): create, manifest, files, manifest again, commit."""

from functools import partial
from typing import Any

from artifacts import addresses
from artifacts.access import Can, require
from artifacts.actions import runs, versions
from artifacts.actions.projects import find_or_create_project
from artifacts.actions.saving import begin, parts, receive
from artifacts.actions.saving.commit import commit
from artifacts.actions.saving.receive import Claim, FileSpec
from artifacts.errors import DomainError, Invalid, NotFound
from artifacts.files import signed_urls
from artifacts.files.manifests import refuse_region
from artifacts.models import ArtifactVersion, Manifest, Project, Run
from artifacts.naming import shown
from registry.actions.delete import delete_version
from registry_site.wandb_api.engine import ids
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.resolve import Permission, resolves
from registry_site.wandb_api.resolvers.file_addresses import Addresses, may_in
from registry_site.wandb_api.resolvers.projects import find_project
from registry_site.wandb_api.resolvers.versions import INHERIT, find_version, ttl_from_client

MD5 = "MANIFEST_MD5"


@resolves("Mutation.createArtifact", permission=Permission.checked("log"))
def create_artifact(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    refuse_region(input.get("storage_region"))
    entity = addresses.entity(context.person, input["entity_name"])
    project = find_or_create_project(entity, input["project_name"], acting_user=context.person)
    run = run_of(project, input["run_name"]) if input.get("run_name") else None
    return {"artifact": begin.start(project, draft_of(input), run=run, acting_user=context.person)}


def draft_of(input: dict[str, Any]) -> begin.Draft:
    """What the client says of the version."""
    names = [input.get("artifact_collection_name"), *(input.get("artifact_collection_names") or [])]
    name = next((name for name in names if name), None)
    if name is None:
        raise Invalid("The artifact has no name; give it one.")
    seconds = input.get("ttl_duration_seconds")
    deduplicates = input.get("enable_digest_deduplication")
    return begin.Draft(
        type=input["artifact_type_name"],
        name=name,
        digest=input["digest"],
        client_id=input.get("client_id") or "",
        aliases=[alias["alias"] for alias in input.get("aliases") or []],
        tags=[tag["tag_name"] for tag in input.get("tags") or []],
        description=input.get("description") or "",
        metadata=versions.read_metadata(input.get("metadata") or "{}"),
        ttl_seconds=ttl_from_client(INHERIT if seconds is None else seconds),
        history_step=input.get("history_step"),
        distributed_id=input.get("distributed_id"),
        digest_algorithm=input["digest_algorithm"],
        deduplicates=deduplicates is None or deduplicates,
    )


def run_of(project: Project, name: str) -> Run:
    """A run of a project that was judged, by the client's id."""
    run = Run.objects.filter(project=project, name=name).first()
    if run is None:
        raise NotFound(f"run “{shown(name)}” not found in “{project.name}”; start it with wandb.init first.")
    run.project = project
    return run


@resolves("Mutation.createArtifactManifest", permission=Permission.checked("log"))
def create_artifact_manifest(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    version = find_version(context, input["artifact_id"])
    kind = Manifest.Kind(input.get("type") or Manifest.Kind.FULL)
    base = find_base(context, input.get("base_artifact_id"))
    made = begin.add_manifest(version, kind, input["digest"], base=base, acting_user=context.person)
    return {"artifact_manifest": sent_manifest(made, context)}


@resolves("Mutation.updateArtifactManifest", permission=Permission.checked("log"))
def update_artifact_manifest(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    found = find_manifest(context, input["artifact_manifest_id"])
    base = find_base(context, input.get("base_artifact_id"))
    changed = begin.replace_manifest(found, input.get("digest") or "", base=base, acting_user=context.person)
    return {"artifact_manifest": sent_manifest(changed, context)}


def find_base(context: Context, number: str | None) -> ArtifactVersion | None:
    """The version that an incremental one adds to."""
    return find_version(context, number) if number else None


def find_manifest(context: Context, number: str) -> Manifest:
    """A manifest by its id, whose version the person may see."""
    missing = "artifact manifest not found; log the artifact again."
    found = Manifest.objects.filter(pk=ids.decode(number, "ArtifactManifest")).first()
    if found is None:
        raise NotFound(missing)
    try:
        found.version = find_version(context, ids.encode("Artifact", found.version_id))
    except NotFound:
        raise NotFound(missing) from None
    return found


def sent_manifest(manifest: Manifest, context: Context) -> dict[str, Any]:
    """A manifest that is still to be sent, as ArtifactManifest; its address is made only if it is asked for."""
    return {
        "id": ids.encode("ArtifactManifest", manifest.pk),
        "file": {
            "id": ids.encode("ManifestFile", manifest.pk),
            "name": "wandb_manifest.json",
            "display_name": "wandb_manifest.json",
            "size_bytes": manifest.size,
            "md5": manifest.digest,
            "digest": manifest.digest,
            "addresses": Addresses(
                may_in(manifest.version.project, context), send=partial(manifest_address, manifest, context)
            ),
            "upload_headers": [],
        },
    }


def manifest_address(manifest: Manifest, context: Context) -> str:
    """Where the manifest's bytes are sent to."""
    if not manifest.digest:
        raise Invalid("The manifest was announced without its digest, so it can't be sent; update it first.")
    return context.absolute(signed_urls.manifest_upload(manifest, holder=context.person))


@resolves("Mutation.createArtifactFiles", permission=Permission.checked("log"))
def create_artifact_files(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    if input.get("digest_algorithm") not in {None, MD5}:
        raise Invalid("This server knows MD5 digests only; log the artifact without another digest algorithm.")
    specs = input["artifact_files"]
    if len({spec["artifact_id"] for spec in specs}) > 1:
        raise Invalid("The files of one request belong to several artifacts; ask for each artifact by itself.")
    if not specs:
        return {"files": files_of([], None, context)}
    version = find_version(context, specs[0]["artifact_id"])
    claims = receive.claim_files(version, [spec_of(spec) for spec in specs], acting_user=context.person)
    return {"files": files_of(claims, version, context)}


def spec_of(spec: dict[str, Any]) -> FileSpec:
    """A file as the client announces it."""
    announced = [(part["part_number"], part["hex_md5"]) for part in spec.get("upload_parts_input") or []]
    return FileSpec(spec["name"], spec.get("md5") or spec.get("digest") or "", announced)


def files_of(claims: list[Claim], version: ArtifactVersion | None, context: Context) -> dict[str, Any]:
    """One edge for each file in the order of the request: the client counts them."""
    edges = [{"node": file_to_send(claim, version, context), "cursor": None} for claim in claims if version]
    page = {"__typename": "PageInfo", "has_next_page": False, "has_previous_page": False}
    return {"edges": edges, "page_info": page, "total_count": len(edges)}


def file_to_send(claim: Claim, version: ArtifactVersion, context: Context) -> dict[str, Any]:
    """A File with the address for its bytes, null if they are here already."""
    # With the addresses of the parts too: core/pkg/artifacts/saver.go takes a file without `uploadUrl` for one that is here.
    is_wanted = claim.is_wanted or claim.upload is not None
    return {
        "id": ids.encode("ManifestFile", version.pk),
        "artifact": version,
        "name": claim.spec.path,
        "display_name": claim.spec.path,
        "md5": claim.spec.digest,
        "digest": claim.spec.digest,
        "size_bytes": 0,
        "storage_path": f"{signed_urls.ARTIFACTS}{claim.storage_path}",
        "addresses": Addresses(
            may_in(version.project, context),
            send=partial(blob_address, version, claim, context) if is_wanted else None,
            send_parts=partial(multipart_of, claim, context),
        ),
        "upload_headers": [f"Content-MD5:{claim.spec.digest}"] if is_wanted else [],
    }


def blob_address(version: ArtifactVersion, claim: Claim, context: Context) -> str:
    """Where a file's bytes are sent to."""
    return context.absolute(signed_urls.blob_upload(version.project, claim.md5, holder=context.person))


def multipart_of(claim: Claim, context: Context) -> dict[str, Any] | None:
    """The addresses of a large file's parts, in their order."""
    upload = claim.upload
    if upload is None:
        return None
    numbers = sorted(number for number, _ in claim.spec.parts)
    urls = [
        {
            "part_number": number,
            "upload_url": context.absolute(signed_urls.part_upload(upload, number, holder=context.person)),
        }
        for number in numbers
    ]
    return {"upload_id": upload.public_id, "upload_url_parts": urls}


@resolves("Mutation.completeMultipartUploadArtifact", permission=Permission.checked("log"))
def complete_multipart_upload(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    version = find_version(context, input["artifact_id"])
    etags = [(part["part_number"], part["hex_md5"]) for part in input["completed_parts"]]
    path, public_id = input["storage_path"].removeprefix(signed_urls.ARTIFACTS), input["upload_id"]
    return {"digest": parts.complete(version, public_id, etags, storage_path=path, acting_user=context.person)}


@resolves("Mutation.commitArtifact", permission=Permission.checked("log"))
def commit_artifact(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    version = find_version(context, input["artifact_id"])
    return {"artifact": commit(version, acting_user=context.person, read_id=number_of)}


def number_of(text: str) -> int | None:
    """The version's number in a `birthArtifactID`, None if it is none of ours."""
    try:
        return ids.decode(text, "Artifact")
    except DomainError:
        return None


@resolves("Mutation.useArtifact", permission=Permission.checked("log", "download"))
def use_artifact(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    version = find_version(context, input["artifact_id"])
    project = find_project(context, input["entity_name"], input["project_name"])
    require(context.person, Can.LOG, project)
    place = None
    if input.get("artifact_entity_name") and input.get("artifact_project_name"):
        place = find_project(context, input["artifact_entity_name"], input["artifact_project_name"])
    run = run_of(project, input["run_name"])
    used_as = input.get("used_as") or ""
    return {"artifact": runs.use_version(run, version, place=place, used_as=used_as, acting_user=context.person)}


@resolves("Mutation.deleteArtifact", permission=Permission.checked("edit"))
def delete_artifact(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    version = find_version(context, input["artifact_id"])
    delete_aliases = bool(input.get("delete_aliases"))
    return {"artifact": delete_version(version, delete_aliases=delete_aliases, acting_user=context.person)}
