"""Notes, calls, e-mails and meetings as a list: who sees which, filters, the way to the record, export, deleting."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, Sees
from accounts.permissions import DEFAULT_ROLES
from core.conditions import to_address
from crm.models import Activity
from crm.services import activities, companies, contacts, quotes

pytestmark = pytest.mark.django_db
LIST = "/activities/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def logged(rep, ops, company, contact, deal):
    """One of each kind, by two people."""
    hour = datetime.timedelta(hours=1)
    now = timezone.now()
    return {
        "note": activities.log([deal], kind="note", by=rep, body="Wants roses\nand a pond", occurred_at=now - hour),
        "call": activities.log(
            [contact, company, deal], kind="call", by=ops, body="Price is fine", occurred_at=now - 2 * hour,
            duration_seconds=720, outcome="connected", direction="out",
        ),
        "email": activities.log(
            [contact], kind="email", by=rep, subject="Your <b>offer</b>", sender="rep@example.com",
            recipients="grace@example.com", occurred_at=now - 3 * hour,
        ),
        "meeting": activities.log(
            [deal], kind="meeting", by=rep, subject="Walk through", place="Garden", occurred_at=now + 5 * hour
        ),
    }  # fmt: skip


def shown(client, **query):
    """The ids of the list's rows, in their order."""
    page = client.get(LIST, query or {"view": "all"}, follow=True)
    assert not page.context["problems"]
    return [str(line.record.pk) for line in page.context["list"].lines]


def ids(*rows: Activity) -> list[str]:
    return [str(row.pk) for row in rows]


def test_all_of_them_with_what_they_are_about_newest_first(signed_in, logged, contact, company, deal):
    answer = signed_in.get(LIST, {"view": "all"})

    assert [line.record.pk for line in answer.context["list"].lines] == [
        logged[kind].pk for kind in ("meeting", "note", "call", "email")
    ]
    page = answer.content.decode()
    assert ">Wants roses</a>" in page
    assert "Your &lt;b&gt;offer&lt;/b&gt;" in page
    call = next(line for line in answer.context["list"].lines if line.record == logged["call"])
    about = str(next(cell.text for cell in call.cells if cell.column.name == "about"))
    for record, name in ((contact, "Grace Pariente"), (company, "Cool Cars"), (deal, "Garden redesign")):
        assert f'<a href="{reverse(f"crm:{record._meta.model_name}-detail", args=[record.pk])}">{name}</a>' in about


def test_it_is_narrowed_by_view_chip_condition_and_words(signed_in, rep, ops, logged):
    note, call, email, meeting = (logged[kind] for kind in ("note", "call", "email", "meeting"))

    assert shown(signed_in, open="calls") == ids(call)
    assert shown(signed_in, open="mine") == ids(meeting, note, email)
    assert shown(signed_in, open="upcoming") == ids(meeting)
    assert shown(signed_in, by=str(ops.pk)) == ids(call)
    assert shown(signed_in, outcome="connected") == ids(call)
    assert shown(signed_in, q="pond") == ids(note)
    condition = to_address({"field": "recipients", "op": "contains", "value": "grace"})
    assert shown(signed_in, where=condition) == ids(email)


def test_it_leads_to_the_timeline_with_its_words(signed_in, logged, deal, contact):
    to_note = signed_in.get(reverse("crm:activity-open", args=[logged["note"].pk]))
    to_meeting = signed_in.get(reverse("crm:activity-open", args=[logged["meeting"].pk]))

    page = reverse("crm:deal-detail", args=[deal.pk])
    assert to_note["Location"] == f"{page}?words=Wants+roses#timeline"
    assert to_meeting["Location"] == f"{page}#timeline"
    page = signed_in.get(to_note["Location"])
    assert [line.activity for line in page.context["timeline_lines"]] == [logged["note"].pk]


def test_what_is_deleted_is_gone(signed_in, rep, logged):
    activities.delete(logged["note"], by=rep)

    assert str(logged["note"].pk) not in shown(signed_in)
    assert signed_in.get(reverse("crm:activity-open", args=[logged["note"].pk])).status_code == 404


def test_who_sees_only_their_own_records_sees_what_was_done_with_those(client, rep, ops, logged):
    ops.role = Role.objects.create(name="Narrow", permissions=DEFAULT_ROLES["Sales rep"], sees=Sees.OWN)
    ops.save()
    client.force_login(ops)
    mine = companies.create(by=ops, name="Own company", owner=ops)
    theirs = contacts.create(by=rep, first_name="Far", last_name="Away", owner=rep)
    both = activities.log([theirs, mine], kind="note", by=rep, body="About both")

    # That somebody wrote it themselves opens no record to them.
    assert shown(client) == ids(both)
    page = client.get(LIST, {"view": "all"}).content.decode()
    assert "Own company" in page
    assert "Far Away" not in page
    assert client.get(reverse("crm:activity-open", args=[logged["call"].pk])).status_code == 404
    led = client.get(reverse("crm:activity-open", args=[both.pk]))
    assert led["Location"].startswith(reverse("crm:company-detail", args=[mine.pk]))


def test_it_costs_the_same_however_many_records_of_however_many_kinds(client, admin, rep, company, contact, deal):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST, {"view": "all"}).status_code == 200
        return len(captured)

    client.force_login(admin)
    activities.log([company], kind="note", by=rep, body="One")
    client.get(LIST, {"view": "all"})
    one = cost()
    quote = quotes.create_from_deal(deal, by=rep)
    for number in range(29):
        activities.log([company, contact, deal, quote], kind="note", by=rep, body=f"Note {number}")

    assert cost() <= one <= 8


def test_ones_own_are_deleted_together_others_stay(signed_in, logged):
    address = reverse("tables:act", args=["activity", "delete"])
    chosen = {"ids": ids(logged["note"], logged["call"])}

    answer = signed_in.post(
        address, {"state": "", "confirmed": "1", "typed": "delete 2 activities", **chosen}, headers=HTMX
    )

    assert Activity.objects.get(pk=logged["note"].pk).body == ""
    assert Activity.objects.get(pk=logged["call"].pk).body == "Price is fine"
    assert "Somebody else wrote it." in answer.content.decode() + str(answer.headers)


def test_an_empty_list_says_where_activities_come_from(signed_in):
    assert "No activities yet" in signed_in.get(LIST).content.decode()
