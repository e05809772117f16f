"""What an import does with rows: creating, updating, leaving out and why; companies on the way; taking it back."""

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from core.models import Event, Origin
from core.services import properties as property_services
from crm.imports import runs
from crm.models import Company, Contact, Deal, Import, Product
from crm.services import companies, contacts, pipelines

pytestmark = pytest.mark.django_db
HEAD = ["First Name", "Last Name", "Email", "Company name", "Phone Number"]


def figures(job) -> dict[str, int]:
    names = ("created", "updated", "unchanged", "failed", "companies")
    return {name: getattr(job, name) for name in names if getattr(job, name)}


def reasons(job) -> dict[int, str]:
    return {row.line: why for row, why in runs.errors_of(job)}


def test_contacts_come_with_their_company_and_one_line_of_their_timeline(imported, ops, company):
    job = imported([
        HEAD,
        ["Nora", "New", "nora@new.example", "New Gardens", "+49 89 123"],
        ["Grace", "Pariente", "grace@cars.example", "cool cars", "'+1 555 0100"],
        ["Otto", "Old", "otto@new.example", "new gardens", ""],
    ])  # fmt: skip

    assert (job.state, figures(job)) == ("done", {"created": 3, "companies": 1})
    nora, grace, otto = Contact.objects.order_by("pk")
    assert (str(nora), nora.phone, nora.owner, nora.company.name) == ("Nora New", "+49 89 123", ops, "New Gardens")
    assert (grace.company, grace.phone, otto.company) == (company, "+1 555 0100", nora.company)
    told = Event.objects.filter(object_type="contact", object_id=nora.pk)
    assert [(each.name, each.origin, each.actor) for each in told] == [("contact.created", Origin.IMPORT, ops)]
    assert Event.objects.filter(name="import.finished", data__created=3).count() == 1


def test_the_check_writes_nothing_and_shows_what_would_change_field_by_field(checked, rep, contact):
    contacts.update(contact, by=rep, phone="1")
    before = Event.objects.count()

    job = checked([
        ["E-mail", "Phone", "Job title"],
        ["GRACE@example.com", "+1 555", "Boss"],
        ["new@example.com", "", "Clerk"],
        ["no mail", "2", ""],
    ])  # fmt: skip

    assert (job.state, figures(job)) == ("checked", {"created": 1, "updated": 1, "failed": 1})
    (update,) = job.preview["update"]
    assert (update["title"], update["fields"]) == (
        "Grace Pariente",
        [{"label": "Phone", "old": "1", "new": "+1 555"}, {"label": "Job title", "old": "", "new": "Boss"}],
    )
    assert job.preview["fail"][0]["problem"].startswith("E-mail: “no mail” is not an e-mail address.")
    assert {"label": "E-mail", "old": "", "new": "new@example.com"} in job.preview["create"][0]["fields"]
    assert (Contact.objects.count(), Event.objects.count()) == (1, before)


def test_running_it_again_changes_nothing(imported):
    rows = [HEAD, ["Nora", "New", "nora@new.example", "New Gardens", "5"]]
    imported(rows)
    before = Event.objects.exclude(name="import.finished").count()

    again = imported(rows)

    assert figures(again) == {"unchanged": 1}
    assert Event.objects.exclude(name="import.finished").count() == before
    assert (Contact.objects.count(), Company.objects.count()) == (1, 1)


def test_empty_cells_leave_or_clear_as_chosen(imported, contact, rep):
    contacts.update(contact, by=rep, phone="1", job_title="Boss")
    rows = [["Email", "Phone", "Job title", "First name"], ["grace@example.com", "", "CEO", ""]]

    imported(rows)
    contact.refresh_from_db()
    assert (contact.phone, contact.job_title, contact.first_name) == ("1", "CEO", "Grace")

    imported(rows, empty="clear")
    contact.refresh_from_db()
    assert (contact.phone, contact.job_title, contact.first_name) == ("", "CEO", "")


def test_what_is_to_be_done_decides_which_rows_are_left_out(imported, contact):
    rows = [["Email", "Last name"], ["grace@example.com", "P"], ["new@example.com", "N"], ["", "Nobody"]]

    only_new = imported(rows, mode="create")
    assert figures(only_new) == {"created": 2, "failed": 1}
    assert reasons(only_new) == {2: "“Grace Pariente” has this e-mail address already."}

    only_old = imported(rows, mode="update")
    assert figures(only_old) == {"updated": 1, "unchanged": 1, "failed": 1}
    assert reasons(only_old) == {4: "The e-mail address is missing."}


