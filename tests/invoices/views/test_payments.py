"""Payments and credit: recording over several invoices, correcting, ending, the pages and lists."""

import datetime
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import Event
from invoices.enums import SyncState
from invoices.models import CreditApplication, CreditDocument, CreditUse, Invoice, Payment, PaymentApplication
from invoices.ports import DepositAccount, PaymentMethodChoice, SyncMark
from invoices.services import from_sync
from invoices.services.open_amounts import still_to_pay
from tests.invoices.fakes import books

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 11, 20)


@pytest.fixture
def invoice(make_invoice):
    return make_invoice(
        external_id="130", number="1037", customer_external_id="3", total=Decimal(300), balance=Decimal(100)
    )


@pytest.fixture
def older(make_invoice):
    return make_invoice(
        external_id="120",
        number="1020",
        customer_external_id="3",
        total=Decimal(50),
        balance=Decimal(40),
        issued_on=datetime.date(2026, 1, 1),
    )


@pytest.fixture
def payment(connection, invoice):
    made = Payment.objects.create(
        connection=connection,
        external_id="77",
        customer_external_id="3",
        customer_name="Cool Cars",
        received_on=DAY,
        amount=Decimal(60),
        unapplied=Decimal(35),
        currency="USD",
        method_name="Check",
        reference="4711",
    )
    PaymentApplication.objects.create(payment=made, invoice=invoice, invoice_external_id="130", amount=25)
    return made


@pytest.fixture
def memo(connection):
    return CreditDocument.objects.create(
        connection=connection,
        kind="creditmemo",
        external_id="80",
        number="1040",
        customer_external_id="3",
        customer_name="Cool Cars",
        issued_on=DAY,
        currency="USD",
        total=30,
        subtotal=30,
        remaining=20,
        lines=[{"kind": "item", "name": "Design", "quantity": "1", "unit_price": "30", "amount": "30"}],
    )


def address(name, record):
    return reverse(f"invoices:{name}", args=[record.pk])


def test_what_should_be_used_of_a_payment_counts_for_nothing_once_that_is_deleted(connection, invoice, payment):
    use = CreditUse.objects.create(payment=payment, invoice=invoice, amount=30, request_id=uuid.uuid4())
    assert still_to_pay([invoice])[invoice.pk] == 70

    from_sync.mark_removed(connection.pk, ["77"], "payment", quiet=False)

    assert still_to_pay([invoice])[invoice.pk] == 100
    use.refresh_from_db()
    assert use.refused_at is not None
    assert "deleted" in use.problem


def test_the_amount_is_spread_over_the_open_invoices_and_recorded_once(client, admin, invoice, older):
    client.force_login(admin)
    books.payment_methods = [PaymentMethodChoice("1", "Cheque")]
    books.deposit_accounts = [DepositAccount("35", "Checking"), DepositAccount("9", "Euro bank", "EUR")]
    page = client.get(address("payment-record", invoice)).content.decode()
    assert 'value="100.00"' in page
    assert "1020" in page
    assert "Euro bank" not in page
    request_id = page.split('name="request_id" value="')[1].split('"')[0]
    parts = client.post(address("payment-parts", invoice) + "?spread=1", {"amount": "130"}).content.decode()
    assert 'value="100.00"' in parts
    assert 'value="30.00"' in parts
    assert "$10.00 of invoice 1020 stays open." in parts
    given = {
        "request_id": request_id, "amount": "150", "received_on": "2026-11-20", "method": "1", "reference": "77",
        "account": "35", f"part_{invoice.pk}": "100", f"part_{older.pk}": "40",
    }  # fmt: skip

    for _click in range(2):
        assert client.post(address("payment-record", invoice), given).status_code == 302

    made = Payment.objects.get()
    assert (made.amount, made.unapplied, made.deposit_account_name) == (150, 10, "Checking")
    assert set(made.applications.values_list("invoice_id", "amount")) == {(invoice.pk, 100), (older.pk, 40)}
    assert Event.objects.filter(name="payment.requested").count() == 1


def test_an_amount_that_is_sent_before_it_was_spread_is_spread_then(client, admin, invoice, older):
    client.force_login(admin)
    page = client.get(address("payment-record", invoice)).content.decode()
    given = {
        "request_id": page.split('name="request_id" value="')[1].split('"')[0], "amount": "60",
        "received_on": "2026-11-20", "spread_of": page.split('name="spread_of" value="')[1].split('"')[0],
        f"part_{invoice.pk}": "100.00",
    }  # fmt: skip
    refused = client.post(address("payment-record", invoice), given | {f"part_{invoice.pk}": "90"})
    assert refused.status_code == 422

    assert client.post(address("payment-record", invoice), given).status_code == 302

    assert list(Payment.objects.get().applications.values_list("invoice_id", "amount")) == [(invoice.pk, 60)]


