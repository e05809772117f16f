"""Colleagues who are named in what somebody writes down (“@Sam Seller”): told by e-mail and on their home page."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.translation import gettext as _

from core import registry
from core.events import Draft, emit_many
from core.models import Origin, OutgoingMail
from core.services import mails
from crm.models import Activity

EVENT = "user.mentioned"
KEY = "mention"
MOST = 20
_BEGINS = re.compile(r"(?:^|(?<=[\s(\[,;:“\"']))@(?=\w)")


def people_in(text: str) -> list[Any]:
    """The active people whose name, e-mail address or its first part follows an “@”; one query at most."""
    starts = [found.end() for found in _BEGINS.finditer(text)]
    if not starts:
        return []
    known = [
        (word.casefold(), person)
        for person in get_user_model()._default_manager.filter(is_active=True).order_by("pk")
        for word in (person.name, person.email, person.email.partition("@")[0])
        if word
    ]
    known.sort(key=lambda pair: -len(pair[0]))
    folded = text.casefold()
    if len(folded) != len(text):  # a sign that folds to several, such as ß: places must stay the same
        folded = text.lower() if len(text.lower()) == len(text) else text
    found: dict[int, Any] = {}
    for start in starts:
        for word, person in known:
            if folded.startswith(word, start) and not folded[start + len(word) : start + len(word) + 1].isalnum():
                found.setdefault(person.pk, person)
                break
    return list(found.values())[:MOST]


def tell(activity: Activity, records: Sequence[tuple[str, int]], *, by: Any, before: str = "") -> None:
    """Tell those whom the activity names and ``before`` did not; nobody is told of what they wrote themselves."""
    if by is None or not records:
        return
    known = {person.pk for person in people_in(before)}
    named = [person for person in people_in(activity.body) if person.pk != by.pk and person.pk not in known]
    if not named:
        return
    kind, pk = records[0]
    place = registry.object_types.get(kind)
    address = settings.BASE_URL.rstrip("/") + reverse(place.url_name, args=[pk]) if place is not None else ""
    for person in named:
        body = "\n\n".join(filter(None, [_("%s wrote:") % by, activity.body, address]))
        mails.plan_mail(
            f"{KEY}:{activity.pk}:{person.pk}", to=[person.email], subject=_("%s mentioned you") % by, body=body, by=by
        )
    data = {"activity": activity.pk, "kind": kind, "id": pk}
    emit_many([Draft(EVENT, "user", person.pk, (), data) for person in named], by=by, origin=Origin.PERSON)


def forget(activity_id: int) -> None:
    """Take the words of a deleted activity out of its e-mails as well."""
    OutgoingMail.objects.filter(key__startswith=f"{KEY}:{activity_id}:").update(body="")


def withdrawn(mail: OutgoingMail) -> str:
    """Why an e-mail is not wanted any more: what it tells of was deleted."""
    activity = mail.key.split(":")[1]
    gone = not Activity.objects.filter(pk=activity, deleted_at=None).exists()
    return _("The note was deleted.") if gone else ""
