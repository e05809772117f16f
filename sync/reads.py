"""What a sync interval costs: QuickBooks' reads are metered."""

MINUTES_A_MONTH = 30 * 24 * 60
# TaxCode, TaxRate, Preferences and CompanyInfo are not in change data and are read once a day.
DAILY_READS = 4


def reads_a_month(interval_minutes: int) -> int:
    """Reads of an idle company in 30 days; each "Sync now" and each window full of changes adds some."""
    return MINUTES_A_MONTH // interval_minutes + 30 * DAILY_READS
