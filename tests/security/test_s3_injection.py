"""S3: statements, patterns, files and requests that are meant to become something else or to take forever."""

# ruff: noqa: PLC0415 -- models need Django set up

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import outgoing
from core.conditions.registry import fields_of
from core.tables.sheets import csv_lines, safe
from tests import makers
from tests.core.test_outgoing import listening, says

HOSTILE = [
    "'; DROP TABLE crm_company; --",
    "' OR 1=1 --",
    "\\'; SELECT pg_sleep(5); --",
    "%' AND (SELECT 1 FROM pg_sleep(5)) IS NOT NULL --",
    "$$; $$",
    "\x00",
    "1e400",
    "99999999999999999999999999",
    "-1",
    "NaN",
    '{"$gt": ""}',
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "a" * 20_000,
    "%" * 2_000,
    "\u202e\u0000",
]


@pytest.fixture
def admin(db):
    return makers.user("Admin", "admin@example.com")


@pytest.fixture
def browser(admin):
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    return client


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_values_stay_values_in_filters_and_searches(browser, text):
    """In the search, in each list's own search, sorting and paging, and as a value of every kind of field."""
    began = time.process_time()
    asked = [reverse("core:search"), reverse("core:palette"), reverse("sync:health-records")]
    asked += [reverse(f"crm:{kind}-list") for kind in ("company", "contact", "deal")]
    asked += [reverse("invoices:invoice-list"), reverse("invoices:payment-list")]
    for address in asked:
        for names in (("q",), ("sort", "after", "view", "owner", "filter", "page")):
            answer = browser.get(address, dict.fromkeys(names, text))
            assert answer.status_code < 500, (address, names)
    for kind in ("company", "deal", "invoice"):
        for field in list(fields_of(kind).values())[HOSTILE.index(text) :: 15]:
            condition = {"all": [{"field": field.name, "op": "is", "value": text}]}
            answer = browser.post(f"/conditions/{kind}/count/", {"condition": json.dumps(condition)})
            assert answer.status_code < 500, (kind, field.name)
    assert time.process_time() - began < 60


def test_no_filter_takes_longer_for_a_longer_text(browser):
    """What regular expressions of ours read may be long: the time grows with the length, not with its square."""
    from core.redaction import without_secrets

    texts = ["a" * 50_000, "a@" * 25_000, "://" * 15_000, " " * 50_000, "{{" * 25_000, "=" * 50_000, "bearer " * 7_000]
    for text in texts:
        began = time.process_time()
        without_secrets(text)
        assert time.process_time() - began < 1.5, text[:10]
    for text in (*texts, "+49 " * 10_000, "1." * 25_000, "a." * 25_000 + "@"):
        began = time.process_time()
        browser.post(
            reverse("crm:company-create"), dict.fromkeys(("name", "domain", "email", "phone", "website"), text)
        )
        assert time.process_time() - began < 5, text[:10]


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", "\x00=", "\uff1d", "\uff0b", " =", "\xa0=", "\ufeff="]
)
def test_a_cell_never_begins_as_a_formula(start):
    assert safe(f"{start}1+1").startswith("'")
    assert csv_lines([[f'{start}"1+1",x']]).startswith("\"'")


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0177.0.0.1", "0x7f.1", "127.1", "0", "[::ffff:7f00:1]", "[::ffff:169.254.169.254]", "localhost.",
     "[fe80::1%25eth0]", "100.64.0.1", "198.18.0.1", "192.0.2.1", "255.255.255.255", "[::]", "[ff02::1]"],
)  # fmt: skip
def test_inner_addresses_are_refused_however_they_are_written(host):
    """Also the notations that a resolver turns into an address: decimal, octal, hexadecimal, short."""
    with pytest.raises((outgoing.NotAllowed, outgoing.NoAnswer)):
        outgoing.post(f"https://{host}/", b"{}", {})


def test_a_name_that_changes_its_mind_is_asked_once(monkeypatch):
    """DNS rebinding: public at the first look, inner at the second. There is no second look."""
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    connected: list[Any] = []
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_a, **_k: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 443))]
    )

    def connect(address, **_more):
        connected.append(address[0])
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket, "create_connection", connect)

    with pytest.raises(outgoing.NoAnswer):
        outgoing.post("https://rebinding.example/", b"{}", {})

    assert connected == ["93.184.216.34"]
    assert next(answers) == "127.0.0.1", "it was asked once"


