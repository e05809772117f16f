"""Compute the roll-ups of reports anew, all of them."""

from typing import Any

from django.core.management.base import BaseCommand

from reports.rollups import refresh


class Command(BaseCommand):
    """Reports show the former figures until it is done; what changes meanwhile is taken up by the next turn."""

    help = "Compute the roll-ups of reports anew from invoices, lines and payments."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Rebuild, and say so."""
        if refresh.rebuild():
            self.stdout.write("The roll-ups of reports are computed anew.")
        else:
            self.stdout.write("A worker is at it: the roll-ups are computed anew with its next turn, within a minute.")
