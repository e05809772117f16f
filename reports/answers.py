"""The answer of a kept report for one person, whether it was built or is a ready one."""

from collections.abc import Mapping
from typing import Any

from reports.definition import read
from reports.models import Report
from reports.ready import registry as ready
from reports.result import Result
from reports.shaping import result_of
from reports.sources import SOURCES


def answer(report: Report, user: Any, *, range_: str = "") -> Result:
    """What ``user`` sees of a report; ``range_`` is another period than its own.

    Raises ``BadReport``, ``TooMuch`` or ``NoSuchReport``.
    """
    if report.ready:
        return ready.run(report.ready, user, {key: str(value) for key, value in report.definition.items()})
    return result_of(read(with_range(report.definition, range_), user), report.name)


def may_export(report: Report, user: Any) -> bool:
    """Whether ``user`` may have its figures as a file: whoever may export such records."""
    source = SOURCES.get(str(report.definition.get("object"))) if not report.ready else None
    return bool(user.has_perm(source.export_permission if source is not None else "invoices.export"))


def with_range(definition: Mapping[str, Any], range_: str) -> Mapping[str, Any]:
    """The definition about another period."""
    if not range_:
        return definition
    return {**definition, "period": {**(definition.get("period") or {}), "range": range_}}
