"""The settings of an object: every row that applies, what saving would do, saving, deletion."""

import json
import re

import pytest
from django.urls import reverse

from core.models import Event
from crm.models import Company, Contact
from crm.services import companies
from qbo_connector.models import Connection, MirrorObject
from sync.consequences import shown
from sync.enums import SyncObject
from sync.models import FieldMapping, Link, ObjectSettings, SyncDryRun
from sync.object_form import ObjectSettingsForm
from sync.services.connections import add_default_mappings
from sync.services.settings import CHOICES
from sync.setting_words import APPLY, sentence, words
from tests.sync.dry_runs import work_out

pytestmark = pytest.mark.django_db


def company(*, enabled: bool = False, name: str = "contact", **values) -> Connection:
    connection = Connection.objects.create(
        environment="sandbox", realm_id=str(Connection.objects.count() + 1), company_name="Cool Cars", country="US"
    )
    add_default_mappings(connection.pk)
    for each in SyncObject:
        own = {"enabled": enabled, **values} if each == name else {}
        ObjectSettings.objects.create(connection=connection, sync_object=each, **own)
    return connection


def url(connection: Connection, page: str = "object-settings", name: str = "contact") -> str:
    return reverse(f"sync:{page}", args=[connection.pk, name])


def sent(connection: Connection, name: str = "contact", **values) -> dict:
    """What the form sends as it stands, with some values changed."""
    stored = ObjectSettings.objects.get(connection=connection, sync_object=name)
    form = ObjectSettingsForm(stored=stored, user=None)
    found = {}
    for key, value in form.initial.items():
        if value not in (None, "", [], {}):
            found[key] = json.dumps(value) if isinstance(value, dict) else value
    return {**found, **values}


@pytest.mark.parametrize("name", SyncObject.values)
def test_each_object_shows_its_rows_and_explains_every_choice(admin, name):
    page = admin.get(url(company(), name=name)).content.decode()

    sync_object = SyncObject(name)
    for setting, choices in CHOICES.items():
        present = f'name="{setting}"' in page
        assert present == (setting in APPLY[sync_object]), setting
        if present:
            assert str(words(sync_object, setting).title) in page
            for choice in choices:
                explained = sentence(sync_object, setting, choice)
                assert explained, (setting, choice)
                assert explained.replace("'", "&#x27;") in page


def test_customers_rows_are_for_contacts_only(admin):
    connection = company()
    for name in ("product", "invoice"):
        page = admin.get(url(connection, name=name)).content.decode()
        assert "without_email" not in page
        assert "customer_is" not in page
        assert "display_name_template" not in page
    assert "income_account" in admin.get(url(connection, name="product")).content.decode()


def test_a_change_says_what_it_does_before_it_is_saved(admin):
    connection = company(enabled=True, direction="both")
    companies.create(by=admin.user, name="Silent Gardens")
    companies.create(by=admin.user, name="Loud Gardens", email="loud@example.com")
    change = sent(connection, without_email="included")

    asked = admin.post(url(connection), change)

    page = asked.content.decode()
    assert asked.status_code == 200
    assert "Working it out" in page
    work_out()
    run = SyncDryRun.objects.get()
    part = admin.get(url(connection, "dry-run"), {"run": run.pk, "part": "summary"}, headers={"HX-Request": "true"})
    assert "2 objects are created in QuickBooks." in part.content.decode()
    assert "2 objects are created in QuickBooks." in admin.post(url(connection), change).content.decode()
    listed = admin.get(url(connection, "dry-run"), {"run": run.pk}).content.decode()
    assert "What these settings would do" in listed
    assert "Silent Gardens" in listed
    assert "<td>Excluded</td><td>Included</td>" in page
    assert "What it does at once" in page
    assert ObjectSettings.objects.get(connection=connection, sync_object="contact").without_email == "excluded"

    told = admin.post(url(connection), {**change, "step": "save"}, follow=True).content.decode()

    assert ObjectSettings.objects.get(connection=connection, sync_object="contact").without_email == "included"
    assert "everything is being looked at again" in told
    event = Event.objects.get(name="sync.settings_changed")
    assert (event.actor, event.data["changes"]) == (admin.user, {"without_email": ["excluded", "included"]})


def test_going_back_keeps_what_was_typed_and_saves_nothing(admin):
    connection = company()

    page = admin.post(url(connection), {**sent(connection, winner="ask"), "step": "edit"}).content.decode()

    assert re.search(r'name="winner" value="ask"[^>]*checked', page)
    assert ObjectSettings.objects.get(connection=connection, sync_object="contact").winner == "quickbooks"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"matching": "fields"}, "Choose at least one field to match by."),
        ({"back_fill": "since"}, "Choose the date from which records take part."),
        ({"back_fill": "since", "back_fill_since": "2999-01-01"}, "The date lies in the future"),
        ({"display_name_template": "{planet}"}, "There is no “{planet}”."),
        ({"display_name_template": ""}, "This field is required."),
        ({"display_name_suffix": "{name}"}, "A suffix can only hold {number}"),
        ({"direction": "sideways"}, "Select a valid choice"),
        ({"filter_in_company": '{"field": "colour", "op": "equals", "value": "x"}'}, "colour"),
    ],
)
def test_problems_are_told_at_their_fields(admin, values, problem):
    connection = company()

    response = admin.post(url(connection), {**sent(connection), **values, "step": "save"})

    assert response.status_code == 422
    page = response.content.decode()
    assert problem in page
    assert "Please correct one thing:" in page
    assert not Event.objects.filter(name="sync.settings_changed").exists()