def test_two_tabs_of_one_state_make_one_payment(client, admin, invoice):
    client.force_login(admin)
    tabs = [client.get(address("payment-record", invoice)).content.decode() for _tab in range(2)]
    ids = {tab.split('name="request_id" value="')[1].split('"')[0] for tab in tabs}
    assert len(ids) == 1
    given = {
        "request_id": ids.pop(), "amount": "50", "received_on": "2026-11-20", f"part_{invoice.pk}": "50",
    }  # fmt: skip
    for _tab in tabs:
        client.post(address("payment-record", invoice), given)
    other = client.post(address("payment-record", invoice), given | {"amount": "60", f"part_{invoice.pk}": "60"})

    assert other.status_code == 422
    assert "recorded already, with other figures" in other.content.decode()
    assert Payment.objects.count() == 1
    again = client.get(address("payment-record", invoice)).content.decode()
    assert given["request_id"] not in again


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"part": "120"}, "has only"),
        ({"part": "110", "amount": "105"}, "more than the payment"),
        ({"part": "ten"}, "This is not an amount."),
        ({"part": ""}, "Choose an invoice"),
        ({"amount": ""}, "required"),
    ],
)
def test_what_does_not_fit_is_said_and_kept(client, admin, invoice, given, sentence):
    client.force_login(admin)
    whole = {"request_id": str(uuid.uuid4()), "amount": "120", "received_on": "2026-11-20", "part": "10", **given}
    whole[f"part_{invoice.pk}"] = whole.pop("part")

    answer = client.post(address("payment-record", invoice), whole)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Payment.objects.exists()


def refused(invoice, by):
    made = Payment.objects.create(
        connection=invoice.connection,
        request_id=uuid.uuid4(),
        customer_external_id="3",
        received_on=DAY,
        amount=30,
        currency="USD",
        created_by=by,
    )
    PaymentApplication.objects.create(payment=made, invoice=invoice, invoice_external_id="130", amount=30)
    books.document_marks["payment", made.pk] = SyncMark(SyncState.FAILED, reason="The books are closed.")
    return made


def test_a_refused_payment_says_why_and_is_corrected_or_discarded(client, admin, invoice):
    client.force_login(admin)
    made = refused(invoice, admin)
    listed = client.get(address("invoice-payments", invoice)).content.decode()
    assert "The books are closed." in listed
    assert address("payment-correct", made) in listed
    form = client.get(address("payment-correct", made)).content.decode()
    assert 'value="30.00"' in form
    given = {
        "request_id": form.split('name="request_id" value="')[1].split('"')[0],
        "amount": "100",
        "received_on": "2026-11-22",
        f"part_{invoice.pk}": "100",
    }
    for _click in range(2):
        assert client.post(address("payment-correct", made), given).status_code == 302

    made.refresh_from_db()
    assert made.removed_at is not None
    instead = Payment.objects.get(removed_at=None)
    assert (instead.amount, instead.applications.get().amount) == (100, 100)
    client.post(address("payment-discard", instead))
    instead.refresh_from_db()
    assert instead.removed_at is not None


def test_the_page_of_a_payment_tells_what_it_pays_and_who_may_end_it(client, admin, rep, payment, invoice):
    client.force_login(rep)
    page = client.get(address("payment-detail", payment)).content.decode()
    assert "Payment of $60.00" in page
    assert "1037" in page
    assert "Partly applied" in page
    assert address("payment-void", payment) not in page

    client.force_login(admin)
    assert address("payment-void", payment) in client.get(address("payment-detail", payment)).content.decode()
    client.post(address("payment-void", payment))
    payment.refresh_from_db()
    assert (payment.ending, payment.ending_by) == ("void", admin)
    assert "Being voided in QuickBooks" in client.get(address("payment-detail", payment)).content.decode()
    client.post(address("payment-keep", payment))
    payment.refresh_from_db()
    assert payment.ending == ""


def test_a_deposited_payment_can_not_be_ended_and_says_why(client, admin, payment):
    client.force_login(admin)
    Payment.objects.update(deposited=True)

    page = client.get(address("payment-detail", payment)).content.decode()
    assert "part of a bank deposit" in page
    assert address("payment-void", payment) not in page
    after = client.post(address("payment-delete", payment), follow=True).content.decode()

    assert "Take it out of the deposit in QuickBooks first." in after
    payment.refresh_from_db()
    assert payment.ending == ""


