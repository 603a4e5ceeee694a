"""Secrets at rest: sealed with a key that is derived from the installation's secret key, opened only to be sent."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

from artifacts.errors import Invalid

PURPOSE = b"linkyard.secrets"


def seal(text: str) -> bytes:
    """The text as it may be stored."""
    return _box().encrypt(text.encode())


def unseal(sealed: bytes) -> str:
    """What was sealed here; Invalid when the installation's secret key is another one since then."""
    try:
        return _box().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise Invalid(
            "This secret was sealed with another secret key and can't be opened; set it again in the team's settings."
        ) from None


def _box() -> MultiFernet:
    """Seals with the present key; opens what former ones (SECRET_KEY_FALLBACKS) sealed too."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str | bytes) -> bytes:
    """Another key than the one that signs sessions: one use of it teaches nothing about the other."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(force_bytes(key))
