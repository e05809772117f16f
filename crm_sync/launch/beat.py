"""The scheduler of the beat process."""

from celery.beat import Scheduler
from celery.schedules import BaseSchedule


class DueAtOnce(Scheduler):
    """Sends everything once when it starts, then by period; keeps no file.

    What runs is decided in PostgreSQL: beat only ticks. So there is nothing to remember between runs, and a schedule
    file would be one more thing that a kill can leave broken.
    """

    def setup_schedule(self) -> None:
        """Take the schedule of the application and make every entry with a fixed period due now."""
        super().setup_schedule()
        for entry in self.schedule.values():
            if isinstance(entry.schedule, BaseSchedule) and hasattr(entry.schedule, "run_every"):
                entry.last_run_at -= entry.schedule.run_every
