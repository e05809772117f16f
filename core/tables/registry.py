"""The tables of the product. Each app adds its own in its ``apps.py``."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.translation import gettext as _

from core.tables.described import Table

tables: dict[str, Table] = {}


def add_table(table: Table) -> None:
    """Register the list of a kind of record."""
    tables[table.object_type] = table


def table_of(object_type: str, user: Any) -> Table:
    """The table of a kind of record, for who may see it. Raises Http404 and PermissionDenied."""
    try:
        table = tables[object_type]
    except KeyError as error:
        raise Http404 from error
    may(user, table.permission)
    return table


def may(user: Any, permission: str) -> None:
    """Raises PermissionDenied unless ``user`` holds ``permission`` (empty: everybody does)."""
    if permission and not user.has_perm(permission):
        raise PermissionDenied(_("Your role does not let you do this. Somebody who manages users can change that."))