def test_filters_are_stored_by_kind_of_record_and_shown_again(admin):
    connection = company()
    condition = {"field": "email", "op": "not_empty"}

    asked = admin.post(url(connection), sent(connection, filter_in_company=json.dumps(condition))).content.decode()
    assert "E-mail is not empty" in asked
    admin.post(url(connection), {**sent(connection, filter_in_company=json.dumps(condition)), "step": "save"})

    stored = ObjectSettings.objects.get(connection=connection, sync_object="contact").filter_in
    assert {key: value for key, value in stored["company"].items() if key != "version"} == condition
    assert "not_empty" in admin.get(url(connection)).content.decode()
    admin.post(url(connection), {**sent(connection), "step": "save"})
    assert ObjectSettings.objects.get(connection=connection, sync_object="contact").filter_in == stored
    # One kind of record: the condition itself, as invoices are checked.
    about = {"field": "total", "op": ">", "value": "10"}
    admin.post(
        url(connection, name="invoice"),
        {**sent(connection, "invoice", filter_in_invoice=json.dumps(about)), "step": "save"},
    )
    stored = ObjectSettings.objects.get(connection=connection, sync_object="invoice").filter_in
    assert {key: value for key, value in stored.items() if key != "version"} == about


def test_matching_fields_keep_their_order_and_the_income_account_its_choice(admin):
    connection = company()
    for qbo_id, name in (("79", "Services"), ("80", "Discounts")):
        MirrorObject.objects.create(
            connection=connection, entity="Account", qbo_id=qbo_id, name=name, kind="Income", digest=b"1",
            remote_updated_at="2026-01-01T00:00:00Z",
        )  # fmt: skip
    values = {"matching": "fields", "matching_fields": ["sku", "name"], "income_account": "80"}

    admin.post(url(connection, name="product"), {**sent(connection, "product"), **values, "step": "save"})

    stored = ObjectSettings.objects.get(connection=connection, sync_object="product")
    assert (stored.matching_fields, stored.income_account) == (["sku", "name"], "80")
    page = admin.get(url(connection, name="product")).content.decode()
    assert page.index('value="sku" selected') < page.index('value="name" selected')
    assert '<option value="80" selected>Discounts</option>' in page


def test_an_object_that_is_off_can_be_saved_and_turned_on(admin):
    connection = company()

    asked = admin.post(url(connection), sent(connection)).content.decode()
    assert "What it does when it is turned on" in asked
    response = admin.post(url(connection), {**sent(connection), "step": "save-on"})

    assert response.url == url(connection, "object-started")
    assert ObjectSettings.objects.get(connection=connection, sync_object="contact").enabled


def test_the_name_preview_follows_template_suffix_and_search(admin):
    connection = company()
    gardens = companies.create(by=admin.user, name="Bright Gardens")
    Contact.objects.create(first_name="Nora", last_name="New", company=gardens)
    MirrorObject.objects.create(
        connection=connection, entity="Vendor", qbo_id="5", name="Bright Gardens: CRM", digest=b"1",
        remote_updated_at="2026-01-01T00:00:00Z",
    )  # fmt: skip
    address = reverse("sync:name-preview", args=[connection.pk])

    page = admin.get(address, {"display_name_template": "{name} - CRM", "display_name_suffix": " no {number}"})

    assert "<strong>Bright Gardens - CRM</strong>" in page.content.decode()
    assert "<strong>Nora New - CRM</strong>" in page.content.decode()
    assert "There is no “{nome}”" in admin.get(address, {"display_name_template": "{nome}"}).content.decode()
    assert "No company or contact" in admin.get(address, {"try": "zzz"}).content.decode()


def test_deleting_asks_for_the_links_names_the_numbers_and_wants_to_be_sure(admin):
    connection = company(enabled=True, winner="ask")
    for number in range(3):
        Link.objects.create(
            connection=connection, entity="Customer", qbo_id=str(number), object_type="company", object_id=number
        )
    address = url(connection, "object-delete")

    page = admin.get(address).content.decode()
    assert "Companies: 3" in page
    assert "3 links are removed" in page
    assert admin.post(address, {"links": "remove"}).status_code == 422
    assert ObjectSettings.objects.get(connection=connection, sync_object="contact").enabled

    told = admin.post(address, {"links": "remove", "sure": "on"}, follow=True).content.decode()

    assert "and 3 links removed" in told
    assert not Link.objects.exists()
    row = ObjectSettings.objects.get(connection=connection, sync_object="contact")
    assert (row.enabled, row.winner, row.configured_at) == (False, "quickbooks", None)
    assert FieldMapping.objects.exists()
    assert "deleted the sync of Contacts and companies" in told


def test_an_unknown_object_is_not_found(admin):
    connection = company()
    pages = ("object-settings", "dry-run", "object-started", "object-delete")
    assert {admin.get(url(connection, page, "planets")).status_code for page in pages} == {404}


def test_values_are_printed_as_people_read_them():
    values = [None, "", True, False, {"line1": "A", "city": ""}, ["a", "b"], [{"x": 1}], "12.5"]
    assert [shown(value) for value in values] == ["", "", "yes", "no", "A", "a, b", "1 lines", "12.5"]


@pytest.mark.parametrize("size", [1, 30])
def test_the_form_costs_the_same_with_many_companies(admin, size, django_assert_max_num_queries):
    connection = company()
    for number in range(size):
        company()
        Company.objects.create(name=f"Company {number}")

    # The four editors of conditions ask for the choices of their pickers, segments among them: six times each at most.
    with django_assert_max_num_queries(28):
        admin.get(url(connection))
