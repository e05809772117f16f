"""The query language: text to a parsed statement."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from qbo_simulator import faults

_TOKEN = re.compile(
    r"""(?:
        (?P<text>'(?:\\.|''|[^'\\])*')
      | (?P<date>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?(?![\w-]))
      | (?P<number>[+-]?\d+(?:\.\d+)?(?![\w-]))
      | (?P<word>[A-Za-z_][\w.]*)
      | (?P<sign><=|>=|!=|<>|=|<|>|\(|\)|,|\*)
    )""",
    re.VERBOSE | re.DOTALL,
)
_SPACES = re.compile(r"\s*")
OPERATORS = ("=", "<", ">", "<=", ">=", "!=", "IN", "LIKE")
DEFAULT_ROWS = 100
MOST_ROWS = 1000
#: Tokens that the parser shows by their own text; AND and OR it shows by name.
_KEYWORDS = frozenset(
    "select from where in like count order orderby by asc desc startposition maxresults iterator".split()  # noqa: SIM905
)
_TAIL = ('"iterator" ...', '"maxresults" ...')
_REST = ('"order" ...', '"orderby" ...', '"startposition" ...')
_AFTER_WHERE = ("<EOF>", "<AND> ...", *_TAIL, "<OR> ...", *_REST)
_AFTER_FROM = ("<EOF>", *_TAIL, *_REST, '"where" ...')
_AFTER_ORDER = ("<EOF>", '"maxresults" ...', '"startposition" ...', '"," ...')
_OPERATOR = tuple(f'"{name.lower()}" ...' for name in OPERATORS)
_VALUES = ("<STRING> ...", "<NUMBER> ...", "<BOOLEAN> ...")


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
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        self.place = 0
        position = _SPACES.match(text).end()  # type: ignore[union-attr]
        while position < len(text):
            found = _TOKEN.match(text, position)
            if found is None:
                # Told only when the parser comes this far.
                self.tokens.append(("", text[position], position))
                break
            kind = str(found.lastgroup)
            self.tokens.append((kind, found.group(kind), position))
            position = _SPACES.match(text, found.end()).end()  # type: ignore[union-attr]

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

    def fail(self, *expected: str) -> faults.Refused:
        """Return the fault for what comes next, in the words of QuickBooks' parser."""
        if self.place < len(self.tokens):
            kind, text, position = self.tokens[self.place]
            line, column = _where(self.text, position)
            if not kind:
                return faults.query_not_parsed(
                    f"Invalid content. Lexical error at line {line}, column {column}.  "
                    f'Encountered: "{_shown(text)}" ({ord(text)}), after : ""'
                )
            found = f'" {_kind(kind, text)} "{text} ""'
        else:
            line, column = _where(self.text, len(self.text.rstrip()) - 1) if self.text.strip() else (0, 0)
            found = '"<EOF>"'
        start = "Was expecting one of:" if len(expected) > 1 else "Was expecting:"
        wanted = "".join(f"    {name}{'' if name.endswith('...') else ' '}\n" for name in expected)
        return faults.query_not_parsed(f"Encountered {found} at line {line}, column {column}.\n{start}\n{wanted}    ")


def _where(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def _shown(sign: str) -> str:
    if sign in "\"'\\":
        return f"\\{sign}"
    return sign if " " <= sign <= "~" else f"\\u{ord(sign):04x}"


def _kind(kind: str, text: str) -> str:
    if kind == "word" and text.upper() in ("AND", "OR"):
        return f"<{text.upper()}>"
    if kind == "word" and text.lower() not in _KEYWORDS:
        return "<IDENTIFIER>"
    names = {"text": "<STRING>", "number": "<NUMBER>", "date": "<DATE>"}
    return names.get(kind) or f'"{text.lower()}"'


def parse(text: str) -> Statement:
    """Parse a statement. Raises Refused with 4000 for what can't be read and 4001 for numbers out of range."""
    reader = _Reader(text)
    if not reader.word("SELECT"):
        raise reader.fail('"select" ...')
    count, columns = _columns(reader)
    if not reader.word("FROM"):
        raise reader.fail('"from" ...', '"," ...')
    kind, entity = reader.next()
    if kind != "word":
        reader.place -= 1
        raise reader.fail("<IDENTIFIER> ...")
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
    if reader.place < len(reader.tokens):
        raise reader.fail(*(_AFTER_ORDER if statement.order else _AFTER_WHERE if statement.conditions else _AFTER_FROM))
    return statement


def _columns(reader: _Reader) -> tuple[bool, tuple[str, ...]]:
    if reader.word("COUNT"):
        if not (reader.sign("(") and reader.sign("*") and reader.sign(")")):
            raise reader.fail('"(" ...', '"*" ...', '")" ...')
        return True, ()
    columns: list[str] = []
    while True:
        kind, text = reader.next()
        if kind != "word" and text != "*":
            reader.place -= 1
            raise reader.fail('"*" ...', '"count" ...', "<IDENTIFIER> ...")
        columns.append(text)
        if not reader.sign(","):
            return False, () if "*" in columns else tuple(columns)


def _condition(reader: _Reader) -> Condition:
    kind, attribute = reader.next()
    if kind != "word":
        reader.place -= 1
        raise reader.fail("<IDENTIFIER> ...")
    _, operator = reader.next()
    operator = {"<>": "!="}.get(operator, operator.upper())
    if operator not in OPERATORS:
        reader.place -= 1
        raise reader.fail(*_OPERATOR)
    if operator != "IN":
        return Condition(attribute, operator, (_value(reader, pattern=operator == "LIKE"),))
    if not reader.sign("("):
        raise reader.fail('"(" ...')
    values = [_value(reader)]
    while reader.sign(","):
        values.append(_value(reader))
    if not reader.sign(")"):
        raise reader.fail('")" ...', '"," ...')
    return Condition(attribute, operator, tuple(values))


def _value(reader: _Reader, *, pattern: bool = False) -> str:
    """Return a value; one for LIKE keeps a backslash before the signs that are meant as they are."""
    kind, text = reader.next()
    if kind == "text":
        return re.sub(r"\\(.)|(')'|(_)", _pattern if pattern else _plain, text[1:-1], flags=re.DOTALL)
    if kind in ("number", "date") or (kind == "word" and text.upper() in ("TRUE", "FALSE", "CURRENT_DATE")):
        return text
    reader.place -= 1
    raise reader.fail(*_VALUES)


def _plain(found: re.Match[str]) -> str:
    return found[1] or found[2] or found[3]


def _pattern(found: re.Match[str]) -> str:
    sign = _plain(found)
    return f"\\{sign}" if sign in "%_\\" else sign


def _order(reader: _Reader) -> tuple[str, bool]:
    kind, attribute = reader.next()
    if kind != "word":
        reader.place -= 1
        raise reader.fail("<IDENTIFIER> ...")
    if reader.word("DESC"):
        return attribute, True
    reader.word("ASC")
    return attribute, False


def _number(reader: _Reader, *, largest: int | None) -> int:
    kind, text = reader.next()
    if kind != "number" or "." in text:
        reader.place -= 1
        raise reader.fail("<INTEGER> ...")
    value = int(text)
    if value < 1:
        raise faults.query_invalid(f"value {value} is too small. Min allowed value is 1")
    if largest is not None and value > largest:
        raise faults.query_invalid(f"value {value} is too large. Max allowed value is {largest}")
    return value