@pytest.mark.parametrize(("wins", "name", "left_out"), [("last", "Second", 2), ("first", "First", 4)])
def test_of_rows_that_are_the_same_one_counts(imported, wins, name, left_out):
    job = imported(
        [["Email", "Last name"], ["a@example.com", "First"], ["b@example.com", "B"], ["A@example.com", "Second"]],
        duplicates=wins,
    )

    assert figures(job) == {"created": 2, "failed": 1}
    assert Contact.objects.get(email__iexact="a@example.com").last_name == name
    assert reasons(job) == {left_out: f"Row {6 - left_out} has the same e-mail address, and that one counts."}


def test_records_that_share_what_is_matched_by_are_left_alone(imported, rep):
    for _twice in range(2):
        contacts.create(by=rep, last_name="Twin", email="twin@example.com")

    job = imported([["Email", "Phone"], ["twin@example.com", "1"]])

    assert reasons(job) == {2: "2 records have this e-mail address."}


def test_products_by_sku_with_numbers_of_another_notation(imported, product):
    job = imported(
        b"Name;SKU;Unit price;Active\nDesign;d-1;1.250,50;nein\nTree;T-1;12,5;ja\nRock;R-1;-3;ja\n",
        "product",
    )

    product.refresh_from_db()
    assert figures(job) == {"created": 1, "updated": 1, "failed": 1}
    assert (product.unit_price, product.active, product.sku) == (Decimal("1250.5"), False, "D-1")
    assert Product.objects.get(sku="T-1").unit_price == Decimal("12.5")
    assert reasons(job) == {4: "Unit price: This can't be less than 0."}


def test_deals_get_their_stage_company_and_contact(imported, deal, stages, contact, company, ops):
    won = next(name for name, stage in stages.items() if stage.status == "won")
    job = imported(
        [
            ["Deal Name", "Deal Stage", "Amount", "Close Date", "Associated Company", "Contact email", "Deal owner"],
            ["Garden redesign", won, "1,200.00", "12/31/2026", "", "", ""],
            ["New one", "", "5", "2027-01-02", "Cool Cars", "grace@example.com", "ops@example.com"],
            ["Odd one", "Nowhere", "", "31/31/2026", "", "nobody@example.com", "ghost@example.com"],
        ],
        "deal",
    )

    deal.refresh_from_db()
    assert figures(job) == {"created": 1, "updated": 1, "failed": 1}, reasons(job)
    assert (deal.stage.name, deal.status, deal.amount, deal.close_on) == (
        won, "won", Decimal(1200), datetime.date(2026, 12, 31),
    )  # fmt: skip
    assert Event.objects.filter(name="deal.won", origin=Origin.IMPORT, object_id=deal.pk).exists()
    new = Deal.objects.get(name="New one")
    assert (new.company, new.owner, list(new.contacts.all()), new.stage_changes.count()) == (company, ops, [contact], 1)
    assert new.stage == deal.stage.pipeline.stages.first()
    (why,) = reasons(job).values()
    for part in ("There is no stage “Nowhere”", "is not a date", "No contact has the e-mail", "Nobody with the e-mail"):
        assert part in why


def test_custom_properties_are_cleaned_matched_by_and_extended(imported, admin):
    number = property_services.create("company", by=admin, label="Customer no", kind="text", unique=True)
    tier = property_services.create("company", by=admin, label="Tier", kind="choice", choices=["Gold"])
    since = property_services.create("company", by=admin, label="Customer since", kind="date")
    rows = [["Name", "Customer no", "Tier", "Customer since"], ["A", "7", "gold", "01.02.2026"], ["B", "8", "Lead", ""]]
    slots = [str(each.pk) for each in (number, tier, since)]

    strict = imported(rows, "company", match_by=f"property:{number.pk}", by=admin)
    assert figures(strict) == {"created": 1, "failed": 1}
    assert reasons(strict) == {3: "Tier: “Lead” is none of the choices."}

    kind = imported(rows, "company", match_by=f"property:{number.pk}", unknown_choices="add", by=admin)
    assert figures(kind) == {"created": 1, "unchanged": 1}
    a, b = Company.objects.order_by("name")
    assert [a.properties.get(slot) for slot in slots] == ["7", str(tier.choices.get(label="Gold").pk), "2026-02-01"]
    assert b.properties[slots[1]] == str(tier.choices.get(label="Lead").pk)


def test_a_new_property_is_made_of_a_column(imported, admin):
    job = imported(
        [["Name", "Budget"], ["A", "1,5"], ["B", "2,25"]], "company", mapping=["name", "new:number"], by=admin
    )

    slot = job.mapping[1].removeprefix("property:")
    assert [each.properties[slot] for each in Company.objects.order_by("name")] == ["1.5", "2.25"]


