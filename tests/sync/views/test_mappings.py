"""The mappings page: what it shows, the form, the try on a record, switching, deleting; who may."""

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import Event
from qbo_connector.models import Connection
from sync.enums import Direction, RecordType
from sync.models import FieldMapping, ObjectSettings
from sync.services.connections import add_default_mappings

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection() -> Connection:
    made = Connection.objects.create(realm_id="1", environment="sandbox", company_name="Books")
    ObjectSettings.objects.create(connection=made, sync_object="contact", enabled=True)
    add_default_mappings(made.pk)
    return made


def page(browser, connection, kind="company") -> str:
    response = browser.get(reverse("sync:mappings", args=[connection.pk, kind]))
    assert response.status_code == 200
    return response.content.decode()


def mapping(connection, name="notes", **values) -> FieldMapping:
    return FieldMapping.objects.create(
        connection=connection, record_type="company", crm_field=name, qbo_field="Notes", **values
    )


NEW = {"crm_field": "notes", "qbo_field": "Notes", "direction": "in", "winner": "", "transform": "trim", "default": "–"}


@pytest.mark.parametrize("kind", RecordType.values)
def test_every_kind_of_record_has_its_table(admin, connection, kind):
    shown = page(admin, connection, kind)

    rows = FieldMapping.objects.filter(connection=connection, record_type=kind).count()
    assert shown.count('class="mapping-arrow"') == rows > 0
    assert "Add new mapping" in shown
    assert "it can be switched off, not deleted" in shown


def test_the_status_of_each_mapping_is_told(admin, connection):
    now = timezone.now()
    mapping(connection, failing_since=now, problem="Notes takes at most 3 characters.")
    FieldMapping.objects.filter(crm_field="phone").update(last_synced_at=now)
    FieldMapping.objects.filter(crm_field="email").update(enabled=False)
    FieldMapping.objects.filter(crm_field="website", record_type="company").update(crm_field="property:999")

    shown = page(admin, connection)

    for told in (
        "Failing since",
        "Notes takes at most 3 characters.",
        "Synced",
        ">Off<",
        "One of its fields does not exist any more.",
        "Not synced yet",
        "QuickBooks, as for all",
        "Custom",
        "A record can't be without it",
    ):
        assert told in shown, told


def test_a_mapping_is_added_and_applied(admin, connection):
    response = admin.post(reverse("sync:mapping-create", args=[connection.pk, "company"]), NEW, follow=True)

    row = FieldMapping.objects.get(crm_field="notes")
    assert (row.qbo_field, row.direction, row.transform, row.default) == ("Notes", Direction.IN, "trim", "–")
    assert "The mappings are being applied" in response.content.decode()
    assert Event.objects.filter(name="sync.mapping_added", actor=admin.user).exists()
    assert Event.objects.filter(name="sync.look_again").exists()


def test_what_can_not_be_mapped_is_explained_at_the_field(admin, connection):
    wrong = {**NEW, "crm_field": "billing_address", "qbo_field": "Taxable"}

    response = admin.post(reverse("sync:mapping-create", args=[connection.pk, "company"]), wrong)

    assert response.status_code == 422
    assert "are of different kinds and can’t be mapped." in response.content.decode().replace("&#x27;", "’")
    assert not FieldMapping.objects.filter(qbo_field="Taxable").exists()


def test_only_what_fits_is_offered(admin, connection):
    address = reverse("sync:mapping-create", args=[connection.pk, "company"])

    form = admin.get(address, {"crm_field": "billing_address"}, headers={"HX-Request": "true"}).context["form"]

    offered = [name for name, _label in form.fields["qbo_field"].widget.choices]
    assert {"BillAddr", "ShipAddr"} < set(offered)
    assert not {"Taxable", "Balance"} & set(offered)
    number = admin.get(address, {"crm_field": "notes", "qbo_field": "Balance", "direction": "both"}).context["form"]
    assert [value for value, _label in number.fields["direction"].widget.choices] == ["in"]
    assert number["direction"].value() == "in"
    gone = admin.get(address, {"crm_field": "billing_address", "qbo_field": "Taxable"}).context["form"]
    assert gone["qbo_field"].value() == ""


def test_a_standard_mapping_is_edited_but_keeps_its_fields(admin, connection):
    row = FieldMapping.objects.get(record_type="company", crm_field="phone")
    address = reverse("sync:mapping-edit", args=[row.pk])

    assert "A standard mapping keeps its fields." in admin.get(address).content.decode()
    admin.post(address, {**NEW, "direction": "out", "winner": "ask", "default": ""})

    row.refresh_from_db()
    assert (row.crm_field, row.direction, row.winner, row.transform) == ("phone", "out", "ask", "trim")


def test_switching_off_and_on_and_what_has_to_stay_on(admin, connection):
    row = FieldMapping.objects.get(record_type="company", crm_field="phone")
    address = reverse("sync:mapping-switch", args=[row.pk])

    off = admin.post(address, {"on": "0"}, follow=True).content.decode()
    row.refresh_from_db()
    assert "The mapping is off." in off
    assert not row.enabled
    on = admin.post(address, {"on": "1"}, follow=True).content.decode()
    row.refresh_from_db()
    assert "The mapping is on" in on
    assert row.enabled

    name = FieldMapping.objects.get(record_type="company", crm_field="name")
    told = admin.post(reverse("sync:mapping-switch", args=[name.pk]), {"on": "0"}, follow=True).content.decode()
    name.refresh_from_db()
    assert "a record can&#x27;t be without it" in told
    assert name.enabled


def test_own_mappings_are_deleted_standard_ones_are_not(admin, connection):
    own = mapping(connection)
    standard = FieldMapping.objects.get(record_type="company", crm_field="phone")

    told = [
        admin.post(reverse("sync:mapping-delete", args=[row.pk]), follow=True).content.decode()
        for row in (own, standard)
    ]

    assert "The mapping is deleted." in told[0]
    assert "A standard mapping can&#x27;t be deleted." in told[1]
    assert list(FieldMapping.objects.filter(pk__in=[own.pk, standard.pk])) == [standard]


def test_nothing_is_shown_to_who_may_not_configure(ops, connection):
    row = mapping(connection)
    answers = [
        ops.get(reverse("sync:mappings", args=[connection.pk])),
        ops.post(reverse("sync:mapping-create", args=[connection.pk, "company"]), NEW),
        ops.get(reverse("sync:mapping-edit", args=[row.pk])),
        ops.post(reverse("sync:mapping-switch", args=[row.pk]), {"on": "0"}),
        ops.post(reverse("sync:mapping-delete", args=[row.pk])),
    ]
    assert [answer.status_code for answer in answers] == [403] * 5
    assert FieldMapping.objects.get(pk=row.pk).enabled


def test_an_unknown_kind_of_record_is_not_found(admin, connection):
    assert admin.get(reverse("sync:mappings", args=[connection.pk, "deal"])).status_code == 404


def test_thirty_mappings_cost_no_more_statements_than_the_standard_ones(
    admin, connection, django_assert_max_num_queries
):
    page(admin, connection)
    with django_assert_max_num_queries(14) as few:
        page(admin, connection)
    for number in range(30):
        FieldMapping.objects.create(
            connection=connection,
            record_type="company",
            crm_field=f"property:{number}",
            qbo_field=f"CustomField.{number}",
        )
    with django_assert_max_num_queries(len(few)):
        page(admin, connection)
