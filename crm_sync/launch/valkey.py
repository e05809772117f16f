"""The embedded Valkey server."""

import signal
import socket
from pathlib import Path

from crm_sync.launch import binaries, leftovers
from crm_sync.launch.refusals import CannotStart
from crm_sync.launch.servers import Server

DATABASES = 64


class Valkey(Server):
    """A server that keeps what it is told (append-only file) and refuses rather than forgets when memory is short."""

    name = "Valkey"
    socket_name = "valkey.sock"
    stop_signal = signal.SIGINT
    space_needed = (50, 50)

    def __init__(self, folder: Path, *, durable: bool = True, socket_folder: Path | None = None) -> None:
        super().__init__(folder, durable=durable, socket_folder=socket_folder)
        self.program = binaries.valkey_program()

    @property
    def socket(self) -> Path:
        """The socket's path."""
        return self.socket_folder / self.socket_name

    @property
    def url(self) -> str:
        """In redis-py's and Django's spelling."""
        return f"unix://{self.socket}"

    def command(self) -> list[str]:
        """``valkey-server`` with all its settings; there is no configuration file."""
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "pidfile": str(self.data / "valkey.pid"),
            "daemonize": "no",
            "databases": str(DATABASES),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "maxmemory-policy": "noeviction",
        }
        return [str(self.program), *(part for name, value in settings.items() for part in (f"--{name}", value))]

    def start(self) -> None:
        """Start the server; an unreadable append-only file is put aside, since PostgreSQL is the queue of record."""
        try:
            super().start()
        except CannotStart:
            kept = self.data / "appendonlydir"
            if not kept.is_dir():
                raise
            kept.rename(self._free_name(kept))
            super().start()

    def answers(self) -> bool:
        """Whether PING is answered with PONG (and not with "loading")."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(2)
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def stop_leftover(self) -> bool:
        """See Server. The socket's path is in the process title and on the command line."""
        return leftovers.stop_leftover(self.data / "valkey.pid", str(self.socket), self.stop_signal)

    def _prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)

    @staticmethod
    def _free_name(path: Path) -> Path:
        number = 1
        while (candidate := path.with_name(f"{path.name}.unreadable-{number}")).exists():
            number += 1
        return candidate
