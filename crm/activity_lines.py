"""How an activity is called in one line, and where it is read."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from crm.kinds import KINDS
from crm.models import Activity

# What the timeline is filtered by is no longer either.
LONGEST = 100


def first_words(activity: Activity) -> tuple[str, bool]:
    """The subject or the beginning of the text, and whether the line goes on."""
    first = (activity.subject or activity.body).partition("\n")[0].strip()
    words = first[:LONGEST].rstrip()
    return words, words != first


def summary(activity: Activity) -> str:
    """What it is about in a line, at least its kind."""
    words, more = first_words(activity)
    return f"{words}…" if more else words or str(activity.get_kind_display())


def page_of(activity: Activity, object_type: str, pk: int) -> str:
    """The timeline of a record on which it stands, filtered to its words; what is to come stands there anyway."""
    words, _more = first_words(activity)
    past = activity.occurred_at <= timezone.now()
    filtered = f"?{urlencode({'words': words})}" if words and past else ""
    return f"{reverse(KINDS[object_type].detail_url, args=[pk])}{filtered}#timeline"
