"""Every address that may show a page, filled with the names of things that exist."""

import re
from collections.abc import Iterator, Mapping, Sequence

from django.urls import reverse

from tests.test_permissions import OURS

VERSION_TABS = ("overview", "metadata", "usage", "files", "lineage")
RUN_TABS = ("overview", "charts", "config", "system", "log", "files", "artifacts")


def addresses(
    logged: Mapping[str, str], registry: Mapping[str, str], queries: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str]]:
    """Names with addresses: of a project's things, of a registry's, and each page's variants by the name of its address.

    A word under the name of an address is the number that it asks for. A variant may name words of `logged` in braces.
    What only takes a POST is among them; whoever asks passes it over.
    """
    for route, pattern in OURS:
        if pattern.name in {"telemetry", "traces"}:
            continue  # the client's; nobody opens them
        words = {**logged, **registry} if "<str:org>" in route or "<str:registry>" in route else logged
        space = pattern.callback.__module__.split(".")[0]
        is_bare = pattern.name in {"login", "logout"} or space == "registry_site"
        known = re.findall(r"<\w+:(\w+)>", route)
        tabs = (RUN_TABS if "run" in known else VERSION_TABS) if "tab" in known else ("",)
        for tab in tabs:
            own = {"tab": tab, "number": words.get(pattern.name, words["number"])}
            arguments = {key: own.get(key, words.get(key, "")) for key in known}
            address = reverse(pattern.name if is_bare else f"{space}:{pattern.name}", kwargs=arguments)
            for query in queries.get(pattern.name, [""]):
                yield f"{space}:{pattern.name} {tab}{query}".strip(), address + query.format(**logged)
