"""The environment of the product's processes when the launcher starts them."""

import base64
import os
import secrets
import socket
from pathlib import Path

from crm_sync.launch.refusals import CannotStart


def product_environment(folder: Path, *, port: int, addresses: dict[str, str]) -> dict[str, str]:
    """What every process gets: the caller's environment, the servers' ``addresses``, secrets kept in ``folder``."""
    # An empty variable, as a copied .env.example has them, is one that is not set.
    inherited = {name: value for name, value in os.environ.items() if value}
    # Set, it makes every start compile seconds of code again.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    own = {
        "DJANGO_SETTINGS_MODULE": "crm_sync.settings",
        "PYTHONUNBUFFERED": "1",
        "PORT": str(port),
    }
    defaults = {
        **kept_secrets(folder / "secrets.env"),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "MEDIA_ROOT": str(folder / "media"),
    }
    return defaults | inherited | addresses | own


def kept_secrets(path: Path) -> dict[str, str]:
    """SECRET_KEY and ENCRYPTION_KEYS of an installation without its own: made once, readable by the owner alone."""
    if not path.exists():
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        unfinished.write_text(f"SECRET_KEY={secrets.token_urlsafe(50)}\nENCRYPTION_KEYS=local:{key}\n")
        unfinished.rename(path)
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def chosen_port(variable: str, default: int, *, command: str) -> int:
    """The port from the environment, checked to be free. Raises CannotStart with the command that takes another."""
    text = os.environ.get(variable, "") or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotStart(
            f"{variable} is {text!r}; it has to be a port number, as in `{variable}={default} {command}`."
        )
    port = int(text)
    if not port_is_free(port):
        raise CannotStart(
            f"Port {port} is taken by another program. Use another one: `{variable}={free_port(port)} {command}`."
        )
    return port


def port_is_free(port: int) -> bool:
    """Whether a server can listen there now."""
    with socket.socket() as probe:
        # As the servers do: connections that just ended do not hold a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((os.environ.get("HOST", "127.0.0.1"), port))
        except OSError:
            return False
    return True


def free_port(after: int) -> int:
    """The next free port after one that is taken."""
    return next((port for port in range(after + 10, 65536, 10) if port_is_free(port)), 0)
