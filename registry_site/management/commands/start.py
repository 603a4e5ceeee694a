"""`start`: all the set-up and the whole product."""

import ipaddress
import os
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError, CommandParser

from registry_site.management.operator_command import OperatorCommand, Report
from registry_site.server import installation


class Command(OperatorCommand):
    help = "Set up what is missing and serve until stopped: pages, the client's protocol and background work."
    needs_database = False  # it has better things to say first

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="default: %(default)s")
        parser.add_argument(
            "--workers", type=int, help="processes that answer requests (default: one for each core, 4 at most)"
        )

        parser.add_argument("--demo", action="store_true", help="also load a realistic organization, once")

    def act(self, **given: Any) -> Report:
        host, port = given["host"], given["port"]
        workers = min(4, os.cpu_count() or 1) if given["workers"] is None else given["workers"]
        if not 1 <= port <= 65_535 or not 1 <= workers <= 64:
            raise CommandError("--port must be between 1 and 65535, and --workers between 1 and 64.")
        trust(host)

        from registry_site.server import serving  # the other commands do without the web server

        listening = serving.free_address(host, port)
        installation.prepare_database()
        installation.collect_static()
        made = installation.make_first_administrator()
        address = settings.PUBLIC_URL or f"http://{bracketed(host)}:{port}"
        if made is not None:
            name, password = made
            self.stdout.write(f"Made the user “{name}”; its password, shown only now: {password}")
            self.stdout.write(f"Log in at {address}/login and change it under Settings.")
        if given["demo"]:
            self.load_demo()
        self.stdout.write(f"Linkyard serves {address} (workers: {workers}); stop it with Ctrl-C.")
        self.stdout.flush()
        serving.serve(listening, port, workers=workers)
        return Report("Linkyard has stopped.")

    def load_demo(self) -> None:
        """Load the demo unless it was loaded before."""
        from registry_site.management.commands import load_demo

        if not load_demo.is_loaded():
            self.stdout.write(load_demo.Command().act().sentence)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def bracketed(host: str) -> str:
    """An IPv6 address as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def trust(host: str) -> None:
    """Accept requests for the address given; one that others reach needs a public address, which is what is accepted then."""
    if not is_loopback(host) and not settings.PUBLIC_URL:
        raise ImproperlyConfigured(
            f"Others can reach {host}, so the address they use must be known: set LINKYARD_PUBLIC_URL, "
            f"such as LINKYARD_PUBLIC_URL=https://linkyard.example.com, or leave --host out to serve this machine only."
        )
    settings.ALLOWED_HOSTS.append(bracketed(host))
