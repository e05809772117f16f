"""A new installation begins with one migration of each app; older ones came by all the steps to the same place."""

from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader


def test_both_ways_lead_to_the_same_tables() -> None:
    steps = MigrationLoader(None)
    steps.replace_migrations = False
    steps.build_graph()
    shortcut = MigrationLoader(None)
    squashed = [key for key in shortcut.graph.nodes if "_squashed_" in key[1]]
    assert len(squashed) >= 6
    by_steps, at_once = steps.project_state(), shortcut.project_state()
    assert MigrationAutodetector(by_steps, at_once).changes(steps.graph) == {}
    assert MigrationAutodetector(at_once, by_steps).changes(steps.graph) == {}
