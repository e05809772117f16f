"""Search over the files on records, by their names."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core import registry
from core.finding import Hit, Place, among
from core.models import StoredFile

PLACE = Place("core_storedfile", newest="id DESC", at="created_at", listed="TRUE", begins=["upper(name)"])


def register() -> None:
    """Let files be found."""
    registry.search_sources.append(registry.SearchSource("file", _("Files"), PLACE, lines, order=80, seen=seen))


def _hosts(user: Any) -> dict[str, registry.FileHost]:
    """The kinds of records with a page whose files a person may come to see."""
    hosts = registry.file_hosts.items()
    return {name: host for name, host in hosts if host.page and (not host.sees or user.has_perm(host.sees))}


def seen(user: Any) -> str:
    """SQL: files on records that a person may see."""
    kinds = [
        f"object_type = '{name}' AND {among(host.visible_to, user, 'object_id')}"
        for name, host in sorted(_hosts(user).items())
    ]
    return f"({' OR '.join(kinds)})" if kinds else "FALSE"


def lines(user: Any, ids: Sequence[int]) -> Mapping[int, Hit]:
    """A file leads to the card of its record, which is named beside it."""
    files = list(StoredFile.objects.filter(pk__in=ids).only("name", "size", "object_type", "object_id"))
    hosts, of_kind = _hosts(user), dict[str, set[int]]()
    for file in files:
        of_kind.setdefault(file.object_type, set()).add(file.object_id)
    records = {
        (kind, record.pk): record
        for kind, wanted in of_kind.items()
        if kind in hosts
        for record in hosts[kind].visible_to(user).filter(pk__in=wanted)
    }
    found = {}
    for file in files:
        record = records.get((file.object_type, file.object_id))
        if record is not None:
            archived = gettext("Archived") if getattr(record, "archived_at", None) else ""
            detail = " · ".join(filter(None, [str(record), filesizeformat(file.size), archived]))
            page = reverse(hosts[file.object_type].page, args=[record.pk])
            found[file.pk] = Hit(file.name, detail, f"{page}#card-files", "file-text")
    return found
