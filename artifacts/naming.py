"""What may be a name: one function for each kind of named thing, and the key by which names are compared."""

import re
import unicodedata
from collections.abc import Iterable

from artifacts.errors import Invalid

LONGEST_NAME = 128
REGISTRY_PREFIX = "wandb-registry-"
LONGEST_NATURAL = 400  # of a name in which every second sign is a zero
LATEST = "latest"

# First segments of our addresses: no entity may be named so (a test derives the list from the URL configuration).
RESERVED_ENTITIES = frozenset(
    {
        "-", "admin", "api", "artifacts", "artifactsv2", "authorize", "favicon.ico", "files", "graphql", "healthz", "home", "login",
        "logout", "metrics", "oidc", "orgs", "quickstart", "readyz", "registry", "robots.txt", "sdk", "search", "settings",
        "static", "storage", "theme", "traces", "wandb_artifacts",
    }
)  # fmt: skip
RESERVED_PROJECTS = frozenset({"-", "settings", "registry", "artifacts"})
INTERNAL_TYPES = re.compile(r"wandb-.*|run_table|code|job")  # what the client logs by itself
DIGITS = re.compile(r"[0-9]+")
ZEROS = re.compile(r"(?<![0-9])0[0-9]")
# Control characters but the end of a line, the two other line ends of Unicode, marks of direction, lone surrogates.
UNSEEN = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
VERSION_ALIAS = re.compile(r"v\d+")
ENTITY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
TAG = re.compile(r"[-\w]+( +[-\w]+)*")
TYPE = re.compile(r"[-\w]+([ ]*[-.\w]+)*")
RUN = re.compile(r"(?:[^/\\#?%:\s]| )+")  # the client lets people name a run "resnet 50"
ADDRESS_CHARACTERS = "/\\#?%:"


def key_of(name: str) -> str:
    """The form in which two names are the same: NFC and casefolded, computed here since databases disagree on `lower`."""
    name = name.replace("\x00", "\ufffd")  # PostgreSQL refuses even to look for a NUL
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def natural_key(key: str) -> str:
    """The form of a key that sorts, byte by byte, as people count: before each run of digits stands its length, without leading zeros.

    Two different keys have different forms: where zeros were left out, the key itself follows after a sign that no name has.
    """
    natural = DIGITS.sub(_counted, key)
    return f"{natural}\x1f{key}" if ZEROS.search(key) else natural


def _counted(match: re.Match[str]) -> str:
    digits = match.group().lstrip("0")
    count = len(digits)
    return f"{count}{digits}" if count < 9 else f"9{count:03}{digits}"


def escaped(text: str) -> str:
    """A line for a log or a terminal, in which nothing moves the cursor, turns the direction or looks like another line.

    Written as JSON writes it, so that a line of JSON stays one.
    """
    return UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def shown(name: str) -> str:
    """A name inside an error sentence, shortened so that a hostile one can't fill the page."""
    return name if len(name) <= 60 else f"{name[:57]}…"


def _checked(what: str, name: str, *, longest: int = LONGEST_NAME, forbidden: str = "", field: str = "name") -> str:
    """The rules for every name; returns it in NFC. A refusal names the input that it was given in."""
    if not name:
        raise Invalid(f"{what} is empty; give it a name.", field=field, value=name)
    name = unicodedata.normalize("NFC", name)
    # Casefolding makes some names longer (ß is ss), and the key has a column of its own.
    length = max(len(name), len(key_of(name)))
    if length > longest:
        raise Invalid(
            f"{what} “{shown(name)}” has {length} characters; {longest} are the most.", field=field, value=name
        )
    if name != name.strip():
        raise Invalid(
            f"{what} “{shown(name)}” begins or ends with a space; leave the space out.", field=field, value=name
        )
    if name in {".", "..", "-"}:
        raise Invalid(f"{what} can't be “{name}”; choose a word.", field=field, value=name)
    if any(unicodedata.category(character) in {"Cc", "Cs", "Cf", "Zl", "Zp", "Cn"} for character in name):
        raise Invalid(
            f"{what} has a control or invisible character; use letters, digits and plain punctuation.",
            field=field,
            value=name,
        )
    for character in forbidden:
        if character in name:
            raise Invalid(
                f"{what} “{shown(name)}” contains “{character}”; choose a name without any of {forbidden}",
                field=field,
                value=name,
            )
    return name


def entity_name(name: str) -> str:
    """A person's or a team's name: it is also the first part of an address."""
    name = _checked("The name", name, longest=64)
    if not ENTITY.fullmatch(name):
        raise Invalid(
            f"The name “{shown(name)}” doesn't fit an address; use letters, digits, “-”, “_” and “.” only.",
            field="name",
            value=name,
        )
    if key_of(name) in RESERVED_ENTITIES:
        raise Invalid(f"The name “{name}” is an address of this site; choose another one.", field="name", value=name)
    return name


def organization_name(name: str) -> str:
    """What people and the client call an organization: it may have spaces."""
    return _checked("The organization's name", name, longest=64, forbidden=ADDRESS_CHARACTERS)


