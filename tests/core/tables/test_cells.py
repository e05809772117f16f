"""A cell that changes in place, the peek, and the sums under a list."""

# ruff: noqa: PLC0415 -- models need Django set up
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

pytestmark = pytest.mark.django_db


def cell(record, name, kind="company"):
    return reverse("tables:cell", args=[kind, record.pk, name])


def test_a_value_is_changed_in_its_cell(web, companies):
    address = cell(companies["Alpha"], "domain")
    assert 'name="value"' in web.get(address, {"edit": "1"}).content.decode()

    saved = web.post(address, {"value": "Alpha.example"})

    companies["Alpha"].refresh_from_db()
    assert companies["Alpha"].domain == "alpha.example"
    assert saved.content.decode().startswith('<td class="cell-text cell-edit">')
    assert "alpha.example" in web.get(address).content.decode()


def test_a_refused_value_stays_in_the_field_with_the_reason(web, companies, ops):
    from crm.services import companies as services

    address = cell(companies["Alpha"], "domain")
    refused = web.post(address, {"value": "no domain"})
    assert refused.status_code == 422
    assert "is not a domain" in refused.content.decode()
    assert "no domain" in refused.content.decode()
    services.archive(companies["Alpha"], by=ops)
    assert "This record is archived" in web.post(address, {"value": "x.example"}).content.decode()
    companies["Alpha"].refresh_from_db()
    assert companies["Alpha"].domain == ""


def test_what_is_not_offered_cannot_be_changed(web, companies):
    for name in ("name", "created_at", "properties", "owner_id", "property:99"):
        assert web.post(cell(companies["Alpha"], name), {"value": "x"}).status_code == 404


def test_a_deal_changes_its_stage_and_amount_in_the_list(web, ops):
    from crm.services import deals, pipelines

    stages = list(pipelines.ensure_default().stages.all())
    deal = deals.create(by=ops, name="Pool", stage=stages[0])

    web.post(cell(deal, "stage", "deal"), {"value": stages[1].pk})
    web.post(cell(deal, "amount", "deal"), {"value": "1,234.50"})

    deal.refresh_from_db()
    assert (deal.stage, deal.amount) == (stages[1], Decimal("1234.50"))
    assert deal.stage_changes.count() == 2


def test_a_custom_property_is_changed_in_its_cell(web, companies, admin):
    from core.services import properties

    size = properties.create("company", by=admin, label="Size", kind="number")
    address = cell(companies["Alpha"], f"property:{size.pk}")

    assert "12.5" in web.post(address, {"value": "12.5"}).content.decode()
    assert web.post(address, {"value": "many"}).status_code == 422
    companies["Alpha"].refresh_from_db()
    assert companies["Alpha"].properties == {str(size.pk): "12.5"}


def test_without_the_permission_cells_are_only_read(companies, client):
    from accounts.models import Role
    from tests import makers

    looker = makers.user()
    looker.role = Role.objects.create(name="Looker", permissions=[])
    looker.save()
    client.force_login(looker)

    assert "data-cell-edit" not in client.get("/companies/").content.decode()
    assert client.post(cell(companies["Alpha"], "domain"), {"value": "x.example"}).status_code == 403


def test_the_peek_shows_all_that_the_list_knows(web, companies):
    page = web.get(reverse("tables:peek", args=["company", companies["Alpha"].pk]))

    assert "Industry" in page.content.decode()
    assert f"/companies/{companies['Alpha'].pk}/" in page.content.decode()
    assert page["Cache-Control"] == "no-cache, no-store"
    assert web.get(reverse("tables:peek", args=["company", 99_999])).status_code == 404
    assert web.get(reverse("tables:peek", args=["nonsense", 1])).status_code == 404


@pytest.mark.parametrize("kind", ["company", "contact", "deal", "product", "quote", "invoice"])
def test_all_columns_cost_the_same_for_one_row_and_for_thirty(web, ops, kind):
    from core.tables import tables
    from core.tables.listing import columns_of

    make = MAKERS[kind](ops)
    names = ",".join(column.name for column in columns_of(tables[kind], ops))
    counts = []
    for size in (1, 29):
        for _number in range(size):
            make()
        with CaptureQueriesContext(connection) as captured:
            page = web.get(reverse(tables[kind].index), {"columns": names})
        assert not page.context["problems"]
        counts.append(len(captured))
    assert len(page.context["list"].rows) == 30
    assert counts[0] == counts[1], captured.captured_queries


def _companies(ops):
    from crm.models import Company

    return lambda: Company.objects.create(name="A", owner=ops)


def _contacts(ops):
    from crm.models import Company, Contact

    return lambda: Contact.objects.create(last_name="A", owner=ops, company=Company.objects.create(name="B"))


def _deals(ops):
    from crm.services import deals, pipelines

    stage = pipelines.ensure_default().stages.first()

    def make():
        deal = deals.create(by=ops, name="D", stage=stage, amount=1)
        deals.set_billing([deals.DealBillingValues(deal.pk, Decimal(5), "Cool Cars", "1004", "sent")])
        return deal

    return make


def _products(ops):
    from crm.models import Product

    return lambda: Product.objects.create(name="P", owner=ops, unit_price=1)


def _quotes(ops):
    from crm.models import Contact, Quote

    make = _deals(ops)
    return lambda: Quote.objects.create(
        deal=make(), title="Q", owner=ops, contact=Contact.objects.create(last_name="C")
    )


def _invoices(ops):
    from invoices.models import Invoice
    from qbo_connector.models import Connection

    account = Connection.objects.create(environment="simulator", realm_id="1", company_name="Sample")
    make = _quotes(ops)

    def invoice():
        quote = make()
        return Invoice.objects.create(
            connection=account, deal=quote.deal, quote=quote, owner=ops, created_by=ops, currency="USD",
            issued_on="2026-11-01", external_id=str(quote.pk), total=5, balance=5,
        )  # fmt: skip

    return invoice


MAKERS = {
    "company": _companies, "contact": _contacts, "deal": _deals, "product": _products, "quote": _quotes,
    "invoice": _invoices,
}  # fmt: skip
