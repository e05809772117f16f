"""The merge and the mappings by property: idempotent, silent about nothing, there and back without a change."""

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.enums import Direction, RecordType, Transform, Winner
from sync.mapping import engine, fields
from sync.mapping.defaults import DEFAULT_MAPPINGS
from sync.mapping.engine import Mapped, Unfit
from sync.mapping.fields import CRM_FIELDS, QUICKBOOKS_FIELDS, Field
from sync.mapping.values import display_name, from_quickbooks, shape_of, sold
from sync.merge import Rule, merge, plain

COMPANIES = Path(__file__).resolve().parents[2] / "qbo_simulator" / "companies"
ENTITIES = {
    RecordType.COMPANY: "Customer",
    RecordType.CONTACT: "Customer",
    RecordType.PRODUCT: "Item",
    RecordType.INVOICE: "Invoice",
}
NAMES = ("a", "b", "c")
values = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.booleans(),
    st.decimals(min_value=-99, max_value=99, places=2, allow_nan=False),
    st.dates(min_value=datetime.date(2020, 1, 1), max_value=datetime.date(2020, 1, 3)),
)
sides = st.dictionaries(st.sampled_from(NAMES), values)
rules = st.tuples(
    *(
        st.builds(
            Rule,
            st.just(name),
            st.just(name.upper()),
            st.sampled_from(list(Direction)),
            st.sampled_from(list(Winner)),
        )
        for name in NAMES
    )
)
moments = st.none() | st.datetimes(timezones=st.just(datetime.UTC))


@given(rules=rules, base=sides, crm=sides, quickbooks=sides, here=moments, there=moments)
def test_a_merge_that_was_carried_out_finds_nothing_more(
    rules: tuple[Rule, ...],
    base: dict[str, Any],
    crm: dict[str, Any],
    quickbooks: dict[str, Any],
    here: datetime.datetime | None,
    there: datetime.datetime | None,
) -> None:
    before = {name: plain(value) for name, value in base.items()}
    times = {"crm_changed_at": here, "quickbooks_changed_at": there}
    merged = merge(rules, base=before, crm=crm, quickbooks=quickbooks, **times)

    ours, theirs = crm | merged.to_crm, quickbooks | merged.to_quickbooks
    settled = merged.agreed | {name: plain(value) for name, value in merged.to_quickbooks.items()}
    again = merge(rules, base=settled, crm=ours, quickbooks=theirs, **times)

    assert not again.to_crm
    assert not again.to_quickbooks
    assert [(c.rule, c.crm, c.quickbooks) for c in again.clashes] == [
        (c.rule, c.crm, c.quickbooks) for c in merged.clashes
    ]


@given(rules=rules, base=sides, crm=sides, quickbooks=sides)
def test_no_value_is_lost_in_silence(
    rules: tuple[Rule, ...], base: dict[str, Any], crm: dict[str, Any], quickbooks: dict[str, Any]
) -> None:
    before = {name: plain(value) for name, value in base.items()}
    merged = merge(rules, base=before, crm=crm, quickbooks=quickbooks)

    clashing = {clash.rule.crm_field for clash in merged.clashes}
    written = [*merged.to_crm, *merged.to_quickbooks, *clashing]
    assert len(written) == len(set(written)), "a field has one fate"
    for rule in rules:
        name = rule.crm_field
        if rule.direction == Direction.IN:
            assert name not in merged.to_quickbooks
        if rule.direction == Direction.OUT:
            assert name not in merged.to_crm
        both_changed = (
            name in crm
            and name in quickbooks
            and name in before
            and len({json.dumps(plain(v)) for v in (crm[name], quickbooks[name], before[name])}) == 3
        )
        if both_changed and rule.direction == Direction.BOTH and rule.winner == Winner.ASK:
            assert name in clashing


@pytest.mark.parametrize(
    ("base", "crm", "quickbooks", "to_crm", "to_quickbooks"),
    [
        ({"a": "1"}, "1", "1", {}, {}),
        ({"a": "1"}, "2", "1", {}, {"a": "2"}),
        ({"a": "1"}, "1", "2", {"a": "2"}, {}),
        ({"a": "1"}, "2", "3", {"a": "3"}, {}),
        ({"a": "1"}, "", "1", {}, {"a": ""}),
        ({"a": "1"}, "1", "", {"a": ""}, {}),
        ({}, "", "2", {"a": "2"}, {}),
        ({}, "1", "", {}, {"a": "1"}),
        ({}, "1", "2", {"a": "2"}, {}),
        ({"a": "10"}, Decimal("10.00"), Decimal(10), {}, {}),
        ({"a": ""}, None, "", {}, {}),
    ],
)
def test_three_ways(
    base: dict[str, Any], crm: Any, quickbooks: Any, to_crm: dict[str, Any], to_quickbooks: dict[str, Any]
) -> None:
    merged = merge([Rule("a", "A")], base=base, crm={"a": crm}, quickbooks={"a": quickbooks})

    assert (merged.to_crm, merged.to_quickbooks) == (to_crm, to_quickbooks)


