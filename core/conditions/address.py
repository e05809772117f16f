"""Conditions in the address of a list: simple filters as plain parameters, any condition as ``where``."""

import base64
import binascii
import datetime
import json
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.conditions.fields import Fields
from core.conditions.language import BadCondition, Condition, parse, setting
from core.conditions.sql import to_sql
from core.conditions.words import in_words

LONGEST = 6000


def from_query(query: QueryDict, known: Fields) -> Condition:
    """The filters of an index page's address: ``status=a&status=b`` is ``in``, ``due=2026-01-01..`` a range."""
    parts: list[Condition] = []
    for name in known:
        values = [value for value in query.getlist(name) if value not in ("", "..")]
        if not values:
            continue
        if len(values) == 1 and ".." in values[0]:
            lowest, _dots, highest = values[0].partition("..")
            parts.append({"field": name, "op": "range", "value": [lowest or None, highest or None]})
        elif len(values) == 1 and known[name].kind not in ("choice", "record"):
            parts.append({"field": name, "op": "equals", "value": values[0]})
        else:
            parts.append({"field": name, "op": "in", "value": values})
    return {"all": parts} if parts else {}


def to_address(condition: Condition) -> str:
    """A condition as the value of ``where``: JSON in base64url; empty for no condition. Raises BadCondition."""
    if not condition:
        return ""
    text = json.dumps(condition, separators=(",", ":"), ensure_ascii=False)
    written = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    if len(written) > LONGEST:
        raise BadCondition(_("This condition is too long for an address. Use fewer parts or shorter values."))
    return written


def from_address(text: str) -> Condition:
    """What ``to_address`` wrote; not yet checked against an object. Raises BadCondition with a sentence."""
    if not text:
        return {}
    if len(text) > LONGEST:
        raise BadCondition(_("The filter in the address of this page is too long."))
    try:
        read = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise BadCondition(_("The filter in the address of this page can't be read.")) from error
    if not isinstance(read, dict):
        raise BadCondition(_("The filter in the address of this page can't be read."))
    found: dict[str, Any] = read
    return found


@dataclass(frozen=True)
class Where:
    """The ``where`` of a list's address: as it stands there, as a filter, in words, or what is wrong with it."""

    text: str = ""
    fitting: Q = field(default_factory=Q)
    words: str = ""
    problem: str = ""


def where_in(query: QueryDict, object_type: str, user: Any, now: datetime.datetime | None = None) -> Where:
    """The condition in an address; one that can't be read hides nothing and is named in ``problem``."""
    text = query.get("where", "")
    if not text:
        return Where()
    using = setting(user, now)
    try:
        node = parse(from_address(text), object_type, using)
        return Where(text, to_sql(node, using), in_words(node, user))
    except BadCondition as error:
        return Where(text, problem=str(error))
