"""``manage.py seed_demo``: tell the demo's story in an empty database, or complete it in one that tells it already."""

from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm_sync.demo import simulator, story
from qbo_connector.services.consent import ConsentProblem


class Command(BaseCommand):
    """Refuses databases with users of others, and installations that are no demo."""

    help = "Make the demo's people, sample company, deals and invoices (only with DEMO=true and the simulator)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell the story; print what was made."""
        if not settings.DEMO or settings.QBO_ENVIRONMENT != "simulator":
            raise CommandError("The demo's story is only told with DEMO=true and QBO_ENVIRONMENT=simulator.")
        try:
            done = story.tell()
        except (story.NotOurs, simulator.StoryBroken, ConsentProblem) as problem:
            raise CommandError(str(problem)) from problem
        structlog.get_logger(__name__).info("demo.told", made=done)
        for line in done:
            self.stdout.write(line)
