"""Private PostgreSQL and Valkey servers, as children of this process, on Unix sockets only.

Used by the launcher and by the tests. Start them in the main thread (see ``privileges``).
"""

import hashlib
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from crm_sync.launch import privileges
from crm_sync.launch.refusals import CannotStart

# A socket's path has to fit into sockaddr_un (108 bytes with its end mark on Linux, 104 on macOS).
LONGEST_SOCKET_PATH = 103
START_PATIENCE = 60.0
STOP_PATIENCE = 20.0
MEGABYTE = 1024 * 1024


class Server:
    """A server program with its data under ``folder``; subclasses say what to start and when it answers."""

    name = "server"
    socket_name = "socket"
    stop_signal = signal.SIGTERM
    refuses_root = False
    # What has to be free on the disk before the first and before a later start, in MB.
    space_needed = (300, 50)

    def __init__(self, folder: Path, *, durable: bool = True, socket_folder: Path | None = None) -> None:
        self.folder = folder.resolve()
        self.durable = durable
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.socket_folder = socket_folder or socket_folder_for(self.data, self.socket_name)
        self.process: subprocess.Popen[bytes] | None = None
        self.owns_socket_folder = False

    @property
    def url(self) -> str:
        """Where clients find the server."""
        raise NotImplementedError

    def start(self) -> None:
        """Start the server and wait until it answers. Raises CannotStart with a sentence."""
        self.folder.mkdir(parents=True, exist_ok=True)
        check_free_space(self.folder, self.space_needed[self.data.is_dir()])
        try:
            self._make_socket_folder()
            self.stop_leftover()
            self._prepare()
            self._spawn()
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and remove its socket; data stay. Does nothing when it does not run."""
        if self.process is not None:
            for number, patience in ((self.stop_signal, STOP_PATIENCE), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
                with suppress(ProcessLookupError):
                    self.process.send_signal(number)
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(patience)
                    break
            self.process = None
        if self.owns_socket_folder:
            shutil.rmtree(self.socket_folder, ignore_errors=True)

    def kill(self) -> None:
        """Kill the server as a crash or power cut would, leaving everything as it lies."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def command(self) -> list[str]:
        """The command line of the server."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether the server takes connections."""
        raise NotImplementedError

    def stop_leftover(self) -> bool:
        """End the server that a killed run left on these data, and remove its pid file; True if one was running."""
        raise NotImplementedError

    def _prepare(self) -> None:
        """Make the data directory where there is none, check it where there is one."""

    def _spawn(self) -> None:
        options = privileges.spawn_options(death_signal=self.stop_signal, unprivileged=self.refuses_root)
        if self._runs_as_nobody():
            hand_over(self.data)
        with self.log.open("wb") as log:
            try:
                self.process = subprocess.Popen(
                    self.command(), stdout=log, stderr=subprocess.STDOUT, cwd=self.data, env=environment(), **options
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise CannotStart(self._root_sentence(str(error))) from error

    def _wait(self) -> None:
        deadline = time.monotonic() + START_PATIENCE
        while not self.answers():
            if not self.running:
                raise CannotStart(f"{self.name} did not start. The end of {self.log}:\n{self.log_end()}")
            if time.monotonic() > deadline:
                raise CannotStart(f"{self.name} did not answer within {START_PATIENCE:.0f} s; see {self.log}.")
            time.sleep(0.02)

    def log_end(self, lines: int = 8) -> str:
        """The last lines of the server's log, indented."""
        with suppress(OSError):
            return "\n".join(f"    {line}" for line in self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def _root_sentence(self, reason: str) -> str:
        if not self._runs_as_nobody():
            return f"{self.name} could not be started: {reason}."
        return (
            f"{self.name} does not run as root, and this machine allows root no user namespace and no change of user "
            f"({reason}). Run it as an ordinary user, or move the project to a folder that every user can read, "
            "or set DATABASE_URL and REDIS_URL to running servers."
        )

    def _make_socket_folder(self) -> None:
        with suppress(FileExistsError):
            self.socket_folder.mkdir(mode=0o700)
        found = self.socket_folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), privileges.NOBODY):
            raise CannotStart(
                f"{self.socket_folder} belongs to somebody else. Remove it, or set TMPDIR to another folder."
            )
        self.owns_socket_folder = True
        if self._runs_as_nobody():
            hand_over(self.socket_folder)

    def _runs_as_nobody(self) -> bool:
        return self.refuses_root and privileges.unprivileged_mode() == "nobody"


def socket_folder_for(data: Path, socket_name: str) -> Path:
    """A short folder for the socket of the server with these data, always the same one. Raises CannotStart."""
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    places = [tempfile.gettempdir(), "/tmp"]  # noqa: S108 -- the folder itself is private and checked for its owner
    if os.geteuid() != 0:
        # Root's may be closed to the user that PostgreSQL runs as.
        places.insert(0, os.environ.get("XDG_RUNTIME_DIR", ""))
    for place in filter(None, places):
        folder = Path(place) / f"crm-sync-{digest}"
        if os.access(place, os.W_OK) and len(os.fsencode(folder / socket_name)) <= LONGEST_SOCKET_PATH:
            return folder
    raise CannotStart("There is no folder with a short enough path for the servers' sockets. Set TMPDIR to one.")


def check_free_space(folder: Path, megabytes: int) -> None:
    """Raise CannotStart when fewer than ``megabytes`` are free on the disk of ``folder``."""
    free = shutil.disk_usage(folder).free // MEGABYTE
    if free < megabytes:
        raise CannotStart(
            f"The disk with {folder} has {free} MB free and needs to have {megabytes} MB. Make room and start again."
        )


def hand_over(folder: Path) -> None:
    """Give a folder and all that is in it to the user that PostgreSQL runs as where root has no namespace."""
    for parent, folders, files in os.walk(folder):
        for entry in ("", *folders, *files):
            os.lchown(os.path.join(parent, entry), privileges.NOBODY, privileges.NOBODY)


def environment() -> dict[str, str]:
    """The environment of a server: nothing of the caller's PostgreSQL settings, English messages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
