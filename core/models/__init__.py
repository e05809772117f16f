"""Tables of core."""

from core.models.events import Event, EventLink, Heartbeat, Origin
from core.models.files import Sharing, StoredFile
from core.models.properties import PropertyChoice, PropertyColumns, PropertyDefinition, PropertyGroup

__all__ = [
    "Event",
    "EventLink",
    "Heartbeat",
    "Origin",
    "PropertyChoice",
    "PropertyColumns",
    "PropertyDefinition",
    "PropertyGroup",
    "Sharing",
    "StoredFile",
]
