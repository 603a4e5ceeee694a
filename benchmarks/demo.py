"""The demo organization on a server of its own, with somebody logged in: for what is looked at."""

import re

from playwright.sync_api import Page

from benchmarks.serving import Serving

USER = "ada"


class Demo(Serving):
    """`manage.py start` with the organization of `load_demo`; `password` is what everybody in it has."""

    password = ""

    def __enter__(self) -> "Demo":
        self.start()
        said = self.manage("load_demo").stdout
        found = re.search(r"password (\S+)", said)
        if found is None:
            raise RuntimeError(said)
        self.password = found[1]
        return self


def log_in(page: Page, demo: Demo) -> None:
    """Through the form, as people do."""
    page.goto(f"{demo.url}/login")
    page.fill("input[name=name]", USER)
    page.fill("input[name=password]", demo.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda address: "/login" not in address)
