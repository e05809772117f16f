"""One running installation: its servers and processes, from the first start to the last one stopped."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from crm_sync.launch import health
from crm_sync.launch.leftovers import take_lock
from crm_sync.launch.postgresql import PostgreSQL
from crm_sync.launch.processes import LogFollower, Process, Restarts, TooManyRestarts, procfile_commands
from crm_sync.launch.refusals import CannotStart
from crm_sync.launch.servers import Server
from crm_sync.launch.valkey import Valkey

HEALTH_PATIENCE = 90.0
WATCH_EVERY = 15.0
# A worker can stop taking messages after its broker restarted: it is replaced after that many bad answers.
BAD_ANSWERS = 4


class Installation:
    """Everything that runs for one state folder (``var/demo`` or ``var/run``)."""

    def __init__(self, folder: Path, title: str, *, stream: bool) -> None:
        self.folder = folder
        self.title = title
        self.stream = stream
        self.servers: list[Server] = []
        self.processes: list[Process] = []
        self.follower = LogFollower([])
        self.restarts = Restarts()
        self.bad_answers = 0
        self.stack = ExitStack()

    def lock(self) -> None:
        """Become the only launcher of this folder, and end what a killed one left. Raises CannotStart."""
        self.stack.enter_context(take_lock(self.folder / "run" / "launcher.lock", self.title))
        for name in (*procfile_commands(), "simulator"):
            if Process(name, ["python"], env={}, folder=self.folder).stop_leftover():
                print(f"  Stopped the {name} process that an earlier run had left.")

    def start_servers(self) -> dict[str, str]:
        """Start the servers that the environment does not name; the addresses of all of them."""
        addresses = {}
        for variable, name, server_class in (
            ("DATABASE_URL", "postgres", PostgreSQL),
            ("REDIS_URL", "valkey", Valkey),
        ):
            if os.environ.get(variable):
                print(f"  Using {variable} of the environment.")
                addresses[variable] = os.environ[variable]
                continue
            server = server_class(self.folder / name)
            self.step(f"Starting {server.name}", server.start)
            self.servers.append(server)
            addresses[variable] = server.url
        return addresses

    def run_once(self, label: str, command: list[str], env: dict[str, str]) -> None:
        """Run a command to its end. Raises CannotStart with what it said when it fails."""
        process = Process(label.lower().replace(" ", "-"), command, env=env, folder=self.folder)

        def run() -> None:
            process.start()
            if process.wait() != 0:
                raise CannotStart(f"{label} failed:\n{process.log_end()}\nThe whole log: {process.log}")

        self.step(label, run)

    def start_process(self, name: str, command: list[str], env: dict[str, str]) -> Process:
        """Start a process that has to stay up."""
        process = Process(name, command, env=env, folder=self.folder)
        process.start()
        self.processes.append(process)
        return process

    def wait_until(self, label: str, ready: Callable[[], bool]) -> None:
        """Wait until ``ready``, as long as all processes live. Raises CannotStart."""

        def wait() -> None:
            deadline = time.monotonic() + HEALTH_PATIENCE
            while not ready():
                for process in self.processes:
                    if not process.running:
                        raise CannotStart(
                            f"The {process.name} process ended with code {process.exit_code}:\n{process.log_end()}"
                        )
                if time.monotonic() > deadline:
                    raise CannotStart(
                        f"Not ready after {HEALTH_PATIENCE:.0f} s; see the logs in {self.folder / 'logs'}."
                    )
                time.sleep(0.25)

        self.step(label, wait)

    def step(self, label: str, action: Callable[[], object]) -> None:
        """Do one step of the start and print how long it took."""
        started = time.monotonic()
        print(f"  {label} ...", end="", flush=True)
        try:
            action()
        except BaseException:
            print(flush=True)
            raise
        print(f" {time.monotonic() - started:.1f} s", flush=True)

    def watch(self, port: int) -> None:
        """Until a signal ends it: restart what dies or no longer works. Raises CannotStart when that is in vain."""
        self.follower = LogFollower(self.processes if self.stream else [])
        next_look = time.monotonic() + WATCH_EVERY
        while True:
            self.follower.print_new()
            self._restart_dead()
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + WATCH_EVERY
                self.replace_stuck(health.product_health(port))
            time.sleep(0.3)

    def replace_stuck(self, state: dict[str, bool]) -> None:
        """Restart worker and beat when database and broker answered several times and no heartbeat came through."""
        stuck = state.get("database") and state.get("broker") and not state.get("heartbeat")
        self.bad_answers = self.bad_answers + 1 if stuck else 0
        if self.bad_answers < BAD_ANSWERS:
            return
        self.bad_answers = 0
        print("  No heartbeat comes through: restarting worker and beat.", flush=True)
        for process in self.processes:
            if process.name in ("worker", "beat"):
                process.stop()
                process.start()

    def _restart_dead(self) -> None:
        children: list[Server | Process] = [*self.servers, *self.processes]
        for child in children:
            if child.running:
                continue
            print(f"  {child.name} ended; starting it again. The end of its log:\n{child.log_end()}", flush=True)
            try:
                self.restarts.note(child.name)
            except TooManyRestarts:
                raise CannotStart(f"{child.name} ends again and again; see {child.log}.") from None
            child.start()

    def stop(self) -> None:
        """Stop everything, processes first. Nothing of this run is left; state stays in the folder."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        simulator = [process for process in self.processes if process.name == "simulator"]
        others = [process for process in self.processes if process not in simulator]
        # The simulator last: the worker may be waiting for its answer.
        for group in (others, simulator):
            for process in group:
                process.signal_stop()
            for process in group:
                process.wait_stopped()
        for server in reversed(self.servers):
            server.stop()
        self.stack.close()


def remove_state(folder: Path, title: str) -> None:
    """Delete a state folder. Raises CannotStart while it is in use."""
    if not folder.exists():
        return
    with take_lock(folder / "run" / "launcher.lock", title):
        for server_class, name in ((PostgreSQL, "postgres"), (Valkey, "valkey")):
            server_class(folder / name).stop_leftover()
        shutil.rmtree(folder)


def interrupt_on_signals() -> None:
    """Make SIGTERM and a closed terminal end the launcher as Ctrl-C does."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
