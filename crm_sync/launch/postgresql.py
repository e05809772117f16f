"""The embedded PostgreSQL server."""

import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg2

from crm_sync.launch import binaries, leftovers, privileges
from crm_sync.launch.refusals import CannotStart
from crm_sync.launch.servers import Server, environment, hand_over

MAX_CONNECTIONS = 100
# What only a throw-away server may do: lose everything in a power cut.
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class PostgreSQL(Server):
    """A cluster with the superuser and the database ``crm``, reachable by whoever may enter its socket folder."""

    name = "PostgreSQL"
    socket_name = ".s.PGSQL.5432"
    refuses_root = True
    stop_signal = signal.SIGINT  # "fast": ends the sessions, then writes everything down

    def __init__(self, folder: Path, *, durable: bool = True, socket_folder: Path | None = None) -> None:
        super().__init__(folder, durable=durable, socket_folder=socket_folder)
        self.programs = binaries.postgres_folder()

    @property
    def url(self) -> str:
        """In the form that every parser of database addresses takes."""
        return f"postgres://crm@/crm?host={self.socket_folder}"

    @property
    def version(self) -> int:
        """The major version."""
        return binaries.postgres_major(self.programs)

    def command(self) -> list[str]:
        """``postgres`` with its settings; the data directory holds none of ours."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "max_connections": str(MAX_CONNECTIONS),
            "jit": "off",
        }
        if not self.durable:
            settings |= NOT_DURABLE
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.data), *options]

    def answers(self) -> bool:
        """Whether a session can be opened; makes the database ``crm`` with the first one."""
        try:
            session = psycopg2.connect(host=str(self.socket_folder), user="crm", dbname="postgres", connect_timeout=5)
        except psycopg2.OperationalError:
            return False
        session.autocommit = True
        try:
            with session.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'crm'")
                if cursor.fetchone() is None:
                    cursor.execute("CREATE DATABASE crm")
        finally:
            session.close()
        return True

    def stop_leftover(self) -> bool:
        """See Server. A new postmaster refuses to start when the number in the file is in use by anybody."""
        return leftovers.stop_leftover(self.data / "postmaster.pid", str(self.data), self.stop_signal, signal.SIGQUIT)

    def _prepare(self) -> None:
        marker = self.data / "PG_VERSION"
        if not marker.exists():
            self._make_cluster()
        found = int(marker.read_text())
        if found != self.version:
            raise CannotStart(
                f"The data in {self.data} were written by PostgreSQL {found}, and this is PostgreSQL {self.version}. "
                "`make demo-reset` starts the demo over; to keep the data, dump them with the old version and load "
                "them with the new one."
            )

    def _make_cluster(self) -> None:
        # Made beside and renamed: a data directory is complete or not there.
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if self._runs_as_nobody():
            hand_over(unfinished)
        # Where C.UTF-8 is unknown (macOS), plain C knows upper and lower case of ASCII only.
        for locale in ("C.UTF-8", "C"):
            command = [str(self.programs / "initdb"), "-D", str(unfinished), "-U", "crm", "--auth=trust", "-N"]
            command += [f"--locale={locale}", "--encoding=UTF8"]
            try:
                answer = subprocess.run(
                    command,
                    capture_output=True,
                    text=True,
                    check=False,
                    env=environment(),
                    cwd=unfinished,
                    **privileges.spawn_options(death_signal=signal.SIGKILL, unprivileged=True),
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise CannotStart(self._root_sentence(str(error))) from error
            if answer.returncode == 0 or "invalid locale" not in answer.stderr:
                break
        if answer.returncode != 0:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise CannotStart(self._root_sentence(answer.stderr.strip()))
        with suppress(OSError):
            self.data.rmdir()
        unfinished.rename(self.data)
