"""What pages cost: every list, record page and card of the registries, at one row and at thirty.

The pages come from the registries and the rows from the models, so that a new kind of record is measured without a
line here. A page that needs more than its budget, or more for thirty rows than for one, fails by its name.
"""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core import registry
from core.tables import tables
from tests.crm.growth import grow, make, make_many

pytestmark = pytest.mark.django_db
# Statements of a page. What stands in the accounting system is asked in two or three of its own, by its marks.
LIST_BUDGET = RECORD_BUDGET = CARD_BUDGET = 8
MARKED = {"invoice": 10, "creditmemo": 10, "refund": 10, "salesreceipt": 10, "payment": 11}
MARKED_LIST = 9
# The card that money is made on: companies, invoices with their marks, estimates, credit, drafts and suggestions.
MONEY_CARDS = {"invoices": 15, "estimate": 10}
KINDS = sorted(name for name in tables if name in registry.object_types)


@pytest.fixture
def reader(client, admin) -> User:
    """Somebody who sees everything, signed in."""
    client.force_login(admin)
    return admin


def cost(client: Any, address: str, **headers: str) -> tuple[int, list[str]]:
    """How many statements a page takes, and which."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address, headers=headers)
    assert response.status_code == 200, address
    return len(captured), [query["sql"][:160] for query in captured.captured_queries]


@pytest.mark.parametrize("kind", sorted(tables))
def test_a_list_costs_the_same_for_one_row_and_for_thirty(client, reader, kind):
    table, address = tables[kind], f"{reverse(tables[kind].index)}?view=all"
    model = table.rows(reader).model
    make(model)
    client.get(address)
    few, _statements = cost(client, address)
    make_many(model, 29)
    many, statements = cost(client, address)

    assert many <= few, "\n".join(statements)
    assert many <= (MARKED_LIST if kind in MARKED else LIST_BUDGET), "\n".join(statements)


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_page_and_its_cards_cost_the_same_however_much_belongs_to_it(client, reader, kind):
    record = make(tables[kind].rows(reader).model)
    page = reverse(registry.object_types[kind].url_name, args=[record.pk])
    cards = {card.key: reverse(card.url_name, args=[record.pk]) for card in registry.cards_for(kind, reader)}
    fragment = {"HX-Request": "true"}
    grow(record, 1)
    client.get(page)
    few = {"": cost(client, page)[0]} | {key: cost(client, card, **fragment)[0] for key, card in cards.items()}
    grow(record, 29)
    many = {"": cost(client, page)} | {key: cost(client, card, **fragment) for key, card in cards.items()}

    for key, (number, statements) in many.items():
        budget = MONEY_CARDS.get(key, CARD_BUDGET) if key else MARKED.get(kind, RECORD_BUDGET)
        told = "\n".join([key or "page", *statements])
        assert number <= few[key], told
        assert number <= budget, told
