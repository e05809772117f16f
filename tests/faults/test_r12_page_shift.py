"""R12: what changes between two pages of a listing is not missed, nor what shares one timestamp."""

import contextlib

import pytest

from qbo_connector.mirror import load, paging
from qbo_connector.models import MirrorObject, PullSchedule
from tests.faults.mirror import Accountant, assert_mirrored, read_until_quiet, theirs
from tests.faults.seeds import seeds

PAGE = 8


@pytest.fixture
def small_pages(monkeypatch):
    """Pages of eight, so that a sample company has many."""
    monkeypatch.setattr(paging, "PAGE_SIZE", PAGE)
    monkeypatch.setattr(paging, "OVERLAPPING", 2)


@pytest.fixture
def between_pages(monkeypatch):
    """Has something happen in QuickBooks before each page that is read."""

    def install(happen, only=None):
        original = paging.read_answer

        def reading(content):
            answer = original(content)
            if only is None or only in answer.counts:
                happen()
            return answer

        monkeypatch.setattr(paging, "read_answer", reading)

    return install


@pytest.fixture
def three_days_ago(quickbooks):
    """For as long as the block lasts QuickBooks' clock stands still, three days ago: everything gets one timestamp.

    Change data, which goes back some minutes from the start of a listing, does not bring it.
    """

    @contextlib.contextmanager
    def standing_still():
        quickbooks.call("POST", "clock", {"offset": -3 * 86400, "speed": 0})
        yield
        quickbooks.call("POST", "clock", {"offset": 0, "speed": 1})

    yield standing_still
    quickbooks.call("POST", "clock", {"offset": 0, "speed": 1})


@pytest.mark.parametrize("seed", seeds())
def test_a_listing_while_records_change_misses_none(seed, us_company, quickbooks, small_pages, between_pages):
    someone = Accountant(quickbooks, us_company, seed)
    between_pages(lambda: someone.dice.random() < 0.6 and someone.something())

    read_until_quiet(us_company)

    between_pages(lambda: None)
    read_until_quiet(us_company)
    assert_mirrored(quickbooks, us_company)


@pytest.mark.parametrize("seed", seeds(10))
def test_a_listing_in_slices_of_one_page_misses_none(
    seed, us_company, quickbooks, small_pages, between_pages, monkeypatch
):
    monkeypatch.setattr(load, "SLICE_SECONDS", 0.0)
    someone = Accountant(quickbooks, us_company, 100 + seed)
    between_pages(lambda: someone.dice.random() < 0.4 and someone.something())

    read_until_quiet(us_company, most=150)

    assert_mirrored(quickbooks, us_company, "Customer", "Item", "Term")


@pytest.mark.parametrize("seed", seeds())
def test_rows_of_one_timestamp_that_change_between_pages_are_not_missed(
    seed, us_company, quickbooks, small_pages, between_pages, three_days_ago
):
    someone = Accountant(quickbooks, us_company, seed)
    with three_days_ago():
        made = [someone.add() for _number in range(5 * PAGE)]
    realm = us_company.realm_id

    def moves_away():
        """Some rows of the timestamp get a later one, so that all behind them move up."""
        for chosen in someone.dice.sample(made, someone.dice.choice([0, 0, 1, 3, PAGE])):
            quickbooks.call("POST", f"objects/{realm}/Customer/{chosen}", {"Notes": f"{someone.dice.random()}"})

    left = iter(range(12))
    between_pages(lambda: next(left, None) is not None and moves_away(), only="Customer")

    read_until_quiet(us_company)

    assert ours_ids(us_company) >= set(made)
    assert_mirrored(quickbooks, us_company, "Customer")


def ours_ids(connection):
    """Ids of the mirrored customers."""
    return set(MirrorObject.objects.filter(connection=connection, entity="Customer").values_list("qbo_id", flat=True))


def test_what_is_gone_from_a_timestamp_of_many_pages_is_concluded(us_company, quickbooks, small_pages, three_days_ago):
    """A repeated listing sees no deletion by change data; all of these have one timestamp."""
    realm = us_company.realm_id
    invoice = quickbooks.objects(realm, "Invoice")[0]
    wanted = {name: invoice[name] for name in ("CustomerRef", "Line")}
    wanted["Line"] = [line for line in wanted["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    with three_days_ago():
        made = [quickbooks.call("POST", f"objects/{realm}/Invoice", wanted)["Id"] for _number in range(3 * PAGE)]
    read_until_quiet(us_company)
    for gone in made[::5]:
        quickbooks.call("POST", f"objects/{realm}/Invoice/{gone}", {"operation": "delete"})
    PullSchedule.objects.update(cursor="2020-01-01T00:00:00Z")

    read_until_quiet(us_company)

    assert_mirrored(quickbooks, us_company, "Invoice")
    assert set(made[::5]).isdisjoint(theirs(quickbooks, us_company, "Invoice"))
