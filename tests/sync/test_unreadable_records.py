"""R18: one record that can't be read or stored stops no other, and stays visible until it is mended."""

import zlib

import msgspec
import pytest

from invoices.models import Invoice
from qbo_connector.mirror import merge, parse
from qbo_connector.models import MirrorObject, MirrorPayload, ParkedRecord
from sync.reconcile import run
from tests.quickbooks import read_company, sync_company

TIME = '"MetaData":{"LastUpdatedTime":"2026-01-01T00:00:00-08:00"}'


def page(*fields: str) -> bytes:
    objects = ",".join(f'{{"Id":"{number}",{TIME}{field}}}' for number, field in enumerate(fields, 1))
    return f'{{"QueryResponse":{{"Invoice":[{objects}]}},"time":"2026-01-01T00:00:00-08:00"}}'.encode("latin-1")


@pytest.mark.parametrize(
    "field",
    [r',"PrivateNote":"a\ud800b"', r',"DocNumber":"a\udc00"', ',"PrivateNote":"\xff"', r',"Name":"\\ud800\ud83d"'],
)
def test_a_broken_character_does_not_stop_its_page(field):
    answer = parse.read_answer(page("", field))

    assert [row.qbo_id for row in answer.rows] == ["1", "2"]
    assert all(parse.payload_of(row.body) for row in answer.rows)


def test_a_whole_character_of_two_halves_is_kept():
    answer = parse.read_answer(page(r',"DocNumber":"\ud83d\ude00","PrivateNote":"\ud800"'))

    assert answer.rows[0].name == "\N{GRINNING FACE}"


@pytest.mark.parametrize("field", [',"SyncToken":"99999999999999999999"', ',"TotalAmt":"NaN"', ',"Balance":"Infinity"'])
def test_a_number_that_no_column_holds_is_parked(field):
    answer = parse.read_answer(page("", field))

    assert [row.qbo_id for row in answer.rows] == ["1"]
    assert [record.qbo_id for record in answer.unreadable] == ["2"]


def test_seeing_a_parked_object_again_unchanged_does_not_hide_it(us_company, quickbooks):
    sync_company(us_company)
    found = MirrorObject.objects.filter(entity="Invoice").first()
    body = bytes(found.payload.body)
    merge.park(us_company, [parse.Unreadable("Invoice", found.qbo_id, "TotalAmt is missing.", body)])
    row = parse.read_object("Invoice", zlib.decompress(body))

    merge.release(us_company, [row])
    assert ParkedRecord.objects.get().resolved_at is None

    changed = parse.read_object("Invoice", zlib.decompress(body).replace(b'"Id"', b' "Id"', 1))
    merge.release(us_company, [changed])
    assert ParkedRecord.objects.get().resolved_at is not None


def test_a_row_that_no_column_holds_is_parked_and_the_rest_is_applied(us_company, quickbooks):
    read_company(us_company)
    found = MirrorObject.objects.filter(entity="Invoice").order_by("id")[3]
    too_long = parse.payload_of(bytes(found.payload.body)) | {"SalesTermRef": {"value": "9" * 60}}
    body = zlib.compress(msgspec.json.Encoder(decimal_format="number").encode(too_long))
    MirrorPayload.objects.filter(mirror=found).update(body=body)

    while not run.reconcile(us_company):
        pass

    assert not MirrorObject.objects.filter(unread=True).exists()
    assert ParkedRecord.objects.get().qbo_id == found.qbo_id
    assert Invoice.objects.count() == MirrorObject.objects.filter(entity="Invoice").count() - 1
