"""HTTP as clients really speak it."""

import gzip
import json
import socket
import zlib
from urllib.parse import urlsplit

import pytest
import requests


def talk(url: str, *pieces: bytes, pause: bool = False) -> bytes:
    """Send bytes and return everything that comes until the server closes."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        for piece in pieces:
            connection.sendall(piece)
            if pause:
                assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
                pause = False
        found = b""
        while chunk := connection.recv(65536):
            found += chunk
    return found


def head(us, method: str, path: str, *lines: str, version: str = "1.1") -> bytes:
    start = [f"{method} /v3/company/{us.realm}/{path} HTTP/{version}", "Host: localhost", "Accept: application/json"]
    start += [f"Authorization: {us.headers['Authorization']}", "Content-Type: application/json", *lines, "", ""]
    return "\r\n".join(start).encode()


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate", "gzip"),
        ("gzip;q=1.0,deflate;q=0.6,identity;q=0.3", "gzip"),
        ("deflate", "deflate"),
        ("gzip;q=0, deflate", "deflate"),
        ("identity", None),
        ("", None),
    ],
)
def test_long_answers_are_compressed_where_the_client_can(us, accepted, encoding):
    answer = us.raw("GET", "query?query=select * from Customer", headers={"Accept-Encoding": accepted}, stream=True)

    raw = answer.raw.read(decode_content=False)
    assert answer.headers.get("Content-Encoding") == encoding
    assert int(answer.headers["Content-Length"]) == len(raw)
    plain = gzip.decompress(raw) if encoding == "gzip" else zlib.decompress(raw) if encoding else raw
    assert len(json.loads(plain)["QueryResponse"]["Customer"]) == 29


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body)[2:-4]),
        ("identity", bytes),
    ],
)
def test_requests_may_be_compressed(us, encoding, pack):
    body = pack(json.dumps({"DisplayName": "Packed"}).encode())
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}

    answer = us.raw("POST", "customer", data=body, headers=headers)

    assert answer.json()["Customer"]["DisplayName"] == "Packed"


def test_broken_and_unknown_compressions_are_refused(us):
    kinds = {"gzip": "2010", "br": "500"}
    for kind, code in kinds.items():
        headers = {"Content-Encoding": kind, "Content-Type": "application/json"}
        answer = us.raw("POST", "customer", data=b"{}", headers=headers)
        assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, code)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/octet-stream"])
def test_a_wrong_content_type_is_refused_as_recorded(us, kind):
    answer = us.raw("POST", "customer", data=b'{"DisplayName":"x"}', headers={"Content-Type": kind})

    assert answer.status_code == 400
    assert answer.json()["Fault"] == {
        "Error": [
            {
                "Message": "Unsupported Operation",
                "Detail": "Operation Cannot consume content type is not supported.",
                "code": "500",
                "element": "",
            }
        ],
        "type": "ValidationFault",
    }


def test_json_by_any_of_its_names(us):
    for number, kind in enumerate(("application/json", "application/json; charset=utf-8", "text/json", "")):
        answer = us.raw(
            "POST", "customer", data=f'{{"DisplayName":"n{number}"}}', headers={"Content-Type": kind or None}
        )
        assert answer.status_code == 200, kind


def test_methods(us):
    read = us.raw("HEAD", "customer/1")
    assert (read.status_code, read.content) == (200, b"")
    assert int(read.headers["Content-Length"]) > 500
    options = us.raw("OPTIONS", "customer")
    assert (options.status_code, options.headers["Allow"]) == (200, "GET, HEAD, POST, OPTIONS")
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        answer = us.raw(method, "customer/1")
        assert answer.status_code == 400
        assert answer.json()["Fault"]["Error"][0]["Detail"] == f"Operation {method} is not supported."


def test_addresses_that_do_not_exist(us):
    for path in ("nothing/1", "nothing", "customer/1/2/3", "reports"):
        answer = us.raw("GET", path)
        assert answer.status_code == 404, path
        assert answer.json()["Fault"]["type"] == "SystemFault"
    assert requests.get(f"{us.url}/v3/nothing", headers=us.headers, timeout=5).status_code in (401, 403, 404)


def test_doubled_slashes_trailing_slashes_and_any_case(us):
    for path in ("customer/1/", "/customer//1", "Customer/1", "CUSTOMER/1?minorversion=4&MinorVersion=75"):
        assert us.raw("GET", path).json()["Customer"]["Id"] == "1", path


def test_chunks_and_a_client_that_waits(us):
    body = b'{"DisplayName":"In pieces"}'
    pieces = (
        b"".join(b"%x;ext=1\r\n%s\r\n" % (len(part), part) for part in (body[:5], body[5:]))
        + b"0\r\nTrailer: x\r\n\r\n"
    )
    found = talk(us.url, head(us, "POST", "customer", "Transfer-Encoding: chunked", "Connection: close"), pieces)
    assert b'"DisplayName":"In pieces"' in found

    body = b'{"DisplayName":"After waiting"}'
    lines = (f"Content-Length: {len(body)}", "Expect: 100-continue", "Connection: close")
    found = talk(us.url, head(us, "POST", "customer", *lines), body, pause=True)
    assert found.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"DisplayName":"After waiting"' in found


def test_connections_are_kept_and_closed_as_asked(us):
    request = head(us, "GET", "term/1")
    last = head(us, "GET", "term/2", "Connection: TE, close")
    found = talk(us.url, request + request + last)
    assert found.count(b"HTTP/1.1 200 OK") == 3
    assert found.count(b"Connection: keep-alive") == 2
    assert talk(us.url, head(us, "GET", "term/1", version="1.0")).count(b"Connection: close") == 1
    kept = head(us, "GET", "term/1", "Connection: keep-alive", version="1.0")
    assert talk(us.url, kept + last).count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    ("bytes_sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(300)) + b"\r\n", 413),
    ],
)
def test_bytes_that_are_no_request_end_the_connection(us, bytes_sent, status):
    assert talk(us.url, bytes_sent).startswith(b"HTTP/1.1 %d " % status)


def test_a_large_document(us, line):
    lines = [line(1, Qty=1, UnitPrice=1) | {"Description": "x" * 500} for _ in range(700)]

    made = us.post("Invoice", {"CustomerRef": {"value": "1"}, "Line": lines})

    assert made["TotalAmt"] >= 700
    assert len(us.get("Invoice", made["Id"])["Line"]) == 701


def test_every_answer_has_a_trace_id(us):
    answers = [
        us.raw("GET", "term/1"),
        us.raw("GET", "term/99"),
        us.raw("GET", "term/1", headers={"Authorization": ""}),
    ]

    assert len({answer.headers["intuit_tid"] for answer in answers}) == 3
