"""What the operator's commands have in common: one sentence said, exit 1 with one sentence for a refusal, never a traceback."""

import json
import sys
from dataclasses import dataclass, field
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import DatabaseError, connections

from artifacts import naming
from artifacts.errors import DomainError, NotFound
from artifacts.models import Entity, Organization, Project, User
from artifacts.naming import REGISTRY_PREFIX, key_of
from registry_site.server import installation


@dataclass
class Report:
    """What a command did: a line for people and the same as fields for scripts."""

    sentence: str
    fields: dict[str, object] = field(default_factory=dict)


class SentenceParser(CommandParser):
    """Refuses a wrong argument with a sentence, also where a command is called from Python."""

    def error(self, message: str) -> NoReturn:
        """What argparse calls for anything it can't read."""
        raise CommandError(f"{self.prog.split()[-1]}: {message}; see `{self.prog} --help`.")


class EscapedOutput(OutputWrapper):
    """What a terminal gets: names are other people's, so nothing in them reaches it that isn't shown."""

    def write(self, msg: str = "", style_func: Any = None, ending: str | None = None) -> None:  # type: ignore[override]  # Django's own
        """As Django's."""
        super().write(naming.escaped(msg), style_func, ending)


class OperatorCommand(BaseCommand):
    """A command whose `act` does the work and reports it."""

    def __init__(
        self, stdout: Any = None, stderr: Any = None, no_color: bool = False, force_color: bool = False
    ) -> None:
        super().__init__(stdout, stderr, no_color, force_color)
        self.stdout, self.stderr = EscapedOutput(stdout or sys.stdout), EscapedOutput(stderr or sys.stderr)

    requires_system_checks = []  # they load the admin panel; `manage.py check` and the tests run them
    needs_database = True

    def act(self, **given: Any) -> Report:
        """Do it, or raise a DomainError or a CommandError."""
        raise NotImplementedError

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        """Django's, with refusals as sentences and without Django's own options in the help."""
        options.setdefault("description", self.help)
        parser = SentenceParser(prog=f"{prog_name.rsplit('/', 1)[-1]} {subcommand}", **options)
        self.add_arguments(parser)
        return parser

    def report(self, words: list[str], *, prog_name: str = "manage.py") -> Report:
        """Read the words that follow the command's name, and act."""
        name = type(self).__module__.rsplit(".", 1)[-1]
        given = vars(self.create_parser(prog_name, name).parse_args(words))
        if self.needs_database:
            installation.prepare_database()
        return self.act(**given)

    def run_from_argv(self, argv: list[str]) -> None:
        """From the command line: the sentence, or a refusal and exit code 1."""
        try:
            self.say(self.report(argv[2:], prog_name=argv[0]))
        except KeyboardInterrupt:
            sys.exit(130)
        except REFUSALS as refusal:
            self.stderr.write(sentence_of(refusal))
            sys.exit(1)
        finally:
            connections.close_all()

    def execute(self, *words: Any, **given: Any) -> None:
        """What Django's `call_command` calls."""
        self.say(self.act(**given))

    def say(self, report: Report) -> None:
        """Print the outcome."""
        self.stdout.write(report.sentence)


REFUSALS = (DomainError, CommandError, ImproperlyConfigured, DatabaseError, OSError)


def sentence_of(refusal: BaseException) -> str:
    """One line that says why nothing was done."""
    text = " ".join(str(refusal).split())
    if isinstance(refusal, DatabaseError):
        return f"The database refused: {text}"
    return text


def as_json(report: Report) -> str:
    """One line for scripts."""
    return naming.escaped(
        json.dumps({"ok": True, "message": report.sentence, **report.fields}, ensure_ascii=False, default=str)
    )


def find_person(name: str) -> User:
    """Somebody by name."""
    found = User.objects.named(name).first()
    if found is None:
        raise NotFound(f"There is no user “{naming.shown(name)}”; make one with create_user.")
    return found


def find_organization(name: str) -> Organization:
    """An organization by its own name or by its entity's."""
    found = Organization.objects.filter(name_key=key_of(name)).first()
    if found is None:
        entity = Entity.objects.named(name).filter(kind=Entity.Kind.ORGANIZATION).with_owner().first()
        found = entity.organization if entity else None
    if found is None:
        raise NotFound(f"There is no organization “{naming.shown(name)}”; make one with create_organization.")
    return found


def find_organization_or_team(name: str) -> Organization | Entity:
    """A team or an organization by name."""
    team = Entity.objects.teams().named(name).with_owner().first()
    if team is not None:
        return team
    try:
        return find_organization(name)
    except NotFound:
        raise NotFound(f"There is no organization or team “{naming.shown(name)}”; check the name.") from None


def find_registry(organization: Organization, name: str) -> Project:
    """An organization's registry by its own name, with the prefix or without."""
    key = key_of(REGISTRY_PREFIX + name.removeprefix(REGISTRY_PREFIX))
    found = Project.objects.filter(
        entity__organization=organization, kind=Project.Kind.REGISTRY, name_key=key
    ).select_related("entity")
    row = found.first()
    if row is None:
        raise NotFound(f"“{organization.name}” has no registry “{naming.shown(name)}”; check the name.")
    return row
