"""What became of the messages that steps planned: they leave after the step, and can be refused long after it."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.models import MailState, OutgoingMail, OutgoingRequest, RequestState
from core.services import mails, requests
from workflows.models import Enrolment, StepRun

# What the keys of messages of workflows begin with; the id of the enrolment follows.
KEY = "workflow:"
TOLD = datetime.timedelta(days=30)
TONES = {"sent": "success", "failed": "danger", "cancelled": "neutral", "planned": "info"}


@dataclass(frozen=True)
class Delivery:
    """A message of a step: to whom, how it stands, and why it did not leave."""

    message: Any
    to: str
    problem: str
    tone: str
    run_id: int

    @property
    def failed(self) -> bool:
        """Whether it was given up."""
        return bool(self.message.state == MailState.FAILED)


def of_steps(steps: Iterable[StepRun]) -> dict[int, list[Delivery]]:
    """The messages of steps, by the id of their StepRun; two statements at most."""
    runs = list(steps)
    mail_of = {pk: run.pk for run in runs for pk in run.outcome.get("mails") or []}
    request_of = {run.outcome["request"]: run.pk for run in runs if run.outcome.get("request")}
    found: dict[int, list[Delivery]] = {}
    for mail in OutgoingMail.objects.filter(pk__in=mail_of).order_by("pk") if mail_of else ():
        found.setdefault(mail_of[mail.pk], []).append(_of_mail(mail))
    for request in OutgoingRequest.objects.filter(pk__in=request_of).order_by("pk") if request_of else ():
        found.setdefault(request_of[request.pk], []).append(_of_request(request))
    return found


def failed_lately(limit: int) -> list[Delivery]:
    """The messages of workflows that were given up of late, the newest first; two statements."""
    since = timezone.now() - TOLD
    of_mails = OutgoingMail.objects.filter(state=MailState.FAILED, key__startswith=KEY, finished_at__gt=since)
    of_requests = OutgoingRequest.objects.filter(state=RequestState.FAILED, key__startswith=KEY, finished_at__gt=since)
    found = [_of_mail(mail) for mail in of_mails.order_by("-finished_at")[:limit]]
    found += [_of_request(request) for request in of_requests.order_by("-finished_at")[:limit]]
    return sorted(found, key=lambda each: each.message.finished_at, reverse=True)[:limit]


@needs("workflows.enrol")
@transaction.atomic
def send_again(run: Enrolment, *, by: Any) -> int:
    """Send the messages of a run again that were given up, with their keys; returns how many."""
    sent = 0
    for messages in of_steps(run.steps.all()).values():
        for each in messages:
            if isinstance(each.message, OutgoingMail):
                sent += mails.retry_mail(each.message, by=by)
            else:
                sent += requests.retry_request(each.message, by=by)
    return sent


def _of_mail(mail: OutgoingMail) -> Delivery:
    return _delivery(mail, ", ".join(mail.to))


def _of_request(request: OutgoingRequest) -> Delivery:
    return _delivery(request, _("%(kind)s to %(host)s") % {"kind": request.get_kind_display(), "host": request.host})


def _delivery(message: Any, to: str) -> Delivery:
    run: Sequence[str] = message.key.split(":")
    run_id = int(run[1]) if len(run) > 1 and run[1].isdecimal() else 0
    return Delivery(message, to, message.problem, TONES.get(message.state, "info"), run_id)
