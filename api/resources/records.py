"""Companies, contacts, deals, products and quotes: what their pages do, generated from their forms."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.text import capfirst

from accounts.access import require
from api.described import Answer, Call, Operation, Param, Schema
from api.dispatch import same_version
from api.form_fields import (
    ADDRESS,
    PROPERTIES,
    PROPERTY_VALUES,
    SHOWN_ADDRESS,
    filled,
    refused,
    schema_of,
    values_given,
)
from api.listed import fitting, searched
from api.listing import Shown, View, page_of, page_schema
from api.printing import etag_of
from api.problems import Problem, conflict, missing, unfit_at
from api.schemas import AMOUNT, ID, MOMENT, array, named, nullable, record, text
from api.scopes import CRM_READ, CRM_WRITE
from core.properties import BadValues
from crm.enums import DealStatus, QuoteOrigin, QuoteStatus
from crm.forms.closing import NOTE
from crm.kinds import DEAL, KINDS, QUOTE, Kind
from crm.models import Deal, DealContact, Stage
from crm.services import deals, deletion, quotes, records
from crm.services.stage_requirements import REASON, StageNeeds

EDITS, ARCHIVES, DELETES = "crm.edit", "crm.archive", "crm.delete"
PATHS = {"company": "companies", "contact": "contacts", "deal": "deals", "product": "products", "quote": "quotes"}
# Fields of forms that are not columns of the record.
NO_COLUMNS = {"contacts", REASON, NOTE}


def contacts_of(rows: Sequence[Any]) -> Mapping[int, list[int]]:
    """The contacts of deals, the primary one first."""
    found: dict[int, list[int]] = {row.pk: [] for row in rows}
    links = DealContact.objects.filter(deal_id__in=found).order_by("-primary", "pk")
    for deal, contact in links.values_list("deal_id", "contact_id"):
        found[deal].append(contact)
    return found


def version_of(row: Any) -> str:
    """The ETag of a record. Other records take contacts off a deal, and settings values of properties, beside it."""
    people = [contacts_of([row])[row.pk]] if isinstance(row, Deal) else []
    return etag_of(row, row.properties, *people)


def _choice(choices: Any) -> Schema:
    return {"type": "string", "enum": list(choices.values)}


MORE: dict[str, Sequence[Shown]] = {
    "deal": (
        Shown("contacts", array(ID), load=contacts_of),
        Shown("status", _choice(DealStatus)),
        Shown("pipeline", ID, "stage__pipeline_id"),
        Shown("stage_entered_at", MOMENT),
        Shown("closed_at", nullable(MOMENT)),
        Shown("won_reason", text(200)),
        Shown("lost_reason", text(200)),
        Shown("close_note", {"type": "string"}),
        Shown("amount_follows_lines", {"type": "boolean"}),
    ),
    "quote": (
        Shown("company", nullable(ID), "company_id"),
        Shown("number", text(40)),
        Shown("version", {"type": "integer"}),
        Shown("status", _choice(QuoteStatus)),
        Shown("origin", _choice(QuoteOrigin)),
        Shown("currency", text(3)),
        Shown("subtotal", AMOUNT),
        Shown("discount_percent", AMOUNT),
        Shown("discount_amount", AMOUNT),
        Shown("amount", AMOUNT),
        Shown("published_at", nullable(MOMENT)),
        Shown("answered_at", nullable(MOMENT)),
    ),
}


def _shown_schema(schema: Schema) -> Schema:
    """What is answered of a field: old values may be longer or emptier than what is taken today."""
    kept = {name: value for name, value in schema.items() if name in ("type", "format", "items", "enum", "anyOf")}
    if "pattern" in schema and "maxLength" not in schema and "3" not in schema["pattern"]:
        kept["pattern"] = AMOUNT["pattern"]
    return kept


def view_of(kind: Kind) -> View:
    """How records of a kind are answered."""
    own = {name: field for name, field in kind.form.base_fields.items() if name not in NO_COLUMNS}
    found = [Shown("id", ID)]
    for name, field in own.items():
        relation = kind.services.FIELDS and name in ("company", "contact", "owner", "stage", "deal")
        schema = nullable(ID) if relation else _shown_schema(schema_of(field))
        found.append(Shown(name, schema, f"{name}_id" if relation else name))
    found += [Shown(column, SHOWN_ADDRESS) for column in kind.form.addresses]
    taken = {each.name for each in found}
    found += [each for each in MORE.get(kind.name, ()) if each.name not in taken]
    found += [
        Shown(PROPERTIES, {"type": "object", "description": "Custom properties by id."}),
        Shown("created_at", MOMENT),
        Shown("updated_at", MOMENT),
        Shown("archived_at", nullable(MOMENT)),
    ]
    return View(found, related=("stage",) if kind is DEAL else ())


def _new_schema(kind: Kind) -> Schema:
    fields = {name: schema_of(field) for name, field in kind.form.base_fields.items() if name != "amount_follows_lines"}
    required = ["deal"] if kind is QUOTE else [name for name in ("name",) if name in fields]
    if kind is DEAL:
        fields |= {"stage": ID, REASON: text(200), NOTE: text(4_000)}
    if kind is QUOTE:
        fields["title"] = text(300)
        del fields["owner"]
    addresses = dict.fromkeys(kind.form.addresses, ADDRESS)
    return record({**fields, **addresses, PROPERTIES: PROPERTY_VALUES}, *required)


def _change_schema(kind: Kind) -> Schema:
    fields = {name: schema_of(field) for name, field in kind.form.base_fields.items()}
    for name in {DEAL.name: ("stage", "contacts"), QUOTE.name: ("deal",)}.get(kind.name, ()):
        del fields[name]
    addresses = dict.fromkeys(kind.form.addresses, ADDRESS)
    return record({**fields, **addresses, PROPERTIES: PROPERTY_VALUES}, minProperties=1)


def found(call: Call, kind: Kind) -> Any:
    """The record of the address. Raises Problem."""
    rows = kind.visible_to(call.user).filter(pk=call.at["id"]).defer("search")
    row = rows.first()
    if row is None:
        raise missing()
    return row


def held(call: Call, kind: Kind) -> Any:
    """The same, locked, in the version that the caller has read. Raises Problem."""
    rows = kind.visible_to(call.user).select_for_update(of=("self",)).filter(pk=call.at["id"])
    row = rows.defer("search").first()
    if row is None:
        raise missing()
    same_version(call, version_of(row))
    return row


class Records:
    """The operations of one kind of record."""

    def __init__(self, kind: Kind) -> None:
        self.kind, self.path = kind, PATHS[kind.name]
        self.view = view_of(kind)
        self.word = capfirst(kind.name)
        self.shown = named(self.word, self.view.schema)
        self.page = named(f"{self.word}Page", page_schema(self.shown))
        self.new_schema, self.change_schema = _new_schema(kind), _change_schema(kind)
        self.new = named(f"New{self.word}", self.new_schema)
        self.change = named(f"{self.word}Change", self.change_schema)

    def answer(self, call: Call, row: Any, status: int = 200) -> Answer:
        """A record as it is answered."""
        fields = self.view.chosen(call.user, call.query.get("fields"))
        [body] = self.view.answered([row], fields)
        return Answer(body, status, version_of(row), f"/api/v1/{self.path}/{row.pk}" if status == 201 else "")

    def index(self, call: Call) -> Answer:
        """A page of records."""
        rows = self.kind.visible_to(call.user)
        archived = call.query["archived"]
        if archived != "any":
            rows = rows.filter(archived_at__isnull=archived == "no")
        return page_of(self.view, rows, call, call.query)

    def search(self, call: Call) -> Answer:
        """A page of the records for which a condition holds."""
        rows = self.kind.visible_to(call.user).filter(fitting(call, self.kind.name), archived_at=None)
        return page_of(self.view, rows, call, {"limit": 50, **call.body})

    def read(self, call: Call) -> Answer:
        """One record."""
        return self.answer(call, found(call, self.kind))

    def create(self, call: Call) -> Answer:
        """A new record."""
        require(call.user, EDITS)
        row = self.made(call.body, call.user)
        return self.answer(call, self.kind.visible_to(call.user).get(pk=row.pk), 201)

    def made(self, given: Mapping[str, Any], user: Any) -> Any:
        """A new record of what was given. Raises Problem."""
        form = filled(self.kind, given, user=user)
        values = form.values()
        try:
            if self.kind is DEAL:
                stage, people = values.pop("stage"), values.pop("contacts")
                why = {name: values.pop(name, "") or given.get(name, "") for name in (REASON, NOTE)}
                return deals.create(by=user, stage=stage, contacts=people, **why, **values)
            if self.kind is QUOTE:
                return quotes.create_from_deal(values.pop("deal"), by=user, **values)
            return self.kind.services.create(by=user, **values)
        except BadValues as error:
            raise refused(error) from error
        except StageNeeds as error:
            raise unfit_at("/stage", error) from error
        except records.Archived as error:
            raise conflict("The record is archived.", "archived") from error

    def changed(self, row: Any, given: Mapping[str, Any], user: Any) -> Any:
        """A record with what was given. Raises Problem."""
        form = filled(self.kind, given, user=user, record=row)
        try:
            return self.kind.services.update(row, by=user, **values_given(form, given))
        except BadValues as error:
            raise refused(error) from error
        except records.Archived as error:
            raise conflict("The record is archived. Restore it to change it.", "archived") from error
        except quotes.NotADraft as error:
            raise conflict("A published quote does not change any more.", "not-a-draft") from error

    def update(self, call: Call) -> Answer:
        """Change what is given."""
        require(call.user, EDITS)
        return self.answer(call, self.changed(held(call, self.kind), call.body, call.user))

    def archive(self, call: Call) -> Answer:
        """Take the record out of lists."""
        require(call.user, ARCHIVES)
        return self.answer(call, self.kind.services.archive(held(call, self.kind), by=call.user))

    def restore(self, call: Call) -> Answer:
        """Bring it back."""
        require(call.user, ARCHIVES)
        try:
            return self.answer(call, self.kind.services.restore(held(call, self.kind), by=call.user))
        except records.Merged as error:
            raise conflict("It was merged into another record. Undo the merge to bring it back.", "merged") from error

    def delete(self, call: Call) -> Answer:
        """Delete an archived record for good."""
        require(call.user, DELETES)
        try:
            deletion.delete(held(call, self.kind), by=call.user)
        except deletion.NotDeletable as error:
            raise conflict(error, "not-deletable") from error
        return Answer(None, 204)

    def operations(self) -> list[Operation]:
        """What can be done with this kind of record."""
        word, many, tag = self.kind.name, self.path, str(self.kind.plural)
        archived = Param("archived", {"type": "string", "enum": ["no", "only", "any"], "default": "no"}, "The archive.")
        one = f"{many}/{{id}}"
        ask: dict[str, Any] = {"tag": tag, "shows_version": True, "params": self.view.params}
        change: dict[str, Any] = {**ask, "scope": CRM_WRITE, "versioned": True, "answers": {200: self.shown}}
        return [
            Operation("GET", many, f"list-{many}", tag, f"List {many}", CRM_READ, self.index, {200: self.page},
                      (*self.view.page_params(), archived)),
            Operation("POST", many, f"create-{word}", summary=f"Create a {word}", scope=CRM_WRITE, run=self.create,
                      answers={201: self.shown}, body=self.new, **ask),
            Operation("POST", f"{many}/search", f"search-{many}", tag, f"Search {many} by a condition", CRM_READ,
                      self.search, {200: self.page}, body=searched(self.view), writes=False),
            Operation("GET", one, f"read-{word}", summary=f"Read a {word}", scope=CRM_READ, run=self.read,
                      answers={200: self.shown}, **ask),
            Operation("PATCH", one, f"change-{word}", summary=f"Change a {word}", run=self.update, body=self.change,
                      **change),
            Operation("DELETE", one, f"delete-{word}", tag, f"Delete an archived {word} for good", CRM_WRITE,
                      self.delete, {204: None}, versioned=True),
            Operation("POST", f"{one}/archive", f"archive-{word}", summary=f"Archive a {word}", run=self.archive,
                      **change),
            Operation("POST", f"{one}/restore", f"restore-{word}", summary=f"Restore a {word}", run=self.restore,
                      **change),
        ]  # fmt: skip


RECORDS = {name: Records(kind) for name, kind in KINDS.items()}


def move(call: Call) -> Answer:
    """Put a deal into another stage."""
    require(call.user, EDITS)
    stage = Stage.objects.select_related("pipeline").filter(pk=call.body["stage"]).first()
    if stage is None:
        raise unfit_at("/stage", "There is no such stage.")
    why = {name: call.body.get(name, "") for name in (REASON, NOTE)}
    try:
        row = deals.move_to_stage(held(call, DEAL), stage, by=call.user, **why)
    except records.Archived as error:
        raise conflict("The record is archived. Restore it to change it.", "archived") from error
    except StageNeeds as error:
        raise Problem(422, str(error), "stage-needs") from error
    return RECORDS["deal"].answer(call, row)


def operations() -> list[Operation]:
    """Those of all kinds of records."""
    moved = record({"stage": ID, REASON: text(200), NOTE: text(4_000)}, "stage")
    deal = RECORDS["deal"]
    return [
        *(operation for each in RECORDS.values() for operation in each.operations()),
        Operation("POST", "deals/{id}/move", "move-deal", "Deals", "Move a deal to another stage", CRM_WRITE, move,
                  {200: deal.shown}, deal.view.params, moved, versioned=True, shows_version=True),
    ]  # fmt: skip
