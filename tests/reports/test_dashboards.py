"""Dashboards, pages of ready reports and the home page's cards: who sees and changes what, and what it costs."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core import company, home
from crm.models import Company, Task
from invoices.models import Invoice, InvoiceLine
from qbo_connector.models import Connection
from reports import querying
from reports.models import Dashboard, Report
from reports.rollups import refresh
from reports.services import dashboards, reports
from tests.makers import user

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    made = user("Admin", "boss@example.com")
    client.force_login(made)
    return made


@pytest.fixture
def rita():
    return user("Sales rep", "rita@example.com")


@pytest.fixture
def money(boss):
    """A dashboard about money."""
    return dashboards.create(by=boss, name="  Money ", beginning="money")


@pytest.fixture
def late(rita):
    """An overdue invoice of Rita's, over 120."""
    books = Connection.objects.create(environment="simulator", realm_id="1", company_name="Books", home_currency="USD")
    due = company.today() - datetime.timedelta(days=40)
    made = Invoice.objects.create(
        connection=books, external_id="1", number="1001", customer_external_id="7", customer_name="Acme", owner=rita,
        status="overdue", total=Decimal(120), balance=Decimal(120), currency="USD", due_on=due,
        issued_on=due - datetime.timedelta(days=30), remote_updated_at=timezone.now(),
    )  # fmt: skip
    refresh.refresh()
    return made


def keys(dashboard):
    return [tile.ready for tile in dashboard.tiles.all()]


def test_a_new_dashboard_begins_with_reports_that_its_owner_may_see(boss, rita):
    assert keys(dashboards.create(by=boss, name="Sync", beginning="sync")) == [
        "sync-health", "reads-used", "invoice-status"
    ]  # fmt: skip
    assert keys(dashboards.create(by=rita, name="Sync", beginning="sync")) == ["invoice-status"]
    with pytest.raises(dashboards.DashboardRefused):
        dashboards.create(by=boss, name="  ")


def test_tiles_are_arranged_by_drag_and_one_place_at_a_time(client, money):
    tiles = list(money.tiles.values_list("pk", flat=True))
    order = reverse("reports:tile-order", args=[money.pk])

    dragged = client.post(order, {"id": tiles[::-1]}, headers={"HX-Request": "true"})
    assert list(money.tiles.values_list("pk", flat=True)) == tiles[::-1]
    assert dragged.content.decode().index(f'data-id="{tiles[-1]}"') < dragged.content.decode().index(
        f'data-id="{tiles[0]}"'
    )

    client.post(order, {"id": tiles[::-1], "move": tiles[0], "by": "up"})
    assert list(money.tiles.values_list("pk", flat=True))[-2:] == [tiles[0], tiles[1]]
    # A page that does not know the newest tile leaves it at the end, and ids of others' tiles are nothing.
    dashboards.arrange(money, [tiles[1], 999_999], by=money.owner)
    assert sorted(money.tiles.values_list("pk", flat=True)) == tiles
    assert money.tiles.first().pk == tiles[1]


def test_others_see_a_dashboard_once_it_is_shared_and_change_nothing(client, money, rita):
    client.force_login(rita)
    page = reverse("reports:dashboard", args=[money.pk])
    assert client.get(page).status_code == 404

    dashboards.change(money, by=money.owner, name="Money", sharing="everyone")
    shown = client.get(page).content.decode()
    assert "Receivables aging" in shown
    assert "?arrange=1" not in shown

    tile = money.tiles.first()
    for name, pk in (("tile-remove", tile.pk), ("tile-widen", tile.pk), ("dashboard-change", money.pk)):
        client.post(reverse(f"reports:{name}", args=[pk]), {"name": "Mine", "sharing": "private"})
    assert client.post(reverse("reports:dashboard-delete", args=[money.pk])).status_code == 403
    fresh = Dashboard.objects.get(pk=money.pk)
    assert (fresh.name, fresh.sharing, fresh.tiles.count()) == ("Money", "everyone", 7)
    assert fresh.tiles.first().wide


def test_reports_are_put_on_and_taken_off(client, boss, money, rita):
    add = reverse("reports:tile-add", args=[money.pk])
    own = reports.create(by=boss, name="Mine", definition={"by": "owner"}, ready="receivables-aging")
    foreign = reports.create(by=rita, name="Hers", definition={}, ready="receivables-aging")

    client.post(add, {"report": "ready:reads-used"})
    client.post(add, {"report": f"report:{own.pk}"})
    assert client.post(add, {"report": f"report:{foreign.pk}"}).status_code == 404
    client.post(add, {"report": "ready:no-such-report"})
    assert [str(tile) for tile in money.tiles.all()][-2:] == ["reads-used", f"report {own.pk}"]

    last = money.tiles.last()
    client.post(reverse("reports:tile-widen", args=[last.pk]))
    assert money.tiles.last().wide
    client.post(reverse("reports:tile-remove", args=[last.pk]))
    assert not money.tiles.filter(pk=last.pk).exists()
    assert Report.objects.filter(pk=own.pk).exists()


