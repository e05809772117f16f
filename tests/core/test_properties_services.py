"""Custom properties through the services: definitions, choices, records, history, deletion and what workers do."""

# ruff: noqa: PLC0415 -- models need Django set up
import datetime
import threading
from decimal import Decimal

import pytest
from django.db import close_old_connections, connection
from django.utils import timezone

from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db):
    return makers.user("Admin", "admin@example.com")


@pytest.fixture
def make(admin):
    """A function that makes a property of companies."""
    from core.services import properties

    def made(label, kind="text", object_type="company", **values):
        return properties.create(object_type, by=admin, label=label, kind=kind, **values)

    return made


@pytest.fixture
def region(make):
    """A choice property with North and South."""
    return make("Region", "choice", choices=["North", "South"])


def company(admin, name="Cool Cars", **properties):
    from crm.services import companies

    return companies.create(by=admin, name=name, properties=properties)


def set_to(record, admin, **properties):
    from crm.services import companies

    return companies.update(record, by=admin, properties={key.strip("_"): value for key, value in properties.items()})


def choice(row, label):
    return row.choices.get(label=label)


def names(events):
    return list(events.values_list("name", flat=True))


def test_a_property_is_made_with_its_event_and_is_known_at_once(make, region):
    from core.models import Event
    from core.properties import definitions

    budget = make("Budget (net)", "currency", currency="EUR", lowest=Decimal(0), default="10.50")

    known = {d.key: d for d in definitions("company")}
    assert list(known) == ["region", "budget_net"]
    assert known["budget_net"].default == "10.5"
    assert known["budget_net"].currency == "EUR"
    assert [c.label for c in known["region"].choices] == ["North", "South"]
    assert names(Event.objects.filter(object_type="propertydefinition", object_id=budget.pk)) == ["property.created"]
    assert definitions("contact") == []


