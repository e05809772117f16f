"""Calls one company as often as it may: ``python -m tests.faults.calling_process CONNECTION SECONDS``."""

import sys
import threading
import time

import django

django.setup()

from django.db import connections  # noqa: E402 -- models are there after the set-up

from qbo_connector import errors, gateway, limits  # noqa: E402
from qbo_connector.enums import Cause  # noqa: E402
from qbo_connector.models import Connection  # noqa: E402

THREADS = 10
limits.HOLD_SECONDS = 3


def call(connection_id: int, until: float) -> None:
    """Read the company's name until the time is over, refused or not."""
    mine = Connection.objects.get(pk=connection_id)
    while time.time() < until:
        try:
            gateway.client_for(mine, Cause.CYCLE, interactive=True).company_info()
        except errors.QboError:
            time.sleep(0.02)
    connections.close_all()


if __name__ == "__main__":
    end = time.time() + float(sys.argv[2])
    threads = [threading.Thread(target=call, args=[int(sys.argv[1]), end], daemon=True) for _number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
