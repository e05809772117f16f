"""The condition language over what somebody may write into an address."""

import pytest
from django.http import QueryDict

from core.conditions import BadCondition, Field, compile_conditions, fields, from_query
from crm.models import Product

KNOWN = fields(
    Field("name", "Name", "text", "name"),
    Field("price", "Price", "number", "unit_price"),
    Field("owner", "Owner", "record", "owner"),
    Field("created", "Created", "date", "created_at__date"),
)


def test_an_address_becomes_a_filter(db):
    Product.objects.create(name="Pump", unit_price=15)
    Product.objects.create(name="Rock", unit_price=48)
    conditions = from_query(QueryDict("price=10..20&name=Pump"), KNOWN)
    assert conditions == {
        "all": [
            {"field": "name", "op": "equals", "value": "Pump"},
            {"field": "price", "op": "range", "value": ["10", "20"]},
        ]
    }
    assert [row.name for row in Product.objects.filter(compile_conditions(conditions, KNOWN))] == ["Pump"]


@pytest.mark.parametrize(
    "query",
    [
        "price=abc", "price=1e99", "price=NaN", "price=1..x", "owner=x", f"owner={2**70}", "created=yesterday",
        "created=2026-13-01..", "name=%00",
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_words(db, query):
    conditions = from_query(QueryDict(query), KNOWN)
    with pytest.raises(BadCondition, match="fit"):
        list(Product.objects.filter(compile_conditions(conditions, KNOWN)))


@pytest.mark.parametrize(
    "condition", [{"field": "secret", "op": "equals", "value": 1}, {"field": "name", "op": "like"}]
)
def test_unknown_properties_and_operators_are_refused(condition):
    with pytest.raises(BadCondition):
        compile_conditions(condition, KNOWN)
