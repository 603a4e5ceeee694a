"""The addresses of a File's bytes: the one place where a field hands one out, and only to whom its declared permission lets.

A resolver that answers a File gives it `Addresses`: how to judge a verb where the file lies, and how to make each address. No address is
made, and no right judged, unless the field is asked for. The address is judged again when it is used (endpoints/files.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from artifacts import access
from artifacts.access import Can
from artifacts.errors import Forbidden
from artifacts.models import Project
from registry_site.wandb_api.engine.context import Context
from registry_site.wandb_api.engine.resolve import Permission, resolves

NO_DOWNLOAD = (
    "permission denied: your role here shows the files' names only; ask an administrator for the role of a viewer."
)


@dataclass(frozen=True)
class Addresses:
    """What a File may hand out. A verb that `may` doesn't have is nobody's."""

    may: Mapping[Can, Callable[[], bool]] = field(default_factory=dict)
    fetch: Callable[[], str] | None = None
    page: Callable[[], str] | None = None  # the address that takes a key, where it differs from `fetch`
    send: Callable[[], str | None] | None = None
    send_parts: Callable[[], dict[str, Any] | None] | None = None

    def allows(self, can: Can) -> bool:
        """Whether the person may do this with the file."""
        return can in self.may and self.may[can]()


def may_in(project: Project, context: Context) -> dict[Can, Callable[[], bool]]:
    """The judgements for a file that lies in a project; each is made once in an operation."""
    known: dict[tuple[int, Can], bool] = context.cache.setdefault("may in", {})

    def judged(can: Can) -> Callable[[], bool]:
        def judge() -> bool:
            if (project.pk, can) not in known:
                known[project.pk, can] = access.allowed(context.person, can, project)
            return known[project.pk, can]

        return judge

    return {can: judged(can) for can in (Can.DOWNLOAD, Can.LOG)}


def remember_allowed(project: Project, can: Can, context: Context) -> None:
    """This was demanded of the project already, so that its files needn't ask again."""
    context.cache.setdefault("may in", {})[project.pk, can] = True


def addresses_of(file: dict[str, Any]) -> Addresses:
    """Those of a File; one without has none."""
    found: Addresses = file.get("addresses") or Addresses()
    return found


@resolves("File.directUrl", permission=Permission.checked("download"))
def direct_url(file: dict[str, Any], context: Context) -> str:
    """Where the bytes are fetched from without a key; empty while there are none."""
    addresses = addresses_of(file)
    if addresses.fetch is None:
        return ""
    if not addresses.allows(Can.DOWNLOAD):
        raise Forbidden(NO_DOWNLOAD)
    return addresses.fetch()


@resolves("File.url", permission=Permission.checked("download"))
def url(file: dict[str, Any], context: Context, upload: bool | None = None) -> str | None:
    """Where the bytes are fetched from, by whoever has a key where the file has such an address."""
    addresses = addresses_of(file)
    make = addresses.page or addresses.fetch
    if make is None:
        return None
    if not addresses.allows(Can.DOWNLOAD):
        raise Forbidden(NO_DOWNLOAD)
    return make()


@resolves("File.uploadUrl", permission=Permission.checked("log"))
def upload_url(file: dict[str, Any], context: Context) -> str | None:
    """Where the bytes are sent to; null for whoever may only read, as for a file that is here already."""
    addresses = addresses_of(file)
    return addresses.send() if addresses.send is not None and addresses.allows(Can.LOG) else None


@resolves("File.uploadMultipartUrls", permission=Permission.checked("log"))
def upload_multipart_urls(file: dict[str, Any], context: Context) -> dict[str, Any] | None:
    """Where the parts of a large file are sent to; null as above."""
    addresses = addresses_of(file)
    return addresses.send_parts() if addresses.send_parts is not None and addresses.allows(Can.LOG) else None
