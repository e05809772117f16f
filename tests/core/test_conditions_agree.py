"""SQL and memory say the same of every condition and every record: random conditions over awkward records."""

import datetime
import random
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.conditions import Field, compile_conditions, holds, parse, registry, setting, values_for
from core.conditions.moments import COUNTED, PERIODS
from core.conditions.operators import operators_of
from core.enums import PropertyKind
from core.properties import remembered
from core.services import properties
from crm.models import Company, Contact, Deal, DealBilling, DealContact, DealLine, Product
from crm.services import pipelines
from tests import makers

pytestmark = pytest.mark.django_db

# Letters that fold to one, to several and to none; signs that LIKE and regular expressions know.
TEXTS = [
    "", "a", "A", "abc", "ABC", " abc ", "Straße", "STRASSE", "strasse", "\u1e9e", "İstanbul", "istanbul", "ISTANBUL",
    "\u0131stanbul", "ΣΊΣΥΦΟΣ", "σίσυφος", "Σ", "ς", "100%", "100", "%", "_", "a_b", "axb", "a\\b", "\\", "É",
    "é", "e\u0301", "\u01c5", "\u01c6", "\u212a", "k", "\u017f", "s", "O'Brien", '"', "😀", "ЖУК", "жук", "\u2167",
    "\uff46", "(.*)+$", "0", "-1", "null",
]  # fmt: skip
NUMBERS = ["0", "-0", "1", "1.000", "10.5", "10.50000", "-3", "0.00001", "99999999999999.99999", "1e2", "100"]
DAYS = ["2026-03-28", "2026-03-29", "2026-03-30", "2026-10-25", "2026-03-08", "2024-02-29", "2026-12-31", "2027-01-01",
        "0001-01-01", "9999-12-31"]  # fmt: skip
MOMENTS = [
    "2026-03-28T23:59:59.999999+00:00", "2026-03-29T00:00:00+00:00", "2026-03-29T00:59:59+00:00",
    "2026-03-29T01:00:00+00:00", "2026-03-29T23:00:00+00:00", "2026-10-24T23:00:00+00:00", "2026-10-25T01:30:00+00:00",
    "2026-03-08T05:00:00+00:00", "2026-03-08T04:59:59+00:00", "2026-04-23T22:00:00+00:00", "2026-04-23T21:59:59+00:00",
    "2011-12-30T10:00:00+00:00", "2026-03-29T10:00:30.5+00:00",
]  # fmt: skip
ZONES = ["UTC", "Europe/London", "America/New_York", "Africa/Cairo", "Pacific/Apia", "Asia/Kathmandu"]
CHOICES = ["open", "won", "lost", "paid", "a", "b", "c", "gone"]


def _custom(chance: random.Random, people: list[Any]) -> dict[str, Any]:
    """A custom property of every kind for each object, and a function that makes values of them, odd ones too."""
    made = {
        object_type: {
            kind: properties.create(
                object_type, by=None, label=str(kind), kind=kind, choices=("A", "B") * ("choice" in kind)
            )
            for kind in PropertyKind
        }
        for object_type in ("contact", "company", "deal", "product")
    }

    def values(object_type: str) -> dict[str, Any]:
        held: dict[str, Any] = {}
        for kind, definition in made[object_type].items():
            choices = [str(choice.pk) for choice in definition.choices.all()]
            fitting: dict[str, list[Any]] = {
                "text": TEXTS, "long_text": TEXTS, "choice": [*choices, ""], "checkbox": [True, False],
                "number": ["0", "1", "10.5", "-3", "1.000"], "currency": ["0.00001", "100", "1e2"],
                "date": [*DAYS, "2026-02-30", "2026-3-1"], "user": [str(person.pk) for person in people],
                "datetime": ["2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z", "2026-03-28T23:00:00Z",
                             "2026-13-01T00:00:00Z"],
                "multi_choice": [[], choices, choices[:1], choices[1:], [5, None], [*choices[:1], {}]],
            }  # fmt: skip
            drawn = chance.random()
            if drawn < 0.6:
                held[str(definition.pk)] = chance.choice(fitting[kind])
            elif drawn < 0.7:
                held[str(definition.pk)] = chance.choice([None, "", [], {}, {"1": 2}, 5, 1.5, True, "odd", ["1"]])
        return held

    return values


