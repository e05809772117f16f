"""The checks in their order; one that can't be made says so, and the others are."""

from collections.abc import Iterator

from django.db import DatabaseError
from redis import RedisError

from crm_sync.doctor import configuration, files, identity, quickbooks, secrets, servers
from crm_sync.doctor.findings import Check, Finding, warning

PARTS: tuple[tuple[str, Check], ...] = (
    ("Configuration", configuration.configuration),
    ("Database", servers.database),
    ("Standby", servers.standby),
    ("Broker", servers.broker),
    ("Worker", servers.worker),
    ("Clock", servers.clock),
    ("Keys", secrets.keys),
    ("Files", files.files),
    ("E-mail", files.mail),
    ("Identity provider", identity.provider),
    ("QuickBooks", quickbooks.reachable),
    ("Companies", quickbooks.companies),
)
NETWORK = ("QuickBooks", "Identity provider")


def examine(*, network: bool = True) -> Iterator[tuple[str, list[Finding]]]:
    """Each part with what was found. ``network`` False asks nobody outside."""
    for name, check in PARTS:
        if network or name not in NETWORK:
            yield name, _found(check)


def _found(check: Check) -> list[Finding]:
    findings: list[Finding] = []
    try:
        findings.extend(check())
    except (DatabaseError, RedisError):
        # Said once, where the server itself was asked.
        findings.append(warning("Not looked at: a server that it needs does not answer.", "Mend what is said above."))
    return findings
