"""The files of a record: its card, adding, fetching, removing. Nothing is ever shown by the browser itself."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.files import ENDINGS, BadFile
from core.models import Sharing, StoredFile
from core.registry import FileHost, file_hosts
from core.services import files


def _record(request: HttpRequest, object_type: str, pk: int) -> tuple[FileHost, Any]:
    """The kind and the record, if the reader may see it."""
    host = file_hosts.get(object_type)
    if host is None:
        raise Http404
    return host, get_object_or_404(host.visible_to(request.user), pk=pk)


def _require_change(request: HttpRequest, host: FileHost) -> None:
    if not request.user.has_perm(host.permission):
        raise PermissionDenied(_("Your role does not let you change this. Somebody who manages users can change that."))


@require_http_methods(["GET", "POST"])
def files_card(request: HttpRequest, pk: int, object_type: str) -> HttpResponse:
    """The files of a record; POST adds one or several."""
    host, record = _record(request, object_type, pk)
    problems: list[str] = []
    if request.method == "POST":
        _require_change(request, host)
        sharing = request.POST.get("sharing", "")
        uploads = request.FILES.getlist("file")
        if not uploads:
            problems.append(_("Choose a file."))
        for upload in uploads:
            try:
                chosen = sharing if host.accounting and sharing in Sharing.values else Sharing.HERE
                files.add_file(object_type, record.pk, upload, by=request.user, sharing=chosen)
            except BadFile as refused:
                problems.append(str(refused))
        if not getattr(request, "htmx", False):
            for problem in problems:
                messages.error(request, problem)
            return redirect(resolve_url(host.page, pk) if host.page else "core:home")
    return _card(request, object_type, host, record, problems)


def _card(
    request: HttpRequest, object_type: str, host: FileHost, record: Any, problems: list[str] | None = None
) -> HttpResponse:
    held = files.files_of(object_type, record.pk)
    context = {
        "object_type": object_type,
        "record": record,
        "files": held,
        "may_change": request.user.has_perm(host.permission),
        "sharing": Sharing.choices if host.accounting else [],
        "standing": host.standing([file.pk for file in held]) if host.standing and held else {},
        "problems": problems or [],
        "endings": ENDINGS.replace(" ", ""),
    }
    # 200 also when a file was refused: the card that holds the sentence has to be swapped in.
    return render(request, "core/files/_card.html", context)


@require_GET
def file_download(request: HttpRequest, key: uuid.UUID) -> FileResponse:
    """A file's content, always as a download, for whoever may see its record."""
    file = get_object_or_404(StoredFile, key=key)
    _record(request, file.object_type, file.object_id)
    try:
        content = file.content.open("rb")
    except FileNotFoundError as error:
        raise Http404(_("The content of this file is missing on the server.")) from error
    response = FileResponse(content, as_attachment=True, filename=file.name, content_type=file.content_type)
    patch_cache_control(response, private=True, no_store=True)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_POST
def file_remove(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Take a file off its record."""
    file = get_object_or_404(StoredFile, key=key)
    host, record = _record(request, file.object_type, file.object_id)
    _require_change(request, host)
    files.remove_file(file, by=request.user)
    if getattr(request, "htmx", False):
        return _card(request, file.object_type, host, record)
    messages.success(request, _("The file was removed."))
    return redirect(resolve_url(host.page, file.object_id) if host.page else "core:home")
