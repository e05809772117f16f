"""Every page of the product with records that are there: which record an address means, told by its name."""

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.urls import URLPattern, reverse
from django.urls.converters import IntConverter, UUIDConverter

from tests.test_permission_matrix import routes

# The model whose rows a route's ``pk`` means: the first pattern that its name has in it.
MEANT = [
    (r"^crm:(company|contact|deal|product|quote)-", "crm.{0}"),
    (r"^(?:core|segments|workflows|sync|invoices):(company|contact|deal|product|quote)-", "{0}"),
    (r"^crm:task-", "crm.task"), (r"^crm:price-", "crm.price"), (r"^crm:stage-", "crm.stage"),
    (r"^crm:pipeline-", "crm.pipeline"), (r"^crm:activity-", "crm.activity"),
    (r"^crm:association-label", "crm.associationlabel"),
    (r"^(?:core|segments|workflows|crm):invoice-", "invoices.invoice"),
    (r"^(?:segments|workflows|crm):(bill|payment)-", "invoices.{0}"),
    (r"^invoices:(invoice|payment|bill|estimate|customer)-", "invoices.{0}"),
    (r"^invoices:credit-", "invoices.creditmemo"),
    (r"^invoices:recurring-", "invoices.recurringinvoice"), (r"^invoices:reminder-", "invoices.reminderrule"),
    (r"^invoices:hubspot-", "crm.hubspotimport"),
    (r"^imports:hubspot", "crm.hubspotimport"), (r"^imports:", "crm.import"),
    (r"^segments:", "core.segment"), (r"^tables:view-", "core.savedview"), (r"^tables:job", "core.listjob"),
    (r"^sync:mapping-(edit|switch)", "sync.fieldmapping"), (r"^sync:parked-", "qbo_connector.parkedrecord"),
    (r"^sync:record-", "sync.link"), (r"^sync:", "qbo_connector.connection"),
    (r"^qbo_connector:", "qbo_connector.connection"),
    (r"^reports:(tile)", "reports.dashboardtile"), (r"^reports:dashboard", "reports.dashboard"),
    (r"^reports:", "reports.report"),
    (r"^workflows:run", "workflows.enrolment"), (r"^workflows:", "workflows.workflow"),
    (r"^accounts:user-", "accounts.user"), (r"^accounts:(role|team)-", "accounts.{0}"),
    (r"^core:property-group", "core.propertygroup"), (r"^core:property-", "core.propertydefinition"),
]  # fmt: skip
SHORT = {
    "company": "crm", "contact": "crm", "deal": "crm", "product": "crm", "quote": "crm",
    "invoice": "invoices", "payment": "invoices", "bill": "invoices", "estimate": "invoices", "customer": "invoices",
}  # fmt: skip
KINDS = ("company", "deal", "invoice")
# Other words in addresses, each tried.
WORDS = {
    "name": ["name", "contact"],
    "step": ["review"],
    "kind": ["csv"],
    "key": ["receivables-aging"],
    "record_type": ["company"],
}  # fmt: skip


def rows_of(label: str, most: int) -> list[Any]:
    """Ids of some rows of a model; none where there is no such model."""
    app, _dot, name = label.rpartition(".")
    try:
        model = apps.get_model(app or SHORT[name], {"customer": "invoice"}.get(name, name))
    except LookupError:
        return []
    return list(model._default_manager.order_by("-pk").values_list("pk", flat=True)[:most])


def meant_by(name: str, most: int) -> list[Any]:
    """Ids that a route's ``pk`` may mean."""
    for pattern, label in MEANT:
        found = re.search(pattern, name)
        if found:
            return rows_of(label.format(*found.groups()), most)
    return []


def addresses(most: int = 1) -> Iterator[tuple[str, str]]:
    """Name and address of every route, for up to ``most`` records of each kind it may mean."""
    for name, pattern in routes():
        for arguments in _arguments(name, pattern, most):
            yield name, reverse(name, kwargs=arguments)


def _arguments(name: str, pattern: URLPattern, most: int) -> list[dict[str, Any]]:
    converters = pattern.pattern.converters
    if not converters:
        return [{}]
    kinds = KINDS if "object_type" in converters else ("",)
    found: list[dict[str, Any]] = []
    for kind in kinds:
        given: dict[str, Any] = {"object_type": kind} if kind else {}
        for argument, converter in converters.items():
            if isinstance(converter, UUIDConverter):
                label, field = (
                    ("core.StoredFile", "key") if argument == "key" else ("invoices.InvoiceDraft", "request_id")
                )
                rows = apps.get_model(label)._default_manager.values_list(field, flat=True)
                given[argument] = rows.first() or "00000000-0000-4000-8000-000000000000"
            elif isinstance(converter, IntConverter) and argument not in ("pk", "id"):
                given[argument] = 1
        if "token" in converters:
            given["token"] = (
                apps.get_model("crm.Quote")._default_manager.exclude(token=None).values_list("token", flat=True).first()
                or "0"
            )
        if "colour" in converters:
            given["colour"] = "4338ca"
        ids: list[Any] = [None]
        if {"pk", "id"} & set(converters):
            ids = (
                rows_of(f"{SHORT.get(kind, 'crm')}.{kind}", most)
                if kind and kind != "creditmemo"
                else meant_by(name, most)
            )
        words = next((WORDS[each] for each in converters if each in WORDS and each not in given), [None])
        for pk in ids:
            for word in words:
                full = dict(given)
                if pk is not None:
                    full["pk" if "pk" in converters else "id"] = pk
                for each in converters:
                    if each not in full:
                        full[each] = word if each in WORDS and word else "x"
                found.append(full)
    return found
