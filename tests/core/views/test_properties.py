"""The settings page of custom properties, and the forms, pages and lists that they appear on."""

# ruff: noqa: PLC0415 -- models need Django set up
import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def make(admin):
    """A function that makes a property of companies."""
    from core.services import properties

    def made(label, kind="text", object_type="company", **values):
        return properties.create(object_type, by=admin, label=label, kind=kind, **values)

    return made


@pytest.fixture
def region(make):
    return make("Region", "choice", choices=["North", "South"])


def company(admin, name="Cool Cars", **values):
    from crm.services import companies

    return companies.create(by=admin, name=name, properties=values)


def test_a_property_is_made_with_group_and_choices(web):
    from core.models import PropertyDefinition

    answer = web.post(
        "/settings/properties/invoice/new/",
        {
            "label": "Channel",
            "kind": "choice",
            "group": "Sales",
            "choice_id": ["", ""],
            "choice_label": ["Web", "Shop"],
        },
    )

    assert answer.status_code == 302
    row = PropertyDefinition.objects.get()
    assert (row.object_type, row.key, row.group.name) == ("invoice", "channel", "Sales")
    assert [c.label for c in row.choices.all()] == ["Web", "Shop"]
    page = web.get("/settings/properties/invoice/").content.decode()
    assert "Channel" in page
    assert "Standard properties" in page


def test_a_refused_property_keeps_what_was_typed_and_leaves_nothing(web, region):
    from core.models import PropertyChoice, PropertyDefinition, PropertyGroup

    answer = web.post(
        "/settings/properties/company/new/",
        {"label": "region", "kind": "choice", "group": "New", "choice_id": [""], "choice_label": ["Web"]},
    )

    assert answer.status_code == 422
    assert "There is a property “region” already." in answer.content.decode()
    assert 'value="Web"' in answer.content.decode()
    counts = (PropertyDefinition.objects.count(), PropertyChoice.objects.count(), PropertyGroup.objects.count())
    assert counts == (1, 2, 0)


def test_a_choice_needs_choices(web):
    answer = web.post("/settings/properties/company/new/", {"label": "Empty", "kind": "choice"})

    assert answer.status_code == 422
    assert "at least one choice" in answer.content.decode()


def test_choices_are_renamed_and_added_in_one_go(web, region):
    north, south = region.choices.all()
    answer = web.post(
        f"/settings/property/{region.pk}/",
        {
            "label": "Area",
            "kind": "choice",
            "default": str(south.pk),
            "choice_id": [str(south.pk), str(north.pk), ""],
            "choice_label": ["South", "Far north", "East"],
        },
    )

    assert answer.status_code == 302
    region.refresh_from_db()
    assert (region.label, region.default) == ("Area", str(south.pk))
    assert [(c.pk, c.label) for c in region.choices.all()][:2] == [(south.pk, "South"), (north.pk, "Far north")]


def test_deleting_a_used_property_asks_for_its_name_and_it_comes_back(web, region, admin):
    company(admin, **{str(region.pk): region.choices.first().pk})

    asked = web.get(f"/settings/property/{region.pk}/delete/").content.decode()
    assert "1 record has a value." in asked
    refused = web.post(f"/settings/property/{region.pk}/delete/", {"name": "Rigion"})
    region.refresh_from_db()
    assert (refused.status_code, region.deleted_at) == (422, None)
    web.post(f"/settings/property/{region.pk}/delete/", {"name": "region"})
    region.refresh_from_db()
    assert region.deleted_at is not None
    assert web.get(f"/settings/property/{region.pk}/").status_code == 404
    assert "for 30 more days" in web.get("/settings/properties/company/").content.decode()
    web.post(f"/settings/property/{region.pk}/restore/")
    region.refresh_from_db()
    assert region.deleted_at is None


def test_the_order_is_changed_by_list_and_by_step(web, make):
    from core.properties import definitions

    a, b, c = make("A"), make("B"), make("C")

    web.post("/settings/properties/company/order/", {"id": [c.pk, a.pk, b.pk]})
    assert [d.label for d in definitions("company")] == ["C", "A", "B"]
    web.post("/settings/properties/company/order/", {"id": [c.pk, a.pk, b.pk], "move": b.pk, "by": "up"})
    assert [d.label for d in definitions("company")] == ["C", "B", "A"]


def test_groups_are_put_in_order_by_list_and_by_step(web, make):
    from core.properties import definitions
    from core.services import properties

    groups = [properties.group_named("company", name) for name in ("One", "Two", "Three")]
    for group in groups:
        make(f"Of {group.name}", group=group)
    one, two, three = (group.pk for group in groups)
    address = "/settings/properties/company/groups/order/"

    web.post(address, {"id": [three, one, two]})
    assert [d.group for d in definitions("company")] == ["Three", "One", "Two"]
    web.post(f"{address}?by=down", {"move": three})
    assert [d.group for d in definitions("company")] == ["One", "Three", "Two"]


