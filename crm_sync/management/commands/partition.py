"""``manage.py partition``: cut the largest tables into parts. Once, at rest, after a backup."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm_sync import partitions


class Command(BaseCommand):
    """Changes all or nothing. Fails where it was done before."""

    help = "Cut events, their links and the mirror's payloads into parts. Stop the product and make a backup first."

    def add_arguments(self, parser: CommandParser) -> None:
        """Nothing is asked where ``--yes`` is given."""
        parser.add_argument("--yes", action="store_true", help="The product is stopped and there is a backup.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Cut, and tell the number of parts and how long it took."""
        if not options["yes"]:
            raise CommandError("Stop web, worker and beat, make a backup (scripts/backup.py), then say --yes.")
        start = time.monotonic()
        try:
            made = partitions.partition()
        except partitions.CannotPartition as error:
            raise CommandError(str(error)) from error
        for table, parts in made.items():
            self.stdout.write(f"{table}: {parts} parts")
        self.stdout.write(f"Done in {time.monotonic() - start:.1f} s.")
