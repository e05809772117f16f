"""The worker's part of a dry run, for tests without one."""

from collections.abc import Mapping

from django.test import Client

from sync.models import SyncDryRun
from sync.services import dry_runs


def work_out() -> None:
    """Carry every dry run out that was asked for."""
    for pk in SyncDryRun.objects.filter(state__in=dry_runs.UNFINISHED).values_list("pk", flat=True):
        dry_runs.carry_out(pk)


def worked_out(browser: Client, address: str, query: Mapping[str, str] | None = None) -> str:
    """A page with a dry run, once the worker is done with it."""
    browser.get(address, query)
    work_out()
    return browser.get(address, query).content.decode()
