"""``manage.py doctor``: is everything there that the product needs, and what to do where it is not."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crm_sync.doctor.examination import examine
from crm_sync.doctor.findings import Level


class Command(BaseCommand):
    """Changes nothing. Ends with 1 when something does not work, with 0 otherwise."""

    help = "Look at configuration, database, broker, clock, keys and QuickBooks, and say what to do."
    # It has to run where these fail: they are part of what it tells.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """What is asked and how it is told."""
        parser.add_argument("--no-network", action="store_true", help="Do not call QuickBooks.")
        parser.add_argument("--json", action="store_true", help="Tell it as JSON, for programs.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at everything, tell it, and end with the exit code."""
        marks = {
            Level.OK: self.style.SUCCESS("ok     "),
            Level.WARNING: self.style.WARNING("warning"),
            Level.FAILURE: self.style.ERROR("FAILURE"),
        }
        told: list[dict[str, str]] = []
        for part, findings in examine(network=not options["no_network"]):
            if not options["json"]:
                self.stdout.write(part)
            for one in findings:
                told.append({"part": part, "level": one.level, "text": one.text, "remedy": one.remedy})
                if not options["json"]:
                    self.stdout.write(f"  {marks[one.level]}  {one.text}")
                    if one.remedy:
                        self.stdout.write(f"           → {one.remedy}")
        failures = sum(each["level"] == Level.FAILURE for each in told)
        warnings = sum(each["level"] == Level.WARNING for each in told)
        if options["json"]:
            self.stdout.write(json.dumps({"failures": failures, "warnings": warnings, "findings": told}, indent=2))
        else:
            self.stdout.write(f"\nFailures: {failures}, warnings: {warnings}.")
        if failures:
            sys.exit(1)
