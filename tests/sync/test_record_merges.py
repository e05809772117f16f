"""Records merged in the CRM: links follow, customers of QuickBooks stay apart, undoing gives links back."""

from types import SimpleNamespace
from typing import cast

import pytest

from core.merging import NotNow, movers
from crm.models import Company
from crm.services import companies, merging, merging_undo
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, Operation
from sync.enums import Exclusion, Outcome, RecordType
from sync.models import Link
from sync.publish.records import publish_records
from sync.reconcile.names import names_for
from tests import makers
from tests.checker import assert_at_rest
from tests.quickbooks import QuickBooks, drain_until_settled, sync_company


def link_of(company: Company) -> Link | None:
    return Link.objects.filter(object_type="company", object_id=company.pk).first()


def settle(connection: Connection, *about: Company) -> None:
    """What the workers do after a merge, and a cycle."""
    publish_records(RecordType.COMPANY, [company.pk for company in about])
    drain_until_settled(connection)
    sync_company(connection)


def test_the_link_of_the_other_follows_and_goes_back(us_company: Connection, quickbooks: QuickBooks) -> None:
    person = makers.user("Admin")
    sync_company(us_company)
    linked = Company.objects.order_by("name").first()
    assert linked is not None
    fresh = companies.create(by=person, name="Brand New", phone="555 1234 567")
    Link.objects.filter(object_type="company", object_id=fresh.pk).delete()
    qbo_id = link_of(linked).qbo_id

    merged = merging.merge("company", fresh.pk, [linked.pk], by=person, chosen={"name": linked.pk, "email": linked.pk})

    link = link_of(fresh)
    assert link is not None
    assert link.qbo_id == qbo_id
    assert link_of(linked) is None
    settle(us_company, fresh, linked)
    assert_at_rest(quickbooks, us_company)

    merging_undo.undo(merged, by=person)

    assert link_of(linked).qbo_id == qbo_id
    assert link_of(fresh) is None
    assert link_of(linked).exclusion == Exclusion.NONE


def test_of_two_customers_a_person_says_which_one_stays(us_company: Connection, quickbooks: QuickBooks) -> None:
    person = makers.user("Admin")
    sync_company(us_company)
    winner, loser = Company.objects.order_by("name")[:2]
    theirs = link_of(loser).qbo_id
    mine = link_of(winner).qbo_id
    (question,) = movers["quickbooks"].questions("company", [winner.pk, loser.pk])
    assert [pk for pk, _name in question.options] == sorted([winner.pk, loser.pk])
    number = len(quickbooks.objects(us_company.realm_id, "Customer"))

    merged = merging.merge("company", winner.pk, [loser.pk], by=person, answers={question.name: loser.pk})

    assert link_of(winner).qbo_id == theirs
    left = link_of(loser)
    assert (left.qbo_id, left.outcome, left.exclusion) == (mine, Outcome.EXCLUDED, Exclusion.UNLINKED)
    settle(us_company, winner, loser)
    assert_at_rest(quickbooks, us_company)
    # No customer was merged, made inactive or made anew, and no record came back for the one that is left.
    assert len(quickbooks.objects(us_company.realm_id, "Customer")) == number
    assert link_of(loser).exclusion == Exclusion.UNLINKED
    # What is billed to the one that is left belongs to the record that stays.
    billed = [
        cast("Mirrored", SimpleNamespace(row=SimpleNamespace(party_id=each), payload={})) for each in (mine, theirs)
    ]
    assert names_for(us_company, billed).companies == {mine: (winner.pk,), theirs: (winner.pk,)}

    assert merging_undo.undo(merged, by=person) == []

    assert (link_of(winner).qbo_id, link_of(loser).qbo_id) == (mine, theirs)
    settle(us_company, winner, loser)
    assert_at_rest(quickbooks, us_company)


def test_a_record_that_is_being_sent_is_not_merged(us_company: Connection) -> None:
    person = makers.user("Admin")
    sync_company(us_company)
    winner, loser = Company.objects.order_by("name")[:2]
    Operation.objects.create(
        connection=us_company, entity="Customer", verb="update", subject=f"company:{loser.pk}", state="leased",
        request_id="under-way", intent={},
    )  # fmt: skip

    with pytest.raises(NotNow, match="just being told"):
        merging.merge("company", winner.pk, [loser.pk], by=person)

    loser.refresh_from_db()
    assert loser.archived_at is None