def test_a_second_form_with_other_amounts_of_credit_is_told_that_nothing_was_done(client, admin, invoice, payment):
    client.force_login(admin)
    page = client.get(address("credit-apply", invoice)).content.decode()
    request_id = page.split('name="request_id" value="')[1].split('"')[0]
    given = {"request_id": request_id, f"payment_{payment.pk}": "5"}
    assert client.post(address("credit-apply", invoice), given).status_code == 302

    other = client.post(address("credit-apply", invoice), given | {f"payment_{payment.pk}": "7"})

    assert other.status_code == 422
    assert "Open the form again" in other.content.decode()
    assert CreditUse.objects.get().amount == 5


def test_credit_is_applied_oldest_first_and_once(client, admin, invoice, payment, memo):
    client.force_login(admin)
    page = client.get(address("credit-apply", invoice)).content.decode()
    assert f'name="memo_{memo.pk}" value="20.00"' in page
    assert f'name="payment_{payment.pk}" value="35.00"' in page
    request_id = page.split('name="request_id" value="')[1].split('"')[0]
    given = {"request_id": request_id, f"memo_{memo.pk}": "20", f"payment_{payment.pk}": "5"}

    for _click in range(2):
        assert client.post(address("credit-apply", invoice), given).status_code == 302

    use = CreditUse.objects.get()
    assert (use.payment, use.amount) == (payment, 5)
    carrier = Payment.objects.get(amount=0)
    assert carrier.applications.get().amount == 20
    assert carrier.credit_applications.get().credit == memo
    names = set(Event.objects.values_list("name", flat=True))
    assert {"payment.apply_requested", "creditmemo.apply_requested"} <= names
    too_much = given | {"request_id": str(uuid.uuid4()), f"memo_{memo.pk}": "1", f"payment_{payment.pk}": ""}
    answer = client.post(address("credit-apply", invoice), too_much)
    assert answer.status_code == 422
    assert CreditApplication.objects.count() == 1


def test_a_credit_memo_is_used_for_an_open_invoice_in_one_click(client, admin, deal, invoice, older, memo):
    CreditDocument.objects.filter(pk=memo.pk).update(invoice=invoice)
    Invoice.objects.filter(pk=invoice.pk).update(deal=deal)
    client.force_login(admin)
    use = reverse("invoices:credit-use", args=[memo.pk, invoice.pk])
    page = client.get(address("credit-detail", memo)).content.decode()
    # Its own invoice comes first.
    assert page.index(use) < page.index(reverse("invoices:credit-use", args=[memo.pk, older.pk]))
    assert "Apply $20.00" in page
    assert use in client.get(address("invoice-payments", invoice)).content.decode()
    assert use in client.get(address("deal-card", deal)).content.decode()

    answer = client.post(use, headers={"HX-Request": "true"})

    assert "invoices:changed" in answer.headers["HX-Trigger"]
    carrier = Payment.objects.get(amount=0)
    assert (carrier.applications.get().invoice, carrier.applications.get().amount) == (invoice, 20)
    assert carrier.credit_applications.get().credit == memo
    assert use not in client.get(address("credit-detail", memo)).content.decode()
    assert use not in client.get(address("deal-card", deal)).content.decode()
    again = client.post(use, follow=True).content.decode()
    assert "Nothing of this credit is left for invoice" in again
    assert Payment.objects.filter(amount=0).count() == 1


def test_a_new_credit_memo_is_on_its_way_until_its_figures_are_read(client, admin, invoice, memo):
    CreditDocument.objects.filter(pk=memo.pk).update(
        invoice=invoice, request_id=uuid.uuid4(), number="", remaining=0, remote_updated_at=None
    )
    client.force_login(admin)
    for name, record in (("invoice-payments", invoice), ("credit-detail", memo)):
        page = client.get(address(name, record)).content.decode()
        assert "On its way" in page
        assert "Used up" not in page
    assert 'hx-trigger="every 3s"' in client.get(address("invoice-payments", invoice)).content.decode()

    CreditDocument.objects.filter(pk=memo.pk).update(remaining=20, number="1040", remote_updated_at=timezone.now())

    page = client.get(address("invoice-payments", invoice)).content.decode()
    assert "Partly used" in page
    assert 'hx-trigger="every 3s"' not in page


def test_an_invoice_is_credited_line_by_line(client, admin, invoice):
    client.force_login(admin)
    line = invoice.lines.create(
        item_external_id="4", item_name="Design", quantity=2, unit_price=75, amount=150, external_id="1"
    )
    page = client.get(address("credit-create", invoice)).content.decode()
    assert 'value="150.00"' in page
    request_id = page.split('name="request_id" value="')[1].split('"')[0]
    given = {"request_id": request_id, "issued_on": "2026-11-22", f"line_{line.pk}": "75", "message": "Sorry"}

    for _click in range(2):
        assert client.post(address("credit-create", invoice), given).status_code == 302

    made = CreditDocument.objects.get()
    assert (made.kind, made.total, made.invoice, made.message) == ("creditmemo", 75, invoice, "Sorry")
    assert made.lines[0]["quantity"] == "1"
    assert "1037" in client.get(address("credit-detail", made)).content.decode()
    listed = client.get(address("invoice-payments", invoice)).content.decode()
    assert address("credit-detail", made) in listed
    client.post(address("credit-discard", made))
    made.refresh_from_db()
    assert made.removed_at is not None


