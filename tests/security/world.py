"""A company with records of every kind, whose texts are hostile: by QuickBooks, by an import, by what people typed."""

# ruff: noqa: PLC0415 -- models need Django set up

from typing import Any

from tests.quickbooks import QuickBooks, drain_until_settled, sync_company
from tests.security.hostile import LINK, TEXT, fill

APPS = ("accounts", "api", "core", "crm", "invoices", "qbo_connector", "reports", "sync", "workflows")


def at_quickbooks(quickbooks: QuickBooks, realm: str) -> int:
    """Fill the fields of QuickBooks' objects as far as it lets its own people do so; returns how many were filled."""
    address = {"Line1": TEXT, "Line2": TEXT, "City": TEXT[:200], "CountrySubDivisionCode": TEXT[:60]}
    wanted: dict[str, dict[str, Any]] = {
        "Customer": {
            "CompanyName": TEXT[:90], "GivenName": TEXT[:90], "FamilyName": TEXT[:90], "Notes": TEXT,
            "BillAddr": address,
            "PrimaryPhone": {"FreeFormNumber": "=1+1'\"<b>"}, "WebAddr": {"URI": LINK}, "PrintOnCheckName": TEXT[:90],
        },
        "Item": {"Description": TEXT, "Sku": TEXT[:90], "PurchaseDesc": TEXT},
        "Invoice": {
            "PrivateNote": TEXT, "CustomerMemo": {"value": TEXT}, "BillAddr": address, "ShipAddr": address,
            "DocNumber": "='\"><b>{n}",
        },
        "Payment": {"PrivateNote": TEXT, "PaymentRefNum": "=\"'<b>"},
        "Estimate": {"PrivateNote": TEXT, "CustomerMemo": {"value": TEXT}},
        "Bill": {"PrivateNote": TEXT},
    }  # fmt: skip
    names = {"Customer": "DisplayName", "Item": "Name"}
    filled = 0
    for entity, fields in wanted.items():
        for number, row in enumerate(quickbooks.objects(realm, entity)[:3]):
            own = dict(fields)
            if entity in names:
                own[names[entity]] = f"{number}{TEXT.replace(':', '')[:80]}"
            if "DocNumber" in own:
                own["DocNumber"] = own["DocNumber"].format(n=number)
            for name, value in own.items():
                filled += _changed(quickbooks, realm, entity, row["Id"], {name: value})
    return filled


def _changed(quickbooks: QuickBooks, realm: str, entity: str, qbo_id: str, fields: dict[str, Any]) -> bool:
    try:
        quickbooks.call("POST", f"objects/{realm}/{entity}/{qbo_id}", fields)
    except AssertionError:
        return False  # QuickBooks itself refuses this one
    return True


def build(quickbooks: QuickBooks, connection: Any) -> Any:
    """The whole of it; the administrator who may see everything."""
    from django.utils import timezone

    from core.models import OutgoingMail, OutgoingRequest, RequestKind
    from core.services import mails, requests
    from crm.demo import build_demo
    from crm.imports import preparing
    from crm.models import Deal
    from crm.services import tasks
    from invoices.models import Invoice
    from invoices.services import drafts, recurring
    from tests import makers
    from workflows.ready.lists import all_ready
    from workflows.services import workflows

    admin = makers.user("Admin", "admin@example.com")
    assert at_quickbooks(quickbooks, connection.realm_id) >= 40
    sync_company(connection)
    deals = build_demo(by=admin)
    invoice = Invoice.objects.filter(connection=connection, number__startswith="=").order_by("pk").first()
    assert invoice is not None
    deal = deals["ready"]
    drafts.start(deal, from_lines=True, by=admin)
    makers.requested_invoice(Deal.objects.exclude(pk=deal.pk).filter(lines__isnull=False).first() or deal, admin)
    drain_until_settled(connection)
    recurring.start(invoice, by=admin, name="Monthly", make_past=False, starts_on=timezone.localdate())
    tasks.create(by=admin, title="Call", assignee=admin, about=deal)
    preparing.upload("contact", _csv(), by=admin)
    mails.plan_mail("k", to=["a@example.com"], subject="x", body="y", about=deal, by=admin)
    requests.plan_request("r", kind=RequestKind.SLACK, url="https://hooks.slack.com/services/a", body="{}", about=deal)
    OutgoingMail.objects.update(state="failed")
    OutgoingRequest.objects.update(state="failed")
    for ready in all_ready():
        workflows.create(name=str(ready.name), by=admin, definition=ready.definition())
    return admin


def _csv() -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    cell = '"' + TEXT.replace('"', '""') + '"'
    return SimpleUploadedFile(
        f"{TEXT[:60]}.csv".replace("/", ""),
        f"First name,Last name,Email,{cell}\n{cell},{cell},a@example.com,{cell}\n".encode(),
    )


def poison() -> int:
    """The texts in everything else that people can type; returns the number of columns."""
    from django.apps import apps

    return fill([model for model in apps.get_models() if model._meta.app_label in APPS])
