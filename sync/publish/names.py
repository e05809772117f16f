"""What a record is called in QuickBooks: from a template, cleaned, and free among all names that it must not share."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from crm.models import Company, Contact, Product
from qbo_connector.models import Connection, MirrorObject, Operation
from qbo_connector.outbox.plan import OPEN
from sync.enums import RecordType
from sync.models import ObjectSettings
from sync.publish.texts import clean_name, latin

# QuickBooks keeps one list of names for these three; items have one of their own.
PARTIES = ("Customer", "Vendor", "Employee")
LIMITS = {"Customer": 500, "Item": 100}
FIELD = {"Customer": "DisplayName", "Item": "Name"}
PLACEHOLDERS = ("name", "company", "first", "last", "email", "phone", "city", "sku", "id", "number")
NUMBER = "{number}"
MOST_ROUNDS = 12
_NAMED_IN_A_ROUND = 10
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class BadTemplate(ValueError):
    """A template names something that there is not; the message says what."""


@dataclass(frozen=True)
class Owner:
    """Who has a name in QuickBooks: an object of the mirror, or one that is just being created (no id)."""

    entity: str
    qbo_id: str
    name: str
    active: bool = True


def check_template(template: str) -> None:
    """Raises BadTemplate for a placeholder that does not exist, or a template without any."""
    used = _PLACEHOLDER.findall(template)
    if unknown := [name for name in used if name not in PLACEHOLDERS]:
        raise BadTemplate(
            _("There is no “{%s}”. There is %s.") % (unknown[0], ", ".join(f"{{{p}}}" for p in PLACEHOLDERS))
        )
    if not set(used) - {"number"}:
        raise BadTemplate(_("The template has to name something of the record, such as {name}."))


def check_suffix(suffix: str) -> None:
    """Raises BadTemplate for a suffix with a placeholder other than {number}."""
    if unknown := [name for name in _PLACEHOLDER.findall(suffix) if name != "number"]:
        raise BadTemplate(_("A suffix can only hold {number}, not “{%s}”.") % unknown[0])


def parts_of(
    record_type: RecordType, values: Mapping[str, Any], *, record_id: int, company: str = ""
) -> dict[str, str]:
    """What the placeholders stand for, from a record's values."""
    first, last = str(values.get("first_name") or ""), str(values.get("last_name") or "")
    own = str(values.get("name") or "")
    email = str(values.get("email") or "")
    person = f"{first} {last}".strip()
    address = values.get("billing_address")
    return {
        "name": own or person or email or f"#{record_id}",
        "company": own if record_type == RecordType.COMPANY else company,
        "first": first,
        "last": last,
        "email": email,
        "phone": str(values.get("phone") or ""),
        "city": str(address.get("city") or "") if isinstance(address, Mapping) else "",
        "sku": str(values.get("sku") or ""),
        "id": str(record_id),
        "number": "",
    }


def rendered(template: str, parts: Mapping[str, str]) -> str:
    """The template filled in; what is empty leaves no empty brackets or stray separators behind."""
    text = _PLACEHOLDER.sub(lambda found: parts.get(found[1], ""), template)
    text = re.sub(r"\(\s*\)|\[\s*\]|\{\s*\}", "", text)
    text = re.sub(r"\s+([,;])", r"\1", " ".join(text.split()))
    return text.strip(" ,;-/|·") or parts.get("name", "")


def cleaned(name: str, *, limit: int, in_us: bool) -> str:
    """A name as QuickBooks takes it: without forbidden characters, cut to its limit."""
    text = clean_name(name.replace("\x00", ""))
    if in_us:
        text = clean_name(latin(text)[0])
    return text[:limit].strip()


def numbered(name: str, suffix: str, number: int, *, limit: int) -> str:
    """The name with its suffix; the first number is 2, and what is too long gives way to the suffix."""
    tail = suffix.replace(NUMBER, str(number)) if suffix.strip() else f" ({number})"
    if suffix.strip() and NUMBER not in suffix and number > 2:
        tail = f"{suffix} {number - 1}"
    return name[: limit - len(tail)].rstrip() + tail


