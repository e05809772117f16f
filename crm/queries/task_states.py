"""Whether a task is open, late or done, for conditions."""

from django.db.models import Case, TextField, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

STATES = (("open", _("Open")), ("overdue", _("Overdue")), ("done", _("Done")))


def state(prefix: str) -> Case:
    """The state of the task that ``prefix`` leads to."""
    return Case(
        When(**{f"{prefix}done_at__isnull": False}, then=Value("done")),
        When(**{f"{prefix}due_at__lt": Now()}, then=Value("overdue")),
        default=Value("open"),
        output_field=TextField(),
    )
