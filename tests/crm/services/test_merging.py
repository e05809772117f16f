"""Merging records into one: values, everything that pointed to the others, history, refusals; and undoing it."""

import datetime
import itertools
import threading
from decimal import Decimal

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection, transaction
from django.db.models import IntegerField
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core import merging as pointing
from core.models import Event, EventLink, OutgoingMail, StoredFile
from crm.models import (
    ActivityLink,
    Association,
    Company,
    Contact,
    Deal,
    DealContact,
    DealLine,
    DuplicatePair,
    Merge,
    Quote,
    QuoteLine,
    Task,
)
from crm.queries import merges
from crm.services import (
    companies,
    contacts,
    deal_lines,
    deals,
    merging,
    merging_suggestions,
    merging_undo,
    products,
    quotes,
    records,
    tasks,
)
from crm.services.lines import LineValues
from invoices.models import Invoice, InvoiceLine, KeptApart
from sync.models import MatchSuggestion
from tests.crm.growth import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def twin(rep):
    """The same person once more, without a company but with a number."""
    return contacts.create(by=rep, first_name="Gracie", last_name="Pariente", email="grace+x@example.com", phone="123")


def test_chosen_values_go_to_the_record_that_stays(rep, contact, twin):
    chosen = {"first_name": twin.pk, "phone": twin.pk, "email": contact.pk}
    merged = merging.merge("contact", contact.pk, [twin.pk], by=rep, chosen=chosen)

    contact.refresh_from_db()
    twin.refresh_from_db()
    assert (contact.first_name, contact.phone, contact.email) == ("Gracie", "123", "grace@example.com")
    assert twin.archived_at is not None
    assert merged.values == {"first_name": ["Grace", "Gracie"], "phone": ["", "123"]}
    assert merges.winner_of("contact", twin.pk) == contact.pk
    event = Event.objects.get(name="contact.merged")
    assert (event.object_id, event.data["merged"], event.actor) == (contact.pk, ["Gracie Pariente"], rep)
    # Both histories are told on the page of the one that stays.
    told = EventLink.objects.filter(object_type="contact", object_id=contact.pk, event__name="contact.created")
    assert set(told.values_list("event__object_id", flat=True)) == {contact.pk, twin.pk}


def test_what_belonged_to_the_other_follows(rep, contact, twin, deal, stages):
    other = deals.create(by=rep, name="Another", contacts=[twin], currency="USD")
    deals.create(by=rep, name="Shared", contacts=[twin, contact], currency="USD")
    task = tasks.create(by=rep, about=twin, title="Call")
    quote = quotes.create_from_deal(other, by=rep, contact=twin)

    merging.merge("contact", contact.pk, [twin.pk], by=rep)

    assert set(contact.deals.values_list("name", flat=True)) == {"Garden redesign", "Another", "Shared"}
    assert set(DealContact.objects.values_list("contact_id", "primary")) == {(contact.pk, True)}
    task.refresh_from_db()
    quote.refresh_from_db()
    assert (task.about_id, quote.contact_id) == (contact.pk, contact.pk)
    moved = Event.objects.filter(name="quote.changed").latest("pk")
    assert moved.data["changes"] == {"contact_id": [twin.pk, contact.pk]}


def test_records_of_a_merged_company_have_another_one(rep, company, contact, deal):
    twin = companies.create(by=rep, name="Cool Cars Ltd")
    merging.merge("company", twin.pk, [company.pk], by=rep)

    contact.refresh_from_db()
    deal.refresh_from_db()
    assert (contact.company_id, deal.company_id) == (twin.pk, twin.pk)
    assert Event.objects.filter(name="contact.changed", object_id=contact.pk).exists()


