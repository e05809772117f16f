"""Which record the id in an address names, for every route: so that each can be asked for with anybody's record."""

from typing import Any

from django.urls import URLPattern
from django.urls.converters import IntConverter

from tests.visibility.world import Records, World

# The first word of a route's name is the kind of record that its id names, as the house rules have it.
NOUNS = (
    "company",
    "contact",
    "deal",
    "quote",
    "invoice",
    "payment",
    "credit",
    "estimate",
    "recurring",
    "draft",
    "task",
)
OTHER_WORDS = {
    "core:invoicedraft-files": "draft",
    "crm:activity-edit": "activity",
    "crm:activity-open": "activity",
    "crm:association-remove": "association",
    "crm:association-relabel": "association",
    "crm:duplicate-decide": "pair",
    "crm:merge-undo": "merge",
    "invoices:payment-record": "invoice",
    "invoices:credit-apply": "invoice",
    "invoices:credit-create": "invoice",
    "invoices:draft-new": "deal",
    "invoices:estimate-create": "quote",
    "workflows:run": "run",
    "workflows:run-act": "run",
    "sync:record-retry": "link",
    "sync:record-link-to-owner": "link",
    "sync:record-rename": "link",
    "sync:record-sync-now": "link",
    "invoices:customer-pause": "invoice",
    "core:file-download": "file",
    "core:file-remove": "file",
    "api:read-file": "file",
    "api:read-file-content": "file",
    "api:read-activity": "activity",
    "api:remove-association": "association",
    "api:read-link": "link",
    "api:read-invoice-draft": "draft",
    "api:read-invoice-send": "send",
    "api:read-refund": "refund",
    "api:read-sales-receipt": "receipt",
}
# Addresses that name the kind of record beside its id.
WITH_KIND = {"object_type", "record_type"}
# What everybody's catalogue, settings and shared definitions are: no record that somebody owns. A reader meets them
# with the id of one that there is, and they must not tell of foreign records either.
SHARED = {
    "segments:": "segment",
    "workflows:": "workflow",
    "crm:product-": "product",
    "crm:price-": "product",
    "core:product-": "product",
}
# Not about records at all, or another's only by a secret: people, settings of the workspace, the signing in, pages for
# customers; jobs, imports, views and keys, which are the person's who made them.
OUTSIDE = (
    "sync:company-health", "api:list-quickbooks-", "api:read-mapping", "api:run-ready-report", "api:read-report",
    "api:run-report", "api:read-sync-health", "api:read-user", "api:read-property", "api:restore-property",
    "api:archive-choice", "api:restore-choice", "api:read-pipeline", "api:read-stage",
    "api:create-stage", "api:order-stages",
    "api:read-sync-company", "api:read-company-now",
    "api:read-sync-object", "api:preview-sync-object", "api:turn-", "api:read-dry-run", "api:read-bill",
    "accounts:", "account_", "mfa_", "qbo_connector:", "sync:", "imports:", "reports:", "api:key-", "api:nowhere",
    "api:webhook-",
    "core:property", "core:choice", "core:mail", "core:outgoing", "core:brand", "core:condition", "core:webhook",
    "tables:job", "tables:view", "tables:columns", "tables:sums", "tables:act", "tables:export", "crm:pipeline",
    "crm:stage-", "crm:association-label", "crm:quote-public", "crm:quote-accept", "crm:quote-decline",
    "crm:quote-pdf", "crm:quote-style", "crm:task-feed", "crm:card-layout", "crm:mention", "crm:merge",
    "crm:duplicate-list", "invoices:reminder-", "invoices:pause-", "invoices:hubspot-", "invoices:bill-",
    "invoices:use-discard", "core:bill-", "crm:bill-", "audit:", "core:audit", "core:metrics", "core:readyz",
)  # fmt: skip
SECOND = {"invoice_pk": "invoice", "change": None, "number": None, "record_pk": None}
WORDS = {"act": "stop", "name": "note", "step": "customer", "branch": "a", "step_type": "wait"}


class Unknown(LookupError):
    """Nobody said what the id of a route names."""


def subject(name: str, pattern: URLPattern) -> str:
    """The kind of record that an address is about; empty where it names none. Raises Unknown."""
    converters = pattern.pattern.converters
    if not any(key in converters for key in ("pk", "id", "key", "request_id")):
        if not converters or set(converters) <= WITH_KIND or name.startswith(OUTSIDE):
            return ""
        raise Unknown(name)
    if name in OTHER_WORDS:
        return OTHER_WORDS[name]
    if WITH_KIND & set(converters) and not name.startswith(OUTSIDE):
        return "deal"
    app, _colon, words = name.rpartition(":")
    if app == "api" and not name.startswith(OUTSIDE):
        found = next((noun for noun in NOUNS if f"-{noun}" in f"-{words}"), "")
        if found:
            return found
        return "" if "product" in words or "webhook" in words else _unknown(name)
    if name.startswith(("crm:", "invoices:", "core:", "sync:", "workflows:", "segments:")):
        found = next((noun for noun in NOUNS if words == noun or words.startswith(f"{noun}-")), "")
        if found and not name.startswith(OUTSIDE):
            return found
        if found and app == "sync" and name not in OUTSIDE:
            return found
    if name.startswith((*OUTSIDE, *SHARED)):
        return ""
    raise Unknown(name)


def _unknown(name: str) -> str:
    raise Unknown(name)


def arguments(name: str, pattern: URLPattern, kind: str, of: Records, world: World) -> dict[str, Any]:
    """What the address of a record is made of."""
    given: dict[str, Any] = {}
    for argument, converter in pattern.pattern.converters.items():
        if argument in ("pk", "id") and kind:
            given[argument] = of[kind].pk
        elif argument in ("pk", "id"):
            given[argument] = _shared(name, world)
        elif argument in ("key", "request_id") and kind:
            given[argument] = of[kind].key if hasattr(of[kind], "key") else of[kind].request_id
        elif argument in WITH_KIND:
            given[argument] = kind or "deal"
        elif argument == "record_pk":
            given[argument] = of["deal"].pk
        elif SECOND.get(argument):
            given[argument] = of[SECOND[argument] or ""].pk
        elif isinstance(converter, IntConverter):
            given[argument] = 1
        else:
            given[argument] = WORDS.get(argument, "x")
    if name in ("crm:activity-delete", "crm:activity-pin"):
        given["pk"] = of["activity"].pk
    if name == "crm:property" or name == "crm:property-history" or name == "tables:cell":
        given["name"] = "name"
    return given


def _shared(name: str, world: World) -> int:
    wanted = next((what for prefix, what in SHARED.items() if name.startswith(prefix)), "")
    if wanted == "segment":
        return world.segment.pk
    if wanted == "workflow":
        return world.workflow.pk
    return int(world.mine["product"].pk) if wanted == "product" else 999_999_999
