"""Ready workflows to begin with. Each is a draft that fits this installation as far as it can be known."""

from workflows.ready.kinds import Ready
from workflows.ready.lists import all_ready

__all__ = ["Ready", "all_ready"]
