"""Drafts with everything on them, created in QuickBooks: what was reckoned is what it has, and it comes back whole."""

import datetime
from decimal import Decimal

import pytest

from crm.models import Company
from invoices import differences
from invoices.models import Invoice
from invoices.reading import DraftProblems
from invoices.services import create as creating
from qbo_connector.models import Connection, Operation
from sync import numbers
from tests.makers import changed, deal_of, draft_of, user
from tests.quickbooks import connect, drain_until_settled, enable, sync_company

FORMS = {"AllowShipping": True, "AllowDiscount": True, "AllowDeposit": True}


def prefer(quickbooks, connection, **parts):
    quickbooks.call("POST", f"objects/{connection.realm_id}/Preferences/1", parts)


def ready(quickbooks, country="us", **parts):
    connection = connect(quickbooks, country)
    prefer(quickbooks, connection, SalesFormsPrefs=FORMS, **parts)
    enable(connection)
    sync_company(connection)
    connection.refresh_from_db()
    assert connection.preferences["shipping"] is True
    return connection


def draft_for(quickbooks, connection, lines, **values):
    rep = user("Admin")
    rows = quickbooks.objects(connection.realm_id, "Customer")
    found = next(row for row in rows if Company.objects.filter(name=row["DisplayName"]).exists())
    deal = deal_of(found["DisplayName"], rep, ("Design", "1", "1"), currency=connection.home_currency)
    items = [
        row for row in quickbooks.objects(connection.realm_id, "Item") if row["Type"] in ("Service", "NonInventory")
    ]
    typed = [
        {
            "key": f"l{number}", "name": "x", "quantity": quantity, "unit_price": price,
            "item": {"mode": "existing", "external_id": items[number % len(items)]["Id"], "name": "x"}, **more,
        }
        for number, (quantity, price, more) in enumerate(lines)
    ]  # fmt: skip
    customer = {"mode": "existing", "external_id": found["Id"], "name": found["DisplayName"]}
    return changed(draft_of(deal, rep), lines=typed, customer=customer, connection_id=connection.pk, **values), rep


def posted(quickbooks, connection, draft, rep):
    invoice = creating.create_invoice(draft, by=rep)
    drain_until_settled(connection)
    invoice.refresh_from_db()
    document = next(
        (row for row in quickbooks.objects(connection.realm_id, "Invoice") if row["Id"] == invoice.external_id), None
    )
    assert document is not None, Operation.objects.latest("pk").problem_detail
    assert invoice.total == Decimal(str(document["TotalAmt"]))
    assert invoice.balance == Decimal(str(document["Balance"]))
    return invoice, document