def slug_of(name: str) -> str:
    """An organization's name as the name of its entity, such as `acme-corp` for “Acme Corp”."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_.]+", "-", plain).strip("-.") or "organization"


def project_name(name: str) -> str:
    """An ordinary project's name; those of registries are made by `registry_project_name`."""
    name = _checked("The project's name", name, forbidden=ADDRESS_CHARACTERS)
    if key_of(name).startswith(REGISTRY_PREFIX):
        raise Invalid(
            f"The project's name “{shown(name)}” begins like a registry's; leave “{REGISTRY_PREFIX}” out.",
            field="name",
            value=name,
        )
    if key_of(name) in RESERVED_PROJECTS:
        raise Invalid(
            f"The project's name “{name}” is an address of this site; choose another one.", field="name", value=name
        )
    return name


def registry_project_name(name: str) -> str:
    """The name under which a registry's project is stored: the registry's own name behind the prefix.

    The sentences are those that the client raises for the same faults (wandb/apis/public/registries/_utils.py).
    """
    name = name.removeprefix(REGISTRY_PREFIX)
    if not name:
        raise Invalid("Registry name cannot be empty.", field="name", value=name)
    if key_of(name).startswith(REGISTRY_PREFIX):
        raise Invalid(
            f"The registry's name “{shown(name)}” begins with “{REGISTRY_PREFIX}”, which stands before every registry's name "
            "by itself; leave it out.",
            field="name",
            value=name,
        )
    longest = LONGEST_NAME - len(REGISTRY_PREFIX)
    if len(name) > longest:
        raise Invalid(
            f"Invalid registry name “{shown(name)}”, must be {longest} characters or less.", field="name", value=name
        )
    return REGISTRY_PREFIX + _checked("The registry's name", name, longest=longest, forbidden=ADDRESS_CHARACTERS)


def collection_name(name: str) -> str:
    """A collection's name, in a project and in a registry alike."""
    return _checked("The collection's name", name, forbidden="/:")


def type_name(name: str) -> str:
    """An artifact type that people may choose, such as `model`."""
    name = _checked("The type", name, forbidden="/:", field="types")
    if not TYPE.fullmatch(name):
        raise Invalid(
            f"The type “{shown(name)}” isn't a word; use letters, digits, “-”, “_”, “.” and spaces between them.",
            field="types",
            value=name,
        )
    return name


def refuse_two_spellings(names: Iterable[str]) -> None:
    """Refuse types of which two are told apart by the case of their letters alone."""
    spelled: dict[str, str] = {}
    for name in names:
        other = spelled.setdefault(key_of(name), name)
        if other != name:
            raise Invalid(
                f"The types “{shown(other)}” and “{shown(name)}” differ in the case of their letters alone; keep one of them.",
                field="types",
                value=name,
            )


def is_internal_type(name: str) -> bool:
    """Whether a type is one that the client logs by itself, such as `run_table`."""
    return INTERNAL_TYPES.fullmatch(name) is not None


def tag_name(name: str) -> str:
    """A tag of a version or a collection (the client's sentence: wandb/sdk/artifacts/_validators.py)."""
    name = _checked("The tag", name, field="tags")
    if not TAG.fullmatch(name):
        raise Invalid(
            f"Invalid tag “{shown(name)}”: tags must only contain alphanumeric characters "
            "separated by hyphens, underscores, and/or spaces.",
            field="tags",
            value=name,
        )
    return name


def alias_name(name: str) -> str:
    """An alias that somebody may set; `v3` is how a version's own number is written, so it is refused."""
    name = _checked("The alias", name, forbidden="/:", field="aliases")
    if VERSION_ALIAS.fullmatch(key_of(name)):
        raise Invalid(
            f"The alias “{name}” looks like a version number; choose a word such as “production”.",
            field="aliases",
            value=name,
        )
    if key_of(name) == LATEST and name != LATEST:
        raise Invalid(
            f"The alias “{name}” can be taken for “{LATEST}”; choose another word.", field="aliases", value=name
        )
    return name


def run_name(name: str) -> str:
    """A run's id, as the client or its user chose it."""
    name = _checked("The run's id", name)
    if not RUN.fullmatch(name):
        raise Invalid(
            f"The run's id “{shown(name)}” doesn't fit an address; use letters, digits, spaces, “-” and “_”.",
            field="name",
            value=name,
        )
    return name


def automation_name(name: str) -> str:
    """A name for an automation: whatever people type in one line."""
    return _checked("The automation's name", name, longest=255)


def search_name(name: str) -> str:
    """A name for a saved search: whatever people type in one line."""
    return _checked("The search's name", name)


def integration_name(name: str) -> str:
    """A name for a webhook or a Slack channel, by the client's own rule: words of letters, digits, `-` and `_`."""
    name = _checked("The integration's name", name, longest=64)
    if not TAG.fullmatch(name):
        raise Invalid(
            f"The name “{shown(name)}” has other characters than letters, digits, “-”, “_” and spaces.",
            field="name",
            value=name,
        )
    return name


def secret_name(name: str) -> str:
    """A name for a secret: it stands inside payloads as `${NAME}`."""
    if not re.fullmatch(r"[A-Za-z0-9_]{1,64}", name):
        raise Invalid(
            f"A secret's name has 1 to 64 of the letters A-Z, a-z, the digits and “_”; “{shown(name)}” doesn't.",
            field="name",
            value=name,
        )
    return name


def version_index(reference: str) -> int | None:
    """3 for `v3`, None for anything that isn't a version number."""
    if VERSION_ALIAS.fullmatch(reference) and len(reference) <= 10:
        return int(reference[1:])
    return None


def distinct(names: Iterable[str]) -> list[str]:
    """Each name once, in the order given."""
    return list(dict.fromkeys(names))