def test_refusals_change_nothing(rep, contact, twin, company):
    with pytest.raises(pointing.NotNow):
        merging.merge("contact", contact.pk, [contact.pk], by=rep)
    seen = {twin.pk: merging.version(twin)}
    contacts.update(twin, by=rep, phone="999")
    with pytest.raises(merging.Changed, match="changed meanwhile"):
        merging.merge("contact", contact.pk, [twin.pk], by=rep, seen=seen)
    contacts.archive(twin, by=rep)
    with pytest.raises(merging.Changed, match="archived"):
        merging.merge("contact", contact.pk, [twin.pk], by=rep)

    assert not Merge.objects.exists()


def test_a_merged_record_is_not_restored_by_itself(rep, contact, twin):
    merging.merge("contact", contact.pk, [twin.pk], by=rep)
    twin.refresh_from_db()

    with pytest.raises(records.Merged):
        contacts.restore(twin, by=rep)


def test_undo_leaves_what_somebody_changed_since(rep, contact, twin, deal):
    other = deals.create(by=rep, name="Another", contacts=[twin], currency="USD")
    merged = merging.merge("contact", contact.pk, [twin.pk], by=rep, chosen={"phone": twin.pk, "first_name": twin.pk})
    contacts.update(Contact.objects.get(pk=contact.pk), by=rep, phone="555")
    DealContact.objects.filter(deal=other).delete()

    told = merging_undo.undo(merged, by=rep)

    assert told == ["Phone was changed since, and stays.", "1 moved on since: Deals"]
    contact.refresh_from_db()
    twin.refresh_from_db()
    assert (contact.phone, contact.first_name) == ("555", "Grace")
    assert (twin.phone, twin.archived_at) == ("123", None)
    assert merges.winner_of("contact", twin.pk) is None
    with pytest.raises(pointing.NotNow):
        merging_undo.undo(merged, by=rep)


def test_undo_is_over_after_thirty_days(rep, contact, twin):
    merged = merging.merge("contact", contact.pk, [twin.pk], by=rep)
    Merge.objects.update(merged_at=timezone.now() - datetime.timedelta(days=31))

    with pytest.raises(pointing.NotNow, match="any more"):
        merging_undo.undo(merged, by=rep)


def test_a_merge_of_a_merge_is_undone_from_its_end(rep, contact, twin):
    first = merging.merge("contact", contact.pk, [twin.pk], by=rep)
    third = contacts.create(by=rep, first_name="G", last_name="P")
    merging.merge("contact", third.pk, [contact.pk], by=rep)

    assert merges.winner_of("contact", twin.pk) == third.pk
    with pytest.raises(pointing.NotNow, match="undo that merge"):
        merging_undo.undo(first, by=rep)


