"""Attachments: notes and files, linked to what they belong to."""

from __future__ import annotations

import hashlib
import mimetypes
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.entities.catalogue import entity_named
from qbo_simulator.entities.rules import Rules

if TYPE_CHECKING:
    from qbo_simulator.books import Books
    from qbo_simulator.store import Transaction

Body = dict[str, Any]
LARGEST_FILE = 100 * 1024 * 1024
_CATEGORIES = (
    "Contact Photo",
    "Document",
    "Image",
    "Receipt",
    "Signature",
    "Sound",
    "Other",
)


class AttachableRules(Rules):
    """A note, or what is known about an uploaded file."""

    read_only = frozenset({"FileAccessUri", "TempDownloadUri", "Size", "ThumbnailFileAccessUri"})

    def prepare(self, books: Books, new: Body, old: Body | None) -> None:
        """Check that there is something, and to what it is attached."""
        if not new.get("Note") and not new.get("FileName"):
            raise faults.required("Note")
        category = new.get("Category")
        if category is not None and category not in _CATEGORIES:
            raise faults.invalid_enumeration("Category", category)
        if new.get("FileName") and not new.get("ContentType"):
            new["ContentType"] = mimetypes.guess_type(str(new["FileName"]))[0] or "application/octet-stream"
        for link in new.get("AttachableRef") or ():
            reference = link.get("EntityRef") or {}
            if not reference:
                continue
            kind = reference.get("type") or "Invoice"
            entity = entity_named(str(kind))
            if entity is None:
                raise faults.invalid_enumeration("EntityRef.type", kind)
            if books.shelf.get(entity.name, str(reference.get("value"))) is None:
                raise faults.invalid_reference(entity.name, str(reference.get("value")))
            link["EntityRef"] = {"value": str(reference["value"]), "type": entity.name}
            link.setdefault("IncludeOnSend", False)

    def settle(self, books: Books, new: Body | None, old: Body | None) -> None:
        """The content of a deleted file goes with it."""
        if new is None and old is not None:
            books.tx.execute("DELETE FROM files WHERE realm = ? AND id = ?", (books.company.realm, old["Id"]))


def keep_file(books: Books, metadata: Body, name: str, content_type: str, content: bytes, base: str) -> Body:
    """Store an uploaded file with its metadata and return its Attachable; ``base`` is our address. Raises Refused."""
    if len(content) > LARGEST_FILE:
        raise faults.too_long("FileName", LARGEST_FILE, len(content))
    entity = books.shelf.entity("Attachable")
    asked = {"FileName": name, "ContentType": content_type, **metadata}
    body = books.update(entity, asked) if asked.get("Id") else books.create(entity, asked)
    realm, identifier = books.company.realm, str(body["Id"])
    path = f"/v3/company/{realm}/download/{identifier}"
    body |= {
        "Size": len(content),
        "FileAccessUri": path,
        "TempDownloadUri": f"{base}{path}?key={key_of(realm, identifier)}",
    }
    books.put_silently("Attachable", body)
    books.tx.execute("INSERT OR REPLACE INTO files (realm, id, content) VALUES (?, ?, ?)", (realm, identifier, content))
    return body


def key_of(realm: str, identifier: str) -> str:
    """Return the key that opens a download without a token: nobody guesses it by counting."""
    return hashlib.sha256(f"simulated download {realm} {identifier}".encode()).hexdigest()[:32]


def content_of(tx: Transaction, realm: str, identifier: str) -> bytes | None:
    """Return the content of an uploaded file, or None."""
    row = tx.one("SELECT content FROM files WHERE realm = ? AND id = ?", (realm, identifier))
    return bytes(row[0]) if row else None
