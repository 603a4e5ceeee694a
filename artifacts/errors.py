"""What the domain says when it refuses. The message is one sentence for people: what, why, what to do."""


class DomainError(Exception):
    """A refusal that changed nothing; pages and the client show its message as it is."""


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
