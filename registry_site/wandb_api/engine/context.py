"""What every resolver of one operation is given."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest

from artifacts.errors import Forbidden

if TYPE_CHECKING:
    from artifacts.models import User


@dataclass
class Context:
    """One operation: who asks, by which request, and what its resolvers remember for each other."""

    request: HttpRequest
    user: "User | None"
    cache: dict[Any, Any] = field(default_factory=dict)
    types: frozenset[str] = frozenset()  # that the document has fragments on: what its client knows
    status: int = 200  # of the answer: the client tells some refusals by it (`answers_with`)

    @property
    def person(self) -> "User":
        """Whoever asks, for resolvers that only somebody signed in reaches."""
        if self.user is None:
            raise Forbidden("user is not logged in")
        return self.user

    def absolute(self, path: str) -> str:
        """The address of a path as the client reaches it: by the public URL, else by the host that it asked."""
        public: str = getattr(settings, "PUBLIC_URL", "")
        return public + path if public else self.request.build_absolute_uri(path)
