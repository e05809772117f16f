"""Files of records: list, add, fetch and remove them."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import FileResponse

from api.described import Answer, Call, Operation
from api.printing import plain
from api.problems import missing, unfit_at
from api.resources.records import PATHS
from api.schemas import ID, MOMENT, array, named, nullable, record
from api.scopes import CRM_READ, CRM_WRITE, INVOICES_READ, INVOICES_WRITE
from core.files import BadFile
from core.models import Sharing, StoredFile
from core.registry import FileHost, file_hosts
from core.services import files

TAG = "Files"
HOSTS = {**PATHS, "invoice": "invoices"}
FILE = named(
    "File",
    record(
        {
            "id": {"type": "string", "format": "uuid"},
            "name": {"type": "string"},
            "content_type": {"type": "string"},
            "size": {"type": "integer", "description": "Bytes."},
            "sha256": {"type": "string"},
            "sharing": {"type": "string", "enum": list(Sharing.values)},
            "by": nullable(ID),
            "created_at": MOMENT,
        },
        "id",
        "name",
        "size",
    ),
)


def _printed(file: StoredFile) -> dict[str, Any]:
    return {
        "id": str(file.key),
        "name": file.name,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
        "sharing": file.sharing,
        "by": file.uploaded_by_id,
        "created_at": plain(file.created_at),
    }


def _host(call: Call, name: str, pk: int) -> FileHost:
    """The kind of a record that the caller sees. Raises Problem."""
    host = file_hosts.get(name)
    if host is None or not host.visible_to(call.user).filter(pk=pk).exists():
        raise missing()
    return host


def _lister(name: str) -> Callable[[Call], Answer]:
    def index(call: Call) -> Answer:
        """The files of a record, the newest first."""
        _host(call, name, call.at["id"])
        return Answer({"data": [_printed(file) for file in files.files_of(name, call.at["id"])]})

    return index


def _may_change(call: Call, host: FileHost) -> None:
    if not call.user.has_perm(host.permission):
        raise PermissionDenied("Your role, or this key, does not let you change this.")


def _adder(name: str) -> Callable[[Call], Answer]:
    def add(call: Call) -> Answer:
        """Put a file on a record."""
        host = file_hosts[name]
        _may_change(call, host)
        _host(call, name, call.at["id"])
        upload = call.request.FILES.get("file")
        if upload is None:
            raise unfit_at("/file", "Send the file as multipart/form-data, in the field file.")
        sharing = call.request.POST.get("sharing", Sharing.HERE)
        if sharing not in Sharing.values or (sharing != Sharing.HERE and not host.accounting):
            raise unfit_at("/sharing", "This can't be chosen here.")
        try:
            made = files.add_file(name, call.at["id"], upload, by=call.user, sharing=sharing)
        except BadFile as error:
            raise unfit_at("/file", error) from error
        return Answer(_printed(made), 201, location=f"/api/v1/files/{made.key}")

    return add


def _found(call: Call) -> tuple[StoredFile, FileHost]:
    file = StoredFile.objects.filter(key=call.at["key"]).first()
    if file is None:
        raise missing()
    if file.object_type == "invoice" and INVOICES_READ not in call.key.scopes:
        raise missing()
    return file, _host(call, file.object_type, file.object_id)


def read(call: Call) -> Answer:
    """What is known of a file."""
    return Answer(_printed(_found(call)[0]))


def content(call: Call) -> Answer:
    """The content of a file, always as a download."""
    file = _found(call)[0]
    try:
        opened = file.content.open("rb")
    except FileNotFoundError as error:
        raise missing() from error
    response = FileResponse(opened, as_attachment=True, filename=file.name, content_type=file.content_type)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return Answer(raw=response)


def remove(call: Call) -> Answer:
    """Take a file off its record."""
    file, host = _found(call)
    _may_change(call, host)
    files.remove_file(file, by=call.user)
    return Answer(None, 204)


def operations() -> list[Operation]:
    """What can be done with files."""
    page = record({"data": array(FILE)}, "data")
    upload = {
        "type": "object",
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "sharing": {"type": "string", "enum": list(Sharing.values)},
        },
        "required": ["file"],
    }
    found = [
        Operation("GET", "files/{key}", "read-file", TAG, "Read what is known of a file", CRM_READ, read, {200: FILE}),
        Operation("GET", "files/{key}/content", "read-file-content", TAG, "Fetch a file", CRM_READ, content,
                  {200: {"type": "string", "format": "binary"}}, answer_type="*/*"),
        Operation("DELETE", "files/{key}", "remove-file", TAG, "Take a file off its record", CRM_WRITE, remove,
                  {204: None}),
    ]  # fmt: skip
    for name, path in HOSTS.items():
        reads, writes = (INVOICES_READ, INVOICES_WRITE) if name == "invoice" else (CRM_READ, CRM_WRITE)
        address = f"{path}/{{id}}/files"
        article = "an" if name == "invoice" else "a"
        found += [
            Operation("GET", address, f"list-{name}-files", TAG, f"The files of {article} {name}", reads, _lister(name),
                      {200: page}),
            Operation("POST", address, f"add-{name}-file", TAG, f"Put a file on {article} {name}", writes, _adder(name),
                      {201: FILE}, body=upload, body_type="multipart/form-data"),
        ]  # fmt: skip
    return found
