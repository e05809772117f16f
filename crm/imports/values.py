"""From a cell to the value of its target, cleaned as the form of the record cleans it."""

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from core.enums import PropertyKind
from core.forms.fields import AmountField
from core.properties import BadValue, Definition, canonical
from core.tables.sheets import FORMULA, LEFT_OUT
from crm.imports import notation
from crm.imports.cells import Cell, is_empty, plain
from crm.imports.options import Options, folded
from crm.imports.targets import CURRENCY, DAY, DOMAIN, EMAIL, ID, NUMBER, OPTION, PERSON, TEXT, TICK, Target
from crm.models import Stage

YES = frozenset({"yes", "y", "true", "1", "x", "on", "ja", "oui", "si", "sí"})
NO = frozenset({"no", "n", "false", "0", "off", "nein", "non"})
# What a spreadsheet prints instead of a value.
BROKEN = frozenset({"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"})


class Unfit(ValueError):
    """A cell does not fit its column; the message is a sentence."""


@dataclass
class Known:
    """What reading cells needs of the database, read once for each stretch of work."""

    people: Mapping[str, int] = field(default_factory=dict)
    stages: Sequence[Stage] = ()
    chosen_stages: Mapping[str, int] = field(default_factory=dict)
    zone: datetime.tzinfo = datetime.UTC


def known_for(targets: Iterable[Target], options: Options) -> Known:
    """People by e-mail address and by unique name, stages: only where a column asks for them."""
    found, wanted = Known(zone=timezone.get_current_timezone(), chosen_stages=options.stages), list(targets)
    if any(_kind(target) == PERSON for target in wanted):
        found.people = {**people_by_words(), **options.people}
    if any(target.name == "stage" for target in wanted):
        found.stages = list(
            Stage.objects.select_related("pipeline").order_by("pipeline__position", "pipeline_id", "pk")
        )
    return found


def people_by_words() -> dict[str, int]:
    """Who can sign in, by e-mail address and by unique name."""
    people: dict[str, int] = {}
    doubled: set[str] = set()
    for pk, email, name in get_user_model()._default_manager.filter(is_active=True).values_list("pk", "email", "name"):
        doubled |= {name.casefold()} & people.keys()
        people[name.casefold()] = pk
        people[email.casefold()] = pk
    return {words: pk for words, pk in people.items() if words and words not in doubled}


def _kind(target: Target) -> str:
    return str(target.definition.kind) if target.definition is not None else target.kind


def value_of(target: Target, cell: Cell, options: Options, known: Known) -> Any:
    """The value for the target: None for an empty cell, else what its column takes. Raises Unfit."""
    if is_empty(cell):
        return None
    if isinstance(cell, str):
        if cell.strip() in BROKEN:
            raise Unfit(_("The cell shows the spreadsheet's error %s.") % cell.strip())
        cell = _bare(cell) if options.guarded or target.name in ("phone", "mobile") else cell
    try:
        return _READ[_kind(target)](target, cell, options, known)
    except ValidationError as error:
        raise Unfit(" ".join(error.messages)) from error
    except (notation.Unreadable, BadValue) as error:
        raise Unfit(str(error)) from error


def _bare(text: str) -> str:
    """A text without the sign that exports put before what a spreadsheet would carry out."""
    return text[1:] if text.startswith("'") and text[1:].lstrip(LEFT_OUT).startswith(FORMULA) else text


def _text(target: Target, cell: Cell, _options: Options, _known: Known) -> Any:
    text = _printed(cell)
    # Line ends as browsers send them.
    return target.field.clean(text.replace("\r\n", "\n")) if target.field is not None else text.strip()


def _printed(cell: Cell) -> str:
    """A day of a sheet without its midnight, a number without useless decimals."""
    if isinstance(cell, Decimal) and cell == cell.to_integral_value():
        return format(cell.quantize(Decimal(1)), "f")
    return plain(cell)


def _number(target: Target, cell: Cell, options: Options, _known: Known) -> Any:
    number = notation.number(cell, options.decimal)
    if target.name == ID:
        if number != number.to_integral_value() or not 0 < number < 10**18:
            raise Unfit(_("“%s” is the id of no record.") % plain(cell)[:60])
        return int(number)
    if isinstance(target.field, forms.IntegerField):
        return target.field.clean(format(number.normalize(), "f"))
    return target.field.within(number) if isinstance(target.field, AmountField) else number


