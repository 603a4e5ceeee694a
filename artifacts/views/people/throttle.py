"""How often somebody may guess wrongly before they have to wait: two counters on the cache, by name and by address.

The cache is the process's own: with several workers each counts for itself, which still bounds the guesses.
"""

import hashlib
import ipaddress
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

WINDOW = 15 * 60
# Behind one address there may be a whole office; behind one name there is one person.
FAILURES = {"name": 10, "address": 30}


def address_of(request: HttpRequest) -> str:
    """The visitor's address."""
    return visitor(request.META)


def visitor(environ: Mapping[str, Any]) -> str:
    """A visitor's address; behind a proxy on this machine, or a trusted one, the last that the proxy has seen."""
    address = str(environ.get("REMOTE_ADDR", ""))
    forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
    try:
        is_proxied = ipaddress.ip_address(address).is_loopback or settings.PUBLIC_URL.startswith("https://")
        return str(ipaddress.ip_address(forwarded)) if forwarded and is_proxied else address
    except ValueError:
        return address


def _key(kind: str, who: str) -> str:
    return f"failures:{kind}:{hashlib.sha256(who.encode('utf-8', 'replace')).hexdigest()}"


def wait(**who: str) -> int:
    """Seconds until the next try is heard, 0 if now: `wait(name="ada", address="10.0.0.7")`."""
    left = 0
    for kind, value in who.items():
        key = _key(kind, value)
        if (cache.get(key) or 0) >= FAILURES[kind]:
            left = max(left, int((cache.get(f"{key}:until") or 0) - time.time()) + 1)
    return left


def fail(**who: str) -> None:
    """Count a wrong guess; the window begins with the first one."""
    for kind, value in who.items():
        key = _key(kind, value)
        if cache.add(key, 1, WINDOW):
            cache.set(f"{key}:until", time.time() + WINDOW, WINDOW)
            continue
        try:
            cache.incr(key)
        except ValueError:  # it ended between the two calls
            cache.add(key, 1, WINDOW)


def forgive(**who: str) -> None:
    """Forget the wrong guesses: the right one came."""
    cache.delete_many([_key(kind, value) for kind, value in who.items()])
