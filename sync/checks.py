"""What QuickBooks would refuse about an invoice draft, found in the mirror before anything is sent."""

from collections.abc import Iterable
from typing import Any

from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from invoices.drafts import CREATE, TEXT, DraftContent
from invoices.ports import Problem
from qbo_connector.mirror import read
from qbo_connector.models import Connection, MirrorObject
from sync import form_choices
from sync.mapping.customer import clean_name
from sync.publish.accounts import income_account

NAME_LIMIT = 500
ITEM_NAME_LIMIT = 100


def problems_of(connection: Connection, data: Any) -> list[Problem]:
    """Every problem of a draft, each with its step and line; empty when QuickBooks should accept it."""
    content = DraftContent.from_json(data)
    return [
        *_company(connection),
        *_customer(connection, content),
        *_items(connection, content),
        *_tax(connection, content),
        *_terms(connection, content),
        *_form(connection, content),
    ]


def _company(connection: Connection) -> Iterable[Problem]:
    if not connection.active:
        yield Problem(
            _("“%(name)s” is not connected at the moment: %(status)s.")
            % {"name": connection, "status": connection.get_status_display().lower()},
            step="account",
        )


def _customer(connection: Connection, content: DraftContent) -> Iterable[Problem]:
    customer = content.customer
    if customer.mode == CREATE:
        yield from _new_customer(connection, customer.name)
        return
    found = read.objects(connection.pk, "Customer").filter(qbo_id=customer.external_id).first()
    if found is None:
        yield Problem(_("This customer is no longer in QuickBooks. Choose another one."), "customer")
    elif not found.active:
        yield Problem(
            _("“%(name)s” is inactive in QuickBooks. Choose another customer or make it active there.")
            % {"name": found.name},
            "customer",
        )
    elif found.currency and content.currency and found.currency != content.currency:
        yield Problem(
            _("“%(name)s” is billed in %(theirs)s, so the invoice has to be in %(theirs)s, not %(ours)s.")
            % {"name": found.name, "theirs": found.currency, "ours": content.currency},
            "customer",
        )


def _new_customer(connection: Connection, name: str) -> Iterable[Problem]:
    cleaned = clean_name(name)
    if not cleaned:
        yield Problem(_("Give the new customer a name."), "customer", field="name")
        return
    if len(cleaned) > NAME_LIMIT:
        yield Problem(_("QuickBooks allows at most 500 characters in a customer's name."), "customer", field="name")
    taken = read.objects(connection.pk, "Customer").annotate(key=Upper("name")).filter(key=cleaned.upper())
    if taken.exists():
        yield Problem(
            _("QuickBooks already has a customer “%(name)s”. Choose it, or give the new one another name.")
            % {"name": cleaned},
            "customer",
            field="name",
        )


def _items(connection: Connection, content: DraftContent) -> Iterable[Problem]:
    wanted = {line.item.external_id for line in content.lines if line.item.mode != CREATE}
    found = {row.qbo_id: row for row in read.objects(connection.pk, "Item").filter(qbo_id__in=wanted)}
    new_names = [clean_name(line.item.name) for line in content.lines if line.item.mode == CREATE]
    taken = set(
        read.objects(connection.pk, "Item")
        .annotate(key=Upper("name"))
        .filter(key__in=[name.upper() for name in new_names])
        .values_list("key", flat=True)
    )
    for number, line in enumerate(content.lines):
        if line.item.mode == CREATE:
            yield from _new_item(clean_name(line.item.name), taken, number)
            continue
        if line.item.mode == TEXT:
            continue
        row = found.get(line.item.external_id)
        if row is None:
            yield Problem(
                _("Choose a product from QuickBooks for “%s”.") % (line.name or line.item.name), "products", number
            )
        elif not row.active:
            yield Problem(_("“%s” is inactive in QuickBooks. Choose another product.") % row.name, "products", number)
    if new_names and not income_account(connection):
        yield Problem(_("QuickBooks has no income account for new products. Add one there first."), "products")


