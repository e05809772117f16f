"""What a ready workflow is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Ready:
    """A workflow to begin with; ``definition()`` makes its draft, with stages and people that are there."""

    key: str
    name: "StrOrPromise"
    text: "StrOrPromise"
    icon: str
    object_type: str
    definition: Callable[[], dict[str, Any]]
