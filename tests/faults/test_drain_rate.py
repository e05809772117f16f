"""How fast the outbox is sent: at nearly the pace that QuickBooks allows a company, and never above it.

Some seconds in each run; with ``make test-long`` more than a minute, so that the limit of the minute counts as well.
"""

import datetime
import os
import uuid

import pytest

from core.redis import key, redis_client
from qbo_connector import tasks
from qbo_connector.models import Operation
from qbo_connector.outbox.plan import OPEN, plan

LONG = bool(os.environ.get("FAULT_SEEDS"))
LIMITS = {"second": 9, "minute": 475, "at_once": 9, "batches": 38}
# Neighbours on the machine may take much of it in an ordinary run; a long run has it to itself.
GOAL = 0.9 if LONG else 0.4


def _plan_customers(company, count):
    for number in range(count):
        plan(
            company,
            entity="Customer",
            subject=f"customer:{number}",
            intent={"DisplayName": f"Pace {number}"},
            request_id=uuid.uuid4().hex,
        )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_outbox_is_sent_at_the_allowed_pace(us_company, quickbooks, settings):
    settings.QBO_LIMITS = LIMITS
    quickbooks.call("DELETE", "calls")
    _plan_customers(us_company, 540 if LONG else 50)

    while Operation.objects.filter(state__in=OPEN).exists():
        tasks.drain_outbox(us_company.pk)

    assert not Operation.objects.exclude(state="done").exists()
    prefix = ("limit", us_company.environment, us_company.realm_id, "minute")
    times = sorted(score / 1000 for _call, score in redis_client().zrange(key(*prefix), 0, -1, withscores=True))
    # The window holds the last minute; a first burst does not count towards the pace that is kept up.
    pace = (len(times) - LIMITS["second"]) / (times[-1] - times[0])
    allowed = min(LIMITS["second"], LIMITS["minute"] / 60) if LONG else LIMITS["second"]
    seen = quickbooks.call("GET", "calls?limit=0")["rates"][us_company.realm_id]
    print(f"{pace:.2f} calls a second of {allowed:.2f} allowed; QuickBooks saw {seen}")
    assert pace >= GOAL * allowed
    assert seen["per_second"] <= 10
    assert seen["per_minute"] <= 500
    assert seen["most_in_flight"] <= 10


@pytest.mark.django_db(transaction=True)
def test_one_slow_answer_holds_up_nobody_else(us_company, quickbooks):
    quickbooks.fault(action="latency", latency=2, times=1)
    _plan_customers(us_company, 30)

    tasks.drain_outbox(us_company.pk)

    finished = list(Operation.objects.order_by("finished_at").values_list("finished_at", flat=True))
    # More than are leased at once were done while one was still waited for.
    assert len([moment for moment in finished if moment <= finished[-1] - datetime.timedelta(seconds=0.5)]) > 20
