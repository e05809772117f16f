"""What records are called in QuickBooks, and what texts become there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.models import Company, Contact, Product
from invoices.services import create as creating
from qbo_connector.models import Connection, Operation
from sync.enums import RecordType
from sync.models import ObjectSettings
from sync.publish import names
from sync.publish.texts import latin, storable
from tests.books import open_books
from tests.makers import changed, deal_of, draft_of, user
from tests.quickbooks import drain_until_settled, sync_company

PARTS = {"name": "Ann Green", "company": "Green Garden", "first": "Ann", "last": "Green", "email": "ann@green.example"}


@pytest.mark.parametrize(
    ("template", "parts", "name"),
    [
        ("{name}", PARTS, "Ann Green"),
        ("{last}, {first} ({company})", PARTS, "Green, Ann (Green Garden)"),
        ("{last}, {first} ({company})", {**PARTS, "company": "", "first": ""}, "Green"),
        ("{company} - {name}", {**PARTS, "company": ""}, "Ann Green"),
        ("{company}", {"name": "#7", "company": ""}, "#7"),
    ],
)
def test_a_template_is_filled_in(template, parts, name):
    assert names.rendered(template, parts) == name


@pytest.mark.parametrize("template", ["{nmae}", "Customer {number}", "Customer"])
def test_a_template_that_can_name_nobody_is_refused(template):
    with pytest.raises(names.BadTemplate):
        names.check_template(template)


def test_a_suffix_holds_only_a_number():
    names.check_suffix(" / {number}")
    with pytest.raises(names.BadTemplate):
        names.check_suffix(" {name}")


@pytest.mark.parametrize(
    ("suffix", "number", "limit", "name"),
    [
        (" ({number})", 2, 500, "Garden (2)"),
        (" ({number})", 12, 9, "Gard (12)"),
        (" (customer)", 2, 500, "Garden (customer)"),
        (" (customer)", 3, 500, "Garden (customer) 2"),
        ("", 3, 500, "Garden (3)"),
    ],
)
def test_a_taken_name_gets_the_suffix(suffix, number, limit, name):
    assert names.numbered("Garden", suffix, number, limit=limit) == name


def test_names_are_cleaned_and_cut():
    assert names.cleaned(" A:B\tC\nD ", limit=500, in_us=True) == "A-B C D"
    assert names.cleaned("x" * 501, limit=500, in_us=False) == "x" * 500


@pytest.mark.parametrize(
    ("text", "plain", "lost"),
    [
        ("plain", "plain", ""),
        ("“Hé” – it’s…", '"Hé" - it\'s...', ""),
        ("Łódź 5 €", "Lódz 5 EUR", ""),
        ("Hi 😀😀 there", "Hi  there", "😀"),
        ("株式会社", "", "株式会社"),
    ],
)
def test_texts_fit_into_latin_1(text, plain, lost):
    assert latin(text) == (plain, "".join(dict.fromkeys(lost)))


@given(st.text())
def test_every_text_fits_and_fitting_twice_changes_nothing(text):
    fitting, _lost = latin(text.encode(errors="ignore").decode())
    assert fitting.encode("latin-1").decode("latin-1") == fitting
    assert latin(fitting) == (fitting, "")


def test_only_us_companies_lose_characters():
    assert storable({"Notes": "株 “x”"}, in_us=False) == ({"Notes": "株 “x”"}, {})
    assert storable({"Notes": "株 “x”", "Line": [{"Description": "😀"}]}, in_us=True) == (
        {"Notes": '"x"', "Line": [{"Description": ""}]},
        {"Notes": "株", "Line": "😀"},
    )


def test_an_invoice_is_written_plainly_to_us_companies(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    draft = changed(draft_of(deal_of("Cool Cars", rep), rep), message="“Thanks” – see you 😀")
    creating.create_invoice(draft, by=rep)
    drain_until_settled(us_company)

    sent = Operation.objects.get(entity="Invoice")
    assert (sent.state, sent.intent["CustomerMemo"]) == ("done", {"value": '"Thanks" - see you'})


@pytest.fixture
def connection(quickbooks, transactional_db) -> Connection:
    """A company whose lists hold some names, inactive ones too."""
    books = open_books(quickbooks)
    books.make("Customer", DisplayName="Garden")
    books.make("Vendor", DisplayName="Garden (2)")
    employee = books.make("Employee", DisplayName="Garden (3)", GivenName="Gus", FamilyName="Garden")
    books.act("Employee", employee, operation="deactivate")
    books.sync()
    return books.connection


def test_a_name_is_free_among_customers_vendors_employees_and_plans(connection, django_assert_num_queries):
    Operation.objects.create(
        connection=connection, entity="Customer", subject="company:1", intent={"DisplayName": "garden (4)"}
    )
    wanted = {1: "GARDEN", 2: "Garden", 3: "Meadow"}
    with django_assert_num_queries(2):
        found = names.free_names(connection, wanted, suffix=" ({number})")
    # QuickBooks renamed the inactive employee, so that name is free again.
    assert found == {1: "GARDEN (3)", 2: "Garden (5)", 3: "Meadow"}


def test_many_of_one_name_are_numbered_on(connection):
    found = names.free_names(connection, dict.fromkeys(range(25), "Garden"), suffix=" ({number})")
    assert set(found.values()) == {f"Garden ({number})" for number in range(3, 28)}


def test_the_preview_shows_the_name_that_would_be_given(connection):
    settings = ObjectSettings(
        connection=connection,
        sync_object="contact",
        display_name_template="{company}: {last}",
        display_name_suffix=" [{number}]",
    )
    company = Company.objects.create(name="Garden")
    contact = Contact.objects.create(first_name="Ann", last_name="Green", company=company)

    assert names.preview(settings, contact) == "Garden- Green"
    settings.display_name_template = "{company}"
    assert names.preview(settings, contact) == "Garden [2]"
    assert names.preview(settings, company) == "Garden [2]"
    assert names.preview(settings, Product.objects.create(name="Hedge")) == "Hedge"


def test_what_a_record_is_called_without_a_name():
    assert names.parts_of(RecordType.CONTACT, {"email": "a@b.example"}, record_id=7)["name"] == "a@b.example"
    assert names.parts_of(RecordType.CONTACT, {}, record_id=7)["name"] == "#7"
