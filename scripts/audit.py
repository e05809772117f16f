"""Look up known vulnerabilities of every pinned package, Python's and the browser's, at OSV.dev; needs the network.

Exit code 0: none are known; 1: some are; 2: it could not be looked up, which is no answer.
Source: OSV, "POST /v1/querybatch" (https://google.github.io/osv.dev/post-v1-querybatch/).
"""

import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVICE = "https://api.osv.dev/v1/querybatch"
AT_ONCE = 500
SECONDS = 30
FOUND, UNKNOWN = 1, 2
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;]+)", re.MULTILINE)


def pinned(root: Path = ROOT) -> list[tuple[str, str, str]]:
    """Ecosystem, name and version of everything that is pinned."""
    python = [("PyPI", *found) for found in _PINNED.findall((root / "requirements.lock").read_text())]
    browser = json.loads((root / "package.json").read_text())
    named = {**browser.get("dependencies", {}), **browser.get("devDependencies", {})}
    return python + [("npm", name, version.lstrip("^~=v")) for name, version in named.items()]


def known(packages: list[tuple[str, str, str]], service: str = SERVICE) -> dict[tuple[str, str, str], list[str]]:
    """The ids of known vulnerabilities by package. Raises OSError or ValueError when the service gave no answer."""
    found = {}
    for begin in range(0, len(packages), AT_ONCE):
        some = packages[begin : begin + AT_ONCE]
        asked = [{"package": {"ecosystem": e, "name": name}, "version": version} for e, name, version in some]
        request = urllib.request.Request(
            service, json.dumps({"queries": asked}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            results = json.load(answer)["results"]
        if len(results) != len(some):
            raise ValueError("The service answered for another number of packages.")
        found |= {
            package: [each["id"] for each in one.get("vulns", [])] for package, one in zip(some, results, strict=True)
        }
    return {package: ids for package, ids in found.items() if ids}


def main() -> int:
    """Print what is known."""
    packages = pinned()
    try:
        found = known(packages, os.environ.get("AUDIT_SERVICE", SERVICE))
    except (OSError, ValueError, KeyError, urllib.error.URLError) as error:
        print(f"The packages could not be looked up: {error}", file=sys.stderr)
        print(
            "This needs the network (https://api.osv.dev). Nothing is known about them until it succeeds.",
            file=sys.stderr,
        )
        return UNKNOWN
    for (ecosystem, name, version), ids in sorted(found.items()):
        print(f"{ecosystem} {name} {version}: {', '.join(ids)}")
    if found:
        print(f"{len(found)} of {len(packages)} pinned packages have known vulnerabilities: https://osv.dev/list")
        return FOUND
    print(f"No vulnerability is known of the {len(packages)} pinned packages.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
