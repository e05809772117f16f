"""Sync health: what it shows in each state, and what its buttons do."""

import datetime
import zlib

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import Event, Heartbeat
from crm.models import Company
from invoices.models import Invoice
from qbo_connector import errors
from qbo_connector.enums import OperationState
from qbo_connector.mirror import merge, schedule
from qbo_connector.mirror.parse import Unreadable
from qbo_connector.models import Connection, MirrorObject, Operation, ParkedRecord, PullSchedule
from qbo_connector.services import status
from sync import runs
from sync.enums import Outcome
from sync.models import Link
from sync.publish.invoices import publish

pytestmark = pytest.mark.django_db
HEALTH = "/settings/sync-health/"
NUMBER_USED = "This invoice number is already used in QuickBooks. Choose another one."


def company(number: int = 1) -> Connection:
    """A connected company that was read a minute ago."""
    connection = Connection.objects.create(
        realm_id=str(number), company_name=f"Company {number}", country="US", environment="sandbox"
    )
    now = timezone.now()
    PullSchedule.objects.create(
        connection=connection, finished_at=now - datetime.timedelta(minutes=1), due_at=now, loaded_at=now, cursor=now
    )
    return connection


def refused_invoice(connection: Connection, name: str = "Cool Cars", reason: str = NUMBER_USED) -> Invoice:
    """An invoice that QuickBooks did not take."""
    invoice = Invoice.objects.create(
        connection=connection,
        customer_name=name,
        customer_external_id="1",
        issued_on="2026-11-01",
        currency="USD",
        status="waiting",
    )
    publish(invoice.pk)
    Operation.objects.filter(subject=f"invoice:{invoice.pk}").update(
        state=OperationState.REFUSED, finished_at=timezone.now(), settled_at=timezone.now()
    )
    Link.objects.filter(object_type="invoice", object_id=invoice.pk).update(
        outcome=Outcome.FAILING, reason=reason, detail="Duplicate Document Number Error"
    )
    return invoice


def link_of(invoice: Invoice) -> Link:
    return Link.objects.get(object_type="invoice", object_id=invoice.pk)


def park(
    connection: Connection, qbo_id: str = "77", body: bytes = b'{"Id":"77","TotalAmt":"<b>many</b>"}'
) -> ParkedRecord:
    merge.park(connection, [Unreadable("Invoice", qbo_id, "TotalAmt is not a number", body)])
    return ParkedRecord.objects.get(qbo_id=qbo_id)


def page(browser) -> str:
    response = browser.get(HEALTH)
    assert response.status_code == 200
    return response.content.decode()


def beat() -> None:
    Heartbeat.objects.update_or_create(name="worker", defaults={"beaten_at": timezone.now()})


def test_when_all_is_well_it_says_so(ops):
    company()
    beat()

    shown = page(ops)

    for words in ("Worker alive", "Company 1", "Connected", "1 min ago", "Nothing failed", "Everything could be read"):
        assert words in shown, words


def test_without_a_company_it_says_who_can_connect_one(ops, admin):
    assert "An admin can connect one under Connected apps." in page(ops)
    assert "Connect QuickBooks" in page(admin)


def test_a_silent_worker_is_an_alarm(ops):
    company()

    shown = page(ops)

    assert "Worker silent" in shown
    assert "Nothing is read or written until the worker and beat processes run again" in shown


def test_a_late_and_failing_company_says_why(ops):
    connection = company()
    PullSchedule.objects.filter(connection=connection).update(
        finished_at=timezone.now() - datetime.timedelta(hours=3), failures=7, last_problem="QuickBooks is away."
    )

    shown = page(ops)

    assert "Late" in shown
    assert "QuickBooks is away." in shown
    assert "7 tries failed in a row." in shown


def test_a_company_to_be_reconnected_says_why(ops):
    status.needs_reconnect(company(), errors.NeedsReconnect())

    assert str(errors.NeedsReconnect.sentence) in page(ops)


def test_the_outbox_counts_what_waits_and_what_failed_last(ops):
    connection = company()
    states = [
        ("invoice:1", OperationState.REFUSED),
        ("invoice:1", OperationState.PLANNED),  # tried again, so the refusal counts no longer
        ("invoice:2", OperationState.HELD),
        ("invoice:3", OperationState.UNKNOWN),
        ("invoice:4", OperationState.DONE),
        ("company:5", OperationState.REFUSED),
    ]
    for number, (subject, state) in enumerate(states):
        Operation.objects.create(
            connection=connection, entity="Invoice", subject=subject, request_id=str(number), intent={}, state=state
        )

    (line,) = ops.get(HEALTH).context["companies"]

    assert (line.waiting, line.failed) == (2, 2)
    assert line.oldest_waiting == Operation.objects.get(request_id="1").created_at


