"""Reports that come with the product: one file each, all listed here in the order in which pages show them."""

from reports.ready import (
    aging,
    billed_collected,
    days_to_pay,
    deal_to_cash,
    expected_cash,
    overdue,
    sales_outstanding,
    statuses,
    syncing,
    tax,
    top,
    won_billed,
)
from reports.ready.registry import ReadyReport, all_ready


def register() -> None:
    """Make the reports known."""
    for each in (
        aging,
        overdue,
        expected_cash,
        billed_collected,
        sales_outstanding,
        days_to_pay,
        won_billed,
        deal_to_cash,
        top,
        tax,
        statuses,
        syncing,
    ):
        each.register()


__all__ = ["ReadyReport", "all_ready", "register"]
