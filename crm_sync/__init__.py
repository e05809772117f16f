"""The project: settings, URLs, schedule and wiring. No business code."""

from crm_sync.celery import app as celery_app

__all__ = ["celery_app"]
