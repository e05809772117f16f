"""Folders, disk and e-mail."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from core.models import MailServer
from crm_sync.doctor.findings import Finding, failure, ok, warning

MEGABYTE = 1024 * 1024
LITTLE_SPACE = 1000


def files() -> Iterator[Finding]:
    """Whether people's files can be written and style sheets are there."""
    media, static = Path(settings.MEDIA_ROOT), Path(settings.STATIC_ROOT)
    try:
        media.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=media) as probe:
            probe.write(b"doctor")
        yield ok(f"Files can be written to {media}.")
        free = shutil.disk_usage(media).free // MEGABYTE
        if free < LITTLE_SPACE:
            yield warning(f"Its disk has {free} MB free.", "Make room, or move MEDIA_ROOT.")
    except OSError as error:
        yield failure(
            f"Nothing can be written to MEDIA_ROOT {media}: {error.strerror}.",
            "Make the folder, and give it to the user that web and workers run as.",
        )
    hashed = "Manifest" in settings.STORAGES["staticfiles"]["BACKEND"]
    if hashed and not (static / "staticfiles.json").is_file():
        yield failure(
            f"Style sheets and scripts are not in {static}: pages can't be shown.",
            "Run python manage.py collectstatic, or python -m crm_sync.launch.prepare.",
        )


def mail() -> Iterator[Finding]:
    """Whether e-mails leave at all."""
    if MailServer.objects.filter(enabled=True).exists():
        yield ok("E-mails leave by the server of the settings page.")
    elif settings.EMAIL_BACKEND.endswith(("console.EmailBackend", "dummy.EmailBackend")):
        yield warning(
            "E-mails go to the log: nobody gets invitations, alerts or invoices.",
            "Set a mail server under Settings, Mail server, or EMAIL_URL.",
        )
    else:
        yield ok(f"E-mails leave by {settings.EMAIL_HOST}.")