def _day(_target: Target, cell: Cell, options: Options, _known: Known) -> datetime.date:
    return notation.day(cell, options.date_order)


def _tick(_target: Target, cell: Cell, _options: Options, _known: Known) -> bool:
    if isinstance(cell, bool):
        return cell
    word = _printed(cell).strip().casefold()
    if word not in YES | NO:
        raise Unfit(_("“%s” is neither yes nor no.") % word[:60])
    return word in YES


def _currency(target: Target, cell: Cell, _options: Options, _known: Known) -> Any:
    assert target.field is not None
    return target.field.clean(plain(cell).strip())


def _option(target: Target, cell: Cell, _options: Options, _known: Known) -> Any:
    word = _printed(cell).strip()
    for value, label in getattr(target.field, "choices", ()):
        if word.casefold() in (str(value).casefold(), str(label).casefold()):
            return value
    raise Unfit(_("“%s” is none of the choices.") % word[:60])


def _person(_target: Target, cell: Cell, _options: Options, known: Known) -> int | None:
    found = known.people.get(folded(plain(cell)))
    if found is None:
        words = _("Nobody with the e-mail address or the name “%s” can sign in here.")
        raise Unfit(words % plain(cell)[:80])
    return found or None


def _property(target: Target, cell: Cell, options: Options, known: Known) -> Any:
    definition = target.definition
    assert definition is not None
    return canonical(definition, _raw(definition, target, cell, options, known))


def _raw(definition: Definition, target: Target, cell: Cell, options: Options, known: Known) -> Any:
    kind = definition.kind
    if kind in (PropertyKind.NUMBER, PropertyKind.CURRENCY):
        return notation.number(cell, options.decimal)
    if kind == PropertyKind.DATE:
        return notation.day(cell, options.date_order)
    if kind == PropertyKind.DATETIME:
        return notation.moment(cell, options.date_order, known.zone)
    if kind == PropertyKind.CHECKBOX:
        return _tick(target, cell, options, known)
    if kind == PropertyKind.USER:
        return _person(target, cell, options, known)
    if kind == PropertyKind.CHOICE:
        return _choice(definition, _printed(cell))
    if kind == PropertyKind.CHOICES:
        return [_choice(definition, each) for each in labels_in(definition, cell)]
    return _printed(cell)


def labels_in(definition: Definition, cell: Cell) -> list[str]:
    """The labels of choices in a cell: several behind semicolons, or commas where there is none."""
    text = _printed(cell)
    if definition.kind == PropertyKind.CHOICE or definition.labelled(text):
        return [text.strip()]
    return [each.strip() for each in text.split(";" if ";" in text else ",") if each.strip()]


def _choice(definition: Definition, text: str) -> str:
    found = definition.labelled(text)
    if found is None:
        raise Unfit(_("“%s” is none of the choices.") % text.strip()[:60])
    return found.id


_READ: dict[str, Callable[[Target, Cell, Options, Known], Any]] = {
    TEXT: _text, EMAIL: _text, DOMAIN: _text, NUMBER: _number, DAY: _day, TICK: _tick, CURRENCY: _currency,
    PERSON: _person, OPTION: _option,
    **{str(kind): _property for kind in PropertyKind if str(kind) not in (TEXT, NUMBER, DAY, TICK, PERSON)},
}  # fmt: skip


def _either(own: Callable[[Target, Cell, Options, Known], Any]) -> Callable[[Target, Cell, Options, Known], Any]:
    """Kinds that columns and custom properties share."""

    def read(target: Target, cell: Cell, options: Options, known: Known) -> Any:
        chosen = own if target.definition is None else _property
        return chosen(target, cell, options, known)

    return read


_READ |= {kind: _either(_READ[kind]) for kind in (TEXT, NUMBER, DAY, TICK, PERSON)}


def stage_of(known: Known, name: str, pipeline: str) -> Stage:
    """The stage of this name, in the pipeline where one is named. Raises Unfit."""
    wanted, of = name.strip().casefold(), pipeline.strip().casefold()
    chosen = known.chosen_stages.get(folded(pipeline, name))
    found = [stage for stage in known.stages if stage.pk == chosen] or [
        stage
        for stage in known.stages
        if wanted in (stage.name.casefold(), f"{stage.pipeline.name}: {stage.name}".casefold())
        and of in ("", stage.pipeline.name.casefold())
    ]
    if not found:
        raise Unfit(_("There is no stage “%s”.") % name.strip()[:60])
    # The first pipeline's, as for a new deal that names none.
    return found[0]
