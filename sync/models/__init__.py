"""Tables of the sync."""

from sync.models.conflicts import Conflict, MatchSuggestion
from sync.models.dry_runs import SyncDryRun
from sync.models.links import Link
from sync.models.mappings import FieldMapping, MappingFailure
from sync.models.match_keys import MatchKey
from sync.models.settings import ConnectionSettings, ObjectSettings

__all__ = [
    "Conflict",
    "ConnectionSettings",
    "FieldMapping",
    "Link",
    "MappingFailure",
    "MatchKey",
    "MatchSuggestion",
    "ObjectSettings",
    "SyncDryRun",
]
