"""How often somebody may guess wrongly before they have to wait: counted by name and by address.

The counts are rows, so that all processes share them and other guesses can't push them out.
"""

import hashlib
import ipaddress
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from artifacts.models import WrongGuesses

WINDOW = timedelta(minutes=15)
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
    return hashlib.sha256(f"{kind}:{who}".encode("utf-8", "replace")).hexdigest()


def wait(**who: str) -> int:
    """Seconds until the next try is heard, 0 if now: `wait(name="ada", address="10.0.0.7")`."""
    kinds = {_key(kind, value): kind for kind, value in who.items()}
    now = timezone.now()
    left = 0
    for row in WrongGuesses.objects.filter(who__in=kinds, until__gt=now):
        if row.count >= FAILURES[kinds[row.who]]:
            left = max(left, int((row.until - now).total_seconds()) + 1)
    return left


def fail(**who: str) -> None:
    """Count a wrong guess; the window begins with the first one. What is over is cleared away."""
    now = timezone.now()
    with transaction.atomic():
        WrongGuesses.objects.filter(until__lte=now).delete()
        for key in sorted(_key(kind, value) for kind, value in who.items()):
            WrongGuesses.objects.bulk_create(
                [WrongGuesses(who=key, count=0, until=now + WINDOW)], ignore_conflicts=True
            )
            WrongGuesses.objects.filter(who=key).update(count=F("count") + 1)


def forgive(**who: str) -> None:
    """Forget the wrong guesses: the right one came."""
    WrongGuesses.objects.filter(who__in=[_key(kind, value) for kind, value in who.items()]).delete()
