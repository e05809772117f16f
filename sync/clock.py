"""Today, where the company is: an invoice is overdue by its own calendar."""

import datetime
import zoneinfo

from django.utils import timezone

from qbo_connector.models import Connection


def today(connection: Connection) -> datetime.date:
    """The date in the company's time zone."""
    return timezone.now().astimezone(zoneinfo.ZoneInfo(connection.time_zone)).date()