def test_the_newest_change_wins_field_by_field() -> None:
    early, late = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), datetime.datetime(2026, 1, 3, tzinfo=datetime.UTC)
    both = [Rule("a", "A", winner=Winner.NEWEST), Rule("b", "B", winner=Winner.NEWEST)]

    merged = merge(
        both,
        base={"a": "0", "b": "0"},
        crm={"a": "1", "b": "1"},
        quickbooks={"a": "2", "b": "2"},
        crm_changed_at={"a": late, "b": early},
        quickbooks_changed_at=datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
    )

    assert merged.to_quickbooks == {"a": "1"}
    assert merged.to_crm == {"b": "2"}


def standard(record_type: RecordType) -> list[Mapped]:
    return [
        Mapped(
            number,
            Rule(m.crm_field, m.qbo_field, m.direction),
            CRM_FIELDS[record_type][m.crm_field],
            QUICKBOOKS_FIELDS[record_type][m.qbo_field],
        )
        for number, m in enumerate(DEFAULT_MAPPINGS[record_type])
    ]


def recorded() -> list[tuple[RecordType, dict[str, Any]]]:
    found = []
    for record_type, entity in ENTITIES.items():
        for path in sorted(COMPANIES.glob(f"*/{entity}.json")):
            found += [(record_type, row) for row in json.loads(path.read_text(), parse_float=Decimal)]
    return found


def test_every_recorded_object_goes_there_and_back_unchanged() -> None:
    seen = 0
    for record_type, payload in recorded():
        mappings = standard(record_type)
        mine, problems = from_quickbooks(record_type, payload, mappings)
        assert not problems, (record_type, payload["Id"], problems)
        both_ways = [m for m in mappings if m.rule.direction == Direction.BOTH]
        sent, refused = engine.to_quickbooks(mine, both_ways, current=payload)
        assert not refused, (record_type, payload["Id"], refused)
        returned, problems = from_quickbooks(record_type, {**payload, **sent}, mappings)
        assert plain(returned) == plain(mine), (record_type, payload["Id"])
        seen += 1
    assert seen > 100


def test_recorded_objects_are_what_they_are() -> None:
    customers = {row["DisplayName"]: row for kind, row in recorded() if kind == RecordType.COMPANY}
    amy = shape_of(customers["Amy's Bird Sanctuary"])
    assert (amy.is_company, amy.is_contact, amy.parent_id) == (True, True, "")
    company, _problems = from_quickbooks(
        RecordType.COMPANY, customers["Amy's Bird Sanctuary"], standard(RecordType.COMPANY)
    )
    assert (company["name"], company["email"]) == ("Amy's Bird Sanctuary", "Birds@Intuit.com")
    assert company["billing_address"] == {
        "line1": "4581 Finch St.",
        "city": "Bayshore",
        "region": "CA",
        "postal_code": "94326",
    }
    items = {row["Name"]: row for kind, row in recorded() if kind == RecordType.PRODUCT}
    fountain, _problems = from_quickbooks(RecordType.PRODUCT, items["Rock Fountain"], standard(RecordType.PRODUCT))
    assert (fountain["unit_price"], fountain["unit_cost"], fountain["active"]) == (275, 125, True)
    assert not sold({"Type": "Category", "Name": "All"})
    alone, _problems = from_quickbooks(RecordType.COMPANY, {"DisplayName": "Only a name"}, standard(RecordType.COMPANY))
    assert alone["name"] == "Only a name"
    job = shape_of(customers["0969 Ocean View Road"])
    assert (job.is_company, bool(job.parent_id)) == (False, True)
    assert display_name({"DisplayName": "Pump (deleted)", "Active": False}) == "Pump"
    assert display_name({"DisplayName": "Pump (deleted)"}) == "Pump (deleted)"


texts = st.text(alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=30)


@given(
    sku=texts,
    price=st.decimals(min_value=0, max_value=10**6, places=7, allow_nan=False, allow_infinity=False),
    address=st.dictionaries(st.sampled_from(["line1", "city", "region", "postal_code", "country"]), texts),
    transform=st.sampled_from(list(Transform)),
)
def test_values_survive_the_way_there_and_back(
    sku: str, price: Decimal, address: dict[str, str], transform: Transform
) -> None:
    for record_type, mine in (
        (RecordType.PRODUCT, {"name": "n", "sku": sku, "unit_price": price}),
        (RecordType.COMPANY, {"name": "n", "billing_address": address}),
    ):
        mappings = [Mapped(m.id, m.rule, m.crm, m.qbo, transform) for m in standard(record_type)]
        ours = engine.comparable(mine, mappings)
        sent, refused = engine.to_quickbooks(ours, mappings, current={})
        assert not refused
        back, problems = from_quickbooks(record_type, sent, mappings)
        assert not problems
        assert all(plain(back[name]) == plain(value) for name, value in ours.items()), (back, ours)
        merged = merge([m.rule for m in mappings], base={}, crm=ours, quickbooks=back)
        assert not merged.to_quickbooks
        assert not merged.to_crm