def _new_item(name: str, taken: set[str], number: int) -> Iterable[Problem]:
    if not name or len(name) > ITEM_NAME_LIMIT:
        yield Problem(_("A new product needs a name of at most 100 characters."), "products", number, "name")
    elif name.upper() in taken:
        yield Problem(
            _("QuickBooks already has a product “%s”. Choose it, or give the new one another name.") % name,
            "products",
            number,
            "name",
        )


def _tax(connection: Connection, content: DraftContent) -> Iterable[Problem]:
    if connection.in_us or content.tax_mode == "none":
        return
    known = set(read.objects(connection.pk, "TaxCode").filter(active=True).values_list("qbo_id", flat=True))
    for number, line in enumerate(content.lines):
        if line.item.mode == TEXT:
            continue
        if not line.tax_code:
            yield Problem(_("This line needs a tax code."), "products", number, "tax_code")
        elif line.tax_code not in known:
            yield Problem(_("This tax code is no longer in use. Choose another one."), "products", number, "tax_code")


def _terms(connection: Connection, content: DraftContent) -> Iterable[Problem]:
    chosen = content.terms.external_id
    if chosen and not read.objects(connection.pk, "Term").filter(qbo_id=chosen, active=True).exists():
        yield Problem(_("These payment terms are no longer in use. Choose others."), "terms", field="terms")


def _form(connection: Connection, content: DraftContent) -> Iterable[Problem]:
    """What the company's preferences do not let onto its forms."""
    allowed = form_choices.options(connection)
    asked = {
        "discount": bool(content.discount.kind and content.discount.value.strip()),
        "shipping": bool(content.shipping.strip()),
        "deposit": bool(content.deposit.strip()),
        "locations": bool(content.location_id),
        "class_per_transaction": bool(content.class_id),
    }
    if not allowed.service_dates:
        reason = allowed.reasons.get("service_dates") or _("QuickBooks does not allow this here.")
        for number, line in enumerate(content.lines):
            if line.service_on.strip():
                yield Problem(reason, "products", number, "service_on")
    steps = {"locations": ("terms", "location_id"), "class_per_transaction": ("terms", "class_id")}
    for name, wanted in asked.items():
        if wanted and not getattr(allowed, name):
            step, field = steps.get(name, ("products", name))
            yield Problem(allowed.reasons.get(name) or _("QuickBooks does not allow this here."), step, field=field)
    yield from _references(connection, content)
    for number, line in enumerate(content.lines):
        if line.class_id and not allowed.class_per_line:
            reason = allowed.reasons.get("class_per_line") or _("Classes are chosen for the whole invoice here.")
            yield Problem(reason, "products", number, "class_id")


def _references(connection: Connection, content: DraftContent) -> Iterable[Problem]:
    """Classes, locations and the tax code of shipping that are no longer in use."""
    wanted = {
        "Class": {content.class_id, *(line.class_id for line in content.lines)} - {""},
        "Department": {content.location_id} - {""},
        "TaxCode": set() if connection.in_us else {content.shipping_tax_code} - {""},
    }
    if not any(wanted.values()):
        return
    rows = MirrorObject.objects.filter(connection=connection, entity__in=wanted, deleted=False, active=True)
    known = set(rows.values_list("entity", "qbo_id"))
    if content.class_id and ("Class", content.class_id) not in known:
        yield Problem(_("This class is no longer in use. Choose another one."), "terms", field="class_id")
    if content.location_id and ("Department", content.location_id) not in known:
        yield Problem(_("This location is no longer in use. Choose another one."), "terms", field="location_id")
    code = content.shipping_tax_code
    if content.shipping.strip() and code in wanted["TaxCode"] and ("TaxCode", code) not in known:
        text = _("This tax code is no longer in use. Choose another one.")
        yield Problem(text, "products", field="shipping_tax_code")
    for number, line in enumerate(content.lines):
        if line.class_id and ("Class", line.class_id) not in known:
            yield Problem(_("This class is no longer in use. Choose another one."), "products", number, "class_id")