def test_ids_of_another_program_are_kept_and_find_the_records_again(imported, checked, admin):
    headings = ["Record ID", "First Name", "Email", "Contact owner"]
    first = checked([headings, ["101", "Ann", "ann@lee.example", ""]], by=admin,
                    mapping=["new:key", "first_name", "email", "owner"])  # fmt: skip
    assert first.mapping[0].startswith("property:")
    runs.start(first)
    runs.work(first.pk)

    # The next file is read in the same way, and its row is found although every other word differs.
    again = imported([headings, ["101", "Anna", "anna@lee.example", "admin@example.com"]], by=admin,
                     match_by=first.mapping[0])  # fmt: skip

    assert again.mapping == first.mapping
    assert figures(again) == {"updated": 1}
    contact = Contact.objects.get()
    assert (contact.first_name, contact.email, contact.owner) == ("Anna", "anna@lee.example", admin)


def test_an_address_is_put_together_with_what_is_there(imported, company, rep):
    companies.update(company, by=rep, billing_address={"line1": "Main St 1", "city": "Old Town"})

    imported([["Company domain", "City", "Zip"], ["coolcars.example", "New Town", "0123"]], "company", mapping=[
        "domain", "billing_address.city", "billing_address.postal_code"], mode="update")  # fmt: skip

    company.refresh_from_db()
    assert company.billing_address == {"line1": "Main St 1", "city": "New Town", "postal_code": "0123"}


def test_a_company_is_found_by_its_domain_in_any_notation(imported, company):
    rows = [["Company domain", "Phone"], ["https://www.CoolCars.example/home", "1"]]

    imported(
        [*rows, ["www.new.example", "2"]], "company", mapping=["domain", "phone"], match_by="domain", mode="update"
    )

    company.refresh_from_db()
    assert (company.domain, company.phone, Company.objects.count()) == ("coolcars.example", "1", 1)


def test_undoing_archives_what_was_created_and_gives_values_back(imported, undone, contact, company, rep):
    contacts.update(contact, by=rep, phone="1", job_title="Boss")
    job = imported([
        ["Email", "Phone", "Job title", "Company name"],
        ["grace@example.com", "2", "CEO", ""],
        ["free@example.com", "3", "", "Fresh Fields"],
        ["busy@example.com", "4", "", "Cool Cars"],
    ])  # fmt: skip
    contact.refresh_from_db()
    contacts.update(contact, by=rep, job_title="Chair")
    contacts.update(Contact.objects.get(email="busy@example.com"), by=rep, phone="5")

    job = undone(job)

    contact.refresh_from_db()
    assert (contact.phone, contact.job_title) == ("1", "Chair")
    assert Contact.objects.get(email="free@example.com").archived_at
    assert Contact.objects.get(email="busy@example.com").archived_at is None
    assert Company.objects.get(name="Fresh Fields").archived_at
    assert (job.state, job.undone) == ("undone", 2)
    assert sorted(why for _pk, _title, why, _kind in job.kept) == [
        "Changed since: Job title.",
        "It was worked with since: Rita Rep changed Phone of the contact from 4 to 5.",
    ]


def test_deals_go_back_to_their_stage(imported, undone, deal, stages):
    before = deal.stage
    other = next(stage for stage in stages.values() if stage.pk != before.pk)
    job = imported([["Deal name", "Stage", "Amount"], [deal.name, other.name, "10"]], "deal")

    undone(job)

    deal.refresh_from_db()
    assert (deal.stage, deal.amount) == (before, None)


def test_an_import_is_undone_for_30_days_and_then_forgotten(imported):
    job = imported([["Email"], ["a@example.com"]])
    Import.objects.filter(pk=job.pk).update(expires_at=timezone.now())

    with pytest.raises(runs.NotPossible):
        runs.start_undo(job, by=job.owner)
    runs.sweep()

    job.refresh_from_db()
    assert (job.slices.count(), hasattr(job, "file"), job.created) == (0, False, 1)


def test_a_stage_that_needs_something_refuses_the_rows_that_lack_it(imported, admin, deal, stages):
    pipelines.update_stage(stages["Proposal"], by=admin, required=["amount", "contacts"])

    job = imported(
        [
            ["Deal Name", "Deal Stage", "Amount", "Contact email"],
            ["With all", "Proposal", "100", "grace@example.com"],
            ["Without", "Proposal", "", ""],
        ],
        "deal",
    )

    assert figures(job) == {"created": 1, "failed": 1}
    assert list(reasons(job).values()) == ["Stage: “Proposal” needs: Amount and A contact."]
    assert Deal.objects.get(name="With all").stage_changes.get().name == "Proposal"
