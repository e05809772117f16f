"""``python -m qbo_simulator --port 8100 --data DIR``"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from qbo_simulator.seed import SAMPLES
from qbo_simulator.server import Simulator


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator until it is told to stop."""
    parser = argparse.ArgumentParser(prog="qbo_simulator", description="A QuickBooks Online on loopback.")
    parser.add_argument("--port", type=int, default=8100, help="0 takes any free port")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, required=True, help="directory in which the companies live")
    parser.add_argument(
        "--company", action="append", choices=sorted(SAMPLES), help="which companies the first start makes"
    )
    parser.add_argument("--client", action="append", default=[], metavar="ID:SECRET", help="further OAuth clients")
    parser.add_argument("--keep-dates", action="store_true", help="leave the dates of the sample data as recorded")
    options = parser.parse_args(arguments)
    clients = dict(pair.split(":", 1) for pair in options.client if ":" in pair)
    try:
        simulator = Simulator(
            options.data,
            options.port,
            options.company,
            host=options.host,
            keep_dates=options.keep_dates,
            clients=clients,
        )
    except OSError as error:
        print(f"The simulator can't listen on {options.host}:{options.port}: {error.strerror}.", file=sys.stderr)
        return 1
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    simulator.start()
    print(f"QuickBooks Online simulator listening on {simulator.url}", flush=True)
    stopped.wait()
    simulator.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
