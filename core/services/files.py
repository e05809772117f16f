"""Put files on records, hand them on and take them away."""

import datetime
import hashlib
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import asks, require
from core.events import Draft, emit_many
from core.files import FIRST_BYTES, BadFile, clean_name, content_type_of
from core.models import Origin, Sharing, StoredFile
from core.registry import file_hosts

MOST_FILES = 100
STRAY_AFTER = datetime.timedelta(days=1)


def files_of(object_type: str, object_id: int) -> list[StoredFile]:
    """The files of a record, newest first."""
    return list(
        StoredFile.objects.filter(object_type=object_type, object_id=object_id)
        .select_related("uploaded_by")
        .order_by("-pk")[:MOST_FILES]
    )


@transaction.atomic
def add_file(
    object_type: str, object_id: int, upload: "UploadedFile[Any]", *, by: Any, sharing: str = Sharing.HERE
) -> StoredFile:
    """Keep an uploaded file on a record that ``by`` may change. Emits ``file.added``. Raises BadFile."""
    _require_change(object_type, object_id, by)
    name = clean_name(upload.name or "")
    largest = settings.FILE_LIMIT_MB * 1024 * 1024
    if not upload.size:
        raise BadFile(_("“%s” is empty.") % name)
    if upload.size > largest:
        words = {"name": name, "size": settings.FILE_LIMIT_MB}
        raise BadFile(_("“%(name)s” is too large: a file may have at most %(size)d MB.") % words)
    if StoredFile.objects.filter(object_type=object_type, object_id=object_id).count() >= MOST_FILES:
        raise BadFile(_("This record has %d files already. Remove one first.") % MOST_FILES)
    content_type = content_type_of(name, upload.read(FIRST_BYTES))
    file = StoredFile(
        object_type=object_type,
        object_id=object_id,
        name=name,
        content_type=content_type,
        size=upload.size,
        sha256=_digest(upload),
        sharing=Sharing(sharing),
        uploaded_by=by,
    )
    file.content.save(name, upload, save=True)
    _tell("file.added", [file], by=by)
    return file


@transaction.atomic
def remove_file(file: StoredFile, *, by: Any) -> None:
    """Take a file off its record and forget its content. Emits ``file.removed``."""
    locked = StoredFile.objects.select_for_update().filter(pk=file.pk).first()
    if locked is None:
        return
    _require_change(locked.object_type, locked.object_id, by)
    _tell("file.removed", [locked], by=by)
    storage, place = locked.content.storage, str(locked.content.name)
    locked.delete()
    transaction.on_commit(lambda: storage.delete(place))


@transaction.atomic
def move_files(from_type: str, from_id: int, to_type: str, to_id: int, *, by: Any) -> list[StoredFile]:
    """Hand all files of one record on to another, as a draft does to its invoice; tells it as if they were added."""
    files = list(StoredFile.objects.select_for_update().filter(object_type=from_type, object_id=from_id).order_by("pk"))
    for file in files:
        file.object_type, file.object_id = to_type, to_id
    StoredFile.objects.bulk_update(files, ["object_type", "object_id"])
    _tell("file.added", files, by=by)
    return files


def _require_change(object_type: str, object_id: int, by: Any) -> None:
    host = file_hosts.get(object_type)
    if host is None or not asks(by):
        return
    require(by, host.permission)
    if not host.visible_to(by).filter(pk=object_id).exists():
        raise PermissionDenied(_("You may not see this record."))


def forget_strays() -> int:
    """Delete stored contents without a row, which a rolled back upload or a crash left; returns how many."""
    storage = StoredFile._meta.get_field("content").storage
    before, gone = timezone.now() - STRAY_AFTER, 0
    for folder in storage.listdir("files")[0] if storage.exists("files") else ():
        names = {name: f"files/{folder}/{name}" for name in storage.listdir(f"files/{folder}")[1]}
        kept = set(StoredFile.objects.filter(content__in=names.values()).values_list("content", flat=True))
        for place in names.values():
            if place not in kept and storage.get_modified_time(place) < before:
                storage.delete(place)
                gone += 1
    return gone


def _digest(upload: "UploadedFile[Any]") -> str:
    digest = hashlib.sha256()
    for part in upload.chunks():
        digest.update(part)
    upload.seek(0)
    return digest.hexdigest()


def _tell(name: str, files: Sequence[StoredFile], *, by: Any) -> None:
    origin = Origin.PERSON if by is not None else Origin.SYSTEM
    drafts = [
        Draft(
            name,
            "file",
            file.pk,
            [(file.object_type, file.object_id)],
            {"name": file.name, "size": file.size, "record": [file.object_type, file.object_id]},
        )
        for file in files
    ]
    emit_many(drafts, by=by, origin=origin)