def mapping(crm: Field, qbo: Field, direction: Direction, default: str = "") -> Mapped:
    return Mapped(1, Rule(crm.name, qbo.name, direction), crm, qbo, Transform.NONE, default)


SIZE = Field("property:1", "Size", fields.CHOICE, choices=(("7", "Small"), ("8", "E-mail")))
TAGS = Field("property:2", "Tags", fields.CHOICES, choices=(("1", "A"), ("2", "B")))
DELIVERY = QUICKBOOKS_FIELDS[RecordType.COMPANY]["PreferredDeliveryMethod"]
NOTES = QUICKBOOKS_FIELDS[RecordType.COMPANY]["Notes"]
CUSTOM = Field("CustomField.2", "Crew", fields.TEXT, 31)


def test_choices_are_matched_by_their_words() -> None:
    both = mapping(SIZE, DELIVERY, Direction.BOTH)
    assert engine.to_crm({"PreferredDeliveryMethod": "Email"}, [both]) == ({"property:1": "8"}, {})
    assert engine.to_quickbooks({"property:1": "8"}, [both], current={}) == ({"PreferredDeliveryMethod": "Email"}, {})
    values, problems = engine.to_crm({"PreferredDeliveryMethod": "Print"}, [both])
    assert (values, problems) == ({}, {1: "“Print” is no choice of Size."})


def test_anything_goes_into_a_text() -> None:
    assert engine.to_quickbooks({"property:1": "7"}, [mapping(SIZE, NOTES, Direction.OUT)], current={}) == (
        {"Notes": "Small"},
        {},
    )
    assert engine.to_quickbooks({"property:2": ["1", "2"]}, [mapping(TAGS, NOTES, Direction.OUT)], current={}) == (
        {"Notes": "A, B"},
        {},
    )
    number = Field("property:3", "Size", fields.NUMBER)
    assert engine.to_quickbooks({"property:3": Decimal("2.50")}, [mapping(number, NOTES, Direction.OUT)], current={})[
        0
    ] == {"Notes": "2.5"}


def test_custom_fields_of_quickbooks_keep_their_neighbours() -> None:
    text = Field("property:4", "Crew", fields.TEXT, 500)
    both = mapping(text, CUSTOM, Direction.BOTH, default="none")
    current = {"CustomField": [{"DefinitionId": "1", "StringValue": "kept"}, {"DefinitionId": "2", "StringValue": "x"}]}
    assert engine.to_crm(current, [both])[0] == {"property:4": "x"}
    sent, _problems = engine.to_quickbooks({"property:4": "y"}, [both], current=current)
    assert [each["StringValue"] for each in sent["CustomField"]] == ["kept", "y"]
    assert engine.to_crm({}, [both])[0] == {"property:4": "none"}
    _sent, problems = engine.to_quickbooks({"property:4": "z" * 32}, [both], current=current)
    assert problems == {1: "Crew is longer than the 31 characters that QuickBooks takes."}


def test_a_value_that_does_not_fit_stops_no_other() -> None:
    phone = mapping(CRM_FIELDS[RecordType.COMPANY]["phone"], NOTES, Direction.IN)
    email = Mapped(
        2,
        Rule("email", "PrimaryEmailAddr.Address"),
        CRM_FIELDS[RecordType.COMPANY]["email"],
        QUICKBOOKS_FIELDS[RecordType.COMPANY]["PrimaryEmailAddr.Address"],
    )
    payload = {"Notes": "9" * 61, "PrimaryEmailAddr": {"Address": "a@b.example"}}
    values, problems = engine.to_crm(payload, [phone, email])
    assert (values, problems) == ({"email": "a@b.example"}, {1: "Phone takes at most 60 characters."})
    assert engine.to_crm({"PrimaryEmailAddr": "broken"}, [email])[0] == {}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("x", Field("n", "N", fields.NUMBER)),
        ("2026-13-01", Field("d", "D", fields.DATE)),
        ("9", SIZE),
        ("maybe", Field("f", "F", fields.FLAG)),
    ],
)
def test_defaults_have_to_fit(text: str, field: Field) -> None:
    with pytest.raises(Unfit):
        engine.typed(text, field)
