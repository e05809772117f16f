"""Run the JavaScript clients against a simulator of its own: ``make test-clients`` (needs node and npm)."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import requests

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

from qbo_simulator.server import Simulator  # noqa: E402 (found beside the tests)

US, CA = "9130350000000001", "9130350000000003"


def main() -> int:
    """Fetch the clients, start a simulator and run every method; return the exit code."""
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"]
    subprocess.run(command, cwd=HERE, check=True)
    with tempfile.TemporaryDirectory() as folder, Simulator(folder, companies=["us", "ca"]) as simulator:
        requests.post(f"{simulator.url}/_simulator/limits", json={"on": False}, timeout=10).raise_for_status()
        environment = {**os.environ, "SIMULATOR": simulator.url, "REALM": US, "ABROAD_REALM": CA}
        for realm, prefix in ((US, ""), (CA, "ABROAD_")):
            answer = requests.post(f"{simulator.url}/_simulator/tokens", json={"realmId": realm}, timeout=10).json()
            environment |= {f"{prefix}{name.upper()}": answer[name] for name in ("access_token", "refresh_token")}
        return subprocess.run(["node", "check.cjs"], cwd=HERE, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
