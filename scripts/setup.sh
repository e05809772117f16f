#!/bin/sh
# Makes .venv from requirements.lock with the first fitting Python; called by `make setup` when the lock changed.
set -eu
unset PYTHONDONTWRITEBYTECODE
cd "$(dirname "$0")/.."

fits() { "$1" -c "import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] < $2)" >/dev/null 2>&1; }

choose_python() {
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if fits "$candidate" "(3, 14)"; then echo "$candidate"; return; fi
    done
    # Newer than what the lock was made with: try, most packages have wheels for it.
    for candidate in "${PYTHON:-python3}" python3.14; do
        if fits "$candidate" "(4, 0)"; then echo "$candidate"; return; fi
    done
    cat >&2 <<END
CRM Sync needs Python 3.11, 3.12 or 3.13 with its venv module, and found none (python3 is: $(python3 --version 2>&1 || true)).
Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13),
or say where it is: make setup PYTHON=/path/to/python3.13
END
    exit 1
}

if ! .venv/bin/python -c "import pip, sys; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1; then
    python=$(choose_python)
    echo "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi

echo "Installing the packages of requirements.lock"
if ! .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --only-binary :all: -r requirements.lock; then
    cat >&2 <<END
Not every package could be installed. The lines above say which one; the usual reasons are no network, a full disk, or
a Python or processor without ready-made packages (they exist for Python 3.11 to 3.13 on Linux and macOS, x86-64 and
ARM; nothing is compiled here, so no compiler is needed). Another Python: rm -rf .venv && make setup PYTHON=python3.13
END
    exit 1
fi
.venv/bin/python -m pip check >/dev/null || { .venv/bin/python -m pip check >&2; exit 1; }
touch .venv/.installed
