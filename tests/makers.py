"""Makers of what the sync tests start from: people, deals and drafts, through the product's own services."""

from decimal import Decimal
from typing import Any

from accounts.models import Role, User
from accounts.permissions import DEFAULT_ROLES
from crm.models import Company, Contact, Deal, Product
from crm.services import companies, contacts, deal_contacts, deal_lines, deals, pipelines
from crm.services.lines import LineValues
from invoices.models import Invoice, InvoiceDraft
from invoices.services import create as creating
from invoices.services import drafts

PASSWORD = "a long enough password"


def user(role: str = "Sales rep", email: str = "rep@example.com") -> User:
    """A person with one of the default roles."""
    found, _new = Role.objects.get_or_create(name=role, defaults={"permissions": DEFAULT_ROLES[role]})
    return User.objects.filter(email=email).first() or User.objects.create_user(email, PASSWORD, name=role, role=found)


def deal_of(customer: str, by: User, *items: tuple[str, str, str], currency: str = "USD") -> Deal:
    """A deal of a synced company, with its contact and lines (product name, quantity, unit price)."""
    company = Company.objects.filter(name=customer).first()
    contact = Contact.objects.filter(company=company).first()
    assert company is not None
    deal = deals.create(
        by=by,
        name=f"Garden for {customer}",
        stage=pipelines.ensure_default().stages.first(),
        company=company,
        currency=currency,
    )
    if contact is not None:
        deal_contacts.add(deal, contact, by=by)
        deal_contacts.make_primary(deal, contact, by=by)
    return with_lines(deal, by, *items)


def new_deal(by: User, *items: tuple[str, str, str], name: str = "Brand New Gardens") -> Deal:
    """A deal of a company that QuickBooks does not know."""
    company = companies.create(by=by, name=name, email="hello@brandnew.example")
    contact = contacts.create(by=by, first_name="Nora", last_name="New", email="nora@brandnew.example", company=company)
    deal = deals.create(
        by=by,
        name=f"Garden for {name}",
        stage=pipelines.ensure_default().stages.first(),
        company=company,
        currency="USD",
    )
    deal_contacts.add(deal, contact, by=by)
    deal_contacts.make_primary(deal, contact, by=by)
    return with_lines(deal, by, *items)


def with_lines(deal: Deal, by: User, *items: tuple[str, str, str]) -> Deal:
    """The deal with line items (product name, quantity, unit price); unknown products have only a name."""
    values = [
        LineValues(
            product_id=Product.objects.filter(name=name).values_list("pk", flat=True).first(),
            name=name,
            quantity=Decimal(quantity),
            unit_price=Decimal(price),
        )
        for name, quantity, price in items or (("Design", "2", "75"), ("Rock Fountain", "1", "275"))
    ]
    return deal_lines.set_lines(deal, values, by=by)


def draft_of(deal: Deal, by: User) -> InvoiceDraft:
    """The wizard's draft from the deal's lines, as it is proposed."""
    return drafts.start(deal, from_lines=True, by=by)


def requested_invoice(deal: Deal, by: User) -> Invoice:
    """An invoice that a person has just asked for."""
    return creating.create_invoice(draft_of(deal, by), by=by)


def changed(draft: InvoiceDraft, **values: Any) -> InvoiceDraft:
    """The draft with some of its content replaced, as if typed."""
    draft.data = {**draft.data, **values}
    draft.save(update_fields=["data"])
    return draft
