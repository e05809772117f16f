"""Create, edit, archive and restore: what is accepted, what is refused in words, and who may."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from core.models import Event
from crm.models import Company, Contact, Deal, Product, Quote
from crm.services import companies, deal_lines, deals, pipelines, quotes
from crm.services.lines import LineValues
from crm.services.stage_requirements import StageNeeds

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def test_a_company_is_made_with_its_address(signed_in, rep):
    answer = signed_in.post(
        reverse("crm:company-create"),
        {
            "name": "Cool Cars",
            "domain": "https://www.CoolCars.example/home",
            "email": "a@example.com, b@example.com",
            "currency": "usd",
            "owner": rep.pk,
            "billing_address_line1": "65 Ocean Dr.",
            "billing_address_city": "Half Moon Bay",
            "billing_address_postal_code": "94213",
        },
    )

    company = Company.objects.get()
    assert answer["Location"] == reverse("crm:company-detail", args=[company.pk])
    assert (company.domain, company.currency, company.owner, company.email) == (
        "coolcars.example", "USD", rep, "a@example.com, b@example.com",
    )  # fmt: skip
    assert company.billing_address == {"line1": "65 Ocean Dr.", "city": "Half Moon Bay", "postal_code": "94213"}
    assert company.shipping_address == {}


def test_the_side_panel_gets_the_form_and_leads_the_window_on(signed_in):
    address = reverse("crm:company-create")

    panel = signed_in.get(address, headers=HTMX)
    assert "<html" not in panel.content.decode()
    done = signed_in.post(address, {"name": "New one"}, headers=HTMX)
    assert (done.status_code, done["HX-Redirect"]) == (
        204,
        reverse("crm:company-detail", args=[Company.objects.get().pk]),
    )


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("company", {"name": ""}, "This field is required."),
        ("company", {"name": "x" * 501}, "at most 500 characters"),
        (
            "company",
            {"name": "A", "email": "nobody"},
            "“nobody” is not an e-mail address. It looks like name@example.com.",
        ),
        ("company", {"name": "A", "email": "a@b.example, c@"}, "“c@” is not an e-mail address."),
        ("company", {"name": "A", "currency": "ZZZ"}, "“ZZZ” is not a currency code. Use three letters"),
        ("company", {"name": "A", "domain": "not a domain"}, "“not a domain” is not a domain."),
        ("company", {"name": "A", "billing_address_postal_code": "94213"}, "An address needs a street or a city."),
        ("company", {"name": "A", "owner": "999999"}, "Select a valid choice."),
        ("contact", {"job_title": "Boss"}, "Give a name or an e-mail address."),
        ("contact", {"first_name": "A", "company": "999999"}, "This does not exist any more, or it is archived."),
        ("contact", {"first_name": "A", "company": "abc"}, "This does not exist any more, or it is archived."),
        (
            "product",
            {"name": "A", "currency": "USD", "unit_price": "ten"},
            "“ten” is not a number. Type it like 1,234.50.",
        ),
        ("product", {"name": "A", "currency": "USD", "unit_price": "-1"}, "can&#x27;t be less than 0."),
        ("product", {"name": "A", "currency": "USD", "unit_price": "1e40"}, "This number is too large."),
        ("product", {"name": "A", "currency": "USD", "unit_price": "9" * 15}, "This number is too large."),
        (
            "deal",
            {"name": "A", "currency": "USD", "close_on": "2026-02-30"},
            "This is not a date. Type it like 2026-11-30.",
        ),
        ("deal", {"name": "A", "currency": "USD", "contacts": ["999999"]}, "One of these does not exist any more"),
        ("deal", {"name": "A", "currency": "USD", "stage": "999999"}, "Select a valid choice."),
        ("quote", {"title": "A"}, "This field is required."),
        ("company", {"name": "A\x00B"}, "Null characters are not allowed."),
    ],
)
def test_bad_input_is_refused_in_words_and_kept(signed_in, kind, typed, words):
    answer = signed_in.post(reverse(f"crm:{kind}-create"), typed, headers=HTMX)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'aria-invalid="true"' in page
    for model in (Company, Contact, Product, Deal, Quote):
        assert not model.objects.exists()


def test_what_was_typed_is_still_there_after_a_refusal(signed_in, company):
    typed = {"first_name": "Grace", "email": "oops", "company": company.pk, "billing_address_city": "Half Moon Bay"}

    page = signed_in.post(reverse("crm:contact-create"), typed).content.decode()

    assert 'value="Grace"' in page
    assert 'value="oops"' in page
    assert 'value="Half Moon Bay"' in page
    assert f'<option value="{company.pk}" selected>Cool Cars</option>' in page


def test_the_stages_of_a_new_deal_stand_under_their_pipelines(signed_in, admin, stages):
    alone = signed_in.get(reverse("crm:deal-create")).content.decode()
    pipelines.create(by=admin, name="Renewals")
    both = signed_in.get(reverse("crm:deal-create")).content.decode()

    assert (alone.count("<optgroup"), alone.count(">Proposal</option>")) == (0, 1)
    assert '<optgroup label="Renewals">' in both
    assert both.count(">Proposal</option>") == 2


def test_a_deal_is_made_with_its_contacts_and_stage(signed_in, rep, stages, company, contact):
    other = Contact.objects.create(first_name="Amy")

    signed_in.post(
        reverse("crm:deal-create"),
        {
            "name": "Roof",
            "stage": stages["Proposal"].pk,
            "amount": "$1,234.50",
            "currency": "USD",
            "close_on": "2026-12-24",
            "company": company.pk,
            "contacts": [other.pk, contact.pk],
            "owner": rep.pk,
        },
    )

    deal = Deal.objects.get()
    assert (deal.stage, deal.amount, deal.close_on) == (
        stages["Proposal"],
        Decimal("1234.50"),
        datetime.date(2026, 12, 24),
    )
    assert [(link.contact, link.primary) for link in deal.deal_contacts.order_by("pk")] == [
        (other, True),
        (contact, False),
    ]


def test_a_form_starts_with_what_the_link_says(signed_in, company, contact):
    page = signed_in.get(reverse("crm:deal-create"), {"company": company.pk, "contacts": contact.pk}).content.decode()

    assert f'<option value="{company.pk}" selected>Cool Cars</option>' in page
    assert f'<option value="{contact.pk}" selected>Grace Pariente</option>' in page


def test_a_form_leads_back_only_on_this_site(signed_in, company):
    address, back = reverse("crm:contact-create"), reverse("crm:company-detail", args=[company.pk])

    assert signed_in.post(address, {"first_name": "A", "next": back})["Location"] == back
    away = signed_in.post(address, {"first_name": "B", "next": "https://evil.example/"})
    assert away["Location"] == reverse("crm:contact-detail", args=[Contact.objects.get(first_name="B").pk])


def test_editing_writes_only_what_changed(signed_in, rep, contact, company):
    Contact.objects.filter(pk=contact.pk).update(billing_address={"line1": "A", "line3": "C", "city": "B"})
    address = reverse("crm:contact-edit", args=[contact.pk])
    form = signed_in.get(address).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields} | {"email": "new@example.com"}

    answer = signed_in.post(address, typed)

    contact.refresh_from_db()
    assert answer["Location"] == reverse("crm:contact-detail", args=[contact.pk])
    assert (contact.email, contact.company) == ("new@example.com", company)
    assert contact.billing_address == {"line1": "A", "line3": "C", "city": "B"}


def test_a_contact_keeps_an_archived_company(signed_in, rep, contact, company):
    companies.archive(company, by=rep)

    answer = signed_in.post(reverse("crm:contact-edit", args=[contact.pk]), {"first_name": "G", "company": company.pk})

    assert answer.status_code == 302
    contact.refresh_from_db()
    assert (contact.first_name, contact.company) == ("G", company)


def test_the_amount_of_a_deal_with_lines_is_typed_only_when_it_does_not_follow_them(signed_in, rep, deal):
    deal_lines.set_lines(deal, [LineValues("Design", Decimal(2), Decimal(75))], by=rep)
    address, typed = reverse("crm:deal-edit", args=[deal.pk]), {"name": "Renamed", "currency": "USD", "amount": "1"}

    refused = signed_in.post(address, {**typed, "amount_follows_lines": "on"})
    assert (refused.status_code, deal.name) == (422, Deal.objects.get(pk=deal.pk).name)
    assert "Untick" in refused.content.decode()

    signed_in.post(address, typed)
    deal.refresh_from_db()
    assert (deal.name, deal.amount, deal.amount_follows_lines) == ("Renamed", Decimal(1), False)

    signed_in.post(address, {**typed, "amount_follows_lines": "on"})
    deal.refresh_from_db()
    assert (deal.amount, deal.amount_follows_lines) == (Decimal(150), True)


def test_a_published_quote_says_that_it_does_not_change(signed_in, rep, deal):
    deal_lines.set_lines(deal, [LineValues("Design")], by=rep)
    quote = quotes.publish(quotes.create_from_deal(deal, by=rep), by=rep)

    page = signed_in.post(reverse("crm:quote-edit", args=[quote.pk]), {"title": "Other"}, follow=True).content.decode()

    assert "A published quote does not change any more." in page
    assert Quote.objects.get().title == "Garden redesign"


def test_archive_and_back(signed_in, company):
    answer = signed_in.post(reverse("crm:company-archive", args=[company.pk]), follow=True)
    assert "is archived" in answer.content.decode()
    company.refresh_from_db()
    assert company.archived_at is not None

    page = signed_in.get(reverse("crm:company-detail", args=[company.pk])).content.decode()
    assert reverse("crm:company-restore", args=[company.pk]) in page
    assert reverse("crm:company-edit", args=[company.pk]) not in page
    refused = signed_in.post(reverse("crm:company-edit", args=[company.pk]), {"name": "Other"}, follow=True)
    assert "This record is archived. Restore it to change it." in refused.content.decode()

    signed_in.post(reverse("crm:company-restore", args=[company.pk]))
    company.refresh_from_db()
    assert (company.archived_at, company.name) == (None, "Cool Cars")


def test_who_may_not_edit_is_told_what_is_missing(client, looker, company, deal):
    client.force_login(looker)

    answer = client.post(reverse("crm:company-edit", args=[company.pk]), {"name": "Mine"})

    assert answer.status_code == 403
    assert "Create and edit companies, contacts, deals, products and quotes" in answer.content.decode()
    company.refresh_from_db()
    assert company.name == "Cool Cars"


def test_getting_changes_nothing(signed_in, company, deal):
    for address, pk in (("company-restore", company.pk), ("deal-move", deal.pk)):
        assert signed_in.get(reverse(f"crm:{address}", args=[pk])).status_code == 405
    # It asks, and says what is still open.
    assert signed_in.get(reverse("crm:company-archive", args=[company.pk])).status_code == 200
    company.refresh_from_db()
    assert company.archived_at is None


def test_a_quote_takes_the_lines_of_its_deal(signed_in, rep, deal, contact):
    deal_lines.set_lines(deal, [LineValues("Design", Decimal(2), Decimal(75))], by=rep)

    signed_in.post(reverse("crm:quote-create"), {"deal": deal.pk})

    quote = Quote.objects.get()
    assert (quote.title, quote.amount, quote.contact) == ("Garden redesign", Decimal(150), contact)
    assert deals.Deal.objects.get(pk=deal.pk).quotes.count() == 1


def test_a_deal_that_is_lost_from_the_start_is_asked_why(signed_in, rep, pipeline, stages):
    pipeline.reasons.create(status="lost", name="Price", position=1)
    typed = {"name": "Roof", "currency": "USD", "stage": stages["Lost"].pk}

    asked = signed_in.post(reverse("crm:deal-create"), typed, headers=HTMX)
    assert asked.status_code == 422
    assert "Why was it lost?" in asked.content.decode()
    assert not Deal.objects.exists()
    signed_in.post(reverse("crm:deal-create"), {**typed, "reason": "Price", "note": "A third too dear"}, headers=HTMX)

    deal = Deal.objects.get()
    change = deal.stage_changes.get()
    assert (deal.status, deal.lost_reason, deal.close_note) == ("lost", "Price", "A third too dear")
    assert (change.reason, change.note) == ("Price", "A third too dear")
    told = Event.objects.get(name="deal.lost")
    assert (told.object_id, told.data["reason"]) == (deal.pk, "Price")


def test_a_new_deal_is_asked_for_what_its_stage_needs(signed_in, admin, stages, company):
    pipelines.update_stage(stages["Proposal"], by=admin, required=["company", "amount"])
    typed = {"name": "Roof", "currency": "USD", "stage": stages["Proposal"].pk}

    asked = signed_in.post(reverse("crm:deal-create"), typed, headers=HTMX)
    assert asked.status_code == 422
    assert set(asked.context["form"].errors) == {"company", "amount"}
    signed_in.post(reverse("crm:deal-create"), {**typed, "company": company.pk, "amount": "100"}, headers=HTMX)

    assert Deal.objects.get().company == company


def test_a_reason_that_is_insisted_on_is_not_left_out(signed_in, rep, pipeline, stages):
    pipeline.lost_reason_required = True
    pipeline.save()

    with pytest.raises(StageNeeds):
        deals.create(by=rep, name="Roof", stage=stages["Lost"])
    typed = {"name": "Roof", "currency": "USD", "stage": stages["Lost"].pk, "reason": " "}
    assert signed_in.post(reverse("crm:deal-create"), typed).status_code == 422
    assert not Deal.objects.exists()


def test_the_plus_of_a_card_makes_a_record_that_belongs_there(signed_in, rep, deal, company, contact):
    card = signed_in.get(reverse("crm:deal-contacts-card", args=[deal.pk]), headers=HTMX)
    page = reverse("crm:deal-detail", args=[deal.pk])
    form = signed_in.get(card.context["add_url"], headers=HTMX)
    assert form.context["form"]["company"].value() == str(company.pk)
    typed = {"first_name": "Amy", "company": company.pk, "belongs": form.context["belongs"], "next": page}
    assert signed_in.post(reverse("crm:contact-create"), typed, headers=HTMX)["HX-Redirect"] == page
    assert set(deal.contacts.values_list("first_name", flat=True)) == {"Grace", "Amy"}

    lonely = Contact.objects.create(first_name="Lea")
    card = signed_in.get(reverse("crm:contact-companies-card", args=[lonely.pk]), headers=HTMX)
    belongs = signed_in.get(card.context["add_url"], headers=HTMX).context["belongs"]
    signed_in.post(reverse("crm:company-create"), {"name": "Lea’s", "belongs": belongs}, headers=HTMX)
    lonely.refresh_from_db()
    assert lonely.company.name == "Lea’s"