UK_LINES = [
    ("3", "19.99", {"tax_code": "5"}),
    ("1", "0.33", {"tax_code": "6"}),
    ("2.5", "7.77", {"tax_code": "5", "discount": {"kind": "percent", "value": "12.5"}}),
    ("1", "100", {"tax_code": "10", "discount": {"kind": "amount", "value": "3.01"}}),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", ["exclusive", "inclusive", "none"])
@pytest.mark.parametrize("discount", [{"kind": "percent", "value": "7.5"}, {"kind": "amount", "value": "11.11"}])
def test_a_british_invoice_is_what_was_reckoned(mode, discount, quickbooks):
    uk = ready(quickbooks, "uk")
    draft, rep = draft_for(
        quickbooks, uk, UK_LINES, tax_mode=mode, discount=discount, shipping="12", shipping_tax_code="5", deposit="20"
    )
    invoice, document = posted(quickbooks, uk, draft, rep)

    assert (invoice.expected_tax, invoice.expected_total) == (invoice.tax_total, invoice.total)
    assert differences.explain(invoice) is None
    assert (invoice.deposit, invoice.shipping_tax_code_external_id, str(invoice.tax_mode)) == (20, "5", mode)
    assert invoice.balance == invoice.total - 20
    assert invoice.total == invoice.subtotal - invoice.discount_total + invoice.shipping_total + invoice.tax_total
    words = [line.get("Description", "") for line in document["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    assert any("less 12.5%" in text for text in words)
    assert any("less £3.01" in text for text in words)
    assert [line.amount for line in invoice.lines.filter(kind="item")] == [
        Decimal("59.97"), Decimal("0.33"), Decimal("17.00"), Decimal("96.99"),
    ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", [True, False])
def test_an_american_invoice_with_a_fixed_rate_is_what_was_reckoned(after, quickbooks):
    us = ready(
        quickbooks, "us",
        AccountingInfoPrefs={"ClassTrackingPerTxn": True, "TrackDepartments": True, "DepartmentTerminology": "Shop"},
    )  # fmt: skip
    made = {
        entity: quickbooks.call("POST", f"objects/{us.realm_id}/{entity}", {"Name": name})["Id"]
        for entity, name in (("Class", "North"), ("Department", "Main street"))
    }
    sync_company(us)
    draft, rep = draft_for(
        quickbooks, us, [("1", "275", {}), ("3", "33.33", {})], discount={"kind": "percent", "value": "10"},
        tax_after_discount=after, shipping="9.50", deposit="5", cc="a@x.example", bcc="b@x.example, c@x.example",
        class_id=made["Class"], class_name="North", location_id=made["Department"], location_name="Main street",
        shipping_address={"line1": "1 Pier", "city": "Half Moon Bay"},
    )  # fmt: skip
    invoice, document = posted(quickbooks, us, draft, rep)

    assert invoice.expected_total == invoice.total
    assert invoice.expected_tax == invoice.tax_total
    assert document["ApplyTaxAfterDiscount"] is after
    assert (invoice.class_name, invoice.location_name) == ("North", "Main street")
    assert (invoice.cc, invoice.bcc) == ("a@x.example", "b@x.example, c@x.example")
    assert (invoice.discount_percent, invoice.shipping_total, invoice.deposit) == (10, Decimal("9.5"), 5)
    assert invoice.shipping_address["line1"] == "1 Pier"
    assert "TxnTaxDetail" not in Operation.objects.get(entity="Invoice").intent


@pytest.mark.django_db(transaction=True)
def test_automated_tax_is_left_to_quickbooks_and_shown_afterwards(quickbooks):
    us = ready(quickbooks, "us", TaxPrefs={"PartnerTaxEnabled": True, "UsingSalesTax": True})
    items = [row["Id"] for row in quickbooks.objects(us.realm_id, "Item") if row.get("Taxable")]
    draft, rep = draft_for(quickbooks, us, [("1", "275", {"item": {"mode": "existing", "external_id": items[0]}})])
    invoice, document = posted(quickbooks, us, draft, rep)

    assert (invoice.expected_tax, invoice.expected_total) == (None, 275)
    assert Decimal(str(document["TxnTaxDetail"]["TotalTax"])) == invoice.tax_total > 0
    found = differences.explain(invoice)
    assert found is not None
    assert (found.cause, found.harmless, found.amount) == ("quickbooks_tax", True, invoice.tax_total)


@pytest.mark.django_db(transaction=True)
def test_a_foreign_invoice_has_the_rate_that_was_typed(quickbooks):
    ca = ready(quickbooks, "ca")
    abroad = next(
        row for row in quickbooks.objects(ca.realm_id, "Customer") if row["CurrencyRef"]["value"] not in ("CAD", None)
    )
    currency = abroad["CurrencyRef"]["value"]
    code = next(row["Id"] for row in quickbooks.objects(ca.realm_id, "TaxCode") if row["Name"] == "Zero-rated")
    draft, rep = draft_for(
        quickbooks, ca, [("2", "10.05", {"tax_code": code})], currency=currency, exchange_rate="1.4321"
    )
    changed(draft, customer={"mode": "existing", "external_id": abroad["Id"], "name": abroad["DisplayName"]})
    invoice, document = posted(quickbooks, ca, draft, rep)

    assert (invoice.currency, invoice.exchange_rate) == (currency, Decimal("1.4321"))
    assert Decimal(str(document["ExchangeRate"])) == Decimal("1.4321")
    assert invoice.total == invoice.expected_total == Decimal("20.10")


@pytest.mark.django_db(transaction=True)
def test_a_rate_of_one_that_was_typed_is_sent_and_text_lines_come_back(quickbooks):
    ca = ready(quickbooks, "ca")
    rows = quickbooks.objects(ca.realm_id, "Customer")
    abroad = next(row for row in rows if row["CurrencyRef"]["value"] not in ("CAD", None))
    code = next(row["Id"] for row in quickbooks.objects(ca.realm_id, "TaxCode") if row["Name"] == "Zero-rated")
    words = {"item": {"mode": "text"}, "name": "", "description": "As agreed by phone"}
    draft, rep = draft_for(
        quickbooks, ca, [("2", "10.05", {"tax_code": code}), ("", "", words)],
        currency=abroad["CurrencyRef"]["value"], exchange_rate="1",
    )  # fmt: skip
    changed(draft, customer={"mode": "existing", "external_id": abroad["Id"], "name": abroad["DisplayName"]})

    invoice, document = posted(quickbooks, ca, draft, rep)

    assert (invoice.exchange_rate, Decimal(str(document["ExchangeRate"]))) == (1, 1)
    assert [line["DetailType"] for line in document["Line"]][:2] == ["SalesItemLineDetail", "DescriptionOnly"]
    assert [(str(line.kind), line.description) for line in invoice.lines.all()][1] == ("text", "As agreed by phone")
    assert invoice.total == Decimal("20.10")


@pytest.mark.django_db(transaction=True)
def test_what_the_company_switched_off_is_refused_before_anything_is_sent(quickbooks):
    us = connect(quickbooks)
    prefer(quickbooks, us, SalesFormsPrefs={"AllowDiscount": False, "AllowDeposit": False, "AllowServiceDate": False})
    enable(us)
    sync_company(us)
    draft, rep = draft_for(
        quickbooks,
        us,
        [("1", "10", {"service_on": "2026-11-20"})],
        discount={"kind": "percent", "value": "5"},
        deposit="1",
        shipping="2",
    )
    with pytest.raises(DraftProblems) as refused:
        creating.create_invoice(draft, by=rep)

    assert {(each.step, each.field) for each in refused.value.problems} == {
        ("products", "discount"), ("products", "deposit"), ("products", "shipping"), ("products", "service_on"),
    }  # fmt: skip
    assert not Invoice.objects.filter(external_id="").exists()


def numbered(quickbooks):
    us = ready(quickbooks, "us")
    prefer(quickbooks, us, SalesFormsPrefs={**FORMS, "CustomTxnNumbers": True})
    Connection.objects.filter(pk=us.pk).update(custom_numbers=True)
    us.refresh_from_db()
    return us


@pytest.mark.django_db(transaction=True)
def test_numbers_are_proposed_and_a_taken_one_is_refused_with_the_next(quickbooks):
    us = numbered(quickbooks)
    proposed = numbers.next_number(us)
    draft, rep = draft_for(quickbooks, us, [("1", "10", {})], number=proposed)
    other, _rep = draft_for(quickbooks, us, [("1", "11", {})], number=proposed)
    creating.create_invoice(draft, by=rep)

    with pytest.raises(DraftProblems) as refused:
        creating.create_invoice(other, by=rep)
    (problem,) = refused.value.problems
    assert (problem.step, problem.field) == ("terms", "number")
    after = numbers.following(proposed)
    assert proposed in problem.message
    assert f"{after} is free" in problem.message
    invoice, document = posted(quickbooks, us, changed(other, number=after), rep)
    assert document["DocNumber"] == invoice.number == after


@pytest.mark.django_db(transaction=True)
def test_a_number_that_somebody_took_meanwhile_is_followed_by_a_free_one_on_retry(quickbooks):
    us = numbered(quickbooks)
    draft, rep = draft_for(quickbooks, us, [("1", "10", {})], number="INV-0099")
    line = {"DetailType": "SalesItemLineDetail", "Amount": 5, "SalesItemLineDetail": {"ItemRef": {"value": "5"}}}
    quickbooks.call(
        "POST", f"objects/{us.realm_id}/CreditMemo",
        {"CustomerRef": {"value": "1"}, "DocNumber": "inv-0099", "Line": [line]},
    )  # fmt: skip
    quickbooks.call(
        "POST", f"objects/{us.realm_id}/SalesReceipt",
        {"CustomerRef": {"value": "1"}, "DocNumber": "INV-0099", "Line": [line]},
    )  # fmt: skip
    invoice = creating.create_invoice(draft, by=rep)
    drain_until_settled(us)
    invoice.refresh_from_db()
    assert invoice.external_id == ""

    creating.accounting().retry(invoice, by=rep)
    drain_until_settled(us)

    invoice.refresh_from_db()
    assert invoice.number == "INV-0100"
    assert invoice.external_id


@pytest.mark.django_db(transaction=True)
def test_numbers_follow_the_last_document_over_all_kinds(quickbooks):
    us = numbered(quickbooks)
    line = {"DetailType": "SalesItemLineDetail", "Amount": 5, "SalesItemLineDetail": {"ItemRef": {"value": "5"}}}

    def make(entity, number):
        body = {"CustomerRef": {"value": "1"}, "DocNumber": number, "Line": [line]}
        quickbooks.call("POST", f"objects/{us.realm_id}/{entity}", body)

    make("Invoice", "R-0098")
    make("CreditMemo", "R-0099")
    make("SalesReceipt", "R-0101")
    make("Estimate", "R-0100")
    sync_company(us)

    assert numbers.next_number(us) == "R-0100", "estimates are numbered by themselves"
    assert numbers.next_number(us, "Estimate") == "R-0101"
    assert numbers.taken(us, "r-0099").words == "the credit memo R-0099"
    assert numbers.taken(us, "R-0101").words == "the sales receipt R-0101"
    assert numbers.taken(us, "R-0100") is None
    assert numbers.taken(us, "R-0100", entity="Estimate").words == "the estimate R-0100"


@pytest.mark.parametrize(
    ("number", "after"),
    [
        ("1042", "1043"), ("INV-0099", "INV-0100"), ("INV-9999", "INV-10000"), ("2026/07-A", "2026/08-A"),
        ("A", "A-1"), ("", "1001"), ("9" * 21, "0" * 21), ("X" * 17 + "9999", "10000"),
    ],
)  # fmt: skip
def test_the_number_after(number, after):
    assert numbers.following(number) == after


def test_the_rate_of_a_day_is_dated(quickbooks, transactional_db):
    ca = connect(quickbooks, "ca")
    rows = quickbooks.objects(ca.realm_id, "ExchangeRate")
    day = max(row["AsOfDate"] for row in rows if row["SourceCurrencyCode"] == "USD")
    on = datetime.date.fromisoformat(day) + datetime.timedelta(days=30)

    rate, of = creating.accounting().exchange_rate(ca.pk, "USD", on)

    assert rate > 0
    assert of.isoformat() >= day
