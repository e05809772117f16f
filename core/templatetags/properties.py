"""Cells of custom columns in lists."""

from typing import Any

from django import template

from core.properties.lists import Columns

register = template.Library()


@register.filter
def cells(record: Any, columns: Columns) -> list[tuple[str, str]]:
    """``{% for class, text in invoice|cells:columns %}``: the custom cells of a row."""
    return columns.cells(record)
