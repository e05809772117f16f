"""Requests to addresses that people typed: inner ones are refused, however they are written; nothing runs away."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from core import outgoing

Answering = Callable[[BaseHTTPRequestHandler], None]


@contextlib.contextmanager
def listening(answer: Answering) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server on loopback that answers as told, and what it received."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            received.append({"path": self.path, "headers": dict(self.headers), "body": body})
            answer(self)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        server.server_close()


def says(status: int, body: bytes = b"ok", **headers: str) -> Answering:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: found)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://10.0.0.5/x",
        "https://192.168.1.1:8443/",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fd00::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://224.0.0.1/",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://user:secret@example.com/",
        "https://exa mple.com/",
        "https://example.com/\r\nX: y",
        "https://",
        "https://[::1",
        "gopher",
        "",
    ],
)
def test_such_addresses_are_refused_before_anything_is_asked(url: str) -> None:
    assert outgoing.problem_of(url)
    with pytest.raises(outgoing.NotAllowed):
        outgoing.post(url, b"{}", {})


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "::1", "fe80::1"])
def test_a_name_that_leads_inside_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, address)

    with pytest.raises(outgoing.NotAllowed, match="inside this network"):
        outgoing.post("https://looks-public.example/", b"{}", {})


def test_one_inner_address_among_public_ones_refuses_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "93.184.216.34", "127.0.0.1")

    with pytest.raises(outgoing.NotAllowed):
        outgoing.post("https://two-faced.example/", b"{}", {})


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    called: list[Any] = []

    def resolve(host: str, *_args: Any, **_more: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]

    def connect(address: Any, **_more: Any) -> Any:
        called.append(address)
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)

    with pytest.raises(outgoing.NoAnswer, match="could not be reached"):
        outgoing.post("https://hooks.example/", b"{}", {})

    assert asked == ["hooks.example"]
    assert called == [("93.184.216.34", 443)]


def test_an_allowed_host_gets_the_message_as_it_is() -> None:
    with listening(says(200, b"thanks")) as (url, received):
        answer = outgoing.post(f"{url}/hook?a=1", b'{"a": 1}', {"X-Key": "7"}, allowed=["127.0.0.1"])

    assert answer == outgoing.Answer(200, "thanks")
    (request,) = received
    assert (request["path"], request["body"]) == ("/hook?a=1", b'{"a": 1}')
    assert request["headers"]["Host"] == url.removeprefix("http://")
    assert request["headers"]["X-Key"] == "7"


def test_a_redirect_is_not_followed_and_the_wait_is_told() -> None:
    with listening(says(302, Location="http://127.0.0.1:1/", Retry_After="30")) as (url, received):
        answer = outgoing.post(url, b"{}", {}, allowed=["127.0.0.1"])

    assert (answer.status, answer.wait, len(received)) == (302, 30, 1)


def test_a_long_answer_is_cut_and_a_long_message_not_sent() -> None:
    with listening(says(200, b"x" * 100_000)) as (url, received):
        answer = outgoing.post(url, b"{}", {}, allowed=["127.0.0.1"])
        with pytest.raises(outgoing.NotAllowed, match="larger"):
            outgoing.post(url, b"x" * (outgoing.LARGEST_BODY + 1), {}, allowed=["127.0.0.1"])

    assert len(answer.body) == outgoing.LARGEST_ANSWER
    assert len(received) == 1


def test_a_server_that_drips_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "WHOLE_SECONDS", 0.3)
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while not stop.wait(0.05):
                handler.wfile.write(b"X-A: b\r\n")

    with listening(drip) as (url, _received):
        try:
            with pytest.raises(outgoing.NoAnswer):
                outgoing.post(url, b"{}", {}, allowed=["127.0.0.1"])
        finally:
            stop.set()


def test_a_server_that_speaks_something_else_is_no_answer() -> None:
    def garble(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")

    with listening(garble) as (url, _received), pytest.raises(outgoing.NoAnswer):
        outgoing.post(url, b"{}", {}, allowed=["127.0.0.1"])
