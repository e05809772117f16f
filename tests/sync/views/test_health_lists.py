"""The figures of sync health, the lists behind them, their files, and what mends a record; at a million links too."""

import csv
import io

import pytest
from django.db import connection as database
from django.http import QueryDict
from django.urls import reverse

from core.models import Event
from core.tables.sheets import safe
from crm.models import Company
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Connection, Operation
from sync import health_counts, health_lists
from sync.enums import Exclusion, Outcome
from sync.models import Link, ObjectSettings
from tests.books import Books

pytestmark = pytest.mark.django_db
RECORDS, EXPORT, RETRY = "sync:health-records", "sync:health-export", "sync:retry"


@pytest.fixture
def company() -> Connection:
    made = Connection.objects.create(realm_id="1", environment="sandbox", company_name="Books", country="US")
    ObjectSettings.objects.create(connection=made, sync_object="contact", enabled=True)
    return made


def linked(company: Connection, name: str, outcome: Outcome = Outcome.IN_SYNC, **values) -> Link:
    record = Company.objects.create(name=name)
    given = {"entity": "Customer", "qbo_id": str(record.pk), "object_type": "company", "object_id": record.pk, **values}
    return Link.objects.create(connection=company, outcome=outcome, **given)


def text(browser, name: str, *args, **query) -> str:
    response = browser.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_every_figure_leads_to_its_list(ops, company):
    linked(company, "Fine")
    linked(company, "Waits", Outcome.PENDING, reason="Read-only mode")
    linked(company, "Filtered", Outcome.EXCLUDED, exclusion=Exclusion.FILTER, reason="Country is not Canada")
    linked(company, "Silent", Outcome.EXCLUDED, exclusion=Exclusion.NO_EMAIL)
    linked(company, "Refused", Outcome.FAILING, reason="The period is closed.", detail="Account Period Closed")
    linked(company, "Gone", Outcome.BROKEN, reason="It no longer exists.")

    table = health_counts.counts(ops.user, [company.pk])[company.pk]

    (line,) = table.lines
    assert [figure.count for figure in line.figures] == [1, 1, 2, 0, 1, 1]
    assert [(label, figure.count) for label, figure in table.exclusions] == [
        ("Companies: It does not match the filter", 1),
        ("Companies: It has no e-mail address", 1),
    ]
    lists = [ops.get(figure.url).content.decode() for figure in line.figures if figure.url]
    lists += [ops.get(figure.url).content.decode() for _label, figure in table.exclusions]
    for shown, name in zip(lists, ("Fine", "Waits", "", "Refused", "Gone", "Filtered", "Silent"), strict=True):
        assert name in shown
    assert "It does not match the filter: Country is not Canada" in lists[5]
    page = text(ops, "sync:company-health", company.pk)
    for told in ("Left out, by rule:", "The period is closed.", "Account Period Closed", "History"):
        assert told in page, told


def test_names_that_are_taken_are_one_cause_with_their_remedies(ops, admin, company):
    for number in range(7):
        linked(
            company,
            f"Taken {number}",
            Outcome.FAILING,
            qbo_id="",
            reason=f"QuickBooks already has the customer “Taken {number}”.",
            remedy={"kind": "name", "owner": {"name": f"Taken {number}", "qbo_id": "9"}, "can_link": True},
        )
    linked(company, "Wrong", Outcome.FAILING, reason="E-mail is no e-mail address.", remedy={"kind": "field"})

    found = health_lists.causes(ops.user)

    assert [(cause.reason, cause.count, len(cause.lines), cause.more) for cause in found.causes] == [
        ("Their names are taken in QuickBooks", 7, 5, 2),
        ("E-mail is no e-mail address.", 1, 1, 0),
    ]
    shown = text(ops, "sync:health")
    for told in ("Link to “Taken 6”", "Another name for Taken 6 in QuickBooks", "2 more", "Edit"):
        assert told in shown, told
    rest = text(ops, RECORDS, outcome="failing", cause=found.causes[0].key)
    assert "Taken 0" in rest
    assert "Wrong" not in rest


def test_all_of_a_cause_or_all_of_a_company_are_sent_again(ops, books: Books):
    customer = books.customer()
    books.sync()
    link = books.link(qbo_id=customer)
    record = Company.objects.get(pk=link.object_id)
    Link.objects.filter(pk=link.pk).update(outcome=Outcome.FAILING, reason="Refused.", snapshot={})
    Company.objects.filter(pk=record.pk).update(website="https://new.example")
    (cause,) = health_lists.causes(ops.user).causes

    wrong = ops.post(reverse(RETRY), {"cause": "0" * 32}, follow=True).content.decode()
    assert "Nothing is waiting for a retry there." in wrong
    told = ops.post(reverse(RETRY), {"cause": cause.key, "company": books.connection.pk}, follow=True)

    assert "1 record is being sent again." in told.content.decode()
    assert told.redirect_chain[-1][0] == reverse("sync:company-health", args=[books.connection.pk])
    assert Operation.objects.filter(subject=f"company:{record.pk}").exists()


def test_the_settings_and_the_connection_are_doors_for_who_may_open_them(ops, admin, company):
    linked(company, "Silent", Outcome.EXCLUDED, exclusion=Exclusion.POLICY)
    Connection.objects.filter(pk=company.pk).update(status=ConnectionStatus.NEEDS_RECONNECT)
    query = {"company": company.pk, "object": "company", "outcome": "excluded", "rule": "policy"}

    assert "Open the settings" not in text(ops, RECORDS, **query)
    shown = text(admin, RECORDS, **query)
    assert "Open the settings" in shown
    assert "Reconnect" in shown


