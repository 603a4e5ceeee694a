"""Who is asking: a name and password in the browser, an API key from the client."""

import hashlib
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from artifacts.models import ApiKey, Invitation, User

KEY_USE_SHOWN_WITHIN = timedelta(hours=1)  # a write for each request would cost more than the request


class NameBackend:
    """Django's login by name in any capitalization."""

    def authenticate(self, request: object, username: str | None = None, password: str | None = None) -> User | None:
        """The person, if name and password belong together and the account is active."""
        if username is None or password is None:
            return None
        user = User.objects.named(username.strip()).first()
        if user is None:
            make_password(password)  # as long as checking one: the time doesn't tell which names exist
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        """The person of a session, gone as soon as the account is deactivated; pages ask whether an invitation waits for them."""
        waiting = Invitation.objects.filter(user=OuterRef("pk"))
        return User.objects.filter(pk=user_id, is_active=True).annotate(is_invited=Exists(waiting)).first()


def key_digest(key: str) -> str:
    """What is stored of an API key: a fast hash is enough for 40 random characters."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def user_of_key(key: str) -> User | None:
    """The active person to whom an API key belongs."""
    if not 40 <= len(key) <= 512:
        return None
    row = (
        ApiKey.objects.select_related("user")
        .filter(digest=key_digest(key), revoked_at__isnull=True, user__is_active=True)
        .first()
    )
    if row is None:
        return None
    now = timezone.now()
    if row.last_used_at is None or row.last_used_at < now - KEY_USE_SHOWN_WITHIN:
        _note_use(row, now)
    row.user.key_in_use = row.pk
    return row.user


def _note_use(key: ApiKey, now: datetime) -> None:
    """Write when a key was used if nobody else is writing; whoever reads waits for no writer, and the next request tries again."""
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - KEY_USE_SHOWN_WITHIN)
    rows = ApiKey.objects.filter(stale, pk=key.pk)
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        waits = int(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 0")
            try:
                rows.update(last_used_at=now)
            except OperationalError:
                pass
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {waits}")
    else:
        with transaction.atomic():
            free = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
            ApiKey.objects.filter(pk__in=free).update(last_used_at=now)


def holder_of(person: int, key: int | None) -> User | None:
    """The active person whom a signed address was made for, None also where the API key that asked for it was revoked since."""
    if key is None:
        return User.objects.filter(pk=person, is_active=True).first()
    rows = ApiKey.objects.select_related("user").filter(pk=key, user=person)
    row = rows.filter(revoked_at__isnull=True, user__is_active=True).first()
    return None if row is None else row.user
