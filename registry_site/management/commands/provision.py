"""`provision`: many commands in one process, one JSON list of words a line, one JSON line as answer to each."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from django.core.management import load_command_class
from django.core.management.base import CommandError, CommandParser

from registry_site.management.operator_command import REFUSALS, OperatorCommand, Report, as_json, sentence_of

KNOWN = {
    "add_member",
    "create_organization",
    "create_team",
    "create_user",
    "delete_organization",
    "delete_user",
    "gc",
    "protect_alias",
    "set_password",
}


class Command(OperatorCommand):
    help = 'Read commands from standard input, a JSON list of words a line (["create_user", "ada"]), and answer each with a line.'

    def add_arguments(self, parser: CommandParser) -> None:
        """Everything comes from standard input."""

    def act(self, **given: Any) -> Report:
        done = 0
        for answer in answers(sys.stdin):
            sys.stdout.write(answer + "\n")
            sys.stdout.flush()
            done += 1
        return Report("", {"commands": done})

    def say(self, report: Report) -> None:
        """Every line was answered already."""


def answers(lines: Iterable[str]) -> Iterable[str]:
    """One JSON line for each line that isn't blank, as soon as it was read."""
    for line in lines:
        if line.strip():
            try:
                yield as_json(act_on(line))
            except REFUSALS as refusal:
                yield json.dumps({"ok": False, "error": sentence_of(refusal)}, ensure_ascii=False)


def act_on(line: str) -> Report:
    """Carry out the command that a line spells."""
    try:
        words = json.loads(line)
    except ValueError:
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise CommandError('A line must be a JSON list of words, such as ["create_user", "ada"].')
    if words[0] not in KNOWN:
        raise CommandError(
            f"“{words[0]}” is no command that provision carries out; take one of {', '.join(sorted(KNOWN))}."
        )
    command = load_command_class("registry_site", words[0])
    assert isinstance(command, OperatorCommand)
    try:
        return command.report(words[1:])
    except SystemExit:  # argparse ends the process after --help
        raise CommandError("--help is for the command line; leave it out.") from None