def owners(connection: Connection, names: Iterable[str], *, entity: str = "Customer") -> dict[str, Owner]:
    """Who has these names (as ``key`` writes them): Customer, Vendor or Employee, inactive too; or an open operation.

    Two statements, whatever the number of names.
    """
    wanted = {key(name) for name in names if name}
    if not wanted:
        return {}
    entities = PARTIES if entity in PARTIES else (entity,)
    rows = (
        MirrorObject.objects.filter(connection=connection, entity__in=entities, deleted=False)
        .annotate(upper_name=Upper("name"))
        .filter(upper_name__in=wanted)
    )
    found = {
        key(name): Owner(kind, qbo_id, name, active)
        for kind, qbo_id, name, active in rows.values_list("entity", "qbo_id", "name", "active")
    }
    planned = Operation.objects.filter(connection=connection, entity__in=entities, state__in=OPEN)
    for kind, name in planned.values_list("entity", f"intent__{FIELD.get(entity, 'Name')}"):
        if isinstance(name, str) and key(name) in wanted:
            found.setdefault(key(name), Owner(kind, "", name))
    return found


def key(name: str) -> str:
    """A name as QuickBooks compares names: case and spaces around don't count."""
    return name.strip().upper()


def free_names(
    connection: Connection,
    wanted: Mapping[int, str],
    *,
    suffix: str,
    entity: str = "Customer",
    own: Sequence[str] = (),
    kept: Mapping[int, str] | None = None,
) -> dict[int, str]:
    """A free name for each record, near the wanted one. ``own`` are ids of objects whose names may be taken over.

    ``kept`` are names that the records' own open operations hold; they count as free for them. Two statements for up
    to ten records of one name; two more for each ten beyond.
    """
    held = {pk: key(name) for pk, name in (kept or {}).items()}
    limit, in_us = LIMITS.get(entity, 100), connection.in_us
    bases = {pk: cleaned(name, limit=limit, in_us=in_us) for pk, name in wanted.items()}
    found: dict[int, str] = {}
    given: set[str] = set()
    for turn in range(MOST_ROUNDS):
        rest = {pk: base for pk, base in bases.items() if pk not in found and base}
        if not rest:
            break
        numbers = range(1 + turn * _NAMED_IN_A_ROUND, 1 + (turn + 1) * _NAMED_IN_A_ROUND)
        choices = {
            pk: [base if n == 1 else numbered(base, suffix, n, limit=limit) for n in numbers]
            for pk, base in rest.items()
        }
        taken = owners(connection, (name for names in choices.values() for name in names), entity=entity)
        blocked = {name for name, owner in taken.items() if not (owner.entity == entity and owner.qbo_id in own)}
        for pk, names in choices.items():
            free = next(
                (n for n in names if key(n) not in given and (key(n) not in blocked or key(n) == held.get(pk))), None
            )
            if free is not None:
                found[pk] = free
                given.add(key(free))
    for pk, base in bases.items():
        if base and pk not in found:
            # So many share it that counting on makes no sense: the record's own number tells them apart.
            found[pk] = f"{base[: limit - 22]} #{pk}"
    return found


def preview(settings: ObjectSettings, record: Company | Contact | Product) -> str:
    """What ``record`` would be called if it were created now, with these settings. Raises BadTemplate."""
    check_template(settings.display_name_template)
    check_suffix(settings.display_name_suffix)
    record_type = RecordType(str(record._meta.model_name))
    company = record.company.name if isinstance(record, Contact) and record.company else ""
    parts = parts_of(record_type, vars(record), record_id=record.pk, company=company)
    entity = "Item" if record_type == RecordType.PRODUCT else "Customer"
    base = parts["name"] if entity == "Item" else rendered(settings.display_name_template, parts)
    free = free_names(settings.connection, {record.pk: base}, suffix=settings.display_name_suffix, entity=entity)
    return free.get(record.pk, "")
