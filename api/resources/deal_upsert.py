"""Many deals at once, found by their id or by a number of one's own, each with the rules of its stage."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q

from accounts.access import require
from api.described import Answer, Call, Operation
from api.form_fields import PROPERTIES, as_typed
from api.problems import Mistake, pointer, unfit_at
from api.resources.records import EDITS, RECORDS
from api.resources.upsert import GONE, MOST_ROWS, RESULT, Row, clean, result
from api.schemas import ID, array, mistakes_in, record
from api.scopes import CRM_WRITE
from core.company import profile
from core.properties import PREFIX, BadValue, Definition, by_slot, canonical, remembered
from crm.forms.closing import NOTE
from crm.kinds import COMPANY, CONTACT, DEAL
from crm.models import Stage
from crm.services import deals_at_once
from crm.services.deals_at_once import Wish
from crm.services.stage_requirements import REASON

BY = re.compile(rf"{PREFIX}([0-9]{{1,15}})")
# What is cleaned by the field of the page's form and asks the database for nothing.
PLAIN = ("name", "amount", "currency", "close_on", "description")
_NEW, _CHANGE = RECORDS["deal"].new_schema, RECORDS["deal"].change_schema
SCHEMA = {**_NEW, "properties": {"id": ID, **_CHANGE["properties"], **_NEW["properties"]}, "required": []}


def upsert(call: Call) -> Answer:
    """Change or make the deals of many rows."""
    require(call.user, EDITS)
    rows = [Row(number, given) for number, given in enumerate(call.body["rows"])]
    with remembered():
        key = _key(call.body["by"])
        _check(rows, key)
        _find(rows, key, call.user)
        known = _Known(rows, call.user)
        for row in rows:
            if not row.status:
                _read(row, known)
        clean(DEAL, rows)
        _write(rows, known, call.user)
    return result(rows)


def _key(by: str) -> Definition | None:
    """The property that deals are found by; None for their id. Raises Problem."""
    if by == "id":
        return None
    found = BY.fullmatch(by)
    definition = by_slot(DEAL.name).get(found[1]) if found else None
    if definition is None or not definition.unique:
        raise unfit_at("/by", "Deals have no such property that is unique.")
    return definition


def _place(key: Definition | None) -> str:
    return pointer("id") if key is None else pointer(PROPERTIES, key.slot)


def _check(rows: Sequence[Row], key: Definition | None) -> None:
    """Let rows fail that are not as the document says, or name a deal that another row names."""
    seen: dict[str, int] = {}
    for row in rows:
        if wrong := mistakes_in(row.given, SCHEMA):
            row.fail(*wrong)
        elif key is not None and "id" in row.given:
            row.fail(Mistake("These rows are found by a property, not by an id.", "/id"))
        else:
            _name(row, key)
        if row.status:
            continue
        if row.key in seen:
            row.fail(Mistake(f"Row {seen[row.key]} has the same.", _place(key)))
        seen.setdefault(row.key, row.number)


def _name(row: Row, key: Definition | None) -> None:
    """Note what a row is found by, as records hold it."""
    try:
        given = row.given.get("id") if key is None else row.given.get(PROPERTIES, {}).get(key.slot)
        held = given if key is None else canonical(key, given)
    except BadValue as error:
        row.fail(Mistake(str(error), _place(key)))
        return
    if held is None:
        row.fail(Mistake("Rows are found by this: give it.", _place(key)))
    row.key = str(held)


def _find(rows: Sequence[Row], key: Definition | None, user: Any) -> None:
    """The deals that are there, locked in the order of their ids, with all that their rules ask for."""
    keys = [row.key for row in rows if not row.status]
    if not keys:
        return
    there = DEAL.visible_to(user).filter(archived_at=None).select_for_update(of=("self",)).defer("search")
    if key is None:
        wanted = Q(pk__in=[int(each) for each in keys])
    else:
        # One lookup of the index for each value.
        wanted = Q()
        for each in keys:
            wanted |= Q(properties__contains={key.slot: each})
    found = {
        str(deal.pk if key is None else deal.properties[key.slot]): deal for deal in there.filter(wanted).order_by("pk")
    }
    deals_at_once.ready(found.values())
    for row in rows:
        row.record = None if row.status else found.get(row.key)
        if key is None and not row.status and row.record is None:
            row.fail(Mistake("There is no such record, or it is archived.", "/id"))


class _Known:
    """The records that rows name, read together: what this person may choose."""

    def __init__(self, rows: Sequence[Row], user: Any) -> None:
        living = [row for row in rows if not row.status]
        self.currency = profile().currency
        self.user = user
        self.stages: Mapping[int, Stage] = (
            {stage.pk: stage for stage in Stage.objects.select_related("pipeline")} if _ids(living, "stage") else {}
        )
        companies, people = _ids(living, "company"), _ids(living, "owner")
        self.companies = {
            None,
            *COMPANY.visible_to(user).filter(archived_at=None, pk__in=companies).values_list("pk", flat=True),
        }
        users = get_user_model()._default_manager.filter(is_active=True, pk__in=people)
        self.owners = {None, *users.values_list("pk", flat=True)}
        links = [row.record.deal_contacts.all() for row in living if row.record is not None]
        there = {link.contact_id for each in links for link in each}
        wanted = {pk for row in living for pk in row.given.get("contacts") or ()}
        self.contacts = CONTACT.visible_to(user).filter(pk__in=there | wanted).defer("search").in_bulk()


def _ids(rows: Iterable[Row], name: str) -> set[int]:
    return {row.given[name] for row in rows if row.given.get(name) is not None}


def _read(row: Row, known: _Known) -> None:
    """The columns that a row has, as the page's form makes them; it fails with all that does not fit."""
    wrong: list[Mistake] = []
    fields = DEAL.form.base_fields
    given = row.given if row.record is not None else {"name": "", "currency": known.currency, **row.given}
    for name in PLAIN:
        if name in given:
            try:
                row.values[name] = fields[name].clean(as_typed(given[name]))
            except ValidationError as error:
                wrong += [Mistake(str(message), pointer(name)) for message in error.messages]
    for name, choices in (("company", known.companies), ("owner", known.owners)):
        if name in given:
            column = f"{name}_id"
            row.values[column] = given[name]
            if given[name] not in choices and given[name] != getattr(row.record, column, None):
                wrong.append(Mistake(GONE, pointer(name)))
    if "stage" in given and given["stage"] not in known.stages:
        wrong.append(Mistake("There is no such stage.", "/stage"))
    wrong += _strangers(row, known)
    if "amount_follows_lines" in given and row.record is not None and row.record.lines.all():
        row.values["amount_follows_lines"] = follows = given["amount_follows_lines"]
        amount = row.values.get("amount", row.record.amount)
        if follows and row.record.amount_follows_lines and amount != row.record.amount:
            wrong.append(Mistake("The amount follows the line items: it can't be another one.", "/amount"))
    row.properties = given.get(PROPERTIES)
    if wrong:
        row.fail(*wrong)


