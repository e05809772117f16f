"""How templates ask about files."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def of_file(standing: Mapping[int, Any], pk: int) -> Any:
    """How a file stands in the accounting system, as (tone, words); nothing where that is not told."""
    return standing.get(pk)
