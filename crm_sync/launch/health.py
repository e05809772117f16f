"""Asks the running product and the simulator how they are."""

import json
import socket
import urllib.error
import urllib.request


def product_health(port: int) -> dict[str, bool]:
    """What ``/healthz`` says; empty while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            body = answer.read()
    except urllib.error.HTTPError as error:
        body = error.read()  # 503 says which part is missing
    except OSError:
        return {}
    try:
        return dict(json.loads(body))
    except ValueError:
        return {}


def listens(port: int) -> bool:
    """Whether a server takes connections there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
