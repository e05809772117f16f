"""What somebody chose for an import: what to do with rows, how to match them, what empty cells mean. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.imports.notation import MONTH_FIRST, POINT

BOTH, CREATE, UPDATE = "both", "create", "update"
MODES = {
    BOTH: _("Update what is there, create the rest"),
    CREATE: _("Only create new ones"),
    UPDATE: _("Only update what is there"),
}
KEEP, CLEAR = "keep", "clear"
EMPTY_CELLS = {KEEP: _("Leave the property as it is"), CLEAR: _("Empty the property")}
LAST, FIRST = "last", "first"
DUPLICATES = {LAST: _("The last row counts"), FIRST: _("The first row counts")}
REFUSE, ADD = "refuse", "add"
UNKNOWN_CHOICES = {REFUSE: _("The row is an error"), ADD: _("Add it to the choices")}
LEAVE = "leave"
UNKNOWN_COMPANIES = {
    ADD: _("Create the company"),
    LEAVE: _("Import the row without a company"),
    REFUSE: _("The row is an error"),
}


@dataclass(frozen=True)
class Options:
    """The choices of one import. ``match_by`` is the name of a target, empty for none; ``owner`` the id of a user.

    ``match_also`` are further ones, for rows that the first finds nothing for. ``people`` and ``stages`` say what
    somebody chose for names that are not known here: ids by ``folded`` name, 0 for nobody.
    """

    mode: str = BOTH
    match_by: str = ""
    empty: str = KEEP
    duplicates: str = LAST
    unknown_choices: str = REFUSE
    unknown_companies: str = ADD
    owner: int | None = None
    date_order: str = MONTH_FIRST
    decimal: str = POINT
    # Texts of a file of ours have a sign before what a spreadsheet would carry out.
    guarded: bool = False
    match_also: list[str] = field(default_factory=list)
    people: dict[str, int] = field(default_factory=dict)
    stages: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As ``Import.options`` keeps them."""
        return asdict(self)


def options_of(kept: Mapping[str, Any]) -> Options:
    """The options that were kept; what is missing is as by default."""
    known = {each.name for each in fields(Options)}
    return Options(**{name: value for name, value in kept.items() if name in known})


def folded(*names: str) -> str:
    """Names, such as of a pipeline and a stage, as ``Options.people`` and ``Options.stages`` keep them."""
    return "\n".join(" ".join(name.split()).casefold() for name in names)
