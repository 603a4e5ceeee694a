"""`gc`: clear away what nothing refers to."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser

from artifacts.actions.saving import clear_away
from registry_site.management.operator_command import OperatorCommand, Report


class Command(OperatorCommand):
    help = "Clear away uploads that were never finished and bytes that nothing refers to; the server may run meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be cleared away")
        parser.add_argument(
            "--grace",
            type=int,
            default=int(clear_away.GRACE.total_seconds()),
            metavar="SECONDS",
            help="what is younger stays (default: a day)",
        )

    def act(self, **given: Any) -> Report:
        if not 0 <= given["grace"] <= 10**9:
            raise CommandError("--grace must be 0 seconds or more, such as 86400 for a day.")
        swept = clear_away.sweep(grace=timedelta(seconds=given["grace"]), dry_run=given["dry_run"])
        done = "Would clear away" if given["dry_run"] else "Cleared away"
        return Report(
            f"{done} {swept.files} files of {swept.bytes} bytes, {swept.unfinished_files} broken-off and {swept.uploads} "
            f"unfinished uploads, and {swept.pending_versions} versions that were never committed",
            asdict(swept),
        )