def test_any_list_is_a_file_that_carries_nothing_out(ops, company):
    linked(company, "=HYPERLINK(1)", Outcome.FAILING, reason="No.", detail="+1")
    linked(company, "Plain, Ltd", Outcome.FAILING, reason="No.")

    response = ops.get(reverse(EXPORT), {"outcome": "failing", "company": company.pk})

    content = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))
    assert rows[0][:4] == ["Record", "CRM id", "Name", "Company"]
    assert [row[2] for row in rows[1:]] == ["Plain, Ltd", "'=HYPERLINK(1)"]
    assert rows[2][7] == "'+1"
    assert "attachment" in response["Content-Disposition"]


@pytest.mark.parametrize("value", ["=1", "+1", "-1", "@a", "\t=1", " =1"])
def test_formulas_stay_texts(value):
    assert safe(value) == f"'{value}"


def test_what_quickbooks_has_and_the_crm_has_not(ops, books: Books):
    books.customer("Silent Ltd", email="")
    heard = books.customer("Heard Ltd", "heard@example.com")
    books.make(
        "Customer",
        DisplayName="Garden job",
        ParentRef={"value": heard},
        Job=True,
        GivenName="Amy",
        FamilyName="Heard",
        PrimaryEmailAddr={"Address": "heard@example.com"},
    )
    books.sync()

    shown = text(ops, "sync:left-out", books.connection.pk, "contact")
    job = shown[shown.index("Garden job") :]
    assert "It is a job of the same person" in job
    assert "The settings don't" not in job

    assert "Silent Ltd" in shown
    assert shown.count("It has no e-mail address") == 1
    assert "Heard Ltd" not in shown.replace("Heard Ltd:", "")
    response = ops.get(reverse("sync:left-out", args=[books.connection.pk, "contact"]), {"csv": "1"})
    assert b"Silent Ltd" in b"".join(response.streaming_content)
    assert ops.get(reverse("sync:left-out", args=[books.connection.pk, "invoice"])).status_code == 404


def test_amounts_are_for_those_who_may_see_invoices(ops, company):
    linked(company, "x", Outcome.FAILING, object_type="invoice", entity="Invoice", object_id=5, reason="Number used.")
    ops.user.role.permissions = [name for name in ops.user.role.permissions if name != "invoices.view"]
    ops.user.role.save()

    assert "Nothing failed" in text(ops, "sync:health")
    assert "There are none" in text(ops, RECORDS, outcome="failing")


def test_thirty_records_cost_no_more_statements_than_one(ops, company, django_assert_max_num_queries):
    linked(company, "One", Outcome.FAILING, reason="No.")
    pages = [
        (reverse("sync:company-health", args=[company.pk]), {}),
        (reverse(RECORDS), {"outcome": "failing", "size": "50"}),
    ]
    counts = []
    for address, query in pages:
        ops.get(address, query)
        with django_assert_max_num_queries(20) as few:
            ops.get(address, query)
        counts.append(len(few))
    for number in range(30):
        linked(company, f"More {number}", Outcome.FAILING, reason=f"No {number % 7}.")
    for (address, query), number in zip(pages, counts, strict=True):
        with django_assert_max_num_queries(number):
            ops.get(address, query)


def test_figures_and_lists_are_read_from_the_index_at_any_size(ops, company):
    with database.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO sync_link (connection_id, entity, qbo_id, object_type, object_id, outcome, reason, detail,
                remedy, exclusion, snapshot, sync_token, matched_by, created_at, changed_at)
            SELECT %s, 'Customer', n::text, 'company', n, CASE WHEN n %% 500 = 0 THEN 'failing' ELSE 'in_sync' END,
                '', '', '{}', '', '{}', 1, '', now(), now() FROM generate_series(1, 60000) AS n
            """,
            [company.pk],
        )
        cursor.execute("ANALYZE sync_link")
        plans = []
        for outcome in ("in_sync", "failing"):
            query = QueryDict(f"outcome={outcome}&company={company.pk}&object=company")
            rows = health_lists.records(ops.user, health_lists.asked(ops.user, query)).order_by("-id")[:26]
            plans.append(rows.explain())
        cursor.execute("EXPLAIN " + health_counts._COUNTS, _figures_of(company))
        plans.append("\n".join(row[0] for row in cursor.fetchall()))

    assert all("Seq Scan on sync_link" not in plan for plan in plans), "\n\n".join(plans)
    assert "Sort" not in plans[0]
    assert health_counts.counts(ops.user, [company.pk])[company.pk].lines[0].figures[0].words == "10,000+"


def _figures_of(company: Connection) -> dict:
    return {
        "companies": [company.pk],
        "kinds": ["company"],
        "outcomes": ["in_sync", "failing"],
        "exclusions": ["", ""],
        "limit": health_counts.COUNT_UP_TO + 1,
    }


def test_seeing_needs_its_permission(rep, company):
    for name, args in ((RECORDS, []), (EXPORT, []), ("sync:company-health", [company.pk])):
        assert rep.get(reverse(name, args=args)).status_code == 403
    assert not Event.objects.filter(name="invoice.retried").exists()
