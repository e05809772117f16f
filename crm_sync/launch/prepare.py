"""Bring database and static files up to date, in one process (``python -m crm_sync.launch.prepare``)."""

import os
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

SOURCES = ("static", "requirements.lock")


def main() -> None:
    """Migrate, collect static files when they changed, and forget the heartbeat of an earlier run."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_sync.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=1)
    root = Path(settings.BASE_DIR)
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    state = source_state(root)
    if not stamp.exists() or stamp.read_text() != state:
        call_command("collectstatic", interactive=False, clear=True, verbosity=1)
        stamp.write_text(state)
    # Otherwise a restart would look healthy before its own worker has done anything.
    apps.get_model("core", "Heartbeat").objects.all().delete()


def source_state(root: Path) -> str:
    """A text that changes when a static file is added, changed or removed."""
    files = sorted(
        file for source in SOURCES for file in [root / source, *(root / source).rglob("*")] if file.is_file()
    )
    return "\n".join(f"{file.relative_to(root)} {file.stat().st_mtime_ns} {file.stat().st_size}" for file in files)


if __name__ == "__main__":
    main()
