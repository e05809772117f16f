"""A write that is sent twice with one ``Idempotency-Key`` happens once, and is answered the same both times.

The row of a key is locked while its write runs, and the answer is committed together with the write: whatever dies in
between leaves neither, so the next try does it. A refused write changed nothing, and leaves its key free.
"""

import datetime
import hashlib
import re
from collections.abc import Callable

from django.db import IntegrityError, OperationalError, transaction
from django.http import HttpRequest
from django.utils import timezone

from api.described import Answer
from api.models import ApiKey, KeptAnswer
from api.problems import Problem, conflict
from api.schemas import IDEMPOTENCY_KEY

KEPT_FOR = datetime.timedelta(hours=24)
LONGEST_NAME = 255
NAMES = re.compile(IDEMPOTENCY_KEY)


class InUse(Exception):
    """The same write runs in another request, or has just ended there without doing anything."""


def name_in(request: HttpRequest) -> str:
    """The key that the request carries; empty for none. Raises Problem."""
    name = request.headers.get("Idempotency-Key")
    if name is None:
        return ""
    if not NAMES.fullmatch(name):
        words = f"An Idempotency-Key has 1 to {LONGEST_NAME} printable ASCII characters and no spaces."
        raise Problem(400, words, "bad-key")
    return str(name)


def once(
    key: ApiKey, name: str, request: HttpRequest, write: Callable[[], Answer], *, form: bool = False
) -> tuple[Answer, bool]:
    """What ``write`` answers, and whether that is the kept answer of an earlier call. Raises Problem.

    ``form`` says that the request was read as a form with files.
    """
    row = _row(key, name, _digest(request, form=form))
    try:
        with transaction.atomic():
            held = _locked(row)
            if held.status is not None:
                return Answer(held.body, held.status, held.etag, held.location), True
            answer = write()
            KeptAnswer.objects.filter(pk=held.pk).update(
                status=answer.status, body=answer.body, etag=answer.etag, location=answer.location
            )
            return answer, False
    except InUse as busy:
        raise conflict("The request with this Idempotency-Key is still running.", "key-in-use") from busy
    except Exception:
        KeptAnswer.objects.filter(pk=row.pk, status=None).delete()
        raise


def _digest(request: HttpRequest, *, form: bool) -> str:
    said = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if not form:
        said.update(request.body)
        return said.hexdigest()
    # Boundaries differ each time, and files may be larger than what is kept in memory.
    for name, value in sorted(request.POST.items()):
        said.update(f"{name}={value}\n".encode())
    for name, upload in sorted(request.FILES.items()):
        said.update(f"{name}: {upload.name}\n".encode())  # type: ignore[union-attr]
        for part in upload.chunks():  # type: ignore[union-attr]
            said.update(part)
        upload.seek(0)  # type: ignore[union-attr]
    return said.hexdigest()


def _row(key: ApiKey, name: str, digest: str) -> KeptAnswer:
    """The row of this key, made now or before. Raises Problem where it stands for something else."""
    KeptAnswer.objects.filter(key=key, name=name, created_at__lt=timezone.now() - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(key=key, name=name, digest=digest)
    except IntegrityError:
        row = KeptAnswer.objects.filter(key=key, name=name).first()
    if row is None:
        raise conflict("The request with this Idempotency-Key has just been refused. Try again.", "key-in-use")
    if row.digest != digest:
        raise Problem(422, "This Idempotency-Key was used for another request.", "key-reused")
    return row


def _locked(row: KeptAnswer) -> KeptAnswer:
    try:
        with transaction.atomic():
            return KeptAnswer.objects.select_for_update(nowait=True).get(pk=row.pk)
    except (OperationalError, KeptAnswer.DoesNotExist) as error:
        raise InUse from error


def forget_old() -> int:
    """Delete answers that are older than a day; returns how many."""
    gone, _by_model = KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return gone
