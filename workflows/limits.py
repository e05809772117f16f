"""Cutting off workflows that go round in circles: by the length of a chain, and by how often a record comes."""

import dataclasses
import datetime
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from workflows.models import Enrolment, Workflow

if TYPE_CHECKING:
    from workflows.services.enrolments import Cause

# So many workflows may have led to one another before the next is not begun.
DEEPEST = 5
# So often a record may be enrolled in a workflow within the time.
MOST_OFTEN = 20
WITHIN = datetime.timedelta(hours=1)


def cut(workflow: Workflow, object_type: str, causes: "Sequence[Cause]", now: datetime.datetime) -> "list[Cause]":
    """The causes, with the reason on those that are not to be begun. One run is kept to tell of it, not hundreds."""
    ids = {cause.record_id for cause in causes}
    lately = Enrolment.objects.filter(
        workflow=workflow, object_type=object_type, record_id__in=ids, enrolled_at__gt=now - WITHIN
    )
    often = Counter(lately.values_list("record_id", flat=True))
    found = []
    for cause in causes:
        number = often[cause.record_id]
        often[cause.record_id] += 1
        if number > MOST_OFTEN:
            continue
        reason = ""
        if cause.depth > DEEPEST:
            reason = _("Stopped: %d workflows had led to one another; this looks like a circle.") % cause.depth
        elif number == MOST_OFTEN:
            reason = _("Stopped: enrolled %d times within an hour; this looks like a circle.") % number
        found.append(dataclasses.replace(cause, cut=reason))
    return found
