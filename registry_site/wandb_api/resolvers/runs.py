"""Runs as the client starts, changes, lists and deletes them, with what they logged and used."""

import base64
import json
import mimetypes
from collections.abc import Mapping
from typing import Any

import re2
from django.db.models import Q, QuerySet
from django.urls import reverse

from artifacts import access, addresses
from artifacts.access import Can
from artifacts.actions import people
from artifacts.actions import runs as run_actions
from artifacts.actions.runs import RunChanges
from artifacts.errors import Invalid, NotFound
from artifacts.files import signed_urls
from artifacts.listing.filters import filtered, matching
from artifacts.models import Project, Run, RunFile, RunOutput, RunUse, User
from artifacts.naming import shown
from artifacts.runs.filters import FIELDS, ORDERS, ordered_inside
from artifacts.text.cleaning import clean_text
from registry.actions.delete import delete_run_and_versions
from registry_site.wandb_api.endpoints.stream import writer_of
from registry_site.wandb_api.engine import filters_and_orders, ids
from registry_site.wandb_api.engine.batching import related, remember_visible, visible_project, with_peers
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.paging import Key, connection
from registry_site.wandb_api.engine.resolve import Permission, Resolver, null_if_missing, resolves
from registry_site.wandb_api.resolvers.file_addresses import Addresses, may_in, remember_allowed
from registry_site.wandb_api.resolvers.projects import find_project


def find_run(context: Context, project: Project, name: str) -> Run:
    """The run of this id in a project that the person may see."""
    found = Run.objects.select_related("created_by").filter(project=project, name=clean_text(name)[:200]).first()
    if found is None:
        raise NotFound(f"run “{shown(name)}” not found in “{project.name}”; check its id.")
    found.project = project
    return found


def run_by_id(context: Context, number: str) -> Run:
    """The run with this id, if the person may see it."""
    seen = access.visible_projects(context.person).values("pk")
    found = Run.objects.with_place().filter(pk=ids.decode(number, "Run"), project__in=seen).first()
    if found is None:
        raise NotFound("run not found: no run has this id; fetch it again by its name.")
    remember_visible(context, found.project)
    return found


@resolves("Project.run", "Project.bucket", permission=Permission.checked("view"))
@null_if_missing
def run(project: Project, context: Context, name: str, **ignored: Any) -> Run:
    return find_run(context, project, name)