def test_filters_count_for_all_reports_and_those_that_do_not_know_one_say_so(client, money, late, boss):
    tiles = {tile.ready: reverse("reports:tile", args=[tile.pk]) for tile in money.tiles.all()}

    assert "$120.00" in client.get(tiles["overdue-by-owner"], {"owner": late.owner_id}).content.decode()
    assert "$120.00" not in client.get(tiles["overdue-by-owner"], {"owner": boss.pk}).content.decode()
    said = client.get(tiles["overdue-by-owner"], {"period": "this_month", "owner": late.owner_id}).content.decode()
    assert "Not filtered by period." in said
    page = client.get(reverse("reports:dashboard", args=[money.pk]), {"owner": late.owner_id}).content.decode()
    assert f"?owner={late.owner_id}" in page


def test_filters_count_for_built_reports_of_every_kind(client, boss, rita, late, monkeypatch):
    garden = Company.objects.create(name="Garden")
    late.companies.add(garden)
    InvoiceLine.objects.create(invoice=late, item_name="Design", amount=120)
    Task.objects.create(title="Call", assignee=rita)
    board = dashboards.create(by=boss, name="Built")
    tiles = {}
    for name, where in (("invoice", {"field": "number", "op": "not_empty"}), ("invoice_line", None), ("task", None)):
        definition = {"object": name, "measures": [{"kind": "count"}], "chart": "table", "filter": where}
        made = reports.create(by=boss, name=name, definition=definition)
        tiles[name] = reverse("reports:tile", args=[dashboards.add_tile(board, by=boss, report=made).pk])

    def said(name, **asked):
        context = client.get(tiles[name], asked).context
        return context["shown"].result.rows[0].cells[1], context["ignored"]

    for name in ("invoice", "invoice_line"):
        assert said(name, owner=rita.pk, company=garden.pk, connection=late.connection_id) == (1, "")
        assert said(name, owner=boss.pk) == (0, "")
        assert said(name, owner="0") == (0, "")
        assert said(name, company="999999") == (0, "")
        assert said(name, period="next_30_days") == (0, "")
        days = {"from": str(late.issued_on), "to": str(late.issued_on)}
        assert said(name, **days) == (1, "")
    assert said("task", owner=rita.pk) == (1, "")
    assert said("task", company=garden.pk) == (1, "company")
    monkeypatch.setattr(querying, "MOST_COST", 0)
    text = client.get(tiles["invoice"], {"owner": rita.pk}).content.decode()
    assert f"?owner={rita.pk}&amp;period=last_90_days" in text


def test_the_pages_cost_few_statements(client, money, django_assert_max_num_queries):
    page = reverse("reports:dashboard", args=[money.pk])
    client.get(page)
    with django_assert_max_num_queries(16):
        client.get(page)
    for _tile in range(12):
        dashboards.add_tile(money, by=money.owner, ready="top-products")
    with django_assert_max_num_queries(16):
        client.get(page)


def test_a_ready_report_answers_its_address_and_is_kept_with_its_filters(client, boss, late):
    page = client.get(reverse("reports:ready", args=["receivables-aging"]), {"by": "owner", "owner": late.owner_id})
    text = page.content.decode()
    assert "$120.00" in text
    assert 'value="owner" selected' in text

    file = client.get(reverse("reports:ready-export", args=["receivables-aging", "csv"]), {"by": "owner"})
    assert "120.00" in b"".join(file).decode("utf-8-sig")

    client.post(reverse("reports:ready-keep", args=["receivables-aging"]), {"asked": "by=owner&owner=5&evil=1"})
    kept = Report.objects.get()
    assert (kept.ready, kept.definition, kept.owner) == ("receivables-aging", {"by": "owner", "owner": "5"}, boss)
    assert client.get(reverse("reports:ready", args=["nothing-of-this-name"])).status_code == 404


def test_home_pages_begin_with_what_each_role_is_there_for(client, boss, rita, late):
    ops = user("Ops", "ops@example.com")

    def shown(person):
        return [card.key for card in home.arranged(person).shown]

    assert {"tasks", "deals", "my-unpaid-invoices"} < set(shown(rita)[:4])
    assert shown(ops)[:3] == ["receivables-aging", "overdue-by-owner", "sync-failures"]
    assert shown(boss)[:2] == ["sync-health", "reads-used"]
    assert "receivables-aging" not in shown(rita)

    aging = client.get(reverse("reports:home-aging")).content.decode()
    assert "$120.00" in aging
    bucket = next(part.split('"')[0] for part in aging.split('href="')[1:] if "31–60" in part.split("</a>")[0])
    assert "1001" in client.get(bucket.replace("&amp;", "&")).content.decode()
    overdue = client.get(reverse("reports:home-overdue")).content.decode()
    assert "$120.00" in overdue
    assert "/invoices/?status=overdue" in overdue
    assert "Nothing to show yet." in client.get(reverse("reports:home-reads")).content.decode()
    client.force_login(rita)
    assert "1001 · Acme" in client.get(reverse("reports:home-unpaid")).content.decode()
