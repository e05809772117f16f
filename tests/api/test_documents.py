"""Credit memos, refunds, sales receipts, estimates and bills over the API: each where it belongs, none too many."""

import pytest

from invoices.enums import CreditKind
from invoices.models import Bill, CreditDocument, Estimate
from tests.api.programs import program_of
from tests.crm.growth import make

pytestmark = pytest.mark.django_db
CREDITS = {"credit-memos": "creditmemo", "refunds": "refund", "sales-receipts": "salesreceipt"}


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [each["id"] for each in answer.json()["data"]]


def test_each_is_listed_searched_and_read_where_it_belongs():
    program = program_of()
    rows = {path: make(CreditDocument, kind=CreditKind(kind), total="12.5") for path, kind in CREDITS.items()}
    rows |= {"bills": make(Bill, total="12.5", balance="2.5"), "estimates": make(Estimate, total="12.5")}

    for path, row in rows.items():
        assert ids(program.get(path)) == [row.pk]
        assert ids(program.get(f"{path}?connection={row.connection_id}")) == [row.pk]
        assert ids(program.get(f"{path}?connection={row.connection_id + 99}")) == []
        one = program.get(f"{path}/{row.pk}").json()
        assert (one["id"], one["total"], one["connection"]) == (row.pk, "12.5", row.connection_id)
        assert program.get(f"{path}/{row.pk + 99}").status_code == 404
        if path != "estimates":
            above = {"where": {"field": "total", "op": ">", "value": "12"}}
            below = {"where": {"field": "total", "op": "<", "value": "12"}}
            assert (ids(program.post(f"{path}/search", above)), ids(program.post(f"{path}/search", below))) == (
                [row.pk],
                [],
            )


def test_many_cost_few_statements(django_assert_max_num_queries):
    program = program_of()
    kinds = [CreditKind(kind) for kind in CREDITS.values()]
    for _number in range(5):
        for row in [*(make(CreditDocument, kind=kind) for kind in kinds), make(Bill), make(Estimate)]:
            assert row.pk
    for path in (*CREDITS, "bills", "estimates"):
        with django_assert_max_num_queries(10):
            assert len(ids(program.get(path))) == 5


def test_an_estimate_is_seen_with_its_quote():
    owned, foreign = make(Estimate), make(Estimate)
    program = program_of("Sales rep")
    user = program.user
    user.role.sees = "own"
    user.role.save()
    owned.quote.owner = user
    owned.quote.save()

    assert ids(program.get("estimates")) == [owned.pk]
    assert program.get(f"estimates/{foreign.pk}").status_code == 404
    assert ids(program.get("bills")) == []
