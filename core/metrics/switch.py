"""Whether figures are kept at all: nobody pays for what nobody may read."""

from django.conf import settings


def on() -> bool:
    """Whether somebody may read ``/metrics``."""
    return bool(settings.METRICS_TOKEN or settings.METRICS_ALLOWED)