@pytest.mark.django_db(transaction=True)
def test_of_two_merges_at_once_one_is_done(rep, contact):
    twin = contacts.create(by=rep, first_name="Gracie")
    outcomes, together = [], threading.Barrier(2)

    def run(winner, loser):
        together.wait(timeout=30)
        try:
            merging.merge("contact", winner, [loser], by=rep)
            outcomes.append("done")
        except merging.Changed:
            outcomes.append("refused")
        finally:
            connection.close()

    both = [threading.Thread(target=run, args=args) for args in ((contact.pk, twin.pk), (twin.pk, contact.pk))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(timeout=60)

    assert sorted(outcomes) == ["done", "refused"]
    assert Contact.objects.filter(archived_at=None).count() == 1


def test_everything_that_names_a_kind_and_an_id_follows_or_is_known_to_stay():
    """A new table with such a pair of columns has to be registered with core.merging, or named here."""
    stay = {
        # History stays as it was; the winner's timeline shows it too.
        "core.event", "core.eventlink",
        # Links of the sync have rules of their own.
        "sync.link",
        "crm.mergedrecord", "crm.duplicatekey",
        # A list of places where somebody was; their addresses lead on.
        "core.recentrecord",
    }  # fmt: skip
    known = {(p.model._meta.label_lower, p.column) for p in pointing.pointers_to(Contact)}
    pairs = [
        (model._meta.label_lower, field.name)
        for model in apps.get_models()
        for names in [{field.name for field in model._meta.local_concrete_fields}]
        for field in model._meta.local_concrete_fields
        # Ids of records are numbers; a step of a workflow has a word.
        if isinstance(field, IntegerField) and field.name.removesuffix("_id") + "_type" in names - {field.name}
    ]
    missing = [pair for pair in pairs if pair not in known and pair[0] not in stay]
    assert missing == []


def state():
    """All rows that merging may touch, without times of change."""
    models = [
        Contact, Company, Deal, DealContact, DealLine, Quote, QuoteLine, Task, ActivityLink, Association, StoredFile,
        OutgoingMail, KeptApart, MatchSuggestion, Invoice.contacts.through, Invoice.companies.through, InvoiceLine,
    ]  # fmt: skip
    found = {}
    for model in models:
        for row in serializers.serialize("python", model._base_manager.order_by("pk")):
            row["fields"].pop("updated_at", None)
            found[row["model"], row["pk"]] = row["fields"]
    return found


PARTS = st.lists(
    st.tuples(st.sampled_from(["deal", "primary", "task", "association", "between"]),
              st.integers(0, 2), st.integers(0, 2)),
    max_size=8,
)  # fmt: skip


@settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(parts=PARTS, chosen=st.lists(st.integers(0, 2), min_size=3, max_size=3), winner=st.integers(0, 2))
def test_merge_and_undo_give_the_same_database(rep, pipeline, parts, chosen, winner):
    with transaction.atomic():
        check_merge_and_undo(rep, parts, chosen, winner)
        transaction.set_rollback(True)


def check_merge_and_undo(rep, parts, chosen, winner):
    people = [contacts.create(by=rep, first_name=f"P{n}", phone=str(n), job_title="x" * n) for n in range(3)]
    company = companies.create(by=rep, name="C")
    some = [deals.create(by=rep, name=f"D{n}", company=company, currency="USD") for n in range(3)]
    for what, who, other in parts:
        person, deal = people[who], some[other]
        if what in ("deal", "primary"):
            free = what == "primary" and not DealContact.objects.filter(deal=deal, primary=True).exists()
            DealContact.objects.get_or_create(deal=deal, contact=person, defaults={"primary": free})
        elif what == "task":
            tasks.create(by=rep, about=person, title="T")
        else:
            ends = ("deal", deal.pk) if what != "between" else ("contact", people[other].pk)
            if ends != ("contact", person.pk):
                Association.objects.get_or_create(
                    from_type="contact", from_id=person.pk, to_type=ends[0], to_id=ends[1], label=None
                )
    before = state()
    stays = people[winner]
    fields = ("first_name", "phone", "job_title")
    merged = merging.merge(
        "contact", stays.pk, [each.pk for each in people if each != stays], by=rep,
        chosen={name: people[n].pk for name, n in zip(fields, chosen, strict=True)},
    )  # fmt: skip

    assert merging_undo.undo(merged, by=rep) == []

    assert state() == before


def test_products_and_their_lines(rep, deal):
    keep, twin = products.create(by=rep, name="Design", sku="D"), products.create(by=rep, name="Design!", sku="d")
    deal_lines.set_lines(deal, [LineValues(product_id=twin.pk, name="Design", quantity=1, unit_price=2)], by=rep)

    merged = merging.merge("product", keep.pk, [twin.pk], by=rep)

    assert deal.lines.get().product_id == keep.pk
    merging_undo.undo(merged, by=rep)
    assert deal.lines.get().product_id == twin.pk


@pytest.fixture
def same_deal(rep, company, twin, stages):
    """The deal once more, further on, with a line, another primary contact, an invoice and a quote."""
    found = deals.create(by=rep, name="Garden redesign", company=company, contacts=[twin], currency="USD", amount=5)
    deals.move_to_stage(found, stages["Proposal"], by=rep)
    deal_lines.set_lines(found, [LineValues("Fountain", unit_price=Decimal(275))], by=rep)
    found.refresh_from_db()
    return found


def invoice_of(deal) -> Invoice:
    """An invoice that QuickBooks has."""
    return make(
        Invoice, deal=deal, external_id="7", number="1007", currency="USD", total=100, balance=40, status="sent"
    )


def test_a_merged_deal_keeps_its_stage_and_its_way_and_gets_all_that_belonged_to_the_other(
    rep, deal, same_deal, contact, twin
):
    invoice, quote = invoice_of(same_deal), quotes.create_from_deal(same_deal, by=rep)
    stage, way = deal.stage, list(deal.stage_changes.values_list("pk", flat=True))

    merging.merge("deal", deal.pk, [same_deal.pk], by=rep)

    deal = Deal.objects.select_related("billing").get(pk=deal.pk)
    invoice.refresh_from_db()
    quote.refresh_from_db()
    assert (deal.stage, list(deal.stage_changes.values_list("pk", flat=True))) == (stage, way)
    assert (invoice.deal_id, quote.deal_id) == (deal.pk, deal.pk)
    assert (deal.billing.billed, deal.billing.invoice_number) == (Decimal(100), "1007")
    assert set(deal.deal_contacts.values_list("contact_id", "primary")) == {(contact.pk, True), (twin.pk, False)}
    assert [line.name for line in deal.lines.all()] == ["Fountain"]
    assert deal.amount == 275


def test_undoing_gives_both_deals_what_they_had(rep, deal, same_deal, contact, twin):
    deal_lines.set_lines(deal, [LineValues("Design", unit_price=Decimal(75))], by=rep)
    invoice = invoice_of(same_deal)
    merged = merging.merge("deal", deal.pk, [same_deal.pk], by=rep, answers={"deal-lines": same_deal.pk})
    assert [line.name for line in deal.lines.all()] == ["Fountain"]

    assert merging_undo.undo(merged, by=rep) == []

    deal, same_deal = (Deal.objects.select_related("billing").get(pk=each.pk) for each in (deal, same_deal))
    invoice.refresh_from_db()
    assert [line.name for line in deal.lines.all()] == ["Design"]
    assert [line.name for line in same_deal.lines.all()] == ["Fountain"]
    assert (deal.amount, same_deal.amount, invoice.deal_id) == (75, 275, same_deal.pk)
    assert (deal.billing.billed, same_deal.billing.billed) == (0, 100)
    assert list(same_deal.deal_contacts.values_list("contact_id", "primary")) == [(twin.pk, True)]
    assert list(deal.deal_contacts.values_list("contact_id", "primary")) == [(contact.pk, True)]


def test_open_deals_of_one_company_with_one_name_are_suggested(rep, deal, same_deal, stages, twin):
    won = deals.create(by=rep, name="garden redesign", company=deal.company, stage=stages["Won"])
    Deal.objects.update(updated_at=timezone.now() - datetime.timedelta(minutes=1))

    merging_suggestions.scan()

    pair = DuplicatePair.objects.get(object_type="deal")
    assert {pair.first_id, pair.second_id} == {deal.pk, same_deal.pk}
    assert won.pk not in (pair.first_id, pair.second_id)


def test_companies_of_one_domain_are_suggested_as_long_as_they_are_few(rep, company):
    def scan(*ids: int, seconds: int) -> set[tuple[int, int]]:
        moment = timezone.now() - datetime.timedelta(seconds=seconds)
        Company.objects.filter(pk__in=ids).update(updated_at=moment)
        merging_suggestions.scan()
        return set(DuplicatePair.objects.values_list("first_id", "second_id"))

    others = [companies.create(by=rep, name=f"Cars {n}", domain="coolcars.example") for n in range(3)]
    for alike in others[:2]:
        companies.update(alike, by=rep, email="sales@gmail.com")
    ids = [company.pk, *(each.pk for each in others)]
    assert scan(*ids, seconds=60) == set(itertools.combinations(ids, 2))

    # The fifth makes a group of them; two share something else besides.
    fifth = companies.create(by=rep, name="Cars 9", website="https://www.coolcars.example/")

    assert scan(fifth.pk, seconds=30) == {(others[0].pk, others[1].pk)}
