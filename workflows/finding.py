"""Records to choose from while somebody types: to try a workflow on."""

from typing import Any

from core import finding, registry
from core.conditions import registry as conditions

MOST = 20


def records_like(object_type: str, text: str, user: Any) -> list[dict[str, Any]]:
    """Records of a kind that ``user`` may see, as a picker wants them; the newest where nothing is typed."""
    rows = conditions.objects[object_type].visible_to(user).filter(conditions.objects[object_type].counted)
    source = next((each for each in registry.search_sources if each.object_type == object_type), None)
    wanted = finding.needle(text[: finding.LONGEST])
    if wanted is None or source is None:
        return [{"value": row.pk, "text": str(row)} for row in rows.order_by("-pk")[:MOST]]
    found = finding.find(wanted, {object_type: source.place}, most=MOST).get(object_type, [])
    lines = source.lines(user, [each.pk for each in found])
    return [
        {"value": each.pk, "text": lines[each.pk].title, "detail": lines[each.pk].detail}
        for each in found
        if each.pk in lines
    ]
