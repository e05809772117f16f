"""What an installation for real use lacks, in Django's system checks (``manage.py check --deploy``)."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured

from core.encryption import encrypt
from qbo_connector.limits import HOLD_SECONDS

MADE_KEY = "python3 -c \"import base64, os; print('k1:' + base64.b64encode(os.urandom(32)).decode())\""


def production_is_complete(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Errors for secrets that are missing, warnings for what only QuickBooks needs. Silent in demo and debug mode."""
    if settings.DEBUG or settings.DEMO:
        return []
    return [*_secrets(), *_app_keys(), *_addresses()]


def times_fit(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[CheckMessage]:
    """Whoever waits for QuickBooks holds its slot; one given back earlier would let too many through at once."""
    longest = settings.QBO_CONNECT_TIMEOUT + max(settings.QBO_READ_TIMEOUT, settings.QBO_INTERACTIVE_TIMEOUT)
    if longest < HOLD_SECONDS:
        return []
    return [
        Error(
            f"A call to QuickBooks may take {longest:g} seconds, but its place among the calls at once is given back "
            f"after {HOLD_SECONDS}.",
            hint="Lower QBO_READ_TIMEOUT or QBO_CONNECT_TIMEOUT.",
            id="qbo_connector.E003",
        )
    ]


def _secrets() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    try:
        # Django refuses to hand out an empty one.
        assert settings.SECRET_KEY
    except ImproperlyConfigured:
        found.append(
            Error(
                "SECRET_KEY is empty, so nobody can sign in.",
                hint='Make one: python3 -c "import secrets; print(secrets.token_urlsafe(50))"',
                id="qbo_connector.E001",
            )
        )
    try:
        encrypt("checked", context="check")
    except ImproperlyConfigured as error:
        found.append(
            Error(
                f"QuickBooks' tokens can't be kept: {error}",
                hint=f"Put a key of your own into ENCRYPTION_KEYS. Make one: {MADE_KEY}",
                id="qbo_connector.E002",
            )
        )
    return found


def _app_keys() -> list[CheckMessage]:
    missing = [name for name in ("QBO_CLIENT_ID", "QBO_CLIENT_SECRET") if not getattr(settings, name)]
    if not missing:
        return []
    return [
        Warning(
            f"{' and '.join(missing)} not set: no QuickBooks company can be connected.",
            hint="Take the keys of your app from developer.intuit.com.",
            id="qbo_connector.W001",
        )
    ]


def _addresses() -> list[CheckMessage]:
    if settings.QBO_ENVIRONMENT != "production" or settings.BASE_URL.startswith("https://"):
        return []
    return [
        Warning(
            f"BASE_URL is {settings.BASE_URL}, and QuickBooks sends people back to https addresses only.",
            hint="Set BASE_URL to the https address that people type.",
            id="qbo_connector.W002",
        )
    ]