@pytest.mark.parametrize("given", [{"issued_on": ""}, {"line": "151"}, {"line": "x"}, {"line": ""}])
def test_what_can_not_be_credited_is_refused(client, admin, invoice, given):
    client.force_login(admin)
    line = invoice.lines.create(item_external_id="4", item_name="Design", quantity=2, unit_price=75, amount=150)
    whole = {"request_id": str(uuid.uuid4()), "issued_on": "2026-11-22", "line": "75", **given}
    whole[f"line_{line.pk}"] = whole.pop("line")

    assert client.post(address("credit-create", invoice), whole).status_code == 422
    assert not CreditDocument.objects.exists()


def test_the_payments_of_an_invoice_cost_the_same_for_one_and_thirty(
    client, admin, invoice, connection, django_assert_num_queries
):
    """With credit to use, which comes from payments and credit memos alike."""
    client.force_login(admin)
    client.get(address("invoice-payments", invoice))
    for more in (1, 29):
        for number in range(more):
            of_customer = {
                "connection": connection, "external_id": f"{more}-{number}", "currency": "USD",
                "customer_external_id": invoice.customer_external_id,
            }  # fmt: skip
            paid = Payment.objects.create(**of_customer, received_on=DAY, amount=10, unapplied=2)
            paid.applications.create(invoice=invoice, invoice_external_id=invoice.external_id, amount=8)
            CreditDocument.objects.create(**of_customer, kind="creditmemo", invoice=invoice, total=3, remaining=3)
        with django_assert_num_queries(8):
            page = client.get(address("invoice-payments", invoice), headers={"HX-Request": "true"})
    assert "$150.00" in page.text


@pytest.mark.parametrize("name", ["payment-list", "creditmemo-list", "refund-list", "salesreceipt-list"])
def test_the_lists_cost_the_same_for_one_and_thirty(client, admin, connection, name, django_assert_max_num_queries):
    client.force_login(admin)
    url = reverse(f"invoices:{name}") + "?view=all"
    counts = []
    for more in (1, 29):
        for number in range(more):
            suffix = f"{more}-{number}"
            Payment.objects.create(
                connection=connection, external_id=suffix, customer_name="Cool", received_on=DAY, amount=10,
                currency="USD",
            )  # fmt: skip
            for kind in ("creditmemo", "refund", "salesreceipt"):
                CreditDocument.objects.create(
                    connection=connection, kind=kind, external_id=suffix, number=suffix, customer_name="Cool",
                    issued_on=DAY, currency="USD", total=10,
                )  # fmt: skip
        client.get(url)
        with django_assert_max_num_queries(40) as asked:
            assert client.get(url).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_card_lists_payments_and_credits_of_deal_contact_and_company(
    client, admin, deal, contact, company, invoice, payment, memo
):
    client.force_login(admin)
    Invoice.objects.filter(pk=invoice.pk).update(deal=deal)
    books.customers_of["company", company.pk] = [(invoice.connection_id, "3")]

    on_deal = client.get(reverse("invoices:deal-money-card", args=[deal.pk])).content.decode()
    on_company = client.get(reverse("invoices:company-money-card", args=[company.pk])).content.decode()
    on_contact = client.get(reverse("invoices:contact-money-card", args=[contact.pk])).content.decode()

    assert address("payment-detail", payment) in on_deal
    assert address("credit-detail", memo) not in on_deal
    assert address("payment-detail", payment) in on_company
    assert address("credit-detail", memo) in on_company
    assert "$55.00 credit to use" in on_company
    assert "No payments or credits yet." in on_contact


def test_the_search_over_everything_finds_payments_and_credits(client, admin, payment, memo):
    client.force_login(admin)
    found = client.get(reverse("core:search"), {"q": "4711"}).content.decode()
    assert address("payment-detail", payment) in found
    found = client.get(reverse("core:search"), {"q": "1040"}).content.decode()
    assert address("credit-detail", memo) in found


def test_histories_open(client, admin, payment, memo):
    client.force_login(admin)
    assert client.get(address("payment-history", payment)).status_code == 200
    assert client.get(address("credit-history", memo)).status_code == 200
