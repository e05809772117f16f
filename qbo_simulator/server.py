"""The simulator as a server: threads, keep-alive, and sockets that can be broken on purpose."""

from __future__ import annotations

import contextlib
import http
import socket
import socketserver
import struct
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from qbo_simulator.api.bodies import LARGEST, packed
from qbo_simulator.application import Application
from qbo_simulator.wire import DropConnection, Request, Response

_LONGEST_LINE = 65536
_MOST_HEADERS = 200


_PACKED = ("application/json", "application/xml", "text/")


class _BadRequest(Exception):
    """The bytes are not HTTP, or more than is taken; the text says which."""

    status = 400


class _TooLarge(_BadRequest):
    status = 413


class _Connection(socketserver.StreamRequestHandler):
    """One kept-alive connection; requests on it are served one after the other."""

    disable_nagle_algorithm = True
    timeout = 120
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while self._serve_one():
                pass

    def _serve_one(self) -> bool:
        """Serve one request and say whether the connection stays open."""
        try:
            request = self._read()
        except _BadRequest as error:
            phrase = http.HTTPStatus(error.status).phrase
            self._write(Response(error.status, phrase.encode(), "text/plain"), keep=False)
            return False
        if request is None:
            return False
        keep = "close" not in [word.strip() for word in request.headers.get("connection", "").lower().split(",")]
        try:
            response = self.server.application.serve(request)
        except DropConnection:
            self._reset()
            return False
        if response.cut is not None:
            self._write(response, keep=False)
            self._reset()
            return False
        if response.content_type.startswith(_PACKED):
            response.body, encoding = packed(response.body, request.headers.get("accept-encoding", ""))
            if encoding:
                response.headers["Content-Encoding"] = encoding
                response.headers["Vary"] = "Accept-Encoding"
        self._write(response, keep=keep, head_only=request.method == "HEAD")
        return keep

    def _read(self) -> Request | None:
        line = self.rfile.readline(_LONGEST_LINE)
        if not line:
            return None
        parts = line.decode("latin-1").split()
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise _BadRequest
        headers: dict[str, str] = {}
        while (line := self.rfile.readline(_LONGEST_LINE)) not in (b"\r\n", b"\n", b""):
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise _BadRequest
            key = name.strip().lower()
            headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
            if len(headers) > _MOST_HEADERS:
                raise _TooLarge
        if parts[2] == "HTTP/1.0":
            headers.setdefault("connection", "close")
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Request(parts[0].upper(), parts[1], headers, self._read_body(headers))

    def _read_body(self, headers: dict[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            pieces, total = [], 0
            while size := self._chunk_size():
                total += size
                if total > LARGEST:
                    raise _TooLarge
                pieces.append(self.rfile.read(size))
                self.rfile.readline(_LONGEST_LINE)
            while self.rfile.readline(_LONGEST_LINE) not in (b"\r\n", b"\n", b""):
                pass
            return b"".join(pieces)
        length = headers.get("content-length", "0")
        if not length.isdecimal():
            raise _BadRequest
        if int(length) > LARGEST:
            raise _TooLarge
        body = self.rfile.read(int(length)) if length != "0" else b""
        if len(body) != int(length):
            raise ConnectionError("the client went away")
        return body

    def _chunk_size(self) -> int:
        try:
            size = int(self.rfile.readline(_LONGEST_LINE).split(b";")[0], 16)
        except ValueError as error:
            raise _BadRequest from error
        if size < 0:
            raise _BadRequest
        return size

    def _write(self, response: Response, *, keep: bool, head_only: bool = False) -> None:
        try:
            phrase = http.HTTPStatus(response.status).phrase
        except ValueError:
            phrase = "Unknown"
        head = [f"HTTP/1.1 {response.status} {phrase}", f"Content-Length: {len(response.body)}"]
        if response.content_type:
            head.append(f"Content-Type: {response.content_type}")
        head += [f"{name}: {value}" for name, value in response.headers.items()]
        head.append("Connection: keep-alive" if keep else "Connection: close")
        body = b"" if head_only else response.body[: response.cut] if response.cut is not None else response.body
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1", "replace") + body)

    def _reset(self) -> None:
        """Break the connection so that the client sees a reset, not an orderly end."""
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], application: Application) -> None:
        self.application = application
        self.connections: set[socket.socket] = set()
        super().__init__(address, _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients come and go; the application reports its own errors."""


class Simulator:
    """A running simulator: ``with Simulator(directory) as simulator: simulator.url``."""

    def __init__(
        self,
        data_dir: Path | str,
        port: int = 0,
        companies: Sequence[str] | None = None,
        *,
        host: str = "127.0.0.1",
        keep_dates: bool = False,
        clients: dict[str, str] | None = None,
    ) -> None:
        self.application = Application(Path(data_dir), companies=companies, keep_dates=keep_dates, clients=clients)
        try:
            self._server = _Server((host, port), self.application)
        except OSError:
            self.application.close()
            raise
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL, without a slash at the end."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> Simulator:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="qbo-simulator", daemon=True
        )
        self._thread.start()
        return self

    def serve_forever(self) -> None:
        """Serve in this thread until ``stop`` is called from another one."""
        self._server.serve_forever(0.2)

    def stop(self) -> None:
        """Stop serving, end all connections and close the store."""
        self._server.shutdown()
        if self._thread is not None:
            self._thread.join()
        self._server.server_close()
        for connection in list(self._server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.application.close()

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
