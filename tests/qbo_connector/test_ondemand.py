"""Exchange rates and attachments: asked for when needed, once, and counted."""

import datetime
from decimal import Decimal

import pytest

from qbo_connector import errors, ondemand
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import ApiUsage, Connection
from tests.quickbooks import connect


@pytest.fixture
def canada(quickbooks, transactional_db):
    return connect(quickbooks, "ca")


def reads(cause):
    return sum(ApiUsage.objects.filter(cause=cause).values_list("reads", flat=True))


def rates(quickbooks, company, currency="USD"):
    rows = quickbooks.objects(company.realm_id, "ExchangeRate")
    return sorted((row["AsOfDate"], row["Rate"]) for row in rows if row["SourceCurrencyCode"] == currency)


def test_the_rate_of_a_day_or_the_latest_before_is_read_once(canada, quickbooks):
    known = rates(quickbooks, canada)
    day, rate = known[-1]
    on = datetime.date.fromisoformat(day)

    assert ondemand.exchange_rate(canada, "USD", on) == Decimal(str(rate))
    assert reads("rates") == 1
    later = on + datetime.timedelta(days=400)
    assert ondemand.exchange_rate(canada, "USD", later) == Decimal(str(rate))
    assert reads("rates") == 3
    for _again in range(3):
        ondemand.exchange_rate(canada, "USD", later)
        assert ondemand.exchange_rate(canada, "CAD", later) == 1
    assert reads("rates") == 3


def test_an_unknown_currency_has_no_rate_and_is_asked_for_once(canada, quickbooks):
    for _again in range(2):
        assert ondemand.exchange_rate(canada, "XTS", datetime.date(2026, 1, 1)) is None
    assert reads("rates") == 2


@pytest.mark.parametrize("rate", ["nonsense", -1, 0, None, "NaN"])
def test_a_rate_that_is_none_is_not_used(rate, canada, quickbooks):
    body = {"QueryResponse": {"ExchangeRate": [{"TargetCurrencyCode": "CAD", "Rate": rate, "AsOfDate": "2026-01-01"}]}}
    quickbooks.fault(kind="query", action="body", body=body)

    assert ondemand.exchange_rate(canada, "USD", datetime.date(2026, 1, 1)) is None


def test_attachments_are_told_with_their_address_and_cached(canada, quickbooks):
    file = {
        "Id": "5",
        "FileName": "plan.pdf",
        "ContentType": "application/pdf",
        "Size": 1234,
        "Note": "as agreed",
        "TempDownloadUri": "https://files.example/5",
        "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": "130"}, "IncludeOnSend": True}],
    }
    quickbooks.fault(kind="query", times=1, action="body", body={"QueryResponse": {"Attachable": [file, {}]}})

    for _again in range(2):
        found, empty = ondemand.attachments(canada, "Invoice", "130")
    assert found == ondemand.Attachment(
        "5", "plan.pdf", "application/pdf", 1234, "as agreed", "https://files.example/5", goes_with_email=True
    )
    assert empty.name == ""
    assert reads("attachments") == 1


def test_a_company_that_is_not_connected_is_not_called(canada, quickbooks):
    Connection.objects.update(status=ConnectionStatus.NEEDS_RECONNECT, status_reason="Gone")
    canada.refresh_from_db()

    with pytest.raises(errors.NeedsReconnect):
        ondemand.exchange_rate(canada, "USD", datetime.date(2026, 1, 1))
    assert reads("rates") == 0
