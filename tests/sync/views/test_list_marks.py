"""The sync state on the lists of companies, contacts and products, and the filter by it."""

from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import registry
from crm.models import Company
from invoices.enums import InvoiceStatus, SyncState
from invoices.models import Invoice
from qbo_connector.enums import ConnectionStatus, OperationState, Verb
from qbo_connector.models import Connection, Operation
from sync import list_marks
from sync.enums import Exclusion, Outcome
from sync.models import Link
from tests import makers
from tests.invoices.fakes import TODAY

pytestmark = pytest.mark.django_db


def books(number: int = 1, **values: Any) -> Connection:
    return Connection.objects.create(
        realm_id=str(number), environment="sandbox", company_name=f"Books {number}", **values
    )


def linked(connection: Connection, outcome: Outcome, **values: Any) -> Company:
    company = Company.objects.create(name=f"Company {outcome} {connection.pk}")
    link(connection, company, outcome, **values)
    return company


def link(connection: Connection, company: Company, outcome: Outcome, **values: Any) -> Link:
    return Link.objects.create(
        connection=connection,
        entity="Customer",
        object_type="company",
        object_id=company.pk,
        outcome=outcome,
        qbo_id=str(company.pk),
        **values,
    )


def test_each_record_has_the_state_of_its_link_and_the_filter_finds_it() -> None:
    here = books()
    wanted = {
        SyncState.IN_SYNC: [linked(here, Outcome.IN_SYNC)],
        SyncState.WAITING: [linked(here, Outcome.PENDING)],
        SyncState.EXCLUDED: [linked(here, Outcome.EXCLUDED, exclusion=Exclusion.FILTER, reason="Country is Canada")],
        SyncState.CONFLICT: [linked(here, Outcome.CONFLICT)],
        SyncState.FAILED: [linked(here, Outcome.FAILING, reason="The period is closed."), linked(here, Outcome.BROKEN)],
        SyncState.NONE: [Company.objects.create(name="Nobody's")],
    }
    ids = [company.pk for companies in wanted.values() for company in companies]

    marks = registry.list_marks["company"](ids)

    for state, companies in wanted.items():
        assert {marks[company.pk].state for company in companies} == {state}
        found = Company.objects.filter(registry.list_marks["company"].fitting([str(state)]))
        assert {company.pk for company in found} == {company.pk for company in companies}
    assert marks[wanted[SyncState.EXCLUDED][0].pk].reason == "It does not match the filter: Country is Canada"
    assert marks[wanted[SyncState.FAILED][0].pk].reason == "The period is closed."
    assert not Company.objects.filter(registry.list_marks["company"].fitting(["nonsense"])).exists()


def test_of_several_companies_the_state_that_needs_a_person_counts() -> None:
    company = linked(books(1), Outcome.IN_SYNC)
    link(books(2), company, Outcome.FAILING, reason="QuickBooks refused it.")

    assert list_marks.record_marks("company", [company.pk])[company.pk].state == SyncState.FAILED
    in_sync = Company.objects.filter(list_marks.fitting("company", ["in_sync"]))
    failed = Company.objects.filter(list_marks.fitting("company", ["in_sync", "failed"]))
    assert not in_sync.exists()
    assert failed.get() == company


def test_what_is_on_its_way_waits_with_the_reason() -> None:
    here = books()
    company = linked(here, Outcome.IN_SYNC)
    Operation.objects.create(
        connection=here,
        subject=f"company:{company.pk}",
        entity="Customer",
        verb=Verb.UPDATE,
        state=OperationState.PLANNED,
        intent={},
        problem="QuickBooks asked to wait.",
    )

    mark = list_marks.record_marks("company", [company.pk])[company.pk]

    assert (mark.state, mark.reason) == (SyncState.WAITING, "QuickBooks asked to wait.")


def test_thirty_records_cost_as_many_statements_as_one() -> None:
    here = books()
    ids = [linked(here, Outcome.IN_SYNC).pk for _each in range(30)]
    counts = []
    for wanted in (ids[:1], ids):
        with CaptureQueriesContext(database) as statements:
            assert len(list_marks.record_marks("company", wanted)) == len(wanted)
        counts.append(len(statements))
    assert counts == [2, 2]


def invoice_of(connection: Connection, number: int) -> Invoice:
    made = Invoice.objects.create(
        connection=connection,
        external_id=str(number),
        number=str(number),
        status=InvoiceStatus.WAITING,
        issued_on=TODAY,
        due_on=TODAY,
        currency="USD",
        total=100,
        balance=100,
        tracked=True,
    )
    Link.objects.create(
        connection=connection,
        entity="Invoice",
        object_type="invoice",
        object_id=made.pk,
        outcome=Outcome.IN_SYNC,
        qbo_id=str(number),
    )
    return made


def test_an_invoice_whose_change_is_on_its_way_waits_with_the_reason() -> None:
    here = books()
    invoice, other = invoice_of(here, 1), invoice_of(here, 2)
    operation = Operation.objects.create(
        connection=here,
        subject=f"invoice:{invoice.pk}",
        entity="Invoice",
        verb=Verb.UPDATE,
        state=OperationState.UNKNOWN,
        intent={},
        problem="QuickBooks asked to wait.",
        problem_detail="Throttled",
    )

    marks = registry.list_marks["invoice"]([invoice.pk, other.pk])

    assert marks[other.pk].state == SyncState.IN_SYNC
    mark = marks[invoice.pk]
    assert (mark.state, mark.reason, mark.detail, mark.since) == (
        SyncState.WAITING,
        "QuickBooks asked to wait.",
        "Throttled",
        operation.created_at,
    )


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_of_invoices_with_its_marks_keeps_within_eight_statements(
    admin: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    here = books()
    for number in range(count):
        invoice_of(here, number)
    Link.objects.update(outcome=Outcome.FAILING)
    admin.get("/invoices/")

    with django_assert_max_num_queries(8):
        page = admin.get("/invoices/").content.decode()

    assert page.count('data-sync="failed"') == count


def test_the_column_is_there_only_while_a_company_is_connected() -> None:
    somebody = makers.user()
    assert not registry.list_marks["contact"].shown(somebody)
    here = books(status=ConnectionStatus.DISCONNECTED)
    assert not registry.list_marks["contact"].shown(somebody)
    Connection.objects.filter(pk=here.pk).update(status=ConnectionStatus.ACTIVE)
    assert registry.list_marks["contact"].shown(somebody)
