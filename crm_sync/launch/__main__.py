"""``python -m crm_sync.launch demo|run|reset|doctor``: what the make targets of these names call."""

import argparse
import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import environ

from crm_sync.launch import demo, health
from crm_sync.launch.environment import chosen_port, product_environment
from crm_sync.launch.installation import Installation, interrupt_on_signals, remove_state
from crm_sync.launch.postgresql import PostgreSQL
from crm_sync.launch.processes import ROOT, procfile_commands
from crm_sync.launch.refusals import CannotStart
from crm_sync.launch.strangers import refuse_strangers
from crm_sync.launch.valkey import Valkey

VAR = ROOT / "var"
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT)


def main() -> int:
    """Run one command; a refusal is printed as a sentence, without a traceback."""
    parser = argparse.ArgumentParser(prog="python -m crm_sync.launch", description="Start the product on this machine.")
    parser.add_argument("command", choices=["demo", "run", "reset", "doctor"])
    parser.add_argument("--state", type=Path, help="state folder instead of var/demo or var/run")
    parser.add_argument("--logs", action="store_true", help="print the logs of all processes (run always does)")
    arguments = parser.parse_args()
    folder = (arguments.state or VAR / ("run" if arguments.command in ("run", "doctor") else "demo")).resolve()
    try:
        if arguments.command == "reset":
            remove_state(folder, demo_title())
            print(f"Removed {folder}; `make demo` starts over.")
        elif arguments.command == "doctor":
            return examine(folder)
        elif arguments.command == "demo":
            start_demo(folder, stream=arguments.logs)
        else:
            start_product(folder)
    except CannotStart as refusal:
        print(f"\n{refusal}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in DISK_ERRORS and not isinstance(error, PermissionError):
            raise
        print(f"\n{disk_sentence(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
    return 0


def disk_sentence(error: OSError) -> str:
    """What a person can do about a file that cannot be written."""
    if isinstance(error, PermissionError):
        return (
            f"{error.filename} cannot be written: an earlier run was probably another user's, or root's. "
            "Start as that user, or remove the folder as that user."
        )
    return f"The disk is full ({error.filename or error.strerror}). Make room and start again; what was saved is kept."


def demo_title() -> str:
    """What the lock calls the demo."""
    return "The demo"


def start_demo(folder: Path, *, stream: bool) -> None:
    """The product with the simulator and its story, until a signal comes."""
    began = time.monotonic()
    interrupt_on_signals()
    installation = Installation(folder, demo_title(), stream=stream)
    try:
        print("CRM Sync demo")
        installation.lock()
        port = chosen_port("PORT", 8000, command="make demo")
        simulator_port = chosen_port("SIMULATOR_PORT", demo.SIMULATOR_PORT, command="make demo")
        for name in demo.FOREIGN:
            os.environ.pop(name, None)
        addresses = installation.start_servers()
        refuse_strangers(addresses["DATABASE_URL"])
        env = product_environment(folder, port=port, addresses=addresses) | demo.environment(simulator_port)
        # While the database is migrated, and before seeding: the story's companies are connected through it.
        simulator = [
            "python",
            "-m",
            "qbo_simulator",
            "--port",
            str(simulator_port),
            "--data",
            str(folder / "simulator"),
        ]
        installation.start_process("simulator", simulator, env)
        installation.run_once("Preparing database and static files", ["python", "-m", "crm_sync.launch.prepare"], env)
        installation.wait_until("Waiting for the simulator", lambda: health.listens(simulator_port))
        installation.run_once("Telling the story", ["python", "manage.py", "seed_demo"], env)
        start_processes(installation, port, env)
        print_welcome(env["BASE_URL"], env["QBO_SIMULATOR_URL"], folder, time.monotonic() - began)
        installation.watch(port)
    finally:
        installation.stop()


def start_product(folder: Path) -> None:
    """The product alone, for real keys from .env, until a signal comes."""
    interrupt_on_signals()
    if (ROOT / ".env").is_file():
        environ.Env.read_env(ROOT / ".env", overwrite=False)
    installation = Installation(folder, "CRM Sync", stream=True)
    try:
        print("CRM Sync")
        installation.lock()
        port = chosen_port("PORT", 8000, command="make run")
        env = product_environment(folder, port=port, addresses=installation.start_servers())
        installation.run_once("Preparing database and static files", ["python", "-m", "crm_sync.launch.prepare"], env)
        start_processes(installation, port, env)
        print(f"\nReady: {env['BASE_URL']} (the first visit makes the first admin). Ctrl-C stops it.\n", flush=True)
        installation.watch(port)
    finally:
        installation.stop()


def examine(folder: Path) -> int:
    """``manage.py doctor`` for what runs in a state folder; its exit code."""
    if (ROOT / ".env").is_file():
        environ.Env.read_env(ROOT / ".env", overwrite=False)
    servers = {"DATABASE_URL": PostgreSQL(folder / "postgres").url, "REDIS_URL": Valkey(folder / "valkey").url}
    addresses = {name: os.environ.get(name) or url for name, url in servers.items()}
    port = os.environ.get("PORT", "")
    env = product_environment(folder, port=int(port) if port.isdigit() else 8000, addresses=addresses)
    return subprocess.run([sys.executable, "manage.py", "doctor"], cwd=ROOT, env=env, check=False).returncode


def start_processes(installation: Installation, port: int, env: dict[str, str]) -> None:
    """Start web, worker and beat, and wait until a heartbeat went through all of them."""
    for name, command in procfile_commands().items():
        installation.start_process(name, command, env)
    installation.wait_until("Waiting for web, worker and beat", lambda: health.product_health(port).get("ok", False))


def print_welcome(address: str, simulator: str, folder: Path, seconds: float) -> None:
    """The address, the logins, and what to do next."""
    print(f"\nReady after {seconds:.0f} s: {address}\n")
    for login in demo.LOGINS:
        print(f"  {login.role:<11} {login.email:<20} {demo.PASSWORD}")
    print(f"\nThe accountant's side, a simulated QuickBooks: {simulator}")
    print(f"Logs: {folder / 'logs'}. Ctrl-C stops everything, `make demo-reset` starts over.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
