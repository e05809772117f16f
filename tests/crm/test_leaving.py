"""A person leaves: what is open goes to somebody else."""

import pytest
from django.urls import reverse

from accounts.tasks import hand_over
from core.models import Event, SavedView
from crm.services import deals, tasks

pytestmark = pytest.mark.django_db


def test_what_is_open_goes_to_whom_the_admin_names(client, admin, rep, ops, deal, stages, company, contact):
    lost = deals.move_to_stage(deals.create(by=rep, name="Old", stage=stages["New"]), stages["Lost"], by=rep)
    task = tasks.create(by=rep, title="Call Grace", assignee=rep)
    views = [
        SavedView.objects.create(object_type="deal", name=name, owner=rep, visibility=name)
        for name in ("everyone", "private")
    ]
    client.force_login(admin)

    page = client.get(reverse("accounts:user-leave", args=[rep.pk])).content.decode()
    assert "Open deals: 1" in page
    assert "Shared views: 1" in page
    client.post(reverse("accounts:user-activate", args=[rep.pk]), {"active": "0", "hand_to": ops.pk})
    event = Event.objects.get(name="user.deactivated")
    hand_over([event.pk])
    hand_over([event.pk])

    for row in (deal, lost, task, company, contact, *views):
        row.refresh_from_db()
    rep.refresh_from_db()
    assert not rep.is_active
    assert [row.owner for row in (deal, company, contact, views[0])] == [ops] * 4
    assert task.assignee == ops
    assert [row.owner for row in (lost, views[1])] == [rep] * 2
    assert Event.objects.filter(name="deal.changed", object_id=deal.pk).count() == 1
    assert Event.objects.get(name="user.handed_over").data == {"person": rep.pk, "moved": 5}


def test_who_is_named_by_nobody_keeps_everything(client, admin, rep, company):
    client.force_login(admin)

    client.post(reverse("accounts:user-activate", args=[rep.pk]), {"active": "0"})
    hand_over([Event.objects.get(name="user.deactivated").pk])

    company.refresh_from_db()
    assert company.owner == rep
