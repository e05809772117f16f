"""R21: a worker that wakes up long after its lease has ended commits nothing and writes nothing a second time."""

import datetime
import os
import signal

import pytest
from django.utils import timezone

from core.models import Event
from qbo_connector.mirror import pull, schedule
from qbo_connector.models import Operation, PullSchedule
from qbo_connector.outbox.lease import lease_operations
from qbo_connector.outbox.send import send
from sync.publish import invoices as publishing
from tests import workers
from tests.checker import assert_at_rest, assert_never_doubled, marked
from tests.faults.mirror import Accountant, assert_mirrored, read_once, read_until_quiet
from tests.faults.seeds import seeds
from tests.makers import deal_of, requested_invoice, user
from tests.quickbooks import drain_until_settled, sync_company


@pytest.mark.parametrize("seed", seeds())
def test_a_read_that_wakes_up_late_commits_nothing(seed, us_company, quickbooks, monkeypatch):
    read_until_quiet(us_company)
    someone = Accountant(quickbooks, us_company, seed)
    someone.something()
    original = pull._changes

    def asleep(*arguments):
        """The answer is here; while its reader sleeps, the lease ends and another worker reads newer changes."""
        answer = original(*arguments)
        monkeypatch.setattr(pull, "_changes", original)
        for _change in range(someone.dice.randint(1, 4)):
            someone.something()
        PullSchedule.objects.update(leased_until=timezone.now() - datetime.timedelta(seconds=1))
        read_once(us_company)
        taken.append(PullSchedule.objects.values("cursor", "lease_token", "finished_at").get())
        return answer

    taken: list[dict[str, object]] = []
    PullSchedule.objects.update(due_at=timezone.now())
    (lease,) = schedule.lease_due()
    monkeypatch.setattr(pull, "_changes", asleep)
    pull.pull(lease)

    assert PullSchedule.objects.values("cursor", "lease_token", "finished_at").get() == taken[0]
    assert_mirrored(quickbooks, us_company)


def test_a_write_whose_lease_was_taken_over_has_one_outcome(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    publishing.publish(invoice.pk)
    (zombie,) = lease_operations(us_company.pk)
    Operation.objects.update(leased_until=timezone.now() - datetime.timedelta(seconds=1))
    drain_until_settled(us_company)
    done = Operation.objects.values().get(pk=zombie.pk)

    send(zombie)

    assert Operation.objects.values().get(pk=zombie.pk) == done
    drain_until_settled(us_company)
    assert_at_rest(quickbooks, us_company)
    assert len(marked(quickbooks, us_company)) == 1


@pytest.mark.slow
@pytest.mark.one_at_a_time("workers")
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_stopped_past_its_lease_and_woken_writes_nothing_again(when, us_company, quickbooks, tmp_path):
    sync_company(us_company)
    rep = user("Admin")
    quickbooks.fault(method="POST", entity="Invoice", times=1, when=when, action="latency", latency=2)
    with workers.worker(tmp_path) as zombie:
        invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
        workers.wait_until(
            lambda: Operation.objects.filter(entity="Invoice", first_sent_at__isnull=False).exists(),
            what="the call is under way",
        )
        # The whole group: beat sleeps too. Leases of three seconds stand for ten minutes.
        os.killpg(zombie.pid, signal.SIGSTOP)
        with workers.worker(tmp_path):
            workers.wait_until(
                lambda: Operation.objects.filter(entity="Invoice", state="done").exists(),
                seconds=60,
                what="another worker took over",
            )
            done = Operation.objects.values("qbo_id", "lease_token", "finished_at").get(entity="Invoice")
            os.killpg(zombie.pid, signal.SIGCONT)
            workers.wait_until(
                lambda: Event.objects.filter(name="operation.finished", dispatched_at__isnull=False).exists(),
                seconds=30,
            )
            before = PullSchedule.objects.get().lease_token
            PullSchedule.objects.update(due_at=timezone.now())
            workers.wait_until(lambda: PullSchedule.objects.get().lease_token > before, what="both work again")
    assert_never_doubled(quickbooks, us_company)
    drain_until_settled(us_company)
    sync_company(us_company)

    assert Operation.objects.values("qbo_id", "lease_token", "finished_at").get(entity="Invoice") == done
    assert marked(quickbooks, us_company).keys() == {str(invoice.request_id)}
    posts = quickbooks.call("GET", "calls?method=POST&entity=Invoice&limit=1000")["calls"]
    sent = {(call["requestid"], call.get("sha256") or call.get("body_sha256")) for call in posts if call["requestid"]}
    assert len(sent) == 1, sent
    assert_at_rest(quickbooks, us_company)
