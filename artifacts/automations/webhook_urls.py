"""Where a webhook may lead: judged when it is saved, and to be judged again for every address that is dialled.

A server that posts to whatever people type is a way into its own network. So only http and https, only their usual
ports, and nothing private, unless the operator names the host (LINKYARD_WEBHOOK_ALLOW).
"""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

from django.conf import settings

from artifacts.errors import Invalid
from artifacts.naming import shown

LONGEST = 2048
PORTS = {80, 443, 8080, 8443}
USUAL = {"http": 80, "https": 443}
INWARD = re.compile(r"(^|\.)(localhost|localdomain|local|internal|home\.arpa|lan|intranet)$")
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def webhook_url(text: str) -> str:
    """The URL if a webhook may lead there as far as it can be told without asking for addresses; else Invalid."""
    host, port = _read(text)
    if is_allowed(host, port):
        return text
    if port not in PORTS:
        raise Invalid(
            f"A webhook can't go to port {port}; use 80, 443, 8080 or 8443, or ask the operator to allow “{host}:{port}”."
        )
    address = literal(host)
    if address is not None:
        refuse_private(address, host, port)
    elif "." not in host or INWARD.search(host):
        raise Invalid(
            f"“{shown(host)}” is a name of the server's own network; use a public one, or ask the operator to allow it."
        )
    return text


def without_path(url: str) -> str:
    """The URL as those are told it who don't use the webhook: a path or query may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/…"


def refuse_private(address: Address, host: str, port: int) -> None:
    """Refuse an address that isn't a public one, unless the operator allows the host; for literals and for what a name resolves to."""
    if not is_allowed(host, port) and not _is_public(address):
        raise Invalid(
            f"“{shown(host)}” is or leads to a private address ({address}), where webhooks don't go; "
            "use a public host, or ask the operator to allow this one."
        )


def is_allowed(host: str, port: int) -> bool:
    """Whether the operator allows webhooks there: the host on every port, or the host with this one."""
    return bool({host, f"{host}:{port}"} & settings.WEBHOOK_ALLOW)


def _read(text: str) -> tuple[str, int]:
    """The host of a URL as it is compared, and its port."""
    if not text or len(text) > LONGEST or not text.isascii() or re.search(r"[\s\x00-\x1f\x7f\\]", text):
        raise Invalid(
            f"The URL is empty, longer than {LONGEST} characters or has spaces or other letters in it; mend it."
        )
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise Invalid(f"“{shown(text)}” is no URL; write it like https://example.com/hook.") from None
    if parts.scheme not in USUAL:
        raise Invalid("A webhook's URL begins with https:// or http://; other schemes are not sent to.")
    if "@" in parts.netloc:
        raise Invalid(
            "The URL has a name or password in it; put it into a team secret and choose that as access token."
        )
    if literal(host) is None and not all(LABEL.fullmatch(label) for label in host.split(".")):
        raise Invalid(f"“{shown(host)}” is no host name; write the URL like https://example.com/hook.")
    if port == 0:
        raise Invalid("A webhook can't go to port 0; leave the port out.")
    return host, port or USUAL[parts.scheme]


def literal(host: str) -> Address | None:
    """The address that a host is instead of a name, also in the forms that only resolvers read (`2130706433`, `0x7f.1`)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _is_public(address: Address) -> bool:
    """Whether an address is of the internet, also inside the ways of writing an IPv4 address as an IPv6 one."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(inner)
    return address.is_global and not address.is_multicast
