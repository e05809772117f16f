"""Custom properties in lists: columns of one's own, filters of the address, order, and conditions."""

# ruff: noqa: PLC0415 -- models need Django set up
import pytest
from django.test import Client

from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def known(admin):
    """Region, size, tags and VIP of companies, by label, with three companies that have values and one without."""
    from core.properties import definitions
    from core.services import properties
    from crm.services import companies

    properties.create("company", by=admin, label="Region", kind="choice", choices=["North", "South"])
    properties.create("company", by=admin, label="Size", kind="number")
    properties.create("company", by=admin, label="Tags", kind="multi_choice", choices=["Gold", "Old"])
    properties.create("company", by=admin, label="VIP", kind="checkbox")
    properties.create("company", by=admin, label="Manager", kind="user")
    found = {d.label: d for d in definitions("company")}
    north, south = (c.id for c in found["Region"].choices)
    gold, old = (c.id for c in found["Tags"].choices)
    slots = {label: d.slot for label, d in found.items()}
    for name, values in {
        "Alpha": {"Region": north, "Size": "10", "Tags": [gold], "VIP": True, "Manager": admin.pk},
        "Beta": {"Region": south, "Size": "9", "Tags": [gold, old], "VIP": False},
        "Gamma": {"Region": north, "Size": "-1.5"},
        "Delta": {},
    }.items():
        companies.create(by=admin, name=name, properties={slots[key]: value for key, value in values.items()})
    return found


def shown(web, address):
    page = web.get(f"/companies/?{address}").content.decode()
    rows = page.split("<tbody>")[-1].split("</tbody>")[0] if "<tbody>" in page else ""
    at = {name: rows.find(f">{name}<") for name in ("Alpha", "Beta", "Gamma", "Delta")}
    return [name for name in sorted(at, key=at.__getitem__) if at[name] >= 0]


def test_a_person_chooses_columns_for_himself(web, known):
    names = ["domain", known["Size"].name, known["Region"].name]
    answer = web.post("/lists/company/columns/", {"column": names, "state": ""})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/companies/")
    page = web.get("/companies/").content.decode()
    assert f'name="{known["Region"].name}"' in page  # its filter comes along
    assert ">-1.5<" in page
    assert ">North<" in page
    other = Client()
    other.force_login(makers.user("Ops", "ops@example.com"))
    assert ">-1.5<" not in other.get("/companies/").content.decode()


def test_simple_filters_of_the_address(web, known):
    region, tags = known["Region"], known["Tags"]
    north = region.choices[0].id

    assert shown(web, f"{region.name}={north}") == ["Alpha", "Gamma"]
    assert shown(web, f"{region.name}={north}&{region.name}={region.choices[1].id}") == ["Alpha", "Beta", "Gamma"]
    assert shown(web, f"{known['Size'].name}=0..9.5") == ["Beta"]
    assert shown(web, f"{tags.name}={tags.choices[1].id}") == ["Beta"]
    assert shown(web, f"{known['VIP'].name}=true") == ["Alpha"]
    assert "does not fit" in web.get(f"/companies/?{known['Size'].name}=a..b").content.decode()


def test_order_by_a_property_has_empty_ones_last_on_all_pages(web, known):
    name = known["Size"].name

    assert shown(web, f"sort={name}") == ["Gamma", "Beta", "Alpha", "Delta"]
    assert shown(web, f"sort=-{name}") == ["Alpha", "Beta", "Gamma", "Delta"]


def test_pages_go_on_by_key_in_the_order_of_a_property(known):
    from core.paging import page_by_key
    from core.properties import value_of
    from crm.models import Company

    rows = Company.objects.annotate(size=value_of(known["Size"]))
    names, cursor = [], ""
    for _page in range(4):
        page = page_by_key(rows, sort="size", cursor=cursor, size=1)
        names += [row.name for row in page.rows]
        cursor = page.next

    assert names == ["Gamma", "Beta", "Alpha", "Delta"]


def test_a_very_long_list_says_which_property_would_be_slow(web, known, monkeypatch):
    from core.properties import usage

    monkeypatch.setattr(usage, "is_big", lambda _object_type: True)
    name = known["Size"].name

    for address in (f"sort={name}", f"{name}=1..2"):
        assert "too long to sort or filter by range by “Size”" in web.get(f"/companies/?{address}").content.decode()
    assert shown(web, f"{known['Region'].name}={known['Region'].choices[0].id}") == ["Alpha", "Gamma"]


def test_thirty_rows_cost_as_many_statements_as_one(web, known, admin, django_assert_max_num_queries):
    from crm.services import companies

    web.post("/lists/company/columns/", {"column": [d.name for d in known.values()], "state": ""})
    address = f"/companies/?{known['Region'].name}={known['Region'].choices[0].id}"
    with django_assert_max_num_queries(9) as few:
        web.get(address)
    for number in range(30):
        companies.create(
            by=admin,
            name=f"More {number}",
            properties={known["Region"].slot: known["Region"].choices[0].id, known["Manager"].slot: admin.pk},
        )
    with django_assert_max_num_queries(len(few)):
        web.get(address)


@pytest.mark.parametrize(
    ("label", "op", "value", "names"),
    [
        ("Region", "in", 0, ["Alpha", "Gamma"]),
        ("Region", "empty", None, ["Delta"]),
        ("Size", ">=", "9", ["Alpha", "Beta"]),
        ("Tags", "has_none", [1], ["Alpha", "Delta", "Gamma"]),
        ("VIP", "equals", False, ["Beta"]),
        ("Manager", "me", None, ["Alpha"]),
    ],
)
def test_conditions_find_the_same_in_sql_and_in_memory(known, admin, label, op, value, names):
    from core.conditions import compile_conditions, matches, values_for
    from crm.models import Company

    found = known[label]
    if label in ("Region", "Tags") and value is not None:
        value = [found.choices[place].id for place in ([value] if isinstance(value, int) else value)]
    condition = {"field": found.name, "op": op} | ({} if value is None else {"value": value})

    in_sql = Company.objects.filter(compile_conditions(condition, "company", user=admin)).order_by("name")
    records = list(Company.objects.order_by("name"))
    held = values_for(records, condition, "company", user=admin)
    in_memory = [
        record.name
        for record, values in zip(records, held, strict=True)
        if matches(condition, "company", values, user=admin)
    ]

    assert [record.name for record in in_sql] == in_memory == names