def test_a_header_of_two_lines_is_not_sent():
    with listening(says(200)) as (url, received):
        with pytest.raises(outgoing.NoAnswer):
            outgoing.post(url, b"{}", {"X-Name": "a\r\nX-Other: b"}, allowed=["127.0.0.1"])
        assert received == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    """A server on loopback with a certificate of its own, on a host that is allowed to be inside."""
    from tests.security.certificates import own_certificate

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate(tmp_path))
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                plain, _address = server.accept()
                with context.wrap_socket(plain, server_side=True) as secure:
                    received.append(secure.recv(1000))
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        with pytest.raises(outgoing.NoAnswer, match="certificate"):
            outgoing.post(f"https://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, allowed=["127.0.0.1"])
    assert received == []


def test_documents_that_define_entities_are_refused():
    from qbo_connector import errors

    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><IntuitResponse>&b;</IntuitResponse>'
    outside = (
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><IntuitResponse><Fault>&a;</Fault></IntuitResponse>'
    )

    assert errors.faults_in(bomb) == errors.faults_in(outside) == []


def test_an_archive_in_an_archive_and_a_path_out_of_it_are_no_workbook():
    from core.files import BadFile
    from crm.imports import sheet_files

    for name in ("../../etc/passwd", "/etc/passwd", "x.zip"):
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, b"0" * 1_000_000)
        with pytest.raises(BadFile):
            sheet_files.sheet_names(buffer.getvalue())


def test_no_message_of_the_broker_can_run_code(settings):
    from crm_sync.celery import app

    assert set(app.conf.accept_content) == {"json"}
    assert (app.conf.task_serializer, settings.SESSION_SERIALIZER) == (
        "json",
        "django.contrib.sessions.serializers.JSONSerializer",
    )


def test_a_form_takes_no_field_that_it_does_not_show(browser, admin):
    """Mass assignment: fields of the row that nobody is asked for are not written, by forms and by the API."""
    from accounts.models import User
    from crm.models import Company
    from tests.api.programs import Program

    rep = makers.user()
    client = Client()
    client.force_login(rep)
    taken = {"id": "4000", "pk": "4000", "archived_at": "2020-01-01", "created_at": "2001-01-01", "merged_into": "1"}
    client.post(reverse("crm:company-create"), {"name": "Typed Ltd", **taken})
    company = Company.objects.get(name="Typed Ltd")
    assert company.pk != 4000
    assert (company.archived_at, company.created_at.year > 2001) == (None, True)

    client.post(
        reverse("accounts:profile"),
        {"name": "Rep", "email": rep.email, "role": admin.role_id, "is_active": "0", "is_staff": "1", "password": "x"},
    )
    fresh = User.objects.get(pk=rep.pk)
    assert (fresh.role_id, fresh.is_active, fresh.password) == (rep.role_id, True, rep.password)

    program = Program(rep)
    for unknown in ("id", "created_at", "archived_at", "permissions", "__proto__"):
        answer = program.post("companies", {"name": "By API", unknown: 4000})
        assert answer.status_code in (400, 422), (unknown, answer.status_code)
    assert not Company.objects.filter(name="By API").exists()


def test_strangers_who_guess_signatures_are_slowed_down(client, db, settings):
    from django.core.cache import cache

    from qbo_connector.views.webhooks import MOST_WRONG

    cache.clear()
    url, body = reverse("qbo_connector:webhook"), b'{"eventNotifications": []}'
    right = base64.b64encode(hmac.new(settings.QBO_WEBHOOK_VERIFIER.encode(), body, hashlib.sha256).digest()).decode()

    def post(signature: str, address: str = "203.0.113.9") -> Any:
        sent = {"intuit-signature": signature}
        return client.post(url, body, content_type="application/json", headers=sent, REMOTE_ADDR=address)

    assert {post("wrong").status_code for _turn in range(MOST_WRONG)} == {401}
    slowed = post("wrong")
    assert (slowed.status_code, slowed["Retry-After"]) == (429, "60")
    assert post(right, "203.0.113.10").status_code == 200
    cache.clear()
    assert {post(right).status_code for _turn in range(MOST_WRONG + 5)} == {200}
