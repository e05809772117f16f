"""The query language: text to a parsed statement."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from qbo_simulator import faults

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:\\.|[^'\\])*')
      | (?P<number>-?\d+(?:\.\d+)?(?![\w-]))
      | (?P<word>[A-Za-z_][\w.]*)
      | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,|\*)
    )""",
    re.VERBOSE,
)
OPERATORS = ("=", "<", ">", "<=", ">=", "!=", "IN", "LIKE")
DEFAULT_ROWS = 100
MOST_ROWS = 1000


@dataclass(frozen=True)
class Condition:
    """``attribute operator values``; only IN has more than one value."""

    attribute: str
    operator: str
    values: tuple[str, ...]


@dataclass
class Statement:
    """A parsed SELECT."""

    entity: str
    columns: tuple[str, ...] = ()
    count: bool = False
    conditions: list[Condition] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    start: int = 1
    rows: int = DEFAULT_ROWS


class _Reader:
    """The tokens of a statement, one after the other."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, int]] = []
        self.place = 0
        position, end = 0, len(text.rstrip())
        while position < end:
            found = _TOKEN.match(text, position)
            if found is None:
                column = position + 1
                raise faults.query_not_parsed(
                    f'Lexical error at line 1, column {column}.  Encountered: "{text[position:].strip()[:1]}"'
                )
            kind = str(found.lastgroup)
            self.tokens.append((kind, found.group(kind), found.start(kind) + 1))
            position = found.end()

    def peek(self) -> tuple[str, str]:
        """Return kind and text of the next token; an empty kind at the end."""
        if self.place >= len(self.tokens):
            return "", ""
        kind, text, _ = self.tokens[self.place]
        return kind, text

    def next(self) -> tuple[str, str]:
        """Return the next token and move on."""
        token = self.peek()
        self.place += 1
        return token

    def word(self, *wanted: str) -> bool:
        """Move on over these keywords when they come next."""
        for offset, keyword in enumerate(wanted):
            place = self.place + offset
            if place >= len(self.tokens) or self.tokens[place][0] != "word":
                return False
            if self.tokens[place][1].upper() != keyword:
                return False
        self.place += len(wanted)
        return True

    def sign(self, wanted: str) -> bool:
        """Move on over a sign when it comes next."""
        if self.peek() == ("sign", wanted):
            self.place += 1
            return True
        return False

    def fail(self, expected: str) -> faults.Refused:
        """Return the fault for what comes next."""
        if self.place >= len(self.tokens):
            return faults.query_not_parsed(f'Encountered "<EOF>". Was expecting one of: {expected}')
        _, text, column = self.tokens[self.place]
        return faults.query_not_parsed(
            f'Encountered "{text}" at line 1, column {column}. Was expecting one of: {expected}'
        )


def parse(text: str) -> Statement:
    """Parse a statement. Raises Refused with 4000 for what can't be read and 4001 for numbers out of range."""
    reader = _Reader(text)
    if not reader.word("SELECT"):
        raise reader.fail('"select"')
    count, columns = _columns(reader)
    if not reader.word("FROM"):
        raise reader.fail('"from"')
    kind, entity = reader.next()
    if kind != "word":
        reader.place -= 1
        raise reader.fail("<ID>")
    statement = Statement(entity, columns, count)
    if reader.word("WHERE"):
        statement.conditions.append(_condition(reader))
        while reader.word("AND"):
            statement.conditions.append(_condition(reader))
    if reader.word("ORDERBY") or reader.word("ORDER", "BY"):
        statement.order.append(_order(reader))
        while reader.sign(","):
            statement.order.append(_order(reader))
    while True:
        if reader.word("STARTPOSITION"):
            statement.start = _number(reader, largest=None)
        elif reader.word("MAXRESULTS") or reader.word("MAXRESULT"):
            statement.rows = _number(reader, largest=MOST_ROWS)
        else:
            break
    if reader.peek()[0]:
        raise reader.fail('<EOF> "and" "orderby" "startposition" "maxresults"')
    return statement


def _columns(reader: _Reader) -> tuple[bool, tuple[str, ...]]:
    if reader.word("COUNT"):
        if not (reader.sign("(") and reader.sign("*") and reader.sign(")")):
            raise reader.fail('"(*)"')
        return True, ()
    columns: list[str] = []
    while True:
        kind, text = reader.next()
        if kind != "word" and text != "*":
            reader.place -= 1
            raise reader.fail('"*" <ID>')
        columns.append(text)
        if not reader.sign(","):
            return False, () if "*" in columns else tuple(columns)


def _condition(reader: _Reader) -> Condition:
    kind, attribute = reader.next()
    if kind != "word":
        reader.place -= 1
        raise reader.fail("<ID>")
    _, operator = reader.next()
    operator = {"<>": "!="}.get(operator, operator.upper())
    if operator not in OPERATORS:
        reader.place -= 1
        raise reader.fail(" ".join(f'"{name.lower()}"' for name in OPERATORS))
    if operator != "IN":
        return Condition(attribute, operator, (_value(reader),))
    if not reader.sign("("):
        raise reader.fail('"("')
    values = [_value(reader)]
    while reader.sign(","):
        values.append(_value(reader))
    if not reader.sign(")"):
        raise reader.fail('")" ","')
    return Condition(attribute, operator, tuple(values))


def _value(reader: _Reader) -> str:
    kind, text = reader.next()
    if kind == "text":
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    if kind == "number" or (kind == "word" and text.upper() in ("TRUE", "FALSE", "CURRENT_DATE")):
        return text
    reader.place -= 1
    raise reader.fail("<STRING> <NUMBER> <BOOLEAN>")


def _order(reader: _Reader) -> tuple[str, bool]:
    kind, attribute = reader.next()
    if kind != "word":
        reader.place -= 1
        raise reader.fail("<ID>")
    if reader.word("DESC"):
        return attribute, True
    reader.word("ASC")
    return attribute, False


def _number(reader: _Reader, *, largest: int | None) -> int:
    kind, text = reader.next()
    if kind != "number" or "." in text:
        reader.place -= 1
        raise reader.fail("<INTEGER>")
    value = int(text)
    if value < 1:
        raise faults.query_invalid(f"value {value} is too small. Min allowed value is 1")
    if largest is not None and value > largest:
        raise faults.query_invalid(f"value {value} is too large. Max allowed value is {largest}")
    return value
