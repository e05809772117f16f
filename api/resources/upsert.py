"""Many records at once: each row changes the record that it names, or makes one; one refused stops no other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet, TextField, Value
from django.db.models.expressions import Func
from django.db.models.functions import Upper
from django.forms import ModelChoiceField
from django.utils import timezone

from accounts.access import require
from api.described import Answer, Call, Operation, Schema
from api.form_fields import PROPERTIES, filled, refused, values_given
from api.problems import Mistake, Problem
from api.resources.records import EDITS, PATHS, RECORDS
from api.schemas import ID, array, mistakes_in, named, nullable, record
from api.scopes import CRM_WRITE
from core.models import Origin
from core.properties import BadValues, clean_many, remembered
from crm.forms.fields import RecordField
from crm.kinds import KINDS, Kind
from crm.services import bulk, changes
from crm.services.records import by_column

MOST_ROWS = 1_000
GONE = "This does not exist any more, or it is archived. Choose another one."
# What records of a kind are found by beside their id.
KEYS: dict[str, tuple[str, ...]] = {
    "company": ("id", "domain", "email"),
    "contact": ("id", "email"),
    "product": ("id", "sku"),
}
MISTAKE = record(
    {"detail": {"type": "string"}, "pointer": {"type": "string"}, "parameter": {"type": "string"}}, "detail"
)
OUTCOME = named(
    "UpsertOutcome",
    record(
        {
            "row": {"type": "integer", "minimum": 0, "description": "Its place in what was sent."},
            "status": {"type": "string", "enum": ["created", "changed", "unchanged", "failed"]},
            "id": nullable(ID),
            "errors": array(MISTAKE),
        },
        "row",
        "status",
        "id",
    ),
)


@dataclass
class Row:
    """A row on its way: what was given, the record that it is about, what is written of it."""

    number: int
    given: Mapping[str, Any]
    key: str = ""
    record: Any = None
    status: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] | None = None
    errors: Sequence[Mistake] = ()

    def fail(self, *mistakes: Mistake) -> None:
        """It can't be taken."""
        self.status, self.errors = "failed", mistakes

    def printed(self) -> dict[str, Any]:
        """What became of it."""
        found = {"row": self.number, "status": self.status, "id": self.record.pk if self.record is not None else None}
        return {**found, "errors": [each.printed() for each in self.errors]} if self.errors else found


class _Texts(Func):
    """The texts in capitals as the database makes them, as its indexes have them."""

    function = "unnest"
    template = "(SELECT upper(t) FROM %(function)s(%(expressions)s) AS t)"


def result(rows: Sequence[Row]) -> Answer:
    """What became of rows, and how many of each."""
    counts = {status: sum(row.status == status for row in rows) for status in OUTCOMES}
    return Answer({"data": [row.printed() for row in rows], **counts})


OUTCOMES = ("created", "changed", "unchanged", "failed")
RESULT = named(
    "UpsertResult",
    record(
        {"data": array(OUTCOME), **{status: {"type": "integer", "minimum": 0} for status in OUTCOMES}},
        "data",
        *OUTCOMES,
    ),
)


def _upsert(kind: Kind) -> Callable[[Call], Answer]:
    def run(call: Call) -> Answer:
        """Change or make the records of many rows."""
        require(call.user, EDITS)
        rows = [Row(number, given) for number, given in enumerate(call.body["rows"])]
        with remembered():
            _check(kind, rows, call.body["by"])
            _find(kind, rows, call.body["by"], call.user)
            known = _known(kind, rows, call.user)
            for row in rows:
                if not row.status:
                    _read(kind, row, known, call.user)
            clean(kind, rows)
            _write(kind, rows, call.user)
        return result(rows)

    return run


def _schema_of(kind: Kind, by: str) -> Schema:
    """What a row may hold: what a new record takes, and the id where that is the key."""
    [new] = [each for each in _schemas if each[0] == kind.name]
    return new[1] if by != "id" else new[2]


def _check(kind: Kind, rows: Sequence[Row], by: str) -> None:
    """Let rows fail that are not as the document says, or name a record that another row names."""
    schema = _schema_of(kind, by)
    seen: dict[str, int] = {}
    for row in rows:
        if wrong := mistakes_in(row.given, schema):
            row.fail(*wrong)
            continue
        row.key = _key(kind, row, by)
        if row.status:
            continue
        if not row.key and by != "id":
            row.fail(Mistake("Rows are found by this: give it.", f"/{by}"))
        elif row.key and row.key in seen:
            row.fail(Mistake(f"Row {seen[row.key]} has the same.", f"/{by}"))
        elif row.key:
            seen[row.key] = row.number


def _key(kind: Kind, row: Row, by: str) -> str:
    """What the row is found by, as the page's form would keep it."""
    given = str(row.given.get(by) or "")
    if by == "id" or not given:
        return given
    try:
        return str(kind.form.base_fields[by].clean(given)).strip().casefold()
    except ValidationError as error:
        row.fail(*(Mistake(str(message), f"/{by}") for message in error.messages))
        return ""


def _find(kind: Kind, rows: Sequence[Row], by: str, user: Any) -> None:
    """The records that are there, locked in the order of their ids, in one statement."""
    keys = [row.key for row in rows if row.key and not row.status]
    there = kind.visible_to(user).filter(archived_at=None).select_for_update(of=("self",)).defer("search")
    found: dict[str, list[Any]] = {}
    there = there.select_related(*_relations(kind))
    for each in _fitting(there, by, keys).order_by("pk") if keys else ():
        found.setdefault(str(getattr(each, by)).strip().casefold(), []).append(each)
    for row in rows:
        same = found.get(row.key, [])
        if row.status or not row.key:
            continue
        if len(same) > 1:
            row.fail(Mistake(f"{len(same)} records have this.", f"/{by}"))
        elif same:
            row.record = same[0]
        elif by == "id":
            row.fail(Mistake("There is no such record, or it is archived.", "/id"))


