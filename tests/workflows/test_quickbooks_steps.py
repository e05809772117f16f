"""Steps that reach QuickBooks, over the simulator: the intent once, the answer in the run, a killed worker harmless."""

import datetime

import pytest
from django.utils import timezone

from core.services import mails
from crm.models import Contact
from crm.services import deals, quotes
from invoices.enums import SendState
from invoices.models import Estimate, Invoice, InvoiceDraft, InvoiceSend
from invoices.ports import accounting
from invoices.services import poll
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Connection, Operation
from sync.publish import estimates, invoice_changes, sends
from sync.publish import invoices as publishing
from tests import workers
from tests.checker import assert_never_doubled, marked
from tests.makers import deal_of, new_deal, requested_invoice, user
from tests.quickbooks import drain_until_settled, sync_company
from tests.workflows.makers import LATER, carry_on, enrolment, on_event, step, tell, workflow_of
from workflows import triggers
from workflows.models import Enrolment
from workflows.services import enrolments, workflows


@pytest.fixture
def boss(us_company):
    sync_company(us_company)
    return user("Admin", "boss@example.com")


def enrol(boss, record, *steps, about="deal"):
    Enrolment.objects.all().delete()
    workflow = workflow_of(boss, *steps, about=about)
    enrolments.enrol_by_hand(workflow, about, [record.pk], by=boss)
    carry_on()


def answered(connection):
    """QuickBooks' answers have come, and workflows were told of them."""
    drain_until_settled(connection)
    tell()
    carry_on()


def told():
    return [(each.step_id, each.state, each.reason) for each in enrolment().steps.order_by("pk")]


def won(deal, boss):
    return deals.move_to_stage(deal, deal.stage.pipeline.stages.get(status="won"), by=boss, strict=False)


def test_a_won_deal_becomes_an_invoice_of_a_new_customer(us_company, quickbooks, boss):
    deal = new_deal(boss)
    workflow = workflow_of(boss, step("a", "create_invoice"), about="deal", trigger=on_event("deal.won"))
    [before] = workflows.dry_run(workflow.draft, deal)
    assert (before.would, "Brand New Gardens" in before.text) == ("done", True)
    won(deal, boss)
    tell()
    carry_on()
    assert told() == [("a", "waiting", "Waits for QuickBooks.")]

    answered(us_company)

    invoice = Invoice.objects.get(deal=deal)
    assert told() == [("a", "done", f"Created invoice {invoice.number} for Brand New Gardens.")]
    assert enrolment().state == "finished"
    assert (invoice.owner, len(marked(quickbooks, us_company))) == (boss, 1)


def test_a_deal_is_billed_in_the_company_that_the_step_names(us_company, boss):
    other = Connection.objects.create(
        environment="simulator", realm_id="77", company_name="Aardvark", country="US", home_currency="USD",
        status=us_company.status,
    )  # fmt: skip
    deal = new_deal(boss)

    def making(**settings):
        return workflow_of(boss, step("a", "create_invoice", **settings), about="deal", trigger=on_event("deal.won"))

    def foretold(workflow):
        [before] = workflows.dry_run(workflow.draft, deal)
        return before.would, before.text

    usual, named = making(), making(company=str(us_company.pk))
    assert "in Aardvark for" in foretold(usual)[1]
    assert f"in {us_company} for" in foretold(named)[1]
    workflows.switch(usual, on=False, by=boss)
    won(deal, boss)
    tell()
    carry_on()
    answered(us_company)
    assert Invoice.objects.get(deal=deal).connection == us_company

    Connection.objects.filter(pk=other.pk).update(
        status=ConnectionStatus.NEEDS_RECONNECT, status_reason="Sign in again."
    )
    workflow = making(company=str(other.pk))
    assert foretold(workflow) == ("fail", "Needs to be reconnected. Sign in again.")


def test_where_the_customer_may_not_be_made_the_reason_is_told_and_nothing_written(us_company, boss):
    enrol(boss, new_deal(boss), step("a", "create_invoice", customer="fail"))

    assert told() == [("a", "failed", "QuickBooks has no customer that is linked to Brand New Gardens.")]
    assert (Invoice.objects.filter(created_by=boss).count(), InvoiceDraft.objects.count()) == (0, 0)


