"""What the pages of lists need."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def item(mapping: Mapping[str, Any], key: str) -> Any:
    """``{{ mapping|item:key }}``: the value under a key that is only known when printing; empty for none."""
    return mapping.get(key, "")
