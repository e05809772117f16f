"""With no accounting configured the pages stand, and say what is missing."""

import datetime
import inspect

import pytest
from django.urls import reverse
from django.utils import timezone

from invoices.models import Invoice
from invoices.ports import Accounting, AccountingUnavailable, accounting
from invoices.services.poll import poll_status
from invoices.tasks import poll_status as poll_task
from invoices.without_accounting import NoAccounting
from tests.invoices.fakes import ListAccounting


@pytest.fixture
def nothing(settings, accounting_books):
    settings.ACCOUNTING = "invoices.without_accounting.NoAccounting"
    accounting.cache_clear()


@pytest.mark.parametrize("implementation", [NoAccounting, ListAccounting])
def test_it_answers_all_that_may_be_asked(implementation):
    asked = {name: member for name, member in vars(Accounting).items() if inspect.isfunction(member) and name[0] != "_"}

    for name, member in asked.items():
        answered = inspect.signature(getattr(implementation, name))
        assert list(answered.parameters) == list(inspect.signature(member).parameters), name


def test_pages_stand_without_a_company(nothing, web, deal):
    assert "not connected" in web.get(reverse("invoices:deal-card", args=[deal.pk])).content.decode()
    assert "Nothing needs you" in web.get(reverse("invoices:home-card")).content.decode()
    assert "Ask an admin" in web.get(reverse("invoices:invoice-list")).content.decode()
    assert "Ask an admin" in web.get(reverse("invoices:draft-new", args=[deal.pk])).content.decode()


def test_invoices_that_are_there_stay_readable(nothing, web, deal, make_invoice):
    invoice = make_invoice(deal=deal, number="1037")

    card = web.get(reverse("invoices:deal-card", args=[deal.pk])).content.decode()
    assert "1037" in card
    assert "not connected any more" in card
    assert web.get(reverse("invoices:invoice-detail", args=[invoice.pk])).status_code == 200
    assert web.get(reverse("invoices:invoice-pdf", args=[invoice.pk])).status_code == 503


def test_nothing_can_be_asked_of_it(nothing, connection):
    none = NoAccounting()

    assert [problem.step for problem in none.check_draft(connection.pk, {})] == ["account"]
    with pytest.raises(AccountingUnavailable):
        none.retry(Invoice(), by=None)
    assert none.todays() == {connection.pk: timezone.localdate()}
    assert poll_status(now=timezone.now()).invoices == 0


def test_the_task_of_the_status_poll_is_a_door(make_invoice):
    invoice = make_invoice(due_on=datetime.date(2020, 1, 1))

    poll_task()

    invoice.refresh_from_db()
    assert (poll_task.name, invoice.status) == ("invoices.poll_status", "overdue")