def test_a_refusal_fails_the_step_and_trying_again_sends_the_same_invoice(us_company, quickbooks, boss):
    quickbooks.fault(
        method="POST",
        entity="Invoice",
        times=1,
        action="fault",
        code="6000",
        message="Error",
        detail="Not today.",
        status=400,
    )
    enrol(boss, deal_of("Cool Cars", boss), step("a", "create_invoice"))
    answered(us_company)

    [(_step, state, reason)] = told()
    assert (state, enrolment().state) == ("failed", "failed")
    assert "Not today." in reason

    enrolments.retry(enrolment(), by=boss)
    carry_on()
    answered(us_company)

    assert [(state, enrolment().state) for _step, state, _reason in told()] == [("done", "finished")]
    assert Invoice.objects.filter(created_by=boss).count() == 1
    assert_never_doubled(quickbooks, us_company)


def test_an_invoice_is_made_sent_and_voided(us_company, quickbooks, boss):
    Contact.objects.filter(company__name="Cool Cars").update(email="cars@example.com")
    steps = [step("a", "create_invoice"), step("b", "send_invoice"), step("c", "remind"), step("d", "void_invoice")]
    enrol(boss, deal_of("Cool Cars", boss), *steps)
    answered(us_company)
    assert [state for _pk, state, _reason in told()] == ["done", "waiting"]

    for send in InvoiceSend.objects.filter(state=SendState.WAITING):
        sends.publish(send.pk)
    answered(us_company)
    assert [state for _pk, state, _reason in told()] == ["done", "done", "done", "waiting"]

    invoice_changes.plan_wish(Invoice.objects.get(created_by=boss).pk)
    answered(us_company)

    assert [state for _pk, state, _reason in told()] == ["done"] * 4, told()
    assert Invoice.objects.get(created_by=boss).voided


def test_many_invoices_of_workflows_go_together_behind_those_of_people(us_company, quickbooks, boss):
    workflow = workflow_of(boss, step("a", "create_invoice"), about="deal")
    made = [deal_of("Cool Cars", boss) for _number in range(6)]
    enrolments.enrol_by_hand(workflow, "deal", [deal.pk for deal in made], by=boss)
    carry_on()
    for deal in made:
        publishing.publish(Invoice.objects.get(deal=deal).pk)
    assert set(Operation.objects.values_list("urgent", flat=True)) == {False}

    answered(us_company)

    assert Enrolment.objects.filter(state="finished").count() == 6
    assert len(marked(quickbooks, us_company)) == 6
    assert_never_doubled(quickbooks, us_company)


def test_a_paid_invoice_is_not_reminded_of(us_company, boss):
    invoice = requested_invoice(deal_of("Cool Cars", boss), boss)
    drain_until_settled(us_company)
    Invoice.objects.filter(pk=invoice.pk).update(status="paid", balance=0)

    enrol(boss, invoice, step("a", "remind"), about="invoice")

    assert [state for _pk, state, _reason in told()] == ["skipped"]


def test_a_published_quote_becomes_an_estimate(us_company, boss):
    deal = deal_of("Cool Cars", boss)
    enrol(boss, deal, step("a", "create_estimate"))
    assert told() == [("a", "failed", "The deal has no published quote.")]
    quote = quotes.publish(quotes.create_from_deal(deal, by=boss), by=boss)
    enrol(boss, quote, step("a", "create_estimate"), about="quote")

    for pk in estimates.unplanned():
        estimates.publish(pk)
    answered(us_company)

    estimate = Estimate.objects.get(quote=quote)
    assert told() == [("a", "done", f"Created estimate {estimate}.")]
    assert estimate.external_id


def test_a_first_load_enrols_nothing_and_what_happens_afterwards_does(us_company, quickbooks):
    boss = user("Admin", "boss@example.com")
    overdue = {"field": "status", "op": "in", "value": ["overdue"]}
    workflow_of(boss, step("a", "rest"), about="invoice", trigger={"kind": "becomes_true"}, conditions=overdue)
    workflow_of(boss, step("a", "rest"), about="invoice", trigger=on_event("invoice.overdue"))
    workflow_of(boss, step("a", "rest"), about="contact", trigger=on_event("contact.created"))

    sync_company(us_company)
    tell()
    triggers.sweep_conditions()
    triggers.sweep_conditions(timezone.now() + LATER)

    assert Invoice.objects.filter(status="overdue").exists()
    assert Enrolment.objects.count() == 0

    invoice = requested_invoice(deal_of("Cool Cars", boss), boss)
    drain_until_settled(us_company)
    Invoice.objects.filter(pk=invoice.pk).update(due_on=accounting().today(us_company.pk) - datetime.timedelta(days=1))
    poll.poll_status(now=timezone.now())
    tell()
    assert sorted(Enrolment.objects.values_list("record_id", flat=True)) == [invoice.pk, invoice.pk]