def test_without_scripts_a_property_changes_places_inside_its_group(web, make):
    from core.properties import definitions
    from core.services import properties

    group = properties.group_named("company", "Delivery")
    make("Alone")
    make("A", group=group)
    last = make("B", group=group)

    web.post("/settings/properties/company/order/?by=up", {"move": last.pk})

    assert [d.label for d in definitions("company")] == ["Alone", "B", "A"]


def test_a_choice_in_use_asks_what_becomes_of_its_records(web, region, admin):
    north, south = region.choices.all()
    company(admin, **{str(region.pk): north.pk})

    refused = web.post(f"/settings/property-choice/{north.pk}/archive/")
    assert (refused.status_code, "Say what becomes" in refused.content.decode()) == (422, True)
    web.post(f"/settings/property-choice/{north.pk}/archive/", {"replacement": south.pk})
    north.refresh_from_db()
    assert north.archived_at is not None
    web.post(f"/settings/property-choice/{north.pk}/restore/")
    north.refresh_from_db()
    assert north.archived_at is None


def test_a_group_is_renamed_and_taken_away(web, make):
    from core.services import properties

    group = properties.group_named("company", "Delivery")
    row = make("Gate", group=group)

    web.post(f"/settings/property-group/{group.pk}/", {"name": "Shipping"})
    group.refresh_from_db()
    assert group.name == "Shipping"
    web.post(f"/settings/property-group/{group.pk}/", {"delete": "1"})
    row.refresh_from_db()
    assert row.group is None


def test_the_settings_page_costs_the_same_for_one_and_thirty(web, make, django_assert_max_num_queries):
    make("One")
    with django_assert_max_num_queries(10) as one:
        web.get("/settings/properties/company/")
    for number in range(30):
        make(f"P{number}", "choice", choices=["A", "B"])
    with django_assert_max_num_queries(len(one)):
        web.get("/settings/properties/company/")


def test_records_are_made_and_edited_with_their_properties(web, region, make, admin):
    from crm.models import Company

    meeting, size = make("Meeting", "datetime"), make("Size", "number", required=True)
    north = region.choices.first()

    missing = web.post("/companies/new/", {"name": "Cool Cars"})
    assert (missing.status_code, Company.objects.count()) == (422, 0)
    typed = {
        "name": "Cool Cars",
        f"property_{region.pk}": north.pk,
        f"property_{size.pk}": "1,200.5",
        f"property_{meeting.pk}": "2026-11-30T09:30:00",
    }
    web.post("/companies/new/", typed)
    record = Company.objects.get()
    assert record.properties == {
        str(region.pk): str(north.pk),
        str(size.pk): "1200.5",
        str(meeting.pk): "2026-11-30T09:30:00Z",
    }
    page = web.get(f"/companies/{record.pk}/").content.decode()
    assert "North" in page
    assert "1,200.5" in page
    web.post(f"/companies/{record.pk}/edit/", {**typed, f"property_{region.pk}": ""})
    record.refresh_from_db()
    assert record.properties == {str(size.pk): "1200.5", str(meeting.pk): "2026-11-30T09:30:00Z"}


def test_the_boxes_of_several_choices_stand_in_a_list_that_is_no_box(web, make):
    made = make("Colours", "multi_choice", choices=["Red", "Blue"])

    page = web.get("/companies/new/").content.decode()

    assert f'<div id="id_property_{made.pk}"><div>' in page
    assert page.count(f'name="property_{made.pk}"') == 2


def test_the_card_of_a_record_changes_only_custom_properties(web, region, admin):
    record = company(admin)

    answer = web.post(
        f"/properties/company/{record.pk}/",
        {f"property_{region.pk}": region.choices.first().pk},
        headers={"HX-Request": "true"},
    )

    assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")
    record.refresh_from_db()
    assert record.properties == {str(region.pk): str(region.choices.first().pk)}
    assert web.post(f"/properties/company/{record.pk}/", {f"property_{region.pk}": "999"}).status_code == 422


def test_an_archived_record_takes_no_values(web, region, admin):
    from crm.services import companies

    record = companies.archive(company(admin), by=admin)

    answer = web.post(f"/properties/company/{record.pk}/", {f"property_{region.pk}": region.choices.first().pk})

    assert (answer.status_code, "archived" in answer.content.decode()) == (422, True)


def test_a_record_page_costs_one_query_more_whatever_the_properties(web, make, admin, django_assert_max_num_queries):
    for number in range(30):
        make(f"P{number}", "choice", choices=["A", "B"])
    record = company(admin)
    with django_assert_max_num_queries(8):
        web.get(f"/companies/{record.pk}/")
