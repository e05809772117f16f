"""R18: large and strange content is stored or refused in words, and one bad record stops nothing else."""

import unicodedata

import pytest

from crm.models import Company, Contact, Product
from crm.services import companies, products
from invoices.models import Invoice
from qbo_connector.models import ParkedRecord
from sync.enums import Outcome
from sync.models import Link
from tests.agreement import assert_agreement
from tests.faults.test_r10_both_sides_converge import assert_idle

TEXTS = {
    "emoji": "Garden 🌻👩‍🌾",
    "right to left": "גן ירוק مشتل",
    "combining marks": unicodedata.normalize("NFD", "Crème brûlée Ångström"),
    "zalgo": "Z" + "\u0300" * 40,
    "NUL": "Gar\x00den",
    "quotes": 'O\'Neil "The" <b>Gardener</b> & Söhne \\ 100%',
    "spaces": "  Garden   of  spaces ",
    "controls": "Garden\x01\x1b[31m",
    "template": "{{ 7*7 }} {% now %} ${x}",
}


def link_of(record, kind):
    return Link.objects.get(object_type=kind, object_id=record.pk)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_text_from_quickbooks_is_stored_or_told_and_goes_round_in_no_circle(text, world):
    item = next(row for row in world.there("Item") if row["Name"] == "Design")
    changed = world.act(f"Item/{item['Id']}", Description=text)
    world.books.customer("Bystander", "by@there.example")
    world.cycle()

    assert Company.objects.filter(name="Bystander").exists()
    if changed is not None and not ParkedRecord.objects.exists():
        kept = next(row for row in world.there("Item") if row["Name"] == "Design").get("Description", "")
        assert Product.objects.get(name="Design").description == kept.replace("\x00", "")
    assert world.writes() == 0
    assert_idle(world)


@pytest.mark.parametrize("text", [text for name, text in TEXTS.items() if name != "NUL"],
                         ids=[name for name in TEXTS if name != "NUL"])  # fmt: skip
def test_a_text_from_here_reaches_quickbooks_or_is_refused_in_words(text, world):
    """PostgreSQL and the forms take no NUL; everything else is sent as the company can store it."""
    product = Product.objects.get(name="Design")
    products.update(product, by=world.rep, description=text)
    company = companies.create(by=world.rep, name=f"{text} Ltd"[:200], email="strange@here.example")
    good = companies.create(by=world.rep, name="Plain Ltd", email="plain@here.example")
    world.cycle()
    world.cycle()

    assert link_of(good, "company").outcome == Outcome.IN_SYNC
    for record, kind in ((product, "product"), (company, "company")):
        link = link_of(record, kind)
        assert link.outcome == Outcome.IN_SYNC or link.reason, (kind, link.outcome)
    product.refresh_from_db()
    assert product.description == text
    assert_idle(world)


@pytest.mark.parametrize(
    ("kind", "field", "limit"),
    [("company", "phone", 30), ("company", "name", 100), ("product", "description", 4000), ("product", "name", 100),
     ("product", "sku", 100)],
)  # fmt: skip
@pytest.mark.parametrize("more", [0, 1], ids=["at the limit", "one more"])
def test_a_field_at_its_limit_goes_and_one_more_is_told(more, kind, field, limit, world):
    model, service = (Company, companies) if kind == "company" else (Product, products)
    record = model.objects.order_by("pk")[0]
    longest = model._meta.get_field(field).max_length
    if longest is not None and longest < limit + more:
        limit, more = longest, 0
    value = "x" * (limit + more)
    good = model.objects.order_by("pk")[1]
    service.update(record, by=world.rep, **{field: value})
    service.update(good, by=world.rep, **({"website": "https://ok.example"} if kind == "company" else {"sku": "OK"}))
    world.cycle()
    world.cycle()

    assert link_of(good, kind).outcome == Outcome.IN_SYNC
    link = link_of(record, kind)
    if more:
        assert link.outcome == Outcome.FAILING
        assert str(limit) in f"{link.reason} {link.detail}"
    else:
        assert link.outcome == Outcome.IN_SYNC, (link.reason, link.detail)
    record.refresh_from_db()
    assert getattr(record, field) == value
    assert_idle(world)


def test_an_invoice_of_750_lines_comes_and_can_be_changed_there(world):
    line = world.there("Invoice")[0]["Line"][0]
    lines = [{**line, "Id": None, "Description": f"{number} " + "é" * 1000} for number in range(750)]
    for each in lines:
        each.pop("Id")
    made = world.act("Invoice", CustomerRef={"value": "1"}, Line=lines)
    assert made is not None
    world.cycle()

    invoice = Invoice.objects.get(external_id=made["Id"])
    assert invoice.lines.filter(kind="item").count() == 750
    assert sum(line.amount for line in invoice.lines.filter(kind="item")) == invoice.total
    world.act(f"Invoice/{made['Id']}", Line=lines[:749])
    world.cycle()
    assert invoice.lines.filter(kind="item").count() == 749
    assert_agreement(world.quickbooks, world.connection)


@pytest.mark.parametrize(
    "broken",
    [
        {"PrimaryEmailAddr": "text"}, {"Active": "perhaps"}, {"CompanyName": {"a": 1}}, {"BillAddr": [1, 2]},
        {"DisplayName": "\ud800 half"}, {"CompanyName": "N\x00L"}, {"CompanyName": "x" * 4000},
    ],
    ids=["email", "active", "name", "address", "lone surrogate", "NUL", "4,000 characters"],
)  # fmt: skip
def test_one_bad_record_never_blocks_its_batch(broken, world):
    bad = world.books.customer("Broken", "broken@there.example")
    goods = [world.books.customer(f"Good {number}", f"good{number}@there.example") for number in range(5)]
    world.act(f"Customer/{bad}", operation="corrupt", set=broken)
    world.cycle()
    world.cycle()

    assert Link.objects.filter(object_type="company", qbo_id__in=goods, outcome="in_sync").count() == 5
    here = Link.objects.filter(entity="Customer", qbo_id=bad).exists()
    assert here or ParkedRecord.objects.filter(connection=world.connection).exists()
    assert world.writes() == 0
    world.act(f"Customer/{bad}", operation="corrupt", set={
        "PrimaryEmailAddr": {"Address": "broken@there.example"}, "Active": True, "CompanyName": "Mended",
        "DisplayName": "Mended", "BillAddr": {"City": "Bend"},
    })  # fmt: skip
    world.act(f"Customer/{bad}", Notes="mended")
    world.cycle()
    assert Company.objects.filter(name="Mended").count() == 1
    assert_agreement(world.quickbooks, world.connection)


def test_names_that_differ_by_case_and_spaces_only_are_no_second_customer_and_stop_nothing(world):
    made = [
        companies.create(by=world.rep, name=name, email=f"n{number}@here.example")
        for number, name in enumerate(["Twin Oaks", "TWIN OAKS", "Twin  Oaks", " twin oaks "])
    ]
    world.cycle()
    world.cycle()

    names = [row["DisplayName"].casefold() for row in world.there("Customer")]
    assert len(set(names)) == len(names)
    for company in made:
        link = link_of(company, "company")
        assert link.outcome == Outcome.IN_SYNC or link.reason
    assert not Contact.objects.exists()
    assert_idle(world)