POINTS = {
    "before it enrols": ("workflows.triggers:enrol", "before"),
    "enrolled, not noted": ("workflows.triggers:enrol", "after"),
    "leased": ("workflows.engine:lease", "after"),
    "invoice written, not committed": ("workflows.steps.quickbooks:wait_for_answer", "before"),
    "step committed": ("workflows.engine:run_step", "after"),
    "before the answer is noted": ("workflows.steps.quickbooks:_invoice_answer", "before"),
}


@pytest.mark.slow
@pytest.mark.one_at_a_time("workers")
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_worker_leaves_one_run_and_one_invoice(point, us_company, quickbooks, boss, tmp_path):
    workflow_of(boss, step("a", "create_invoice"), about="deal", trigger=on_event("deal.won"))
    deal = deal_of("Cool Cars", boss)
    with workers.worker(tmp_path, kill=POINTS[point]) as first:
        won(deal, boss)
        workers.wait_until(lambda: first.poll() is not None, what=f"the worker dies {point}")
    assert_never_doubled(quickbooks, us_company)

    with workers.worker(tmp_path):
        finished = Enrolment.objects.filter(state="finished")
        workers.wait_until(finished.exists, seconds=60, what="the run is finished")

    assert Enrolment.objects.count() == 1
    assert Invoice.objects.filter(deal=deal).count() == 1
    assert len(marked(quickbooks, us_company)) == 1
    assert [state for _pk, state, _reason in told()] == ["done"]


def refuse(quickbooks, entity):
    quickbooks.fault(
        method="POST", entity=entity, times=1, action="fault", code="6000", message="Error", detail="Not today.",
        status=400,
    )  # fmt: skip


def test_a_refused_estimate_can_be_tried_again_from_the_run(us_company, quickbooks, boss):
    deal = deal_of("Cool Cars", boss)
    quote = quotes.publish(quotes.create_from_deal(deal, by=boss), by=boss)
    refuse(quickbooks, "Estimate")
    enrol(boss, quote, step("a", "create_estimate"), about="quote")
    for pk in estimates.unplanned():
        estimates.publish(pk)
    answered(us_company)
    assert [(state, "Not today." in reason) for _pk, state, reason in told()] == [("failed", True)]

    enrolments.retry(enrolment(), by=boss)
    carry_on()
    answered(us_company)

    assert [state for _pk, state, _reason in told()] == ["done"], told()
    assert Estimate.objects.get(quote=quote).external_id


def test_a_refused_void_can_be_tried_again_from_the_run(us_company, quickbooks, boss):
    invoice = requested_invoice(deal_of("Cool Cars", boss), boss)
    drain_until_settled(us_company)
    refuse(quickbooks, "Invoice")
    enrol(boss, invoice, step("a", "void_invoice"), about="invoice")
    invoice_changes.plan_wish(invoice.pk)
    answered(us_company)
    assert [(state, "Not today." in reason) for _pk, state, reason in told()] == [("failed", True)], told()

    enrolments.retry(enrolment(), by=boss)
    carry_on()
    answered(us_company)

    assert [state for _pk, state, _reason in told()] == ["done"], told()
    assert Invoice.objects.get(pk=invoice.pk).voided


def test_an_e_mail_about_an_invoice_carries_its_pdf(us_company, boss, mailoutbox):
    invoice = Invoice.objects.exclude(external_id="").filter(voided=False).order_by("pk").first()
    text = {"subject": "Invoice {{ number }}", "body": "Attached.", "attach_pdf": True}
    enrol(boss, invoice, step("a", "send_email", to="address", address="who@example.com", **text), about="invoice")

    mails.send_due()

    assert [state for _pk, state, _reason in told()] == ["done"]
    [(name, content, kind)] = mailoutbox[0].attachments
    assert (name, content[:4], kind) == (f"{invoice}.pdf", b"%PDF", "application/pdf")