@pytest.mark.parametrize(
    ("refusal", "values"),
    [
        ("NameNeeded", {"label": " "}),
        ("LabelTaken", {"label": "REGION"}),
        ("DefaultUnfit", {"label": "A", "kind": "number", "default": "many"}),
        ("DefaultUnfit", {"label": "A", "unique": True, "default": "same"}),
        ("RangeUnfit", {"label": "A", "kind": "number", "lowest": Decimal(2), "highest": Decimal(1)}),
        ("NotUnique", {"label": "A", "kind": "checkbox", "unique": True}),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_made(make, region, refusal, values):
    from core.models import PropertyDefinition
    from core.services import properties

    with pytest.raises(getattr(properties, refusal)):
        make(**values)

    assert PropertyDefinition.objects.count() == 1


def test_the_kind_stays_once_a_record_has_a_value(make, admin):
    from core.services import properties

    row = make("Size", default="large")
    assert properties.change(row, by=admin, kind="number").default is None
    record = company(admin, **{str(row.pk): 12})

    with pytest.raises(properties.KindFixed, match="1 record has a value"):
        properties.change(row, by=admin, kind="text")

    row.refresh_from_db()
    assert (row.kind, record.properties) == ("number", {str(row.pk): "12"})


def test_only_ten_of_an_object_are_indexed(make, admin):
    from core.services import properties

    for number in range(10):
        make(f"P{number}", indexed=True)

    with pytest.raises(properties.TooManyIndexed):
        make("One more", indexed=True)
    make("Of another object", object_type="contact", indexed=True)


def test_values_are_cleaned_whoever_writes_and_defaults_apply(make, region, admin):
    from core.properties import BadValues

    size = make("Size", "number", default=3)
    record = company(admin, **{f"property:{region.pk}": choice(region, "North").pk})

    assert record.properties == {str(region.pk): str(choice(region, "North").pk), str(size.pk): "3"}
    with pytest.raises(BadValues) as refused:
        set_to(record, admin, **{f"_{region.pk}": "999", f"_{size.pk}": "big", "_4711": "x"})
    assert set(refused.value.problems) == {str(region.pk), str(size.pk), "4711"}
    record.refresh_from_db()
    assert record.properties[str(size.pk)] == "3"
    assert set_to(record, admin, **{f"_{size.pk}": None}).properties == {
        str(region.pk): str(choice(region, "North").pk)
    }


def test_required_is_asked_of_people_and_not_of_accounting(make, admin):
    from core.properties import BadValues
    from crm.models import Company
    from crm.services.from_sync import SyncedRow, upsert_companies

    needed = make("Needed", required=True)

    with pytest.raises(BadValues, match="Needed: This is required"):
        company(admin)
    assert Company.objects.count() == 0
    result = upsert_companies([SyncedRow(None, {"name": "From accounting"})], quiet=True)[0]
    assert (result.created, result.problem) == (True, "")
    with pytest.raises(BadValues, match="required"):
        set_to(company(admin, **{str(needed.pk): "yes"}), admin, **{f"_{needed.pk}": ""})


def test_accounting_writes_single_values_and_leaves_out_those_that_do_not_fit(make, region, admin):
    from core.models import Event
    from crm.services.from_sync import SyncedRow, upsert_companies

    size = make("Size", "number")
    first, second = (company(admin, name, **{str(region.pk): choice(region, "North").pk}) for name in ("One", "Two"))

    good, bad = upsert_companies(
        [
            SyncedRow(first.pk, {"properties": {f"property:{size.pk}": Decimal("7.50")}}),
            SyncedRow(second.pk, {"name": "Zwei", "properties": {str(size.pk): "seven"}}),
        ],
        quiet=False,
    )

    assert good.changed == (f"property:{size.pk}",)
    assert bad.misfits == {f"property:{size.pk}": "“seven” is not a number."}
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.properties == {str(region.pk): str(choice(region, "North").pk), str(size.pk): "7.5"}
    assert (second.name, str(size.pk) in second.properties) == ("Zwei", False)
    event = Event.objects.get(name="company.changed", object_id=first.pk)
    assert event.data["changes"] == {f"property:{size.pk}": [None, "7.5"]}


def test_renaming_a_choice_rewrites_no_record_and_no_history(region, admin):
    from core.models import Event
    from core.properties import definitions, display
    from core.queries import timeline
    from core.services import property_choices

    north, south = choice(region, "North"), choice(region, "South")
    record = company(admin, **{str(region.pk): north.pk})
    set_to(record, admin, **{f"_{region.pk}": south.pk})

    property_choices.arrange(region, [(south.pk, "North"), (north.pk, "South")], by=admin)

    record.refresh_from_db()
    assert display(definitions("company")[0], record.properties[str(region.pk)]) == "North"
    told = Event.objects.get(name="company.changed").data["told"]
    assert told == {f"property:{region.pk}": {"label": "Region", "old": "North", "new": "South"}}
    assert timeline("company", record.pk)[0].sentence == "changed Region of the company from North to South"


def test_a_choice_in_use_asks_before_it_goes_and_stays_where_it_is(region, admin):
    from core.properties import BadValues
    from core.services import properties, property_choices

    north = choice(region, "North")
    record = company(admin, **{str(region.pk): north.pk})

    with pytest.raises(properties.StillUsed) as used:
        property_choices.archive(north, by=admin)
    assert used.value.records == 1
    property_choices.archive(north, by=admin, keep=True)

    assert set_to(record, admin, **{f"_{region.pk}": north.pk}).properties == {str(region.pk): str(north.pk)}
    with pytest.raises(BadValues, match="not offered any more"):
        company(admin, "Other", **{str(region.pk): north.pk})


def test_a_replaced_choice_moves_to_its_successor_with_history(make, admin):
    from core.models import Event
    from core.services import property_choices, property_upkeep

    tags = make("Tags", "multi_choice", choices=["A", "B", "C"])
    a, b = choice(tags, "A"), choice(tags, "B")
    both = company(admin, "Both", **{str(tags.pk): [a.pk, b.pk]})
    only = company(admin, "Only", **{str(tags.pk): [a.pk]})

    property_choices.archive(a, by=admin, replacement=b)
    events = list(Event.objects.filter(name="property.choice_replaced").values_list("pk", flat=True))
    assert property_upkeep.replace_choices(events) == 2
    assert property_upkeep.replace_choices(events) == 0

    both.refresh_from_db()
    only.refresh_from_db()
    assert both.properties == only.properties == {str(tags.pk): [str(b.pk)]}
    assert Event.objects.filter(name="company.changed").count() == 2


def test_deleting_asks_and_can_be_undone(region, admin):
    from core.properties import definitions
    from core.services import properties

    north = choice(region, "North")
    record = company(admin, **{str(region.pk): north.pk})

    with pytest.raises(properties.StillUsed, match="1 record"):
        properties.delete(region, by=admin)
    properties.delete(region, by=admin, confirmed=True)
    assert definitions("company") == []
    assert set_to(record, admin).properties == {str(region.pk): str(north.pk)}

    properties.restore(region, by=admin)
    record.refresh_from_db()
    assert [d.label for d in definitions("company")] == ["Region"]
    assert record.properties == {str(region.pk): str(north.pk)}


def test_a_restored_property_needs_its_label_free(region, make, admin):
    from core.services import properties

    properties.delete(region, by=admin)
    make("Region")

    with pytest.raises(properties.LabelTaken):
        properties.restore(region, by=admin)


def test_values_and_definitions_go_after_thirty_days_in_batches(region, make, admin):
    from core.models import PropertyDefinition
    from core.services import properties, property_upkeep

    size = make("Size", "number")
    values = {str(region.pk): choice(region, "North").pk, str(size.pk): 1}
    records = [company(admin, f"Company {number}", **values) for number in range(5)]
    properties.delete(region, by=admin, confirmed=True)

    assert property_upkeep.purge(batch=2) == 0
    late = timezone.now() - datetime.timedelta(days=31)
    PropertyDefinition.objects.filter(pk=region.pk).update(deleted_at=late)
    assert property_upkeep.purge(batch=2) == 1
    assert property_upkeep.purge(batch=2) == 0

    for record in records:
        record.refresh_from_db()
        assert record.properties == {str(size.pk): "1"}
    assert list(PropertyDefinition.objects.values_list("pk", flat=True)) == [size.pk]


def test_making_unique_needs_distinct_values(make, admin):
    from core.services import properties

    code = make("Code")
    first = company(admin, "One", **{str(code.pk): "x"})
    company(admin, "Two", **{str(code.pk): "x"})

    with pytest.raises(properties.NotUnique, match="1 value is in several records"):
        properties.change(code, by=admin, unique=True)
    set_to(first, admin, **{f"_{code.pk}": "y"})
    properties.change(code, by=admin, unique=True)


def test_one_read_serves_all_questions_of_a_request(region, make, django_assert_num_queries):
    from core.properties import definitions, remembered

    make("Other", object_type="deal")
    with remembered(), django_assert_num_queries(1):
        assert [definitions(kind) for kind in ("company", "deal", "company", "invoice")][3] == []


def test_cleaning_costs_the_same_for_one_and_thirty(make, region, admin, django_assert_num_queries):
    from core.properties import clean_many

    code, owner = make("Code", unique=True), make("Manager", "user")
    for count in (1, 30):
        rows = [(None, {str(code.pk): f"c{n}", str(owner.pk): admin.pk}) for n in range(count)]
        with django_assert_num_queries(4):  # definitions, people, lock, holders
            assert not any(isinstance(result, Exception) for result in clean_many("company", rows))


def test_two_of_one_batch_do_not_share_a_unique_value(make):
    from core.properties import BadValues, clean_many

    code = make("Code", unique=True)

    first, second = clean_many("company", [(None, {str(code.pk): "x"}), (None, {str(code.pk): "x"})])

    assert first == {str(code.pk): "x"}
    assert isinstance(second, BadValues)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_get_the_same_unique_value(make, admin):
    from core.properties import BadValues
    from crm.models import Company

    code = make("Code", unique=True)
    start, outcomes = threading.Barrier(4), []

    def write(number):
        try:
            start.wait(10)
            company(admin, f"Company {number}", **{str(code.pk): "same"})
            outcomes.append("written")
        except BadValues:
            outcomes.append("refused")
        finally:
            close_old_connections()
            connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)

    assert sorted(outcomes) == ["refused", "refused", "refused", "written"]
    assert Company.objects.filter(properties__contains={str(code.pk): "same"}).count() == 1


@pytest.mark.django_db(transaction=True)
def test_indexes_follow_what_is_wanted(make, admin):
    from core.models import PropertyDefinition
    from core.services import properties, property_upkeep

    size = make("Size", "number", indexed=True)
    made = {f"property_{size.pk}", f"property_{size.pk}_back"}

    assert set(property_upkeep.keep_indexes()) == made
    assert property_upkeep.keep_indexes() == []
    assert PropertyDefinition.objects.get(pk=size.pk).index_ready
    properties.delete(size, by=admin)
    assert set(property_upkeep.keep_indexes()) == made
    assert not PropertyDefinition.objects.get(pk=size.pk).index_ready


def test_the_planner_uses_the_index_of_a_property(make, admin):
    from core.properties import definitions, value_of
    from core.properties.expressions import index_columns
    from crm.models import Company

    size = make("Size", "number")
    with connection.cursor() as cursor:
        for name, columns in index_columns(size.pk, "number").items():
            cursor.execute(f"CREATE INDEX {name} ON crm_company ({columns})")
        cursor.execute("SET LOCAL enable_seqscan = off")
    wanted = (
        Company.objects.annotate(size=value_of(definitions("company")[0])).filter(size__gte=3).order_by("size", "pk")
    )

    assert f"property_{size.pk}" in wanted.explain()


def test_new_rows_of_other_writers_start_with_the_defaults(make, django_assert_num_queries):
    from core.properties import put_defaults
    from crm.models import Company

    size = make("Size", "number", default=3)
    new = [Company(name="One"), Company(name="Two", properties={str(size.pk): "4"})]

    with django_assert_num_queries(1):
        put_defaults("company", new)
    with django_assert_num_queries(0):
        put_defaults("company", [])

    assert [record.properties for record in new] == [{str(size.pk): "3"}, {str(size.pk): "4"}]