def _strangers(row: Row, known: _Known) -> Iterable[Mistake]:
    """Contacts that can't be put on the deal. One that is archived may stay."""
    there = {link.contact_id for link in row.record.deal_contacts.all()} if row.record is not None else set()
    for place, pk in enumerate(row.given.get("contacts") or ()):
        contact = known.contacts.get(pk)
        if contact is None or (contact.archived_at is not None and pk not in there):
            yield Mistake("There is no such contact.", pointer("contacts", place))


def _write(rows: Sequence[Row], known: _Known, user: Any) -> None:
    wishes = {row.number: _wish(row, known) for row in rows if not row.status}
    deals_at_once.save(list(wishes.values()), by=user, seen=known.contacts.keys())
    for row in rows:
        wish = wishes.get(row.number)
        if wish is None:
            continue
        if wish.refused is not None:
            row.fail(Mistake(str(wish.refused), "/stage"))
        else:
            row.record, row.status = wish.deal, wish.outcome


def _wish(row: Row, known: _Known) -> Wish:
    people = row.given.get("contacts")
    stage = row.given.get("stage")
    return Wish(
        row.record,
        row.values,
        row.properties,
        None if people is None else [known.contacts[pk] for pk in dict.fromkeys(people)],
        None if stage is None else known.stages[stage],
        row.given.get(REASON, ""),
        row.given.get(NOTE, ""),
    )


def operations() -> list[Operation]:
    """The one for deals."""
    body = record(
        {
            "by": {"type": "string", "pattern": rf"^(id|{PREFIX}[0-9]{{1,15}})$"},
            "rows": array(
                {"type": "object", "description": "As NewDeal, each checked for itself."},
                minItems=1,
                maxItems=MOST_ROWS,
            ),
        },
        "by",
        "rows",
    )
    text = (
        f"Up to {MOST_ROWS:,} rows, found by `id` or by a custom property that is unique (`property:12`). Each changes "
        "its deal, moves it to the given stage and gives it the given contacts, or makes one where there is none (by "
        "id none is made). A row that can't be taken is told with the places in it, leaves nothing behind and stops "
        "no other."
    )
    return [
        Operation("POST", "deals/upsert", "upsert-deals", str(DEAL.plural), "Change or create many deals at once",
                  CRM_WRITE, upsert, {200: RESULT}, body=body, text=text),
    ]  # fmt: skip
