"""What was let go counts as not linked, where a wizard looks for a deal's customer and its items."""

import pytest

from crm.models import Company
from crm.services import deals
from sync import choices
from sync.enums import Exclusion, Outcome, WithoutEmail
from sync.models import Link
from tests import makers
from tests.books import Books

pytestmark = pytest.mark.django_db(transaction=True)


def let_go(**which: object) -> None:
    Link.objects.filter(**which).update(outcome=Outcome.EXCLUDED, exclusion=Exclusion.UNLINKED)


def test_an_unlinked_customer_is_not_proposed_as_linked(books: Books) -> None:
    books.settings(without_email=WithoutEmail.INCLUDED)
    customer = books.customer("Bright Gardens", "")
    books.sync()
    link = books.link("company")
    deal = deals.create(by=makers.user("Admin"), name="Garden", company=Company.objects.get(pk=link.object_id))
    before = choices.customer_matches(books.connection.pk, deal.pk)
    assert [(each.external_id, each.certain) for each in before] == [(customer, True)]

    let_go(object_type="company")

    after = choices.customer_matches(books.connection.pk, deal.pk)
    assert [(each.external_id, each.certain) for each in after] == [(customer, False)]
    assert after[0].reason.startswith("Same name")


def test_an_unlinked_item_is_not_taken_for_its_product(books: Books) -> None:
    item = books.item("Fountain")
    books.sync()
    product = books.link("product", qbo_id=item).object_id
    offered = choices.items(books.connection.pk, "foun", limit=5)
    assert [(each.external_id, each.product_id) for each in offered] == [(item, product)]
    books.act("Item", item, operation="update", fields={"Name": "Well"})
    let_go(object_type="product")
    books.sync()

    assert choices.items_for_products(books.connection.pk, [product]) == {}
    assert [each.product_id for each in choices.items(books.connection.pk, "well", limit=5)] == [None]
