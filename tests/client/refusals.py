"""Several people's clients in one process, and what the client's user is shown when the server refuses, and how soon."""

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from tests.client.conftest import Client

SOON = 2  # seconds: the client waits at least as long before it tries again


API_OF = """
def api_of(name):
    return wandb.Api(api_key=json.loads(os.environ["KEYS"])[name])

"""


def together(client: Client, script: str, *, user: str = "bob") -> list[object]:
    """As `client.run`, for a script in which `api_of("carol")` is another person's `Api`: a process for each costs seconds."""
    return client.run(API_OF + textwrap.dedent(script), user=user, KEYS=json.dumps(dict(client.keys)))


@dataclass(frozen=True)
class Refusal:
    """The exception of the client: its class, what it says, and what the exception behind it says."""

    kind: str
    text: str
    cause: str


def refusals(client: Client, acts: Sequence[str], *, user: str = "bob", before: str = "") -> list[Refusal]:
    """How each of these expressions on `api` is refused; one that isn't, or is tried again, fails the test.

    What took long is done once more: a busy machine is slow once, a client that tries again is slow every time.
    """
    script = f"""
{API_OF}
api = wandb.Api()
api.artifact_exists("nobody/nothing/at:v0")

def refused(act):
    began = time.monotonic()
    try:
        eval(act)
    except Exception as error:
        return time.monotonic() - began, [type(error).__name__, str(error), str(error.__cause__ or "")]
    raise SystemExit(f"{{act}} was not refused")

{before}
for act in {list(acts)!r}:
    took, told = refused(act)
    assert took < {SOON} or refused(act)[0] < {SOON}, act
    say(told)
"""
    said = client.run(script, user=user, KEYS=json.dumps(dict(client.keys)))
    return [Refusal(*one) for one in said]  # type: ignore[misc]
