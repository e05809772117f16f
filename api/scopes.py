"""What a key may be given: a scope opens operations, and lets some of its owner's permissions through."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Scope:
    """What it opens, in words, and the permissions that it lets through to whoever holds them."""

    label: "StrOrPromise"
    permissions: frozenset[str] = frozenset()


CRM_READ, CRM_WRITE = "crm:read", "crm:write"
INVOICES_READ, INVOICES_WRITE = "invoices:read", "invoices:write"
SYNC_READ, SYNC_CONFIGURE, REPORTS_READ = "sync:read", "sync:configure", "reports:read"
CRM_CONFIGURE = "crm:configure"
WEBHOOKS = "webhooks:manage"

SCOPES: dict[str, Scope] = {
    CRM_READ: Scope(_("Read companies, contacts, deals, products, quotes, tasks, activities and files")),
    CRM_WRITE: Scope(
        _("Create, change and archive them"),
        frozenset({"crm.edit", "crm.archive", "crm.edit_activities", "crm.delete"}),
    ),
    CRM_CONFIGURE: Scope(
        _("Change which properties records have, and the pipelines that deals go through"),
        frozenset({"core.manage_properties", "crm.manage_pipelines"}),
    ),
    INVOICES_READ: Scope(_("Read invoices, payments and amounts"), frozenset({"invoices.view"})),
    INVOICES_WRITE: Scope(
        _("Create, change, send and void invoices, record payments"),
        frozenset(
            {
                "invoices.view",
                "invoices.create",
                "invoices.post",
                "invoices.override_quote",
                "invoices.send",
                "invoices.edit",
                "invoices.record_payment",
                "invoices.void",
            }
        ),
    ),
    SYNC_READ: Scope(
        _("Read the settings and the health of the sync"), frozenset({"sync.view_health", "sync.configure"})
    ),
    SYNC_CONFIGURE: Scope(
        _("Change the settings of the sync and which fields are mapped, try both before; start a sync"),
        frozenset({"sync.view_health", "sync.configure", "sync.run"}),
    ),
    REPORTS_READ: Scope(
        _("Read reports, with the amounts in them"),
        frozenset({"reports.view", "invoices.view", "sync.view_health"}),
    ),
    WEBHOOKS: Scope(
        _("Have other addresses told of what happens, as far as the other scopes reach"), frozenset({"core.configure"})
    ),
}


def permissions_of(scopes: Iterable[str]) -> set[str]:
    """The permissions that some scopes let through together."""
    return set().union(*(SCOPES[scope].permissions for scope in scopes if scope in SCOPES))
