"""Roll-ups: what triggers mark as stale, and the turn that recomputes exactly that from the truth."""
