"""Drafts that need approval: asked for once, decided by another, and never approved unseen."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from core.models import Event
from crm.models import Task
from invoices import queries
from invoices.models import (
    Approval,
    Invoice,
    InvoiceDraft,
)
from invoices.reading import DraftProblems
from invoices.services import approvals, create, drafts
from tests.invoices.conftest import user_of

pytestmark = pytest.mark.django_db


def test_a_draft_is_asked_for_once_approved_by_another_and_stays_its_makers(draft, junior, manager, deal):
    approvals.ask(draft, by=junior)
    approvals.ask(draft, by=junior)
    assert list(approvals.waiting(manager)) == [draft]
    assert not Invoice.objects.exists()

    invoice = approvals.approve(draft, by=manager)

    assert (invoice.owner, invoice.created_by, invoice.request_id) == (junior, manager, draft.request_id)
    assert not approvals.waiting(manager).exists()
    names = Event.objects.filter(name__startswith="draft.").order_by("pk").values_list("name", flat=True)
    assert list(names) == ["draft.approval_asked", "draft.approved"]
    with pytest.raises(approvals.NotAsked):
        approvals.approve(draft, by=manager)
    assert Invoice.objects.count() == 1


def test_a_rejected_draft_goes_back_with_its_reason_and_can_be_asked_for_again(draft, junior, manager):
    approvals.ask(draft, by=junior)
    with pytest.raises(ValueError, match="Say what has to change"):
        approvals.reject(draft, "  ", by=manager)

    approvals.reject(draft, "The discount is missing.", by=manager)

    draft.refresh_from_db()
    assert (draft.approval, draft.decision, draft.decided_by) == (
        Approval.REJECTED,
        "The discount is missing.",
        manager,
    )
    approvals.ask(draft, by=junior)
    draft.refresh_from_db()
    assert (draft.approval, draft.decision) == (Approval.ASKED, "")


def test_who_may_not_approve_does_not_and_sees_only_the_own_drafts(draft, junior):
    other = user_of("Sales rep", "other@example.com")
    approvals.ask(draft, by=junior)
    with pytest.raises(PermissionDenied):
        approvals.approve(draft, by=junior)
    assert list(approvals.waiting(junior)) == [draft]
    assert not approvals.waiting(other).exists()


def test_who_approves_may_open_the_files_of_a_draft_that_waits(draft, junior, manager):
    other = user_of("Sales rep", "other@example.com")
    assert draft not in queries.drafts_visible_to(manager)

    approvals.ask(draft, by=junior)

    assert draft in queries.drafts_visible_to(manager)
    assert draft in queries.drafts_visible_to(junior)
    assert draft not in queries.drafts_visible_to(other)


def test_an_unfinished_draft_is_not_handed_over(connection, deal, junior):
    draft = drafts.start(deal, from_lines=True, by=junior)
    with pytest.raises(DraftProblems):
        approvals.ask(draft, by=junior)
    draft.refresh_from_db()
    assert draft.approval == Approval.NONE


def test_the_queue_page_shows_and_decides(draft, junior, manager, client):
    approvals.ask(draft, by=junior)
    client.force_login(manager)
    page = client.get(reverse("invoices:approval-list")).text
    assert "Cool Cars" in page
    assert "$362.50" in page

    answer = client.post(reverse("invoices:draft-reject", args=[draft.request_id]), {"reason": "Too early"})
    assert answer.url == reverse("invoices:approval-list")
    client.force_login(junior)
    assert "Too early" in client.get(reverse("invoices:approval-list")).text


@pytest.mark.parametrize("rows", [1, 30])
def test_the_queue_costs_the_same_for_one_and_for_many(rows, draft, manager, client, django_assert_max_num_queries):
    copies = [
        InvoiceDraft(owner=draft.owner, deal=draft.deal, data=draft.data, approval="asked", asked_at=draft.created_at)
        for _ in range(rows)
    ]
    InvoiceDraft.objects.bulk_create(copies)
    client.force_login(manager)
    with django_assert_max_num_queries(14):
        client.get(reverse("invoices:approval-list"))


def test_an_approval_is_a_task_until_it_is_decided_and_never_of_unseen_content(draft, junior, manager, client):
    client.force_login(junior)
    digest = create.digest_of(draft.data)
    answer = client.post(reverse("invoices:draft-create", args=[draft.request_id]), {"digest": digest})
    assert answer.status_code == 302
    assert not Invoice.objects.exists()
    task = Task.objects.get()
    assert (task.kind, task.about_type, task.title, task.done_at) == (
        "approve",
        "invoicedraft",
        "Approve the invoice to Cool Cars",
        None,
    )
    with pytest.raises(PermissionDenied):
        create.create_invoice(draft, by=junior)
    drafts.save(draft, lambda content: setattr(content, "message", "Changed after asking"))
    with pytest.raises(approvals.NotAsked):
        approvals.approve(draft, by=manager, seen=digest)

    client.force_login(manager)
    page = client.get(reverse("invoices:draft-step", args=[draft.request_id, "review"])).text
    assert "waits for approval" in page
    assert "Approve and create" in page
    seen = create.digest_of(InvoiceDraft.objects.get().data)
    client.post(reverse("invoices:draft-create", args=[draft.request_id]), {"digest": seen})

    task.refresh_from_db()
    assert task.done_by == manager
    assert Invoice.objects.get().message == "Changed after asking"


def test_what_changes_between_the_look_and_the_approval_is_not_approved(draft, junior, manager, client, monkeypatch):
    approvals.ask(draft, by=junior)
    seen = create.digest_of(InvoiceDraft.objects.get().data)

    def changed_meanwhile(_draft, *, free_agreed):
        drafts.save(draft, lambda content: setattr(content, "message", "Slipped in"))
        return []

    monkeypatch.setattr("invoices.views.wizard.before_creation", changed_meanwhile)
    client.force_login(manager)
    answer = client.post(reverse("invoices:draft-create", args=[draft.request_id]), {"digest": seen})

    assert answer.status_code == 422
    assert "changed meanwhile" in answer.text
    assert not Invoice.objects.exists()
    # Without saying what was looked at, the queue approves nothing either.
    client.post(reverse("invoices:draft-approve", args=[draft.request_id]))
    assert not Invoice.objects.exists()
