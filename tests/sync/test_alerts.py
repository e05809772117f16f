"""Admins get an e-mail once when something needs a person, and again only after it had cleared."""

import datetime

import pytest
from django.core import mail
from django.utils import timezone

from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Alert, Connection, ConnectionToken
from sync import alerts
from sync.enums import Outcome
from sync.models import Link
from tests.makers import user

NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)


def at(minutes):
    return NOW + datetime.timedelta(minutes=minutes)


@pytest.fixture
def company(db):
    user()
    user("Admin", "admin@example.com")
    user("Admin", "second@example.com")
    gone = user("Admin", "gone@example.com")
    gone.is_active = False
    gone.save()
    return Connection.objects.create(environment="simulator", realm_id="1", company_name="Acme")


def fail(company, number):
    for pk in range(1, number + 1):
        Link.objects.update_or_create(
            connection=company,
            entity="Invoice",
            object_type="invoice",
            object_id=pk,
            defaults={"outcome": Outcome.FAILING, "reason": "No"},
        )


def test_ten_records_failing_for_half_an_hour_are_told_once_until_it_clears(company):
    fail(company, 10)
    for minute in (0, 15, 29):
        assert alerts.check(now=at(minute)) == 0
    assert alerts.check(now=at(30)) == 1
    for minute in (31, 500):
        assert alerts.check(now=at(minute)) == 0
    assert sorted(to for message in mail.outbox for to in message.to) == ["admin@example.com", "second@example.com"]
    assert "10 records" in mail.outbox[0].subject
    assert "http://127.0.0.1:8000/settings/sync-health/" in mail.outbox[0].body
    assert mail.outbox[0].content_subtype == "plain"

    Link.objects.filter(object_id=1).update(outcome=Outcome.IN_SYNC)
    alerts.check(now=at(501))
    fail(company, 10)
    assert alerts.check(now=at(502)) == 0
    assert alerts.check(now=at(532)) == 1
    assert len(mail.outbox) == 4


def test_nine_records_or_a_short_time_are_not_worth_a_mail(company):
    fail(company, 9)
    for minute in (0, 60):
        assert alerts.check(now=at(minute)) == 0
    fail(company, 12)
    alerts.check(now=at(61))
    Link.objects.update(outcome=Outcome.IN_SYNC)
    for minute in (80, 200):
        assert alerts.check(now=at(minute)) == 0
    assert mail.outbox == []


def test_the_threshold_is_the_companys(company):
    Connection.objects.update(alert_records=2, alert_minutes=0)
    fail(company, 2)
    assert alerts.check(now=NOW) == 1


def test_one_record_is_told_as_one(company):
    Connection.objects.update(alert_records=1, alert_minutes=0)
    fail(company, 1)
    assert alerts.check(now=NOW) == 1
    assert mail.outbox[0].subject == f"1 record of “{company}” does not sync"
    assert "1 record is not in sync" in mail.outbox[0].body


@pytest.mark.parametrize("status", [ConnectionStatus.NEEDS_RECONNECT, ConnectionStatus.PAUSED])
def test_a_company_that_needs_a_person_is_told_at_once_and_once(company, status):
    Connection.objects.update(status=status, status_reason="QuickBooks no longer accepts our connection.")
    assert alerts.check(now=NOW) == 1
    assert alerts.check(now=at(1)) == 0
    assert "QuickBooks no longer accepts our connection." in mail.outbox[0].body
    assert f"#company-{company.pk}" in mail.outbox[0].body
    Connection.objects.update(status=ConnectionStatus.ACTIVE)
    alerts.check(now=at(2))
    assert not Alert.objects.filter(cleared_at=None).exists()
    Connection.objects.update(status=status)
    assert alerts.check(now=at(3)) == 1


def test_the_end_of_a_consent_is_told_a_month_before(company):
    token = ConnectionToken.objects.create(
        connection=company,
        access_token="",
        refresh_token="",
        access_expires_at=NOW,
        refresh_expires_at=NOW,
        hard_expires_at=NOW + datetime.timedelta(days=31),
    )
    assert alerts.check(now=NOW) == 0
    assert alerts.check(now=NOW + datetime.timedelta(days=2)) == 1
    assert "Dec 23, 2026" in mail.outbox[0].subject
    token.hard_expires_at = NOW + datetime.timedelta(days=1826)
    token.save()
    alerts.check(now=NOW + datetime.timedelta(days=3))
    assert not Alert.objects.filter(cleared_at=None).exists()


def test_a_budget_is_told_with_its_figures(company):
    data = {"reads": 850, "budget": 1000, "forecast": 2400}
    Alert.objects.create(connection=company, kind="budget", key="2026-11:80:1000", data=data)
    assert alerts.check(now=NOW) == 1
    assert "850 of 1,000 reads of this month are used; at this pace it will be 2,400." in mail.outbox[0].body
    assert alerts.check(now=at(5)) == 0
    assert Alert.objects.get().cleared_at is None


def test_a_mail_server_that_is_away_is_asked_again(company, monkeypatch):
    Connection.objects.update(status=ConnectionStatus.PAUSED)

    def refuses(*_arguments, **_options):
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", refuses)
        assert alerts.check(now=NOW) == 0
    assert Alert.objects.get().mailed_at is None

    assert alerts.check(now=at(1)) == 1
    assert len(mail.outbox) == 2


def test_an_installation_without_admins_is_not_asked_for_ever(db):
    Connection.objects.create(environment="simulator", realm_id="1", status=ConnectionStatus.PAUSED)
    assert alerts.check(now=timezone.now()) == 1
    assert alerts.check(now=timezone.now()) == 0
    assert mail.outbox == []
