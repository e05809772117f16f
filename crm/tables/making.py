"""A list of records of the CRM, from what is its own."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Func, Q
from django.utils.translation import gettext_lazy

from core.conditions import Field, fields
from core.tables import Column, Table
from crm.kinds import Kind
from crm.models import ImportSlice
from crm.tables.actions import EDITS, actions_of
from crm.tables.editing import change_of, editor_of
from crm.tables.parts import VIEWS


def from_import(value: str, _user: Any) -> Q:
    """The records that an import created, by its id."""
    made = ImportSlice.objects.filter(job=int(value) if value.isdecimal() and len(value) < 19 else 0)
    return Q(pk__in=made.annotate(made=Func("created", function="unnest")).values("made"))


def table_of(kind: Kind, columns: Sequence[Column], filters: Sequence[Field], default_sort: str, **more: Any) -> Table:
    return Table(
        kind.name, kind.plural, kind.list_url, kind.detail_url, kind.visible_to, columns, fields(*filters),
        default_sort, actions=actions_of(kind), export_permission="crm.export", icon=kind.icon, edit=kind.edit_url,
        change=change_of(kind), editor=editor_of(kind), edit_permission=EDITS,
        **{"template": "crm/index.html", "views": VIEWS, "narrowed": {"import": from_import},
           "narrowed_labels": {"import": gettext_lazy("From an import")}, **more},
    )  # fmt: skip
