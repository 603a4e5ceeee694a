"""Every link on every page of the demo leads somewhere, for who administers and for who only looks."""

from collections import Counter
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import resolve

from artifacts.models import Run, User
from registry_site.demo import story
from tests.page_addresses import addresses

pytestmark = pytest.mark.once

GOOD = {200, 204, 301, 302}
ALIKE = 1  # so many links of one kind are followed, for each person
# What a link may not be followed to here: it ends the session, or belongs to Django.
LEFT_OUT = ("/logout", "/admin")


class Links(HTMLParser):
    """The addresses that a page's links and its controls for htmx lead to."""

    def __init__(self, page: str, text: str) -> None:
        super().__init__()
        self.page, self.found, self.jumps, self.ids = page, set[str](), set[str](), set[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids.add(given.get("id") or "")
        for name in ("href", "hx-get", "src"):
            value = given.get(name)
            if value and value.startswith("#"):
                self.jumps.add(value[1:])
            elif (
                value and not urlsplit(urljoin(self.page, value)).netloc and not value.startswith(("data:", "mailto:"))
            ):
                self.found.add(urljoin(self.page, value).split("#")[0])


def words() -> tuple[dict[str, str], dict[str, str]]:
    """The demo's names for the addresses of a project's and a registry's things."""
    run = Run.objects.filter(project__name="detector").latest("pk")
    logged = {
        "entity": "acme-vision",
        "project": "detector",
        "type": "model",
        "collection": "yolo-street",
        "reference": "v7",
    }
    logged |= {"run": run.name, "person": "linus", "kind": "user", "number": "1", "secret": "TOKEN"}
    registry = {"org": story.ORGANIZATION, "registry": "model", "collection": "detectors", "reference": "v4"}
    return logged, registry


def kind_of(link: str) -> tuple[str, ...]:
    """What links have in common that differ in the things they are about only."""
    parts = urlsplit(link)
    found = resolve(parts.path)
    return (found.view_name, found.kwargs.get("tab", ""), *sorted({key for key, _ in parse_qsl(parts.query)}))


@pytest.mark.django_db
def test_every_link_of_every_page_leads_somewhere() -> None:
    story.load()
    wrong = {}
    for name in ("ada", "tomas"):
        client = Client()
        client.force_login(User.objects.get(name=name))
        pages = {address: client.get(address) for _, address in addresses(*words(), {})}
        shown = {
            address: Links(address, answer.content.decode())
            for address, answer in pages.items()
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html") and not answer.streaming
        }
        assert len(shown) > 40
        asked = {address: answer.status_code for address, answer in pages.items()}
        kinds = Counter[tuple[str, ...]]()
        for address, links in shown.items():
            missing = {jump for jump in links.jumps - {""} if jump not in links.ids}
            if missing and "<main" in pages[address].content.decode():
                wrong[f"{name}: {address}"] = f"no element {sorted(missing)}"
            for link in links.found:
                if link.startswith(("/static/", *LEFT_OUT)):
                    continue
                if link not in asked and kinds[kind_of(link)] < ALIKE:
                    kinds[kind_of(link)] += 1
                    asked[link] = client.get(link).status_code
                if asked.get(link, 200) not in GOOD:
                    wrong[f"{name}: {address}"] = f"{link} answers {asked[link]}"
    assert wrong == {}
