"""The archive: what is said before, who did it, and deleting for good."""

from decimal import Decimal

import pytest
from django.urls import reverse

from crm.models import Company
from crm.services import companies, deals, tasks
from invoices.models import Invoice
from tests.crm.growth import make

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_what_is_open_is_said_before_a_company_is_archived(signed_in, rep, company, deal):
    deals.update(deal, by=rep, amount=Decimal(1200))
    tasks.create(by=rep, about=company, title="Call")
    invoice = make(Invoice, currency="USD", total=100, balance=40)
    invoice.companies.add(company)
    address = reverse("crm:company-archive", args=[company.pk])

    asked = signed_in.get(address, headers=HTMX)

    assert asked.context["notes"] == ["1 open deal ($1,200.00)", "1 open task", "1 unpaid invoice: $40.00 are open."]
    assert Company.objects.filter(archived_at=None).exists()
    assert signed_in.post(address, headers=HTMX)["HX-Redirect"] == reverse("crm:company-list")
    assert not Company.objects.filter(archived_at=None).exists()


def test_the_archive_says_who_put_a_record_there(signed_in, rep, company):
    companies.archive(company, by=rep)

    index = signed_in.get(reverse("crm:archive-index")).content.decode()
    page = signed_in.get(reverse("crm:company-list"), {"archived": "1"})

    assert f"{reverse('crm:company-list')}?archived=1" in index
    assert [column.name for column in page.context["list"].columns][-2:] == ["archived_at", "archived_by"]
    assert "Rita Rep" in page.content.decode()


def test_deleting_for_good_asks_for_the_name(client, admin, rep, company):
    client.force_login(admin)
    address = reverse("crm:company-delete", args=[company.pk])
    assert client.get(address).status_code == 404  # not archived
    companies.archive(company, by=rep)

    assert "Type Cool Cars to confirm" in client.get(address, headers=HTMX).content.decode()
    assert client.post(address, {"name": "Cool"}, headers=HTMX).status_code == 422
    assert Company.objects.exists()
    client.post(address, {"name": "cool  cars"}, headers=HTMX)
    assert not Company.objects.exists()


def test_what_can_not_be_deleted_says_why(client, admin, rep, company):
    client.force_login(admin)
    companies.archive(company, by=rep)
    make(Invoice).companies.add(company)

    page = client.post(reverse("crm:company-delete", args=[company.pk]), {"name": "Cool Cars"}, headers=HTMX)

    assert "can’t be deleted" in page.content.decode()
    assert Company.objects.exists()
