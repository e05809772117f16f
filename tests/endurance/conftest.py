"""A day takes 24 minutes, so only those who ask for it get it: ``make endurance`` sets ``ENDURANCE_MINUTES``."""

import os

collect_ignore_glob = [] if os.environ.get("ENDURANCE_MINUTES") else ["test_*.py"]
