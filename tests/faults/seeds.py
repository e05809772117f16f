"""How many random variants a fault test runs: a few in each run, all of them in ``make test-long``.

``FAULT_SEEDS`` says how many for the rows that ask for many; rows that ask for ten never run more than ten. A seed
that once found something is named in the test and runs always.
"""

import os

IN_EVERY_RUN = 5


def seeds(most: int = 50, *, found: tuple[int, ...] = (), fewest: int = IN_EVERY_RUN) -> list[int]:
    """The seeds of a family: at least ``fewest`` (in CI), at most ``most``, and those that ``found`` something."""
    wanted = int(os.environ.get("FAULT_SEEDS") or fewest)
    return sorted({*range(1, max(fewest, min(most, wanted)) + 1), *found})
