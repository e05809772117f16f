"""An invoice, from the click to its number on the deal's card."""

import os
import statistics
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import requests

from bench import books
from bench.figures import Figures, Line, Of, Play, Row, Variant, middle, spread
from bench.stage import product, wait_for_worker, wait_until
from bench.visitor import signed_in
from crm.models import Contact, Product
from crm.services import deal_contacts, deal_lines, deals, pipelines
from crm.services.lines import LineValues
from crm_sync.launch.environment import free_port
from invoices.models import Invoice
from invoices.services import create, drafts

CLICKS = 15
ANSWER = 0.2  # seconds that the simulated QuickBooks takes for each call


def _play(play: Play) -> dict[str, Any]:
    realm = play.quickbooks.realm()
    connection = books.connect(play.quickbooks, realm)
    books.load(connection)
    person = books.admin()
    port = free_port(18_000)
    address = f"http://127.0.0.1:{port}"
    play.quickbooks.latency(ANSWER)
    try:
        environment = {**os.environ, "PORT": str(port), "BASE_URL": address}
        with product(environment, play.folder, "web", "worker", "beat"):
            wait_for_worker()
            session = signed_in(address, person.email)
            took = [_click(session, address, person) for _click_number in range(CLICKS)]
    finally:
        play.quickbooks.latency(0)
    return {"seconds": statistics.median(took), "worst": max(took), "quickbooks": ANSWER}


def _click(session: requests.Session, address: str, person: Any) -> float:
    customer = Contact.objects.exclude(email="").exclude(company=None).select_related("company").order_by("pk")[0]
    product_sold = Product.objects.filter(active=True, unit_price__gt=0).order_by("pk")[0]
    stage = pipelines.ensure_default().stages.all()[0]
    deal = deals.create(by=person, name="Click", stage=stage, company=customer.company, currency="USD")
    deal_contacts.add(deal, customer, by=person)
    deal_contacts.make_primary(deal, customer, by=person)
    line = LineValues(product_id=product_sold.pk, name=product_sold.name, quantity=Decimal(1), unit_price=Decimal(100))
    draft = drafts.start(deal_lines.set_lines(deal, [line], by=person), from_lines=True, by=person)
    token = session.cookies.get("csrftoken") or session.cookies.get("__Host-csrftoken")
    url = f"{address}/invoice-drafts/{draft.request_id}/create/"
    began = time.perf_counter()
    form = {"csrfmiddlewaretoken": token, "digest": create.digest_of(draft.data)}
    answer = session.post(url, data=form, headers={"Referer": address, "Origin": address})
    if answer.status_code == 422:
        raise AssertionError(answer.text)
    answer.raise_for_status()
    invoice = Invoice.objects.get(deal=deal)
    card = f"{address}/invoices/of-deal/{deal.pk}/"

    def numbered() -> bool:
        invoice.refresh_from_db(fields=["number"])
        return bool(invoice.number) and invoice.number in session.get(card).text

    wait_until(numbered, seconds=60, what="the invoice's number", every=0.02)
    return time.perf_counter() - began


def _lines(results: Mapping[str, Sequence[Figures]], _of: Of) -> list[Line]:
    runs = results["clicked"]
    more = middle(runs, "seconds") - middle(runs, "quickbooks")
    against = f"QuickBooks' own {ANSWER * 1000:.0f} ms"
    return [
        Line("invoice from the click to its number", spread(runs, "seconds"), against, "0.5 s more", more <= 0.5),
        Line("the slowest of them", spread(runs, "worst")),
    ]


ROW = Row("click", [Variant("clicked", _play)], _lines)
