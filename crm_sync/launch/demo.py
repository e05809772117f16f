"""What is fixed about the demo: addresses, keys, logins."""

from typing import NamedTuple

SIMULATOR_PORT = 8100
PASSWORD = "demo-password"  # noqa: S105 -- printed for everybody; the server listens on this machine only


class Login(NamedTuple):
    """A demo user."""

    role: str
    email: str


LOGINS = (
    Login("Sales rep", "rep@demo.example"),
    Login("Admin", "admin@demo.example"),
    Login("Operations", "ops@demo.example"),
)


def environment(simulator_port: int) -> dict[str, str]:
    """What the demo sets whatever the caller's environment or .env holds: it never talks to Intuit."""
    return {
        "DEMO": "true",
        "DEBUG": "false",
        "READ_DOT_ENV": "false",
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "OUTGOING_ALLOWED_HOSTS": "localhost,127.0.0.1",
        "QBO_ENVIRONMENT": "simulator",
        "QBO_SIMULATOR_URL": f"http://127.0.0.1:{simulator_port}",
        "QBO_CLIENT_ID": "demo-client",
        "QBO_CLIENT_SECRET": "demo-secret",
        "QBO_WEBHOOK_VERIFIER": "demo-verifier",
    }


# Real keys and addresses that a shell may hold; the demo must not even see them.
FOREIGN = (
    "QBO_API_URL",
    "QBO_DISCOVERY_URL",
    "QBO_INVOICE_PAGE",
    "QBO_CUSTOMER_PAGE",
    "SECRET_KEY",
    "ENCRYPTION_KEYS",
    "BASE_URL",
    "CSRF_TRUSTED_ORIGINS",
)
