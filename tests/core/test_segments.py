"""Segments: live sets by conditions, static ones by hand; a property of conditions, and a list to look at."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core import segments as reading
from core.conditions import BadCondition, compile_conditions, matches, sentence, to_address, values_for
from core.models import Event, Segment, SegmentKind, SegmentMember
from core.segments.belonging import Belonging, belonging
from core.services import segments
from crm.models import Contact, Deal
from crm.services import companies, contacts, deals, pipelines
from tests import makers

pytestmark = pytest.mark.django_db
NORTH = {"field": "industry", "op": "equals", "value": "Gardens"}


@pytest.fixture
def by() -> User:
    return makers.user()


@pytest.fixture
def people(by: User) -> list[Contact]:
    """Ann and Ben belong to a company of gardens; Cleo to nobody."""
    company = companies.create(by=by, name="Green", industry="Gardens")
    return [
        contacts.create(by=by, first_name="Ann", email="ann@x.example", company=company),
        contacts.create(by=by, first_name="Ben", email="ben@y.example", company=company),
        contacts.create(by=by, first_name="Cleo", email="cleo@x.example"),
    ]


def live(by: User, object_type: str = "contact", name: str = "At x", **condition: Any) -> Segment:
    wanted = condition or {"field": "email", "op": "ends_with", "value": "@x.example"}
    return segments.create(name=name, object_type=object_type, conditions=wanted, by=by)


def static(by: User, name: str = "Fair", object_type: str = "contact") -> Segment:
    return segments.create(name=name, object_type=object_type, kind=SegmentKind.STATIC, by=by)


def within(segment: Segment, op: str = "has_any", field: str = "segments") -> dict[str, Any]:
    return {"field": field, "op": op, "value": [str(segment.pk)]}


def reading_of(contact: Contact, user: User) -> Belonging:
    """The segments of a contact."""
    return belonging("contact", contact.pk, user)


def names(condition: Any, model: Any = Contact, object_type: str = "contact") -> list[str]:
    """Who fits, asked of the database and in memory alike."""
    rows = list(model.objects.filter(compile_conditions(condition, object_type)).order_by("pk"))
    held = list(model.objects.order_by("pk"))
    values = values_for(held, condition, object_type)
    in_memory = [row for row, each in zip(held, values, strict=True) if matches(condition, object_type, each)]
    assert rows == in_memory
    return [str(row).split()[0] for row in rows]


def test_a_live_segment_holds_what_fits_now(people: list[Contact], by: User) -> None:
    segment = live(by)
    assert [each.first_name for each in reading.rows_of(segment).order_by("pk")] == ["Ann", "Cleo"]

    contacts.update(people[1], by=by, email="ben@x.example")

    assert reading.rows_of(segment).count() == 3
    assert reading.members_among([segment.pk], "contact", [people[0].pk, 0]) == {people[0].pk}


def test_segments_are_a_property_of_conditions_in_sql_and_in_memory(people: list[Contact], by: User) -> None:
    at_x, fair = live(by), static(by)
    segments.add(fair, [people[1].pk, people[2].pk], by=by)

    assert names(within(at_x)) == ["Ann", "Cleo"]
    assert names(within(fair)) == ["Ben", "Cleo"]
    assert names(within(fair, "has_none")) == ["Ann"]
    assert names({"not": within(at_x)}) == ["Ben"]
    assert names({"field": "segments", "op": "has_all", "value": [str(at_x.pk), str(fair.pk)]}) == ["Cleo"]
    assert names({"any": [within(fair), {"field": "first_name", "op": "equals", "value": "ann"}]}) == [
        "Ann",
        "Ben",
        "Cleo",
    ]


def test_segments_of_associated_records_count_too(people: list[Contact], by: User) -> None:
    gardens = live(by, "company", "Gardens", **NORTH)
    chosen = static(by, "Chosen", "company")
    segments.add(chosen, [people[0].company_id], by=by)
    stage = pipelines.ensure_default().stages.first()
    deals.create(by=by, name="Hedge", stage=stage, company=people[0].company, currency="USD")
    deals.create(by=by, name="Other", stage=stage, currency="USD")

    assert names(within(gardens, field="company.segments")) == ["Ann", "Ben"]
    assert names(within(gardens, "has_none", field="company.segments")) == ["Cleo"]
    assert names(within(chosen, field="company.segments")) == ["Ann", "Ben"]
    assert names(within(chosen, field="company.segments"), Deal, "deal") == ["Hedge"]
    with_them = {"some": "contacts", "where": within(live(by))}
    green = live(by, "company", "With somebody at x", **with_them)
    assert reading.rows_of(green).get().name == "Green"


def test_words_name_the_segment_and_not_what_is_in_it(people: list[Contact], by: User) -> None:
    assert sentence(within(live(by)), "contact") == "Segments has At x"
    assert sentence(within(live(by, name="B"), "has_none"), "contact") == "Segments does not have B"


def test_a_segment_never_leads_back_to_itself(by: User) -> None:
    first = live(by)
    second = live(by, name="Second", **within(first))
    with pytest.raises(segments.BadSegment, match="refer to itself"):
        segments.change(first, name="First", conditions=within(second), by=by)

    # Two people at once could still make such a circle: reading it says so.
    Segment.objects.filter(pk=first.pk).update(conditions=within(second))
    with pytest.raises(BadCondition, match="refers to itself"):
        compile_conditions(within(first), "contact")
    assert reading.members_among([first.pk], "contact", [1]) == set()


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({}, "Say which records"),
        ({"all": []}, "Say which records"),
        ({"field": "owner", "op": "me"}, "Nobody is signed in"),
        ({"field": "shoe", "op": "equals", "value": "1"}, "no property"),
        ({"field": "segments", "op": "has_any", "value": ["999999"]}, "There is no"),
    ],
)
def test_conditions_have_to_mean_the_same_for_everybody(by: User, conditions: Any, words: str) -> None:
    with pytest.raises(segments.BadSegment, match=words):
        segments.create(name="Odd", object_type="contact", conditions=conditions, by=by)
    assert not Segment.objects.exists()


def test_names_are_taken_once_for_each_kind_of_record(by: User) -> None:
    live(by, name="Mine")
    static(by, "Mine", "company")
    with pytest.raises(segments.BadSegment, match="already"):
        live(by, name=" mine ")
    segments.archive(Segment.objects.get(object_type="contact"), by=by)
    live(by, name="mine")
    with pytest.raises(segments.BadSegment, match="already"):
        segments.restore(Segment.objects.get(archived_at__isnull=False), by=by)


def test_records_join_and_leave_a_static_segment_once(people: list[Contact], by: User) -> None:
    fair = static(by)
    ids = [each.pk for each in people[:2]]

    assert segments.add(fair, [*ids, 10**9], by=by) == set(ids)
    assert segments.add(fair, ids, by=by) == set()
    assert segments.remove(fair, ids[:1], by=by) == set(ids[:1])

    assert list(SegmentMember.objects.values_list("object_id", flat=True)) == ids[1:]
    told = Event.objects.filter(name__in=["segment.joined", "segment.left"]).order_by("pk")
    assert list(told.values_list("name", "object_id")) == [
        ("segment.joined", ids[0]),
        ("segment.joined", ids[1]),
        ("segment.left", ids[0]),
    ]
    with pytest.raises(segments.BadSegment, match="made by conditions"):
        segments.add(live(by), ids, by=by)


def test_who_may_not_see_invoices_learns_nothing_from_a_segment_about_them(people: list[Contact], by: User) -> None:
    debtors = live(by, name="Debtors", some="invoices", where={"field": "status", "op": "in", "value": ["overdue"]})
    nobody = User.objects.create_user("x@example.com", makers.PASSWORD, name="X")

    assert names(within(debtors)) == []
    with pytest.raises(BadCondition, match="can't be used"):
        compile_conditions(within(debtors), "contact", user=nobody)


def test_a_condition_uses_few_segments(by: User) -> None:
    listed = [str(live(by, name=f"S{number}").pk) for number in range(21)]
    with pytest.raises(BadCondition, match="20 segments"):
        compile_conditions({"field": "segments", "op": "has_any", "value": listed}, "contact")


def test_people_make_change_and_archive_segments(client: Client, people: list[Contact], by: User) -> None:
    client.force_login(by)
    create = reverse("segments:create")
    wrong = client.post(f"{create}?object=contact", {"name": "At x", "conditions": ""})
    assert wrong.status_code == 422
    sent = {"name": "At x", "conditions": '{"field": "email", "op": "ends_with", "value": "@x.example"}'}
    answer = client.post(f"{create}?object=contact", sent)
    segment = Segment.objects.get()
    assert answer.headers["Location"] == reverse("segments:detail", args=[segment.pk])

    page = client.get(answer.headers["Location"]).text
    assert "2 records" in page
    assert "E-mail ends with “@x.example”" in page
    listed = client.get(f"{reverse('crm:contact-list')}?segment={segment.pk}").text
    assert f"?segment={segment.pk}" in page
    assert "Ann" in listed
    assert "Ben" not in listed
    address = to_address(within(segment))
    assert "Ben" not in client.get(reverse("crm:contact-list"), {"where": address}).text

    client.post(reverse("segments:edit", args=[segment.pk]), sent | {"name": "Of x"})
    client.post(reverse("segments:archive", args=[segment.pk]))
    segment.refresh_from_db()
    assert (segment.name, segment.archived_at is None) == ("Of x", False)
    assert "Of x" not in client.get(reverse("segments:list")).text
    assert "Of x" in client.get(reverse("segments:list"), {"archived": "1"}).text
    # Archived, it goes on to mean what it meant, and the chip over the list still names it.
    held = client.get(f"{reverse('crm:contact-list')}?segment={segment.pk}").text
    assert "Ben" not in held
    assert "Of x" in held
    assert "Ann" in client.get(reverse("crm:contact-list"), {"where": address}).text


def test_chosen_rows_of_a_list_go_into_a_new_segment_and_out_again(
    client: Client, people: list[Contact], by: User
) -> None:
    client.force_login(by)
    act = reverse("tables:act", args=["contact", "segment"])
    chosen = {"ids": [people[0].pk, people[1].pk], "confirmed": "1"}
    assert client.get(act, {"ids": people[0].pk}).status_code == 200
    client.post(act, chosen | {"name": "Fair", "segment": ""})

    segment = Segment.objects.get()
    assert (segment.name, segment.static, segment.members.count()) == ("Fair", True, 2)

    leave = reverse("tables:act", args=["contact", "segment-leave"])
    client.post(leave, {"ids": [people[0].pk], "confirmed": "1", "segment": str(segment.pk)})
    assert list(segment.members.values_list("object_id", flat=True)) == [people[1].pk]


def test_a_list_has_a_chip_of_its_segments(client: Client, people: list[Contact], by: User) -> None:
    client.force_login(by)
    index = reverse("crm:contact-list")
    assert 'name="segment"' not in client.get(index).text
    at_x, fair = live(by), static(by)
    segments.add(fair, [people[1].pk], by=by)
    live(by, "company", "Gardens", **NORTH)

    page = client.get(index, {"segment": [fair.pk]}).text
    assert f'name="segment" value="{fair.pk}" checked' in page
    assert f'name="segment" value="{at_x.pk}"' in page
    assert "Gardens</span>" not in page
    assert shown(client, fair.pk) == {"Ben"}
    assert shown(client, at_x.pk) == {"Ann", "Cleo"}
    assert shown(client, at_x.pk, fair.pk) == {"Ann", "Ben", "Cleo"}
    # One that is gone hides nothing, and the page says so.
    assert shown(client, 10**9) == {"Ann", "Ben", "Cleo"}
    assert "among Segments" in client.get(index, {"segment": 10**9}).text
    leave = reverse("tables:act", args=["contact", "segment-leave"])
    assert leave in page
    assert leave not in client.get(index).text


def shown(client: Client, *chosen: int) -> set[str]:
    """Who is on the list of some segments."""
    page = client.get(reverse("crm:contact-list"), {"segment": chosen}).text
    return {name for name in ("Ann", "Ben", "Cleo") if f">{name}<" in page}


def test_a_record_shows_its_segments_and_is_put_into_others(client: Client, people: list[Contact], by: User) -> None:
    client.force_login(by)
    at_x, fair, spring = live(by), static(by), static(by, "Spring")
    live(by, name="Both", **within(at_x), version=1)
    live(by, name="Other", field="email", op="ends_with", value="@y.example")
    segments.add(spring, [people[0].pk], by=by)
    card = reverse("segments:contact-card", args=[people[0].pk])

    def held() -> set[str]:
        found = reading_of(people[0], by)
        return {segment.name for segment in found.held}

    assert held() == {"At x", "Both", "Spring"}
    page = client.get(card, headers={"HX-Request": "true"}).text
    assert 'data-card-count="3"' in page
    assert page.count('value="remove"') == 1

    client.post(card, {"segment": fair.pk}, headers={"HX-Request": "true"})
    client.post(card, {"segment": spring.pk, "act": "remove"}, headers={"HX-Request": "true"})
    assert held() == {"At x", "Both", "Fair"}
    refused = client.post(card, {"segment": at_x.pk}, headers={"HX-Request": "true"}).text
    assert "made by conditions" in refused
    assert "Choose a segment" in client.post(card, {"segment": ""}, headers={"HX-Request": "true"}).text
    assert client.post(card, {"segment": spring.pk}).status_code == 302
    assert held() == {"At x", "Both", "Fair", "Spring"}


def test_the_card_of_segments_asks_all_live_ones_at_once(
    people: list[Contact], by: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        live(by, name=f"S{number}")
    with django_assert_max_num_queries(2):
        assert len(reading_of(people[0], by).held) == 12


def test_whoever_only_looks_does_not_change_segments_on_a_record(
    client: Client, people: list[Contact], by: User
) -> None:
    fair = static(by)
    looker = User.objects.create_user("look@example.com", makers.PASSWORD, name="Look")
    client.force_login(looker)
    card = reverse("segments:contact-card", args=[people[0].pk])
    assert "add-segment" not in client.get(card).text
    assert client.post(card, {"segment": fair.pk}).status_code == 403
    assert not fair.members.exists()
