"""More companies that are due than one look takes: who is done takes the next ones, without waiting for the tick."""

import pytest
from celery import current_app
from django.utils import timezone

from qbo_connector.mirror import schedule
from qbo_connector.models import Connection, PullSchedule
from tests import workers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_at_a_time("workers")]
COMPANIES = 2 * schedule.BATCH + 7


def test_one_look_leads_to_all_that_are_due(transactional_db, tmp_path):
    # Without tokens a read ends at once; it counts as a read that failed.
    Connection.objects.bulk_create(
        Connection(environment="simulator", realm_id=str(number), company_name=f"Shop {number}")
        for number in range(COMPANIES)
    )
    PullSchedule.objects.bulk_create(PullSchedule(connection=each) for each in Connection.objects.all())
    due = PullSchedule.objects.filter(connection__status="active", due_at__lte=timezone.now())
    assert due.count() == COMPANIES

    with workers.worker(tmp_path, beat=False):
        current_app.send_task("qbo_connector.lease_due_pulls")
        workers.wait_until(lambda: not due.exists(), seconds=60, what="all companies are read")
