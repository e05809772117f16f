"""What mends a record that is not in sync: the buttons and doors that fit why it is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from qbo_connector.enums import ConnectionStatus
from sync.enums import Exclusion, Outcome, RecordType
from sync.models import Link
from sync.policies import OBJECT_OF
from sync.titles import address_of

_EDIT = {"company": "crm:company-edit", "contact": "crm:contact-edit", "product": "crm:product-edit"}
# Refusals that a change of the record mends.
_ON_THE_RECORD = frozenset({"number", "field", "reference", "rule", "period"})
_BY_SETTINGS = frozenset(
    {
        Exclusion.FILTER,
        Exclusion.NO_EMAIL,
        Exclusion.POLICY,
        Exclusion.DIRECTION,
        Exclusion.BACK_FILL,
        Exclusion.COMPANY_IS_CUSTOMER,
    }
)


@dataclass(frozen=True)
class Door:
    """A page where it can be mended."""

    label: str
    url: str
    icon: str


@dataclass(frozen=True)
class Fixes:
    """What can be done: sent again, linked to the owner of its name, renamed, or mended on another page."""

    retry: bool = False
    link_to_owner: bool = False
    rename: bool = False
    doors: Sequence[Door] = ()


NO_FIXES = Fixes()


def fixes_for(link: Link, user: Any) -> Fixes:
    """The remedies of one record that ``user`` may use; no statement beyond the link's company."""
    outcome, kind = Outcome(link.outcome), str(link.remedy.get("kind", ""))
    may_act = user.has_perm("sync.run")
    failing = outcome == Outcome.FAILING
    parties = link.object_type in _EDIT
    doors = [*_connection_doors(link, user)]
    if failing and kind in _ON_THE_RECORD:
        doors += _record_door(link, user)
    if outcome == Outcome.CONFLICT and user.has_perm("sync.view_health"):
        address = f"{reverse('sync:conflicts')}?record={link.object_type}:{link.object_id}"
        doors.append(Door(_("Decide"), address, "git-merge"))
    if outcome == Outcome.EXCLUDED:
        doors += _exclusion_doors(link, user)
    if outcome == Outcome.BROKEN:
        doors += _settings_door(link, user)
    return Fixes(
        retry=may_act and failing and link.connection.active,
        link_to_owner=may_act and failing and parties and bool(link.remedy.get("can_link")),
        rename=may_act and failing and parties and kind == "name" and not link.qbo_id,
        doors=doors,
    )


def _connection_doors(link: Link, user: Any) -> list[Door]:
    if link.connection.active or not user.has_perm("qbo_connector.connect"):
        return []
    label = _("Reconnect") if link.connection.status == ConnectionStatus.NEEDS_RECONNECT else _("Open the connection")
    return [Door(label, f"{reverse('qbo_connector:connection-list')}#company-{link.connection_id}", "plug-connected")]


def _record_door(link: Link, user: Any) -> list[Door]:
    if link.object_type in _EDIT:
        if not user.has_perm("crm.edit"):
            return []
        return [Door(_("Edit"), reverse(_EDIT[link.object_type], args=[link.object_id]), "pencil")]
    address = address_of(link.object_type, link.object_id)
    return [Door(_("Open"), address, "pencil")] if address else []


def _exclusion_doors(link: Link, user: Any) -> list[Door]:
    if link.exclusion == Exclusion.SUGGESTED and user.has_perm("sync.view_health"):
        address = f"{reverse('sync:suggestions')}?company={link.connection_id}"
        return [Door(_("Decide the likely match"), address, "link")]
    doors = _record_door(link, user) if link.exclusion == Exclusion.NO_EMAIL else []
    return [*doors, *_settings_door(link, user)] if link.exclusion in _BY_SETTINGS else doors


def _settings_door(link: Link, user: Any) -> list[Door]:
    """The settings that decide about it, for who may change them."""
    if not user.has_perm("sync.configure"):
        return []
    kind = "invoice" if link.object_type == "payment" else link.object_type
    try:
        address = reverse("sync:object-settings", args=[link.connection_id, OBJECT_OF[RecordType(kind)]])
    except (NoReverseMatch, ValueError):
        address = reverse("sync:connection-settings", args=[link.connection_id])
    return [Door(_("Open the settings"), address, "settings")]
