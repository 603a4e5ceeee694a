"""What the domain says when it refuses. The message is one sentence for people: what, why, what to do."""


class DomainError(Exception):
    """A refusal that changed nothing; pages and the client show its message as it is, and nobody reads it back.

    `field` names the input that was wrong, in the words of the action's arguments ("aliases", "name", "types", "tags",
    "description", "metadata"), and is empty where the refusal is about no single one; `value` is what stood in it,
    as far as one of several values is to blame.
    """

    def __init__(self, message: str = "", *, field: str = "", value: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.value = value


class NotFound(DomainError):
    """It doesn't exist, or exists for others only: the two are the same to whoever asks."""


class Forbidden(DomainError):
    """It is visible, but this act on it needs a role that the actor doesn't have."""


class Conflict(DomainError):
    """What exists already stands in the way."""


class Invalid(DomainError):
    """The request itself can't be carried out."""


class NotYet(DomainError):
    """The same request will succeed by itself later; the client may repeat it after `seconds`."""

    def __init__(self, message: str, *, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds
