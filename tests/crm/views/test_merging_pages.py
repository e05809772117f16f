"""The pages of duplicates and merges: what they show, what they do, who may, and at what cost."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.models import Company, Contact, DuplicatePair, Merge
from crm.queries import duplicates
from crm.services import companies, contacts, merging, merging_suggestions, products

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def twin(rep):
    return contacts.create(by=rep, first_name="Gracie", last_name="Pariente", email="Grace+x@example.com", phone="123")


@pytest.fixture
def settled(monkeypatch):
    """What was just written is looked at at once."""
    monkeypatch.setattr(merging_suggestions, "SETTLES_IN", datetime.timedelta(seconds=-5))


def pairs(object_type):
    rows = DuplicatePair.objects.filter(object_type=object_type).order_by("first_id", "second_id")
    return [(row.first_id, row.second_id, row.rules, row.confidence) for row in rows]


def test_likely_twins_are_found_by_keys(rep, contact, twin, settled):
    same = [companies.create(by=rep, name=name) for name in ("Acme, Inc.", "ACME Ltd", "Acme Gardens")]
    sold = [products.create(by=rep, name=name, sku=sku) for name, sku in (("One", "A 1"), ("Two", "a  1"))]

    merging_suggestions.scan()

    assert pairs("contact") == [(contact.pk, twin.pk, ["email"], 95)]
    assert pairs("company") == [(same[0].pk, same[1].pk, ["name"], 75)]
    assert pairs("product") == [(sold[0].pk, sold[1].pk, ["sku"], 95)]
    # What is not alike any more is not suggested any more.
    contacts.update(twin, by=rep, email="other@example.com")
    merging_suggestions.scan()
    assert pairs("contact") == []


def test_a_value_that_many_share_says_nothing(rep, settled):
    Contact.objects.bulk_create(
        Contact(first_name=f"P{n}", phone="+1 555 123 4567") for n in range(merging_suggestions.MOST_SHARING + 1)
    )

    merging_suggestions.scan()

    assert pairs("contact") == []


def test_a_dismissed_pair_stays_dismissed(signed_in, rep, contact, twin, settled):
    merging_suggestions.scan()
    pair = DuplicatePair.objects.get()
    signed_in.post(reverse("crm:duplicate-decide", args=[pair.pk]), {"act": "dismiss"})
    contacts.update(twin, by=rep, phone="99 99 99 99")
    merging_suggestions.scan()

    assert not duplicates.open_pairs(None, "contact").exists()
    page = signed_in.get(reverse("crm:duplicate-list", args=["contact"]), {"dismissed": "1"})
    assert "Suggest again" in page.content.decode()
    signed_in.post(reverse("crm:duplicate-decide", args=[pair.pk]), {"act": "again"})
    assert duplicates.open_pairs(None, "contact").get() == pair


def test_records_are_merged_side_by_side_and_the_old_address_leads_on(signed_in, contact, twin):
    address = reverse("crm:merge", args=["contact"])
    page = signed_in.get(address, {"ids": f"{contact.pk},{twin.pk}"}).content.decode()
    assert "Grace" in page
    assert "Keep this one" in page

    answer = signed_in.post(
        address, {"ids": f"{contact.pk},{twin.pk}", "winner": contact.pk, "value-first_name": twin.pk}
    )

    assert answer.url == reverse("crm:contact-detail", args=[contact.pk])
    old = signed_in.get(reverse("crm:contact-detail", args=[twin.pk]), follow=True)
    assert old.redirect_chain == [(answer.url, 302)]
    assert "was merged into this record" in old.content.decode()
    contact.refresh_from_db()
    assert contact.first_name == "Gracie"
    row = Merge.objects.get()
    assert "Gracie Pariente" in signed_in.get(reverse("crm:merge-list")).content.decode()
    asked = signed_in.get(reverse("crm:merge-undo", args=[row.pk])).content.decode()
    assert "Nothing was changed since" in asked
    signed_in.post(reverse("crm:merge-undo", args=[row.pk]))
    twin.refresh_from_db()
    assert twin.archived_at is None
    assert signed_in.get(reverse("crm:contact-detail", args=[twin.pk])).status_code == 200


def test_what_changed_since_the_page_was_opened_is_shown_again(signed_in, rep, contact, twin):
    seen = merging.version(twin)
    contacts.update(twin, by=rep, phone="777")

    answer = signed_in.post(
        reverse("crm:merge", args=["contact"]),
        {"ids": f"{contact.pk},{twin.pk}", "winner": contact.pk, f"seen-{twin.pk}": seen},
    )

    assert answer.status_code == 422
    assert "changed meanwhile" in answer.content.decode()
    assert not Merge.objects.exists()


def test_chosen_rows_of_a_list_lead_to_the_page(signed_in, contact, twin):
    act = reverse("tables:act", args=["contact", "merge"])
    lead = signed_in.get(act, {"ids": f"{contact.pk},{twin.pk}", "state": ""}, headers=HTMX)
    assert lead.headers["HX-Redirect"] == f"{reverse('crm:merge', args=['contact'])}?ids={contact.pk},{twin.pk}"
    one = signed_in.get(act, {"ids": str(contact.pk), "state": ""}, headers=HTMX)
    assert "two to five" in one.content.decode()


def test_a_merged_record_is_refused_in_words(signed_in, contact, twin, rep):
    merging.merge("contact", contact.pk, [twin.pk], by=rep)

    answer = signed_in.post(reverse("crm:contact-restore", args=[twin.pk]), follow=True)

    assert "Undo the merge" in answer.content.decode()
    twin.refresh_from_db()
    assert twin.archived_at is not None


def test_one_record_asks_for_the_other(signed_in, contact):
    page = signed_in.get(reverse("crm:merge", args=["contact"]), {"ids": contact.pk}).content.decode()

    assert "Compare" in page


@pytest.mark.parametrize("number", [1, 30])
def test_the_lists_cost_the_same_for_any_number(signed_in, rep, number, django_assert_max_num_queries, settled):
    made = Company.objects.bulk_create(Company(name=f"C{n // 2}") for n in range(2 * number))
    merging_suggestions.scan()
    assert DuplicatePair.objects.count() == number
    with django_assert_max_num_queries(10):
        signed_in.get(reverse("crm:duplicate-list", args=["company"]), {"size": "50"})
    now = timezone.now()
    for one, two in zip(made[::2], made[1::2], strict=True):
        row = Merge.objects.create(object_type="company", winner_id=one.pk, title="C", by=rep, merged_at=now)
        row.losers.create(object_type="company", object_id=two.pk, title="D")
    with django_assert_max_num_queries(10):
        signed_in.get(reverse("crm:merge-list"))


def test_a_new_record_that_likely_exists_is_told(signed_in, contact, settled):
    merging_suggestions.scan()
    typed = {"first_name": "G", "last_name": "P", "email": "Grace+shop@Example.com"}

    told = signed_in.post(reverse("crm:contact-create"), typed)

    assert told.status_code == 422
    assert "may be there already" in told.content.decode()
    assert Contact.objects.count() == 1
    signed_in.post(reverse("crm:contact-create"), {**typed, "anyway": "1"})
    assert Contact.objects.count() == 2