def test_refused_records_are_grouped_by_cause_with_quickbooks_words(ops):
    connection = company()
    invoices = [refused_invoice(connection, f"Customer {number}") for number in range(2)]
    refused_invoice(connection, "Other", "QuickBooks does not accept one of the values.")
    gone = Company.objects.create(name="Gone Ltd")
    Link.objects.create(
        connection=connection,
        entity="Customer",
        qbo_id="9",
        object_type="company",
        object_id=gone.pk,
        outcome=Outcome.BROKEN,
        reason="This was deleted or merged in QuickBooks.",
    )

    response = ops.get(HEALTH)

    causes = response.context["causes"].causes
    assert (causes[0].reason, causes[0].count, len(causes[0].lines)) == (NUMBER_USED, 2, 2)
    assert len(causes) == 3
    shown = response.content.decode()
    assert f"#{invoices[0].pk} · Customer 0" in shown
    assert "QuickBooks says:" in shown
    assert "Duplicate Document Number Error" in shown
    assert "Gone Ltd" in shown
    assert shown.count("Retry all of these") == 1
    assert [line.retryable for cause in causes for line in cause.lines].count(True) == 3, "what is gone can't be resent"


def test_retry_sends_a_refused_invoice_again(ops):
    invoice = refused_invoice(company())

    response = ops.post(reverse("sync:retry"), {"link": link_of(invoice).pk}, follow=True)

    assert "1 record is being sent again." in response.content.decode()
    newest = Operation.objects.filter(subject=f"invoice:{invoice.pk}").latest("pk")
    assert (newest.state, newest.request_id) == (OperationState.PLANNED, f"{invoice.request_id.hex}-1")
    assert link_of(invoice).outcome == Outcome.PENDING
    assert Event.objects.get(name="invoice.retried").actor == ops.user
    assert "Nothing failed" in response.content.decode()


def test_retrying_twice_sends_once(ops):
    invoice = refused_invoice(company())
    link = link_of(invoice).pk
    ops.post(reverse("sync:retry"), {"link": link})

    response = ops.post(reverse("sync:retry"), {"link": link}, follow=True)

    assert "Nothing is waiting for a retry there." in response.content.decode()
    assert Operation.objects.filter(subject=f"invoice:{invoice.pk}").count() == 2


def test_all_of_a_cause_are_sent_again_together(ops):
    connection = company()
    links = [link_of(refused_invoice(connection, f"Customer {number}")).pk for number in range(3)]

    response = ops.post(reverse("sync:retry"), {"link": links}, follow=True)

    assert "3 records are being sent again." in response.content.decode()


@pytest.mark.parametrize("link", ["", "x", "-1", "9" * 30, "٣"])
def test_a_retry_of_nonsense_does_nothing(ops, link):
    assert ops.post(reverse("sync:retry"), {"link": link}).status_code == 302
    assert not Operation.objects.exists()


def test_an_unreadable_record_is_shown_with_what_quickbooks_sent(ops):
    connection = company()
    record = park(connection)

    shown = page(ops)
    sent = ops.get(reverse("sync:parked-payload", args=[record.pk])).content.decode()

    assert "TotalAmt is not a number" in shown
    assert "Invoice 77" in shown
    assert "&lt;b&gt;many&lt;/b&gt;" in sent
    assert "<b>" not in sent


def test_payloads_are_shown_whatever_they_are(ops):
    connection = company()
    packed = park(connection, "1", zlib.compress(b'{"Id":"1"}'))
    binary = park(connection, "2", b"\xff\xfe\x00nonsense")
    long = park(connection, "3", b"x" * 30_000)

    texts = [
        ops.get(reverse("sync:parked-payload", args=[record.pk])).content.decode() for record in (packed, binary, long)
    ]

    assert "{&quot;Id&quot;:&quot;1&quot;}" in texts[0]
    assert "nonsense" in texts[1]
    assert "10,000 more characters" in texts[2]


def test_a_parked_record_with_a_copy_is_looked_at_again(ops):
    connection = company()
    record = park(connection)
    MirrorObject.objects.create(
        connection=connection,
        entity="Invoice",
        qbo_id="77",
        digest=b"1",
        remote_updated_at=timezone.now(),
        unread=False,
    )

    response = ops.post(reverse("sync:parked-retry", args=[record.pk]), follow=True)

    assert "Invoice 77 is looked at again." in response.content.decode()
    assert MirrorObject.objects.get().unread
    assert Event.objects.get(name="mirror.changed").object_id == connection.pk
    assert "Everything could be read" in response.content.decode()