def _make(seed: int) -> None:
    """Records with every kind of value, empty and not, and with and without associations."""
    chance = random.Random(seed)

    def maybe(values: list[Any]) -> Any:
        return None if chance.random() < 0.3 else chance.choice(values)

    def moment() -> datetime.datetime:
        return datetime.datetime.fromisoformat(chance.choice(MOMENTS))

    people = [makers.user(email=f"p{n}@example.com") for n in range(3)]
    custom = _custom(chance, people)
    stages = list(pipelines.ensure_default().stages.all())
    companies = [
        Company.objects.create(
            name=chance.choice(TEXTS[1:]), domain=chance.choice(TEXTS), email=chance.choice(TEXTS),
            notes=chance.choice(TEXTS),
            owner=maybe(people), properties=custom("company"), created_at=moment(),
            billing_address=chance.choice([{}, {"city": chance.choice(TEXTS)}, {"city": None}, {"city": 5}]),
        )
        for _n in range(8)
    ]  # fmt: skip
    contacts = [
        Contact.objects.create(
            first_name=chance.choice(TEXTS), email=chance.choice(TEXTS), company=maybe(companies), owner=maybe(people),
            properties=custom("contact"), created_at=moment(), archived_at=maybe([None, moment()]),
        )
        for _n in range(20)
    ]  # fmt: skip
    products = [
        Product.objects.create(name=chance.choice(TEXTS[1:]), unit_price=maybe([Decimal(each) for each in NUMBERS]),
                               active=chance.random() < 0.5, properties=custom("product"))
        for _n in range(5)
    ]  # fmt: skip
    for _n in range(20):
        stage = chance.choice(stages)
        deal = Deal.objects.create(
            name=chance.choice(TEXTS[1:]), stage=stage, status=stage.status, owner=maybe(people),
            company=maybe(companies), amount=maybe([Decimal(each) for each in NUMBERS]), created_at=moment(),
            closed_at=maybe([moment()]),
            close_on=maybe([datetime.date.fromisoformat(each) for each in DAYS]), properties=custom("deal"),
            archived_at=maybe([None, None, moment()]),
        )  # fmt: skip
        for contact in chance.sample(contacts, chance.randint(0, 3)):
            DealContact.objects.create(deal=deal, contact=contact)
        for _line in range(chance.randint(0, 2)):
            DealLine.objects.create(deal=deal, name=chance.choice(TEXTS), product=maybe(products), quantity=2)
        if chance.random() < 0.6:
            DealBilling.objects.create(
                deal=deal, invoice_status=chance.choice(["", "paid", "sent"]),
                outstanding=Decimal(chance.choice(NUMBERS)),
                invoice_due_on=maybe([datetime.date.fromisoformat(each) for each in DAYS]),
            )  # fmt: skip


def _one(field: Field) -> st.SearchStrategy[Any]:
    if field.kind in ("number", "money"):
        return st.sampled_from(NUMBERS)
    if field.kind in ("user", "record"):
        return st.integers(1, 30)
    if field.kind in ("choice", "multi_choice"):
        return st.sampled_from([*CHOICES, *(str(key) for key, _label in field.choices)])
    if field.kind == "checkbox":
        return st.booleans()
    if field.kind == "date":
        return st.sampled_from(DAYS)
    if field.kind == "datetime":
        return st.sampled_from(DAYS) | st.sampled_from(MOMENTS) | st.sampled_from([each[:16] for each in MOMENTS])
    return st.sampled_from(TEXTS[1:]) | st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=2
    )


def _period() -> st.SearchStrategy[Any]:
    counted = st.fixed_dictionaries(
        {"period": st.sampled_from(sorted(COUNTED)), "days": st.sampled_from([0, 1, 30, 36500])}
    )
    return st.fixed_dictionaries({"period": st.sampled_from(sorted(PERIODS))}) | counted


@st.composite
def comparisons(draw: Any, object_type: str, hops: int = 2) -> Any:
    """A comparison of a property of the object or of one that it belongs to."""
    prefix = ""
    ones = [each for each in registry.relations_of(object_type).values() if not each.many]
    while ones and hops and draw(st.booleans()):
        relation = draw(st.sampled_from(ones))
        prefix, object_type, hops = f"{prefix}{relation.name}.", relation.target, hops - 1
        ones = [each for each in registry.relations_of(object_type).values() if not each.many]
    field = draw(st.sampled_from(list(registry.fields_of(object_type).values())))
    operator = draw(st.sampled_from(operators_of(field.kind)))
    part = {"field": prefix + field.name, "op": operator.name}
    shapes = {
        "one": _one(field),
        "list": st.lists(_one(field), min_size=1, max_size=3),
        "range": st.tuples(st.none() | _one(field), st.none() | _one(field)).map(list),
        "period": _period(),
        "nothing": st.none(),
    }
    return part | {"value": draw(shapes[operator.shape])}


@st.composite
def conditions(draw: Any, object_type: str, depth: int = 3) -> Any:
    """Any condition about the object."""
    form = draw(st.sampled_from(["compare", "compare", "all", "any", "not", "some", "none"])) if depth else "compare"
    if form in ("all", "any"):
        return {form: draw(st.lists(conditions(object_type, depth - 1), max_size=3))}
    if form == "not":
        return {"not": draw(conditions(object_type, depth - 1))}
    manys = [each for each in registry.relations_of(object_type).values() if each.many]
    if form in ("some", "none") and manys:
        relation = draw(st.sampled_from(manys))
        return {form: relation.name, "where": draw(st.just({}) | conditions(relation.target, depth - 1))}
    return draw(comparisons(object_type))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("object_type", ["contact", "deal", "company"])
def test_sql_and_memory_agree(seed, object_type):
    _make(seed)
    model = registry.objects[object_type].model
    records = list(model.objects.all())
    me = records[0].owner or makers.user()

    @settings(max_examples=40, deadline=None, database=None, derandomize=True,
              suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
    @given(conditions(object_type), st.sampled_from(MOMENTS), st.sampled_from(ZONES))
    def check(condition: Any, now: str, zone: str) -> None:
        asked = {"user": me, "now": datetime.datetime.fromisoformat(now), "zone": zone}
        found = list(
            model.objects.filter(compile_conditions(condition, object_type, **asked)).values_list("pk", flat=True)
        )
        node = parse(condition, object_type, setting(**asked))
        values = values_for(records, condition, object_type, **asked)
        expected = {record.pk for record, held in zip(records, values, strict=True) if holds(node, held)}

        assert len(found) == len(set(found)), "a record came twice"
        assert set(found) == expected
        others = compile_conditions({"not": condition}, object_type, **asked)
        assert model.objects.filter(others).aggregate(count=Count("pk"))["count"] == len(records) - len(found)

    with remembered():
        check()
