"""Write requirements.lock: what pip resolves the requirements files to on every supported Python (``make lock``).

Needs python3.11, python3.12 and python3.13 on the PATH. A package that only some of them need carries a marker.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ["requirements.txt", "requirements-local.txt", "requirements-dev.txt"]
PYTHONS = ["3.11", "3.12", "3.13"]
HEADER = "# Every package in its exact version, for setup, CI and Docker. Written by `make lock`.\n"


def main() -> int:
    """Resolve on each Python, compare, write."""
    resolved: dict[str, set[str]] = {}
    for version in PYTHONS:
        program = shutil.which(f"python{version}")
        if program is None:
            print(f"python{version} is not on the PATH; the lock needs {', '.join(PYTHONS)}.")
            return 1
        resolved[version] = resolve(program)
    lines = []
    for pin in sorted(set.union(*resolved.values()), key=str.lower):
        users = [version for version in PYTHONS if pin in resolved[version]]
        marker = "" if users == PYTHONS else "; " + " or ".join(f'python_version == "{version}"' for version in users)
        lines.append(pin + marker + "\n")
    # For a patch release that is not among PYTHONS, a requirements file names the package with its marker.
    conditional = [
        line for name in FILES for line in (ROOT / name).read_text().splitlines() if "python_full_version" in line
    ]
    lines = sorted([*lines, *(f"{line}\n" for line in conditional)], key=str.lower)
    (ROOT / "requirements.lock").write_text(HEADER + "".join(lines))
    return 0


def resolve(program: str) -> set[str]:
    """``name==version`` of everything that pip installs, wheels only, into a fresh environment."""
    with tempfile.TemporaryDirectory() as folder:
        python = f"{folder}/bin/python"
        subprocess.run([program, "-m", "venv", folder], check=True)
        requirements = [part for name in FILES for part in ("-r", ROOT / name)]
        subprocess.run([python, "-m", "pip", "install", "-qq", "--only-binary", ":all:", *requirements], check=True)
        frozen = subprocess.run(
            [python, "-m", "pip", "freeze", "--exclude", "pip", "--exclude", "setuptools"],
            check=True,
            capture_output=True,
            text=True,
        )
        return set(frozen.stdout.split())


if __name__ == "__main__":
    sys.exit(main())
