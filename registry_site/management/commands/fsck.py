"""`fsck`: whether all that must be true of the stored data is."""

import json
import sys
from typing import Any

from django.core.management.base import CommandParser

from registry_site.fsck.files import FILES, FILES_DEEP
from registry_site.fsck.invariant import look
from registry_site.fsck.rows import ROWS, ROWS_DEEP
from registry_site.management.operator_command import OperatorCommand, Report


class Command(OperatorCommand):
    help = "Look at every invariant of the stored data, one line each; exit 1 if one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        parser.add_argument("--deep", action="store_true", help="also read every byte and compute its digest again")
        parser.add_argument(
            "--repair", action="store_true", help="mend counters and “latest”, and clear away overdue bytes"
        )

    def act(self, **given: Any) -> Report:
        invariants = [*ROWS, *FILES, *(ROWS_DEEP + FILES_DEEP if given["deep"] else [])]
        broken, checks = 0, []
        for finding in look(invariants, repair=given["repair"]):
            broken += not finding.holds
            checks.append(
                {
                    "name": finding.name,
                    "ok": finding.holds,
                    "says": finding.says,
                    "count": finding.count,
                    "examples": finding.examples,
                    "mended": finding.mended,
                }
            )
            if not given["json"]:
                self.stdout.write(finding.line)
                self.stdout.flush()
        sentence = f"{len(invariants)} invariants hold." if not broken else f"{broken} invariants are broken."
        return Report(sentence, {"ok": not broken, "checks": checks, "as_json": given["json"]})

    def say(self, report: Report) -> None:
        """The last line, or everything as JSON; a broken invariant is exit code 1."""
        as_json = report.fields.pop("as_json")
        self.stdout.write(json.dumps(report.fields, ensure_ascii=False) if as_json else report.sentence)
        if not report.fields["ok"]:
            sys.exit(1)
