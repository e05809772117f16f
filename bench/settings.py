"""The product's settings, with a cursor that counts."""

from bench.statements import CountingCursor
from crm_sync.settings import *  # noqa: F403 -- settings are modules of names
from crm_sync.settings import DATABASES

DATABASES["default"]["OPTIONS"]["cursor_factory"] = CountingCursor
