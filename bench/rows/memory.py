"""The memory of web and worker over a first load and an export, and at a tenth of its size."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from bench import books
from bench.figures import Figures, Line, Of, Play, Row, Variant, at_most, middle, spread
from bench.filling import insert
from bench.meter import Meter, peak
from bench.rows.first_load import SIZES, company, read
from bench.stage import product, wait_for_worker, wait_until
from bench.visitor import signed_in
from core.models import ListJob
from crm_sync.launch.environment import free_port
from invoices.models import Invoice
from qbo_connector.models import Connection

FLAT = 1.1
PATIENCE = 1800
CHUNK = 2**16
# Invoices in the export: more than is made while the reader waits, also in the small one.
FEW, MANY, QUICKLY = 12_000, 120_000, 40_000


def _play(play: Play, part: int, exported: int) -> dict[str, Any]:
    connection = company(play, {entity: play.size(count) // part for entity, count in SIZES.items()})
    person = books.admin()
    port = free_port(18_000)
    address = f"http://127.0.0.1:{port}"
    play.quickbooks.call("DELETE", "calls")
    with product({**os.environ, "PORT": str(port)}, play.folder, "web", "worker", "beat") as processes:
        session = signed_in(address, person.email)
        session.get(f"{address}/invoices/").raise_for_status()
        wait_for_worker()
        both = Meter(processes[name] for name in ("web", "worker")).start()
        read(connection)
        loaded = both.stop()
        megabytes = {"load, worker MB": peak([processes["worker"]]), "load, web MB": peak([processes["web"]])}
        _more_invoices(exported - Invoice.objects.count(), connection)
        lines = _exported(session, address)
        megabytes |= {"worker MB": peak([processes["worker"]]), "web MB": peak([processes["web"]])}
    assert lines == exported, (lines, exported)
    return {**loaded.figures(), **megabytes, "exported": lines, "reads": play.quickbooks.metered()}


def _more_invoices(count: int, connection: Connection) -> None:
    columns = {
        "connection_id": str(connection.pk),
        "external_id": "'more' || n",
        "number": "'MORE-' || n",
        "request_id": "gen_random_uuid()",
        "customer_name": "'Customer ' || n",
        "currency": "'USD'",
        "issued_on": "current_date",
        "total": "n",
    }
    insert(Invoice, count, columns)


def _exported(session: requests.Session, address: str) -> int:
    """Have all invoices exported as a person has, fetch the file in pieces; its lines, the heading aside."""
    page = session.get(f"{address}/lists/invoice/export/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None
    form = {"csrfmiddlewaretoken": token[1], "format": "csv"}
    answer = session.post(page.url, data=form, headers={"Referer": page.url})
    answer.raise_for_status()
    job = ListJob.objects.latest("pk")

    def done() -> bool:
        job.refresh_from_db()
        assert job.state != ListJob.State.FAILED, job.query
        return bool(job.state == ListJob.State.DONE)

    wait_until(done, seconds=PATIENCE, what="the export", every=0.2)
    return _lines_of(session.get(f"{address}/lists/jobs/{job.pk}/file/", stream=True))


def _lines_of(answer: requests.Response) -> int:
    answer.raise_for_status()
    return sum(piece.count(b"\n") for piece in answer.iter_content(CHUNK)) - 1


def _tenth(play: Play) -> dict[str, Any]:
    return _play(play, 10, FEW)


def _whole(play: Play) -> dict[str, Any]:
    return _play(play, 1, QUICKLY if play.quick else MANY)


def _lines(results: Mapping[str, Sequence[Figures]], _of: Of) -> list[Line]:
    tenth, whole = results["tenth"], results["whole"]
    exported = f"{middle(tenth, 'exported'):,.0f} and {middle(whole, 'exported'):,.0f} invoices"
    lines = []
    for name, what in (("worker MB", "worker"), ("web MB", "web")):
        ratio = middle(whole, name) / middle(tenth, name)
        measured = f"{spread(tenth, name, 'MB', 0)}; {spread(whole, name, 'MB', 0)}"
        goal = f"flat (within {FLAT - 1:.0%})"
        lines.append(
            Line(
                f"peak memory of {what}, first load and export of {exported}",
                measured,
                f"itself: {ratio:.2f}",
                goal,
                at_most(ratio, FLAT),
            )
        )
    return lines


ROW = Row("memory", [Variant("tenth", _tenth), Variant("whole", _whole)], _lines)
