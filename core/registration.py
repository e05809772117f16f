"""What core itself adds to the registries: custom properties as fields of conditions."""

from core.conditions.registry import field_providers
from core.properties.conditions import fields_provider


def register() -> None:
    """Fill the registries."""
    field_providers.append(fields_provider)