def test_a_parked_record_without_a_copy_waits_for_the_next_read(ops):
    record = park(company())

    response = ops.post(reverse("sync:parked-retry", args=[record.pk]), follow=True)

    assert "It comes again as soon as it is changed in QuickBooks." in response.content.decode()
    assert ParkedRecord.objects.get().resolved_at is None


def test_seeing_and_acting_need_their_permissions(rep, sign_in):
    connection = company()
    invoice, record = refused_invoice(connection), park(connection)
    manager = sign_in("Sales manager")

    seen = [rep.get(HEALTH), rep.get(reverse("sync:parked-payload", args=[record.pk]))]
    acted = [
        browser.post(address, {"link": link_of(invoice).pk})
        for browser in (rep, manager)
        for address in (
            reverse("sync:retry"),
            reverse("sync:parked-retry", args=[record.pk]),
            reverse("sync:sync-now", args=[connection.pk]),
        )
    ]

    assert [response.status_code for response in seen + acted] == [403] * 8
    shown = page(manager)
    assert reverse("sync:retry") not in shown
    assert "Look at it again" not in shown
    assert Operation.objects.count() == 1


def test_thirty_companies_cost_no_more_statements_than_one(ops, django_assert_max_num_queries):
    refused_invoice(company(1))
    park(Connection.objects.get())
    with django_assert_max_num_queries(10) as one:
        ops.get(HEALTH)
    for number in range(2, 31):
        connection = company(number)
        refused_invoice(connection)
        park(connection, str(number))

    with django_assert_max_num_queries(10) as thirty:
        ops.get(HEALTH)

    assert len(thirty) == len(one)


@pytest.mark.django_db(transaction=True)
def test_a_company_tells_its_access_its_limits_and_what_its_reads_brought(ops, books):
    customer = books.customer("Bright Gardens", "hello@bright.example")
    books.sync()
    books.act("Customer", customer, PrimaryPhone={"FreeFormNumber": "7"})
    books.sync()
    books.sync()
    address = reverse("sync:company-health", args=[books.connection.pk])

    shown = ops.get(address).content.decode()

    for told in ("Access lasts until", "Consent ends", "Behind QuickBooks", "Reads this month", "Customer: 1"):
        assert told in shown, told
    first, *_older = runs.of(books.connection)
    assert first.what == "Customer: 1"
    changed = ops.get(reverse("sync:run-changes", args=[books.connection.pk, first.event_id])).content.decode()
    assert "Phone" in changed
    newest = Event.objects.latest("pk").pk
    later = ops.get(reverse("sync:run-changes", args=[books.connection.pk, newest])).content.decode()
    assert "No record of the CRM changed" in later


@pytest.mark.django_db(transaction=True)
def test_reads_without_change_are_counted_and_failed_ones_are_listed(ops, books, quickbooks):
    customer = books.customer("Bright Gardens", "hello@bright.example")
    books.sync()
    PullSchedule.objects.update(idle_reads=0)  # the one that ends the first load
    for _read in range(3):
        books.sync()
    address = reverse("sync:company-health", args=[books.connection.pk])
    assert "3 reads without change" in ops.get(address).content.decode()

    books.act("Customer", customer, PrimaryPhone={"FreeFormNumber": "7"})
    books.sync()
    (lease,) = leased(books)
    schedule.failed(lease, "QuickBooks did not answer.")
    for _again in range(2):
        (lease,) = leased(books)
        schedule.failed(lease, "QuickBooks did not answer.")
    (lease,) = leased(books)
    schedule.failed(lease, "Something else.")

    other, failed, changed, *_older = runs.of(books.connection)
    assert (other.failed, other.what, other.times) == (True, "Something else.", 1)
    assert (failed.failed, failed.what, failed.times) == (True, "QuickBooks did not answer.", 3)
    assert (changed.failed, changed.what, changed.idle) == (False, "Customer: 1", 3)
    shown = ops.get(address).content.decode()
    assert "Failed 3 times" in shown
    assert "3 reads without change before it" in shown
    books.sync()
    (lease,) = leased(books)
    schedule.failed(lease, "Something else.")
    assert [run.times for run in runs.of(books.connection) if run.failed] == [1, 1, 3], "a success lay in between"


def leased(books):
    PullSchedule.objects.filter(connection=books.connection).update(due_at=timezone.now())
    return schedule.lease_due(only=[books.connection.pk])
