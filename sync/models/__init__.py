"""Tables of the sync."""

from sync.models.links import Link
from sync.models.settings import ObjectSettings

__all__ = ["Link", "ObjectSettings"]
