"""The schedule of the beat process."""

import datetime

from celery import Celery
from celery.schedules import crontab

from crm_sync.celery import app
from crm_sync.launch.beat import DueAtOnce


def test_everything_with_a_period_is_due_at_the_start_and_then_by_its_period():
    application = Celery("test", set_as_current=False)
    application.conf.beat_schedule = {
        "often": {"task": "often", "schedule": 5.0},
        "daily": {"task": "daily", "schedule": datetime.timedelta(days=1)},
        "at four": {"task": "at four", "schedule": crontab(hour=4, minute=0)},
    }
    schedule = DueAtOnce(application).schedule

    assert {name: entry.is_due().is_due for name, entry in schedule.items()} == {
        "often": True,
        "daily": True,
        "at four": False,
    }
    assert not next(schedule["daily"]).is_due().is_due


def test_every_task_of_the_product_s_schedule_exists():
    app.loader.import_default_modules()

    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
