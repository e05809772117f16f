"""QuickBooks: whether it can be reached, takes our keys, and which companies need somebody."""

import datetime
import email.utils
import time
from collections.abc import Iterator

import requests
from django.conf import settings
from django.utils import timezone

from crm_sync.doctor.findings import Finding, failure, ok, warning
from crm_sync.doctor.servers import clock_finding
from qbo_connector import errors, oauth
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Connection
from qbo_connector.queries import CONSENT_ENDS

# No company has it, so nothing happens but that the keys are looked at.
NOBODYS_TOKEN = "doctor-asks-whether-the-keys-are-right"  # noqa: S105
SHOWN = 5


def reachable() -> Iterator[Finding]:
    """Asks the addresses that the product uses. No company's data are read, so nothing is metered."""
    try:
        answer = requests.get(
            settings.QBO_DISCOVERY_URL, timeout=(settings.QBO_CONNECT_TIMEOUT, settings.QBO_INTERACTIVE_TIMEOUT)
        )
        answer.raise_for_status()
        answer.json()["token_endpoint"]
    except (requests.RequestException, ValueError, KeyError) as error:
        yield failure(
            f"{settings.QBO_DISCOVERY_URL} does not answer as it should: {type(error).__name__}",
            "Allow https to *.intuit.com from this machine, and look at DNS and proxies on the way; with the "
            "simulator, start it and compare QBO_SIMULATOR_URL.",
        )
        return
    yield ok(f"QuickBooks ({settings.QBO_ENVIRONMENT}) is reached in {answer.elapsed.total_seconds() * 1000:.0f} ms.")
    told = email.utils.parsedate_to_datetime(answer.headers["Date"]) if "Date" in answer.headers else None
    finding = clock_finding("QuickBooks", told.timestamp() - time.time()) if told else None
    if finding is not None:
        yield finding
    yield from _api()
    yield from _app_keys()


def _api() -> Iterator[Finding]:
    try:
        requests.get(settings.QBO_API_URL, timeout=(settings.QBO_CONNECT_TIMEOUT, settings.QBO_INTERACTIVE_TIMEOUT))
    except requests.RequestException as error:
        yield failure(
            f"{settings.QBO_API_URL} can't be reached: {type(error).__name__}",
            "Allow https to it from this machine; workers call it.",
        )


def _app_keys() -> Iterator[Finding]:
    if not (settings.QBO_CLIENT_ID and settings.QBO_CLIENT_SECRET):
        yield warning(
            "There are no keys of an app at Intuit, so no company can be connected.",
            "Set QBO_CLIENT_ID and QBO_CLIENT_SECRET to the keys from developer.intuit.com.",
        )
        return
    try:
        oauth.refresh(NOBODYS_TOKEN)
    except errors.NeedsReconnect:
        yield ok("QuickBooks takes the keys of the app.")
    except errors.OperatorProblem:
        yield failure(
            "QuickBooks refuses QBO_CLIENT_ID and QBO_CLIENT_SECRET.",
            f"Copy both again from developer.intuit.com, those for {settings.QBO_ENVIRONMENT}, and restart.",
        )
    except errors.QboError as error:
        yield warning(f"Whether the keys of the app are right is not known: {error.plain}", "Try again in a minute.")
    if not settings.QBO_WEBHOOK_VERIFIER:
        yield warning(
            "Webhooks are refused, so changes in QuickBooks are seen at the next read only.",
            "Set QBO_WEBHOOK_VERIFIER if webhooks are set up at Intuit.",
        )


def companies() -> Iterator[Finding]:
    """Companies that stand still, or will."""
    rows = list(Connection.objects.select_related("token", "pull").order_by("pk"))
    here = [row for row in rows if row.environment == settings.QBO_ENVIRONMENT]
    elsewhere = {row.environment for row in rows} - {settings.QBO_ENVIRONMENT}
    if elsewhere:
        yield failure(
            f"Companies that were connected in another environment are not read: {len(rows) - len(here)} "
            f"({', '.join(sorted(elsewhere))}).",
            "Set QBO_ENVIRONMENT back, or use a database of its own for each environment.",
        )
    waiting = [row for row in here if row.status == ConnectionStatus.NEEDS_RECONNECT]
    if waiting:
        yield failure(
            f"{_named(waiting)} has to be connected again.",
            "An admin presses Reconnect under Settings, Connected apps, and chooses the same company.",
        )
    paused = [row for row in here if row.status == ConnectionStatus.PAUSED]
    if paused:
        yield failure(f"{_named(paused)} is paused: {paused[0].status_reason[:200]}", "See Settings, Sync health.")
    soon = timezone.now() + CONSENT_ENDS
    ending = [row for row in here if row.active and _consent_ends(row) < soon]
    if ending:
        yield warning(f"The consent of {_named(ending)} ends within 30 days.", "An admin presses Reconnect before.")
    failing = [row for row in here if row.active and getattr(row, "pull", None) and row.pull.failures > 2]
    if failing:
        yield warning(
            f"{_named(failing)} could not be read several times: {failing[0].pull.last_problem[:200]}",
            "See Settings, Sync health.",
        )
    active = sum(row.active for row in here)
    if not (waiting or paused or elsewhere):
        yield ok(f"{active} companies are connected." if active != 1 else "One company is connected.")


def _consent_ends(row: Connection) -> datetime.datetime:
    token = getattr(row, "token", None)
    return (token.hard_expires_at if token else None) or datetime.datetime.max.replace(tzinfo=datetime.UTC)


def _named(rows: list[Connection]) -> str:
    names = ", ".join(str(row) for row in rows[:SHOWN])
    return f"{names} and {len(rows) - SHOWN} more" if len(rows) > SHOWN else names
