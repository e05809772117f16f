"""What becomes of the rows of a slice: read, matched with the records that are there, decided. Nothing is written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from core.company import profile
from core.properties import PREFIX, BadValues, clean_many
from core.properties.objects import stored
from core.services.properties import CHOICE_KINDS
from crm.imports import matching
from crm.imports.cells import Cell, Row, is_empty
from crm.imports.matching import CompanyWanted
from crm.imports.options import ADD, CLEAR, CREATE, REFUSE, UPDATE, Options
from crm.imports.targets import (
    COMPANY_DOMAIN,
    COMPANY_NAME,
    CONTACT_EMAIL,
    HUBSPOT,
    ID,
    PIPELINE,
    STAGE,
    Target,
)  # fmt: skip
from crm.imports.values import Known, Unfit, labels_in, stage_of, value_of
from crm.labels import label_of
from crm.models import Company, Contact, Deal, Product, Stage
from crm.models.records import Record
from crm.services import changes, pipelines, stage_requirements

CREATES, UPDATES, SAME, FAILS = "create", "update", "same", "fail"
MODELS: dict[str, type[Record]] = {"contact": Contact, "company": Company, "deal": Deal, "product": Product}
REQUIRED = {"company": ("name",), "deal": ("name",), "product": ("name",), "contact": ()}
# Columns that are never empty: an empty cell leaves them alone.
ALWAYS = frozenset({"currency", "active", "billing_period"})
APART = frozenset({ID, STAGE, PIPELINE, COMPANY_NAME, COMPANY_DOMAIN, CONTACT_EMAIL, "owner"})


@dataclass
class Setting:
    """What holds for all rows of an import. ``losers`` are rows that another one of the file replaces, by line."""

    object_type: str
    columns: Sequence[tuple[int, Target]]
    options: Options
    known: Known
    user: Any
    losers: dict[int, int] = field(default_factory=dict)

    @property
    def model(self) -> type[Record]:
        """The model of the records."""
        return MODELS[self.object_type]


@dataclass
class Plan:
    """One row: what was read, what it is about, and what is to be done."""

    row: Row
    values: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    address: dict[str, dict[str, str]] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    record: Any = None
    act: str = ""
    company: CompanyWanted | None = None
    company_id: int | None = None
    stage: Stage | None = None
    contact_email: str = ""
    contact_id: int | None = None
    # Choices that would have to be added: (slot, label).
    choices: list[tuple[str, str]] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    # What HubSpot says beside the columns, by target.
    hubspot: dict[str, Any] = field(default_factory=dict)
    differing: changes.Changes = field(default_factory=dict)

    def refuse(self, label: Any, text: str) -> None:
        """Note what is wrong."""
        self.problems.append(f"{label}: {text}" if label else text)


def planned(setting: Setting, rows: Sequence[Row], keys: Sequence[str], *, lock: bool) -> list[Plan]:
    """The plans of rows with their ``keys``, in a constant number of statements; ``lock`` when they will be written."""
    plans = [_read(setting, row) for row in rows]
    found = matching.records_by_key(setting, keys, lock=lock)
    others = [row for row, key in zip(rows, keys, strict=True) if not (key and found.get(key))]
    also = matching.records_by_other_keys(setting, others, lock=lock)
    for plan, key in zip(plans, keys, strict=True):
        _match(setting, plan, key, (found.get(key) if key else None) or also.get(plan.row.line, []))
    _companies(setting, plans)
    _contacts(setting, plans)
    _amounts(setting, plans)
    for plan in plans:
        _complete(setting, plan)
    _properties(setting, plans)
    for plan in plans:
        _ask_stage(plan)
        _decide(plan)
    return plans


def _read(setting: Setting, row: Row) -> Plan:
    plan, texts = Plan(row), dict.fromkeys((STAGE, PIPELINE, COMPANY_NAME, COMPANY_DOMAIN), "")
    for at, target in setting.columns:
        try:
            value = _value(setting, plan, target, row.cells[at])
        except Unfit as problem:
            plan.refuse(target.label, str(problem))
            continue
        if target.name in texts:
            texts[target.name] = value or ""
        elif target.name.startswith(HUBSPOT):
            plan.hubspot |= {target.name: value} if value is not None else {}
        elif value is None:
            plan.empty.add(target.name)
        else:
            _put(plan, target, value)
    if texts[STAGE]:
        try:
            plan.stage = stage_of(setting.known, texts[STAGE], texts[PIPELINE])
        except Unfit as problem:
            plan.refuse(_("Stage"), str(problem))
    if texts[COMPANY_NAME] or texts[COMPANY_DOMAIN]:
        plan.company = CompanyWanted(texts[COMPANY_NAME], texts[COMPANY_DOMAIN])
    return plan


def _value(setting: Setting, plan: Plan, target: Target, cell: Cell) -> Any:
    definition = target.definition
    if setting.options.unknown_choices == ADD and definition is not None and not is_empty(cell):
        if definition.kind not in CHOICE_KINDS:
            return value_of(target, cell, setting.options, setting.known)
        missing = [label for label in labels_in(definition, cell) if definition.labelled(label) is None]
        if missing:
            plan.choices += [(definition.slot, label[:120]) for label in missing]
            return None
    return value_of(target, cell, setting.options, setting.known)


def _put(plan: Plan, target: Target, value: Any) -> None:
    column, _dot, part = target.name.partition(".")
    if target.definition is not None:
        plan.given[target.definition.slot] = value
    elif target.name == CONTACT_EMAIL:
        plan.contact_email = value
    elif part:
        plan.address.setdefault(column, {})[part] = value
    elif target.name != ID:
        plan.values["owner_id" if target.name == "owner" else target.name] = value


def _match(setting: Setting, plan: Plan, key: str, found: Sequence[Any]) -> None:
    words = matching.words_of(setting.options.match_by)
    if (other := setting.losers.get(plan.row.line)) is not None:
        plan.refuse("", _("Row %(line)d has the same %(what)s, and that one counts.") % {"line": other, "what": words})
    elif len(found) > 1:
        plan.refuse("", _("%(number)d records have this %(what)s.") % {"number": len(found), "what": words})
    elif found and found[0].archived_at is not None:
        plan.refuse("", _("This record is archived. Restore it first."))
    elif found and setting.options.mode == CREATE:
        plan.refuse("", _("“%(title)s” has this %(what)s already.") % {"title": found[0], "what": words})
    elif found:
        plan.record = found[0]
        # What it was found by is the same but for capitals: it stays as it is written here.
        plan.values.pop(setting.options.match_by, None)
        if setting.options.match_by == matching.FULL_NAME:
            plan.values.pop("first_name", None)
            plan.values.pop("last_name", None)
    elif setting.options.match_by == ID and key:
        plan.refuse("", _("There is no record with this id."))
    elif setting.options.mode == UPDATE:
        text = _("Nothing has this %s, and nothing new is to be created.") if key else _("The %s is missing.")
        plan.refuse("", text % words)


def _companies(setting: Setting, plans: Sequence[Plan]) -> None:
    wanted = [plan for plan in plans if plan.company is not None]
    found = matching.companies([plan.company for plan in wanted if plan.company is not None], setting.user)
    for plan in wanted:
        assert plan.company is not None
        ids = found[plan.company]
        if len(ids) > 1:
            plan.refuse(_("Company"), _("%(number)d companies fit “%(name)s”. Add a column with the domain.") % {
                "number": len(ids), "name": plan.company.name or plan.company.domain})  # fmt: skip
        elif ids:
            plan.company_id = ids[0]
        elif setting.options.unknown_companies == REFUSE:
            plan.refuse(_("Company"), _("There is no company “%s”.") % (plan.company.name or plan.company.domain))
        if ids or setting.options.unknown_companies != ADD:
            plan.company = None
    for plan in plans:
        if plan.company_id is not None:
            plan.values["company_id"] = plan.company_id


def _contacts(setting: Setting, plans: Sequence[Plan]) -> None:
    wanted = {plan.contact_email.casefold() for plan in plans if plan.contact_email}
    found = matching.contacts_by_email(wanted, setting.user)
    for plan in plans:
        if not plan.contact_email:
            continue
        ids = found.get(plan.contact_email.casefold(), [])
        if len(ids) == 1:
            plan.contact_id = ids[0]
        elif ids:
            plan.refuse(_("Contact"), _("%d contacts have this e-mail address.") % len(ids))
        else:
            plan.refuse(_("Contact"), _("No contact has the e-mail address “%s”.") % plan.contact_email[:80])


def _amounts(setting: Setting, plans: Sequence[Plan]) -> None:
    """The amount of a deal with line items is their sum, unless it is typed by hand."""
    if setting.object_type != "deal" or not any("amount" in plan.values for plan in plans):
        return
    ids = [plan.record.pk for plan in plans if plan.record is not None]
    with_lines = Deal.objects.filter(pk__in=ids, lines__isnull=False, amount_follows_lines=True)
    summed = set(with_lines.values_list("pk", flat=True)) if ids else set()
    for plan in plans:
        if plan.record is not None and plan.record.pk in summed and plan.record.amount != plan.values.get("amount"):
            plan.refuse(_("Amount"), _("The amount is the sum of the line items."))


def _complete(setting: Setting, plan: Plan) -> None:
    """Defaults of new records, emptied columns of old ones, addresses put together, and what has to be there."""
    model, record = setting.model, plan.record
    for name, value in plan.values.items():
        column = changes.column(model, name)
        if isinstance(column, models.DecimalField) and isinstance(value, Decimal):
            plan.values[name] = round(value, column.decimal_places or 0)
    if record is None:
        plan.values.setdefault("owner_id", setting.options.owner)
        if any(each.name == "currency" for each in model._meta.fields) and setting.object_type != "company":
            plan.values.setdefault("currency", profile().currency)
        if setting.object_type == "deal" and plan.stage is None:
            plan.stage = pipelines.first_stage() if not setting.known.stages else setting.known.stages[0]
    elif setting.options.empty == CLEAR:
        _clear(model, plan)
    _addresses(setting, plan)
    if setting.object_type == "product":
        _billing(plan)
    for name in REQUIRED[setting.object_type]:
        if not plan.values.get(name, getattr(record, name, "") if record is not None else ""):
            plan.refuse(label_of(name), _("This is required."))
    if setting.object_type == "contact" and not plan.problems:
        names = ("first_name", "last_name", "email")
        if not any(plan.values.get(name, getattr(record, name, "") if record else "") for name in names):
            plan.refuse("", _("A contact needs a name or an e-mail address."))


def _billing(plan: Plan) -> None:
    """What is billed once has no number of periods."""
    period = plan.values.get("billing_period", getattr(plan.record, "billing_period", ""))
    if period:
        return
    if plan.values.get("billing_count"):
        plan.refuse(label_of("billing_count"), _("What is billed once has no number of periods."))
    elif getattr(plan.record, "billing_count", None):
        plan.values["billing_count"] = None


def _clear(model: type[Record], plan: Plan) -> None:
    for name in plan.empty - APART - ALWAYS:
        if name.startswith("property:"):
            plan.given[name.removeprefix("property:")] = None
        elif "." not in name:
            column = changes.column(model, name)
            plan.values[name] = None if column.null else ""
    if "owner" in plan.empty:
        plan.values["owner_id"] = None


def _addresses(setting: Setting, plan: Plan) -> None:
    cleared = setting.options.empty == CLEAR and plan.record is not None
    gone = [name.split(".") for name in plan.empty if cleared and "_address." in name]
    for column in {*plan.address, *(column for column, _part in gone)}:
        stored = dict(getattr(plan.record, column) or {}) if plan.record is not None else {}
        for of, part in gone:
            if of == column:
                stored.pop(part, None)
        whole = {part: text for part, text in {**stored, **plan.address.get(column, {})}.items() if text}
        # HubSpot knows many by their country alone.
        if whole and not (whole.get("line1") or whole.get("city")) and not plan.hubspot:
            plan.refuse(label_of(column), _("An address needs a street or a city."))
        plan.values[column] = whole


def _properties(setting: Setting, plans: Sequence[Plan]) -> None:
    wanted = [plan for plan in plans if not plan.problems and (plan.record is None or plan.given)]
    cleaned = clean_many(setting.object_type, [(plan.record, plan.given) for plan in wanted])
    for plan, result in zip(wanted, cleaned, strict=True):
        if not isinstance(result, BadValues):
            plan.properties = result
            if plan.record is not None:
                plan.values["properties"] = result
            continue
        pending = {slot for slot, _label in plan.choices}
        for slot, text in result.problems.items():
            if slot not in pending:
                plan.refuse(result.labels.get(slot, slot), text)


def _ask_stage(plan: Plan) -> None:
    """Refuse a stage that needs what the deal will not have."""
    stage = plan.stage
    if stage is None or not stage.required or (plan.record is not None and plan.record.stage_id == stage.pk):
        return
    if lacking := stage_requirements.lacking(stage, lambda name: _will_have(plan, name)):
        plan.refuse(_("Stage"), stage_requirements.sentence(stage, lacking))


def _will_have(plan: Plan, name: str) -> bool:
    if name == "lines":
        return plan.record is not None and plan.record.lines.exists()
    if name == "contacts":
        held = plan.record is not None and any(plan.record.deal_contacts.all())
        return held or plan.contact_id is not None or "hubspot.contacts" in plan.hubspot
    if name.startswith(PREFIX):
        slot = name.removeprefix(PREFIX)
        values = plan.properties or (stored(plan.record) if plan.record is not None else {})
        return slot in {of for of, _label in plan.choices} or values.get(slot) not in (None, "", [], False)
    if name == "company" and (
        plan.company is not None or plan.hubspot.keys() & {"hubspot.company", "hubspot.companies"}
    ):
        return True
    column = f"{name}_id" if name in ("owner", "company") else name
    return plan.values.get(column, getattr(plan.record, column, None)) not in (None, "")


def _decide(plan: Plan) -> None:
    if plan.problems:
        plan.act = FAILS
    elif plan.record is None:
        plan.act = CREATES
    else:
        plan.differing = changes.differing(plan.record, plan.values)
        moves = plan.stage is not None and plan.stage.pk != plan.record.stage_id
        more = moves or plan.company is not None or plan.choices or _adds_contact(plan)
        plan.act = UPDATES if plan.differing or more else SAME


def _adds_contact(plan: Plan) -> bool:
    return plan.contact_id is not None and plan.contact_id not in {
        link.contact_id for link in plan.record.deal_contacts.all()
    }


def missing_choices(setting: Setting, rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Labels in the rows that their properties do not offer, as (slot, label)."""
    asked = [
        (at, each.definition)
        for at, each in setting.columns
        if each.definition and each.definition.kind in CHOICE_KINDS
    ]
    found: dict[tuple[str, str], None] = {}
    for row in rows:
        for at, definition in asked:
            if is_empty(row.cells[at]):
                continue
            labels = [label for label in labels_in(definition, row.cells[at]) if definition.labelled(label) is None]
            found |= dict.fromkeys((definition.slot, label[:120]) for label in labels)
    return list(found)


def failed(plans: Iterable[Plan]) -> dict[str, str]:
    """Why rows are left out, by their place among the plans."""
    return {str(at): " ".join(plan.problems) for at, plan in enumerate(plans) if plan.act == FAILS}
