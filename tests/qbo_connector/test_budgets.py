"""What a pace costs, what a month will cost, and the warnings before a budget is spent."""

import datetime

import pytest
from django.utils import timezone

from core.models import Event
from qbo_connector.enums import Cause
from qbo_connector.mirror import schedule
from qbo_connector.models import Alert, ApiUsage, Connection, MirrorObject, PullSchedule
from qbo_connector.services import budgets, meter
from qbo_connector.services import settings as company_settings


@pytest.fixture
def company(db):
    connection = Connection.objects.create(environment="simulator", realm_id="1", company_name="Acme")
    PullSchedule.objects.create(connection=connection, loaded_at=timezone.now())
    return connection


def use(connection, reads, *, days_ago=0, cause=Cause.CYCLE):
    day = timezone.now().date() - datetime.timedelta(days=days_ago)
    ApiUsage.objects.create(connection=connection, day=day, cause=cause, reads=reads)


@pytest.mark.parametrize(
    ("minutes", "economical", "reads"),
    [
        (10, False, 30 * (144 + 4 + 2)),
        (1, False, 30 * (1440 + 6)),
        (60, False, 30 * (24 + 6)),
        (10, True, 30 * (4 + 6) + 70),
    ],
)
def test_the_estimate_counts_cycles_reference_data_counts_and_webhooks(company, minutes, economical, reads):
    for entity in ("Item", "Customer"):
        MirrorObject.objects.create(
            connection=company, entity=entity, qbo_id="1", remote_updated_at=timezone.now(), digest=b""
        )
    use(company, 70, days_ago=3, cause=Cause.WEBHOOK)
    use(company, 500, days_ago=40, cause=Cause.WEBHOOK)

    assert meter.estimate(company, minutes, economical) == reads


def test_the_forecast_goes_on_as_in_the_last_week_without_what_happens_once(company):
    noon = datetime.datetime(2026, 11, 15, 12, tzinfo=datetime.UTC)
    for day in range(8, 15):
        ApiUsage.objects.create(connection=company, day=datetime.date(2026, 11, day), cause=Cause.CYCLE, reads=100)
    ApiUsage.objects.create(connection=company, day=datetime.date(2026, 11, 9), cause=Cause.FIRST_LOAD, reads=5000)
    ApiUsage.objects.create(connection=company, day=datetime.date(2026, 10, 31), cause=Cause.CYCLE, reads=900)

    month = meter.month(company, now=noon)

    assert month.reads == 5700
    # Six days of the week are before today, and today has brought nothing yet: 600 in 6.5 days, for 15.5 days more.
    assert month.forecast == pytest.approx(5700 + 600 / 6.5 * 15.5, abs=110)
    assert (month.percent, month.over) == (0, False)


def test_a_budget_warns_once_for_each_threshold_and_month(company):
    company_settings.set_budget(company, monthly_budget=1000, by=None)
    assert not Alert.objects.exists()
    use(company, 850)

    assert budgets.check() == 1
    assert budgets.check() == 0
    use(company, 200, cause=Cause.SYNC_NOW)
    assert budgets.check() == 1
    assert budgets.check() == 0

    warned = Event.objects.filter(name="connection.budget_warned").order_by("pk")
    assert [event.data["threshold"] for event in warned] == ["80", "100"]
    assert warned[1].data["reads"] == 1050


def test_a_pace_that_will_not_last_is_told_early(company):
    company_settings.set_budget(company, monthly_budget=20_000, by=None)
    for ago in range(7):
        use(company, 1500, days_ago=ago)

    assert budgets.check() == 1
    assert Alert.objects.get().data["threshold"] == "forecast"


def test_another_budget_clears_the_warning_and_may_warn_again(company):
    company_settings.set_budget(company, monthly_budget=1000, by=None)
    use(company, 900)
    budgets.check()

    company_settings.set_budget(company, monthly_budget=5000, by=None)
    assert not Alert.objects.filter(cleared_at=None).exclude(key__contains="forecast").exists()
    company_settings.set_budget(company, monthly_budget=None, by=None)

    assert not Alert.objects.filter(cleared_at=None).exists()


def test_the_economical_mode_reads_every_six_hours_and_when_told(company):
    soon = schedule.next_due(company, timezone.now())
    assert soon - timezone.now() <= datetime.timedelta(minutes=10)
    company_settings.change(company, interval_minutes=10, time_zone="UTC", economical=True, by=None)

    later = schedule.next_due(company, timezone.now() + datetime.timedelta(minutes=1))
    assert datetime.timedelta(0) < later - timezone.now() <= datetime.timedelta(hours=6, minutes=1)
    assert Event.objects.get(name="connection.settings_changed").data == {
        "economical": True, "title": str(company), "changes": {"economical": [False, True]},
    }  # fmt: skip


def test_the_program_itself_does_not_shorten_a_wait_after_failures_but_a_person_does(company):
    later = timezone.now() + datetime.timedelta(minutes=30)
    PullSchedule.objects.update(due_at=later, failures=3)

    schedule.request_pull([company.pk], cause=Cause.CYCLE, reference=False)
    assert PullSchedule.objects.get().due_at == later

    schedule.request_pull([company.pk])
    assert PullSchedule.objects.get().due_at < later
