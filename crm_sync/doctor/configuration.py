"""Settings: what is missing, contradicts itself or is unsafe."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.http.request import validate_host

from crm_sync.doctor.findings import Finding, failure, ok, warning

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def configuration() -> Iterator[Finding]:
    """Django's and our own system checks, and what only the settings together tell."""
    found = [*_system_checks(), *_addresses(), *_modes(), *_times()]
    yield from found
    if not found:
        yield ok(f"Settings are complete; people type {settings.BASE_URL}.")


def _system_checks() -> Iterator[Finding]:
    https = settings.BASE_URL.startswith("https://")
    for message in checks.run_checks(include_deployment_checks=True):
        if message.is_silenced() or ((message.id or "").startswith("security.") and not https):
            continue  # without https those would all say the same
        text, hint = str(message.msg).strip(), str(message.hint or "").strip() or f"See the check {message.id}."
        yield failure(text, hint) if _serious(message) else warning(text, hint)


def _serious(message: CheckMessage) -> bool:
    return message.level >= checks.ERROR


def _addresses() -> Iterator[Finding]:
    base = urlsplit(settings.BASE_URL)
    host = base.hostname or ""
    if base.scheme not in ("http", "https") or not host:
        yield failure(
            f"BASE_URL is {settings.BASE_URL!r}, which is no address.",
            "Set it to what people type, like https://crm.example.com.",
        )
        return
    if not settings.DEBUG and not validate_host(host, settings.ALLOWED_HOSTS):
        yield failure(f"{host}, the host of BASE_URL, is refused.", f"Add {host} to ALLOWED_HOSTS.")
    if not validate_host("127.0.0.1", settings.ALLOWED_HOSTS):
        yield warning("Health checks on 127.0.0.1 are refused.", "Add 127.0.0.1 to ALLOWED_HOSTS.")
    origin = f"{base.scheme}://{base.netloc}"
    if origin not in settings.CSRF_TRUSTED_ORIGINS:
        yield failure(
            f"Forms sent from {origin} are refused.", f"Add {origin} to CSRF_TRUSTED_ORIGINS, or leave that unset."
        )
    if base.scheme == "https" and not settings.BEHIND_PROXY and settings.SECURE_SSL_REDIRECT:
        yield warning(
            "BASE_URL is https, and no proxy is trusted to say that a request came that way: all of them are "
            "redirected for ever.",
            "Set BEHIND_PROXY=true behind a proxy that sets X-Forwarded-Proto itself.",
        )
    if base.scheme == "http" and host not in LOOPBACK:
        yield warning(
            f"People use {settings.BASE_URL} without encryption; passwords can be read on the way.",
            "Put a proxy with https in front, and set BASE_URL to the https address.",
        )


def _modes() -> Iterator[Finding]:
    reached = urlsplit(settings.BASE_URL).hostname not in LOOPBACK
    if settings.DEBUG and reached:
        yield failure("DEBUG is on: error pages show settings and data to everybody.", "Set DEBUG=false.")
    if settings.DEMO and settings.QBO_ENVIRONMENT != "simulator":
        yield failure("DEMO shows logins on the login page, and QuickBooks is a real one.", "Set DEMO=false.")


def _times() -> Iterator[Finding]:
    longest: int = settings.CELERY_TASK_TIME_LIMIT
    if longest >= settings.LEASE_SECONDS:
        yield failure(
            f"LEASE_SECONDS is {settings.LEASE_SECONDS}: work is taken over while a task, which may run {longest} "
            "seconds, is still at it.",
            f"Set LEASE_SECONDS above {longest}, or leave it unset.",
        )