def _fitting(rows: QuerySet[Any], by: str, keys: Sequence[str]) -> QuerySet[Any]:
    if by == "id":
        return rows.filter(pk__in=[int(key) for key in keys])
    texts = _Texts(Value(list(keys), output_field=ArrayField(TextField())))
    fitting: QuerySet[Any] = rows.alias(**{f"upper_{by}": Upper(by)}).filter(**{f"upper_{by}__in": texts})
    return fitting


def _known(kind: Kind, rows: Sequence[Row], user: Any) -> Mapping[str, Mapping[int, Any]]:
    """The records that rows name in fields of the form, by field: those that this person may choose."""
    form, found = kind.form(user=user), {}
    for name in _relations(kind):
        chosen: Any = form.fields[name]
        offered = chosen.find() if hasattr(chosen, "find") else chosen.queryset
        ids = {row.given[name] for row in rows if not row.status and row.given.get(name) is not None}
        found[name] = offered.in_bulk(ids) if ids else {}
    return found


def _read(kind: Kind, row: Row, known: Mapping[str, Mapping[int, Any]], user: Any) -> None:
    """The columns that the page's form makes of a row."""
    given = {name: value for name, value in row.given.items() if name != "id"}
    # Looked up for all rows together: the form's own relations are left empty, and not written.
    asked = {name: given[name] for name in known if name in given}
    chosen = {name: known[name].get(pk) or _had(row, name, pk) for name, pk in asked.items() if pk is not None}
    wrong = [Mistake(GONE, f"/{name}") for name, each in chosen.items() if each is None]
    try:
        form = filled(kind, {**given, **dict.fromkeys(known)}, user=user, record=row.record)
    except Problem as problem:
        wrong += problem.mistakes
    if wrong:
        row.fail(*wrong)
        return
    usual = {} if "owner" in given else {"owner": user}
    row.values = {**form.values(), **usual} if row.record is None else values_given(form, given)
    row.values |= chosen
    row.properties = row.values.pop(PROPERTIES, None)


def _had(row: Row, name: str, pk: int) -> Any:
    """What a record has already, if that is it: it may stay where it could not be chosen any more."""
    there = getattr(row.record, name, None)
    return there if there is not None and there.pk == pk else None


def _relations(kind: Kind) -> list[str]:
    """The fields of a kind's form that name other records."""
    fields = kind.form.base_fields.items()
    return [name for name, each in fields if isinstance(each, ModelChoiceField | RecordField) and not each.required]


def clean(kind: Kind, rows: Sequence[Row]) -> None:
    """Check custom properties together: then rows hold what their records will."""
    living = [row for row in rows if not row.status and (row.properties is not None or row.record is None)]
    held = clean_many(kind.name, [(row.record, row.properties or {}) for row in living], complete=True)
    for row, each in zip(living, held, strict=True):
        if isinstance(each, BadValues):
            row.fail(*refused(each).mistakes)
        else:
            row.properties = each


def _write(kind: Kind, rows: Sequence[Row], user: Any) -> None:
    now = timezone.now()
    new = [row for row in rows if not row.status and row.record is None]
    model: type[Model] = kind.visible_to(user).model
    for row in new:
        row.record = model(**row.values, properties=row.properties or {}, created_at=now, updated_at=now)
        row.status = "created"
    bulk.create_many([row.record for row in new], by=user, origin=Origin.PERSON, about=_about)
    changed = []
    for row in rows:
        if row.status:
            continue
        values = row.values if row.properties is None else {**row.values, PROPERTIES: row.properties}
        differing = changes.differing(row.record, by_column(model, values))
        row.status = "changed" if differing else "unchanged"
        changed.append((row.record, differing))
    bulk.update_many(changed, by=user, origin=Origin.PERSON, now=now, about=_about)


def _about(row: Any) -> Sequence[tuple[str, int]]:
    company = getattr(row, "company_id", None)
    return [("company", company)] if company else []


def _rows_of(name: str) -> tuple[str, Schema, Schema]:
    """The schemas of a row: of one that may be new, and of one that names a record by its id."""
    new, change = RECORDS[name].new_schema, RECORDS[name].change_schema
    by_id = {**new, "properties": {"id": ID, **change["properties"]}, "required": ["id"]}
    return name, {**new, "required": []}, by_id


_schemas = [_rows_of(name) for name in KEYS]


def operations() -> list[Operation]:
    """One for each kind."""
    found = []
    for name, keys in KEYS.items():
        word = RECORDS[name].word
        body = record(
            {
                "by": {"type": "string", "enum": list(keys)},
                "rows": array(
                    {"type": "object", "description": f"As New{word}, each checked for itself."},
                    minItems=1,
                    maxItems=MOST_ROWS,
                ),
            },
            "by",
            "rows",
        )
        text = (
            f"Up to {MOST_ROWS:,} rows. Each changes the record with the same key, or makes one where there is none "
            "(by id none is made). A row that can't be taken is told with the places in it and stops no other."
        )
        found.append(
            Operation("POST", f"{PATHS[name]}/upsert", f"upsert-{PATHS[name]}", str(KINDS[name].plural),
                      f"Change or create many {PATHS[name]} at once", CRM_WRITE, _upsert(KINDS[name]),
                      {200: RESULT}, body=body, text=text)
        )  # fmt: skip
    return found
