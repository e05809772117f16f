"""Index pages: one machinery for the list of every kind of record. This is the whole public interface.

An app describes its list as a ``Table`` (columns, filters, views, actions) and registers it with ``add_table`` in its
``apps.py``; its view calls ``core.views.tables.index``. What the reader asks for is in the address: ``q``, simple
filters (``status=paid&due_on=2026-01-01..``), ``where`` (any condition), ``sort``, ``columns``, ``density``, ``size``,
``cursor``, ``view`` (the saved view that it is a variation of). ``open`` leads to a view's full address.

Nothing here knows which records there are.
"""

from core.tables.actions import Action, Choice, Outcome, Refused, ask_choice, ask_record
from core.tables.columns import Column, person_column, templated
from core.tables.common_actions import assign_owner, owner_editor, set_one, set_property
from core.tables.described import BuiltIn, Chip, Options, Table, Total
from core.tables.editing import Editor
from core.tables.registry import add_table, table_of, tables

__all__ = [
    "Action",
    "BuiltIn",
    "Chip",
    "Choice",
    "Column",
    "Editor",
    "Options",
    "Outcome",
    "Refused",
    "Table",
    "Total",
    "add_table",
    "ask_choice",
    "ask_record",
    "assign_owner",
    "owner_editor",
    "person_column",
    "set_one",
    "set_property",
    "table_of",
    "tables",
    "templated",
]
