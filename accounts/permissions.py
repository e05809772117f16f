"""The catalogue of permissions, and what the default roles hold."""

from django.utils.translation import gettext_lazy as _

PERMISSIONS = {
    "crm.edit": _("Create and edit companies, contacts, deals, products and quotes"),
    "crm.archive": _("Archive records"),
    "crm.edit_activities": _("Change and delete notes, calls and e-mails that others wrote down"),
    "crm.merge": _("Merge duplicates, and undo merges"),
    "crm.delete": _("Delete archived records for good"),
    "crm.export": _("Export lists of records"),
    "crm.import": _("Import records from CSV and Excel files"),
    "invoices.export": _("Export lists of invoices and payments"),
    "crm.approve_quote": _("Approve quotes whose discount passes the limit"),
    "crm.configure": _("Change how quotes are numbered and approved"),
    "crm.manage_pipelines": _("Change pipelines, their stages and sales goals"),
    "invoices.view": _("See invoices, payments and their amounts"),
    "invoices.create": _("Create invoices"),
    "invoices.override_quote": _("Invoice quotes that are not published, or expired, with a reason"),
    "invoices.post": _("Post invoices to QuickBooks"),
    "invoices.approve": _("Approve or reject invoices of people who may not post"),
    "invoices.automate": _("Manage recurring invoices and reminders"),
    "invoices.send": _("Send invoices by e-mail"),
    "invoices.edit": _("Change invoices that QuickBooks has"),
    "invoices.record_payment": _("Record payments, use credit and credit invoices"),
    "invoices.void": _("Void and delete invoices and payments"),
    "sync.run": _("Start a sync, retry failed records"),
    "sync.view_health": _("See sync health"),
    "sync.configure": _("Change what is synced"),
    "qbo_connector.connect": _("Connect and disconnect QuickBooks companies"),
    "workflows.view": _("See workflows and what they did"),
    "workflows.enrol": _("Enrol records in workflows by hand, retry and stop runs"),
    "workflows.manage": _("Build workflows and switch them on and off"),
    "reports.view": _("See and build reports about what one may see"),
    "reports.manage": _("Change and delete reports of others"),
    "core.configure": _("Change the company’s profile and brand, and how e-mails are sent"),
    "core.manage_properties": _("Manage the properties of records"),
    "accounts.manage": _("Manage users and roles"),
    "accounts.audit": _("See and export the audit log: what anybody changed, of any record"),
}

# What is about the whole company's records, whoever owns them: these need a role that sees all records.
WHOLE = frozenset(
    {
        "sync.run",
        "sync.view_health",
        "sync.configure",
        "qbo_connector.connect",
        "invoices.automate",
        "workflows.manage",
        "core.configure",
        "core.manage_properties",
        "crm.configure",
        "crm.manage_pipelines",
        "accounts.manage",
        "accounts.audit",
    }
)

# The first part of a permission's name, in words.
GROUPS = {
    "crm": _("Records"),
    "invoices": _("Invoices and payments"),
    "sync": _("Sync"),
    "qbo_connector": _("QuickBooks"),
    "workflows": _("Workflows"),
    "reports": _("Reports"),
    "core": _("Workspace"),
    "accounts": _("People"),
}

SALES_REP = "Sales rep"
SALES_MANAGER = "Sales manager"
OPS = "Ops"
ADMIN = "Admin"

_SELLING = [
    "crm.edit",
    "crm.archive",
    "crm.merge",
    "invoices.view",
    "invoices.create",
    "invoices.post",
    "invoices.send",
    "workflows.view",
    "reports.view",
]
_EXPORTS = ["crm.export", "invoices.export"]
DEFAULT_ROLES: dict[str, list[str]] = {
    SALES_REP: _SELLING,
    SALES_MANAGER: [
        *_SELLING,
        *_EXPORTS,
        "crm.edit_activities",
        "crm.approve_quote",
        "crm.manage_pipelines",
        "invoices.approve",
        "invoices.automate",
        "invoices.edit",
        "invoices.override_quote",
        "invoices.record_payment",
        "sync.view_health",
        "workflows.enrol",
    ],
    OPS: [
        *_SELLING,
        *_EXPORTS,
        "crm.import",
        "crm.edit_activities",
        "invoices.approve",
        "invoices.automate",
        "invoices.edit",
        "invoices.override_quote",
        "invoices.record_payment",
        "invoices.void",
        "sync.run",
        "sync.view_health",
        "workflows.enrol",
        "workflows.manage",
        "reports.manage",
    ],
    ADMIN: list(PERMISSIONS),
}