@resolves("Project.runs", permission=Permission.checked("view"))
def runs(
    project: Project,
    context: Context,
    filters: str | None = None,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    found = filtered(Run.objects.filter(project=project).with_state_now(), filters, FIELDS)
    ordered, key = in_order(found, order)
    return connection(with_peers(ordered), first=first, after=after, key=key, total=found.count)


def in_order(found: QuerySet[Run], order: str | None) -> tuple[QuerySet[Run], Key]:
    """The runs ready for an order of the client's: by a column, or by a value inside the configuration or the summary."""
    sign = "-" if order and order.startswith("-") else ""
    if ordered := ordered_inside(found, (order or "").lstrip("+-"), sign=sign):
        return ordered
    return found, filters_and_orders.key_for(order, ORDERS, default="-pk", inside=FIELDS)


@resolves("Project.runCount", permission=Permission.checked("view"))
def run_count(project: Project, context: Context, filters: str | None = None) -> int:
    return filtered(Run.objects.filter(project=project).with_state_now(), filters, FIELDS).count()


@resolves("Run.id", permission=Permission.PARENT)
def run_id(run: Run, context: Context) -> str:
    return ids.encode("Run", run.pk)


@resolves("Run.project", permission=Permission.checked("view"))
def run_project(run: Run, context: Context) -> Project | None:
    return visible_project(context, run.project)


@resolves("Run.user", permission=Permission.PARENT)
def run_user(run: Run, context: Context) -> User | None:
    return run.created_by


@resolves("Run.projectId", permission=Permission.PARENT)
def run_project_number(run: Run, context: Context) -> str:
    return str(run.project_id)


@resolves("Run.state", permission=Permission.PARENT)
def state(run: Run, context: Context) -> str:
    return run.state_now


@resolves("Run.tags", permission=Permission.PARENT)
def tags(run: Run, context: Context) -> list[str]:
    return [tag.name for tag in sorted(related(run, "tag_rows"), key=lambda tag: tag.pk)]


@resolves("Run.summaryMetrics", permission=Permission.PARENT)
def summary(run: Run, context: Context) -> Any:
    return run.summary


@resolves("Run.wandbConfig", permission=Permission.PARENT)
def client_config(run: Run, context: Context, keys: list[str] | None = None) -> Mapping[str, Any]:
    """What the client keeps of itself in the configuration."""
    inside = run.config.get("_wandb") if isinstance(run.config, dict) else None
    inside = inside.get("value", inside) if isinstance(inside, dict) else {}
    return {key: value for key, value in inside.items() if keys is None or key in keys} if inside else {}


def set_or_null(column: str) -> Resolver:
    """A text of the run; null where nobody gave one, by which the client tells a run without a group."""
    return lambda run, context: getattr(run, column) or None


for text in ("commit", "group", "host", "jobType", "notes"):
    resolves(f"Run.{text}", permission=Permission.PARENT)(set_or_null("job_type" if text == "jobType" else text))


@resolves("Run.description", "Run.sweepName", permission=Permission.PARENT)
def nothing(run: Run, context: Context) -> None:
    return None


@resolves("Run.stopped", permission=Permission.PARENT)
def is_stopped(run: Run, context: Context) -> bool:
    return run.stop_requested_at is not None


@resolves("Run.readOnly", permission=Permission.PARENT)
def is_read_only(run: Run, context: Context) -> bool:
    judgement = context.cache.setdefault("may log", {})
    if run.project_id not in judgement:
        judgement[run.project_id] = access.allowed(context.person, Can.LOG, run.project)
    return not judgement[run.project_id]


@resolves("Run.inputArtifacts", permission=Permission.checked("view"))
def inputs(run: Run, context: Context, after: str | None = None, first: int | None = None) -> dict[str, Any]:
    return versions_of(context, Q(pk__in=RunUse.objects.filter(run=run).values("version")), first, after)


@resolves("Run.outputArtifacts", permission=Permission.checked("view"))
def outputs(run: Run, context: Context, after: str | None = None, first: int | None = None) -> dict[str, Any]:
    logged = Q(run=run) | Q(pk__in=RunOutput.objects.filter(run=run).values("version"))
    return versions_of(context, logged, first, after)


def versions_of(context: Context, which: Q, first: int | None, after: str | None) -> dict[str, Any]:
    """Versions that the person may read, in the order of their making."""
    found = with_peers(access.visible_versions(context.person).live().filter(which))
    return connection(found, first=first, after=after, key="pk", total=found.count)


@resolves("Run.fileCount", permission=Permission.PARENT)
def file_count(run: Run, context: Context) -> int:
    return run.files.filter(uploaded_at__isnull=False).count()


@resolves("Run.files", permission=Permission.checked("download"))
def files(
    run: Run,
    context: Context,
    names: list[str] | None = None,
    pattern: str | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """The files that arrived; `pattern` is that of SQL's LIKE. Of `names` those that are missing are told too."""
    access.require(context.person, Can.DOWNLOAD, run.project)
    remember_allowed(run.project, Can.DOWNLOAD, context)
    found = run.files.filter(uploaded_at__isnull=False)
    if names:
        # `run.save("./notes.txt")` keeps the file as “notes.txt”, and is asked for it by either name.
        names = [name.removeprefix("./") for name in names[: run_actions.MOST_FILES_AT_ONCE]]
        found = found.filter(name__in=names)
    if pattern:
        found = found.filter(matching("name", like(pattern), found))
    answer = connection(
        found, first=first, after=after, key="name", node=lambda row: described(row, run, context), total=found.count
    )
    if names and not after and not answer["page_info"]["has_next_page"]:
        there = {edge["node"]["name"] for edge in answer["edges"]}
        answer["edges"] += [{"node": missing(name, run, context)} for name in names if name not in there]
    return answer


def missing(name: str, run: Run, context: Context) -> dict[str, Any]:
    """A file that isn't there: the client reads that off its MD5 and says so in its own words (wandb.restore)."""
    row = RunFile(pk=0, run=run, name=name)
    return {**described(row, run, context), "md5": "0", "updated_at": None}


def like(pattern: str) -> str:
    """A LIKE pattern as one of RE2, whose time grows with the text only."""
    words = {"%": ".*", "_": "."}
    return f"^{''.join(words.get(one) or re2.escape(one) for one in clean_text(pattern))}$"


def described(row: RunFile, run: Run, context: Context) -> dict[str, Any]:
    """A run's file as the client's File."""
    row.run = run
    is_there = row.uploaded_at is not None
    return {
        "__typename": "File",
        "id": ids.encode("RunFile", row.pk),
        "name": row.name,
        "display_name": row.name,
        "addresses": Addresses(
            may_in(run.project, context),
            fetch=(lambda: context.absolute(signed_urls.run_file_download(row, holder=context.person)))
            if is_there
            else None,
            page=lambda: context.absolute(file_path(row, run)),
            send=(lambda: context.absolute(signed_urls.run_file_upload(row, holder=context.person)))
            if row.pk
            else None,
        ),
        "upload_headers": [],
        "storage_path": row.name,
        "size_bytes": row.size,
        "md5": base64.b64encode(bytes.fromhex(row.md5)).decode() if row.md5 else None,
        "digest": row.md5 or None,
        "mimetype": mimetypes.guess_type(row.name)[0],
        "updated_at": row.uploaded_at or row.created_at,
        "artifact": None,
    }


def file_path(row: RunFile, run: Run) -> str:
    """Where whoever has a key fetches a run's file."""
    return reverse("run-file", args=[run.project.entity.name, run.project.name, run.name, row.name])


@resolves("Mutation.upsertBucket", permission=Permission.checked("log"))
def upsert_bucket(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    changes = changes_in(input, writer_of(context.request, "X-Wandb-Client-Id"))
    if input.get("id"):
        found = run_actions.change_run(run_by_id(context, input["id"]), changes, acting_user=context.person)
        return {"bucket": found, "inserted": False}
    name = input.get("entity_name")
    entity = addresses.entity(context.person, name) if name else people.default_entity(context.person)
    found, inserted = run_actions.upsert_run(
        entity, input.get("model_name"), input.get("name"), changes, acting_user=context.person
    )
    remember_visible(context, found.project)
    # wandb-core begins its streams at the number of lines that it hears of here; only who resumes goes on where others ended.
    found.history_lines = 0
    return {"bucket": found, "inserted": inserted}


def changes_in(input: dict[str, Any], writer: str) -> RunChanges:
    """What the client wants to be set; `description` is an old word of it for the notes."""
    return RunChanges(
        display_name=input.get("display_name"),
        config=json_object(input.get("config"), "configuration"),
        summary=json_object(input.get("summary_metrics"), "summary"),
        group=input.get("group_name"),
        job_type=input.get("job_type"),
        notes=input.get("notes"),
        host=input.get("host"),
        program=input.get("job_program"),
        commit=input.get("commit"),
        repository=input.get("job_repo"),
        state=input.get("state"),
        tags=input.get("tags"),
        writer=writer,
    )


def json_object(text: str | None, what: str) -> Mapping[str, object] | None:
    """An object in a JSONString; an empty one is no change."""
    if not text:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid(f"The run's {what} is not JSON.") from None
    if not isinstance(value, dict | None):
        raise Invalid(f"The run's {what} is not a JSON object; send one such as {{“lr”: 0.1}}.")
    return value


@resolves("Mutation.deleteRun", permission=Permission.checked("edit"))
def delete_run(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    found = run_by_id(context, input["id"])
    if input.get("delete_artifacts"):
        delete_run_and_versions(found, acting_user=context.person)
    else:
        run_actions.delete_run(found, acting_user=context.person)
    return {"success": True, "client_mutation_id": None}


@resolves("Mutation.stopRun", permission=Permission.checked("log"))
def stop_run(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    run_actions.stop_run(run_by_id(context, input["id"]), acting_user=context.person)
    return {"success": True}


@resolves("Mutation.updateRunState", permission=Permission.checked("log"))
def update_run_state(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    run_actions.move_run(run_by_id(context, input["id"]), input["state"], acting_user=context.person)
    return {"success": True}


@resolves("Mutation.deleteFiles", permission=Permission.checked("edit"))
def delete_files(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    """Delete those of the files that the person can see; one that is gone already is no error."""
    seen = access.visible_projects(context.person).values("pk")
    numbers = [ids.decode(number, "RunFile") for number in input["files"][: run_actions.MOST_FILES_AT_ONCE]]
    found = RunFile.objects.select_related("run__project").filter(pk__in=numbers, run__project__in=seen)
    run_actions.delete_run_files(list(found), acting_user=context.person)
    return {"success": True}


@resolves("Mutation.createRunFiles", permission=Permission.checked("log"))
def create_run_files(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    """A place for each file; the client then sends the bytes there."""
    run = run_in(context, input)
    rows = run_actions.create_run_files(run, input["files"], acting_user=context.person)
    return {
        "run_id": ids.encode("Run", run.pk),
        "upload_headers": [],
        "files": [described(row, run, context) for row in rows],
    }


@resolves("Mutation.markRunFilesUploaded", permission=Permission.checked("log"))
def mark_run_files_uploaded(source: None, context: Context, input: dict[str, Any]) -> dict[str, Any]:
    """The upload itself says that a file is there, so there is nothing left to mark."""
    run_in(context, input)
    return {"success": True}


def run_in(context: Context, input: dict[str, Any]) -> Run:
    """The run that an input names, in a project where the person may log."""
    project = find_project(context, input["entity_name"], input["project_name"], can=Can.LOG)
    return find_run(context, project, input["run_name"])
