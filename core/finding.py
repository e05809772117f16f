"""Search over records of every kind, at a cost that does not grow with the number of matches.

A kind of record says in a ``Place`` where it is looked for. All places are asked in one statement. In each, the first
way that brings enough ends the search, because PostgreSQL reads the parts of a ``UNION ALL`` in order and no further
than its ``LIMIT``:

1. the text as a whole: an e-mail address, a SKU, a number, a telephone number, an amount (indexes);
2. titles that begin with the text (index);
3. the newest records with all words: a word that many records have is found among them at once;
4. records with all words (GIN index): only reached by words that few records have.

So no word makes the database read, sort or count all that match it.
"""

# ruff: noqa: S608 -- names of tables and columns come from the code alone; whatever was typed is a parameter.

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models.expressions import RawSQL
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from core import seeing
from core.money import NotAnAmount, parsed
from core.search import words_of

LONGEST = 200
SHORT = 3  # words of fewer letters begin too many others to be looked for by their beginning alone
NEWEST = 800  # records among which a frequent word is looked for
GATHERED = 2000  # matches of a rarer word of which the newest are taken
SAME = 20  # records with the same number, amount or telephone number
FEWEST_DIGITS, MOST_DIGITS = 4, 9  # of a telephone number: by its end, without the prefix of the country
EXACT, BEGINS, WORDS = 0, 1, 2
AT_HAND = "at_hand"  # the row of a place of which it is asked whether it is seen

_NUMBER = re.compile(r"[\W_]*([^\W\d_]{0,10})[\W_]*(\d[\d\W_]*)")
_AMOUNT = re.compile(r"[-\d.,\s'\u00a0\u202f$£€¥]*\d[\d.,\s'\u00a0\u202f$£€¥]*")
_CANONICAL = re.compile(r"-?\d{1,13}(\.\d{1,5})?", re.ASCII)
_NAME = re.compile(r"[a-z_]*", re.ASCII)
_PHONE = re.compile(r"[+\d][\d\s().\-/]*", re.ASCII)


@dataclass(frozen=True)
class Hit:
    """A record that was found, as it is printed; without an ``icon`` it has that of its kind."""

    title: str
    detail: str
    url: str
    icon: str = ""


@dataclass(frozen=True)
class Place:
    """Where records of one kind are looked for: a table with a ``search`` column, and SQL over its own columns.

    ``begins`` are texts in upper case with an index for their beginning, ``equals`` those with one for the whole.
    ``phones`` and ``numbers`` are columns, indexed by ``phone_index`` and ``number_index``; ``amounts`` too. ``newest``
    is an indexed order and ``at`` the moment it goes by; ``listed`` leaves out what lists leave out, ``always`` holds
    even where archived records are wanted. ``seen`` are the rows that a person sees, as ``among`` gives them; it is
    asked of each row at hand, or with ``few`` once for the whole statement.
    """

    table: str
    newest: str = "updated_at DESC, id DESC"
    at: str = "updated_at"
    listed: str = "archived_at IS NULL"
    always: str = "TRUE"
    begins: Sequence[str] = ()
    equals: Sequence[str] = ()
    phones: Sequence[str] = ()
    numbers: Sequence[str] = ()
    amounts: Sequence[str] = ()
    seen: str = "TRUE"
    few: bool = False


@dataclass(frozen=True)
class Needle:
    """What was typed, as what it may be."""

    text: str
    words: tuple[str, ...] = ()
    digits: str = ""
    letters: str = ""
    number: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, order=True)
class Found:
    """A match before it is read: how well it fits, whether it was opened lately, how new it is."""

    rank: tuple[int, int, float, int]
    pk: int = field(compare=False)

    @property
    def exact(self) -> bool:
        """Whether the text names it as a whole."""
        return self.rank[0] == EXACT


def among(visible_to: Callable[[Any], Any], user: Any, column: str = "id") -> str:
    """SQL: ``column`` of the rows at hand is the id of a record that ``user`` may see; ``TRUE`` where that is all.

    Only ids and names of the code stand in such a query, nothing that anybody typed. Raises ValueError otherwise.
    """
    wide = seeing.is_wide(user)
    rows = visible_to(seeing.one_by_one(user) if wide else user)
    if not rows.query.where:
        return "TRUE"
    rows = rows.order_by()
    if wide:
        rows = rows.filter(pk=RawSQL(f"{AT_HAND}.{column}", ()))  # noqa: S611 -- a name from the code
    try:
        sql, values = rows.values("pk").query.sql_with_params()
    except EmptyResultSet:
        return "FALSE"
    ids = (sql % tuple(_literal(value) for value in values)).replace("%", "%%")
    # Not IN or EXISTS, for which PostgreSQL may gather everything that is seen first, whatever the LIMIT outside.
    return f"({ids} LIMIT 1) IS NOT NULL" if wide else f"{column} IN ({ids})"


def _literal(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and _NAME.fullmatch(value):
        return f"'{value}'"
    raise ValueError(value)


def needle(text: str) -> Needle | None:
    """What ``text`` may mean; None when there is nothing to look for."""
    text = " ".join(text.replace("\x00", " ").split())[:LONGEST]
    words = tuple(words_of(text)[:8])
    if not words:
        return None
    number = _NUMBER.fullmatch(text)
    digits = re.sub(r"[^0-9]", "", text) if _PHONE.fullmatch(text) else ""
    return Needle(
        text=text,
        words=words,
        digits=digits[-MOST_DIGITS:] if len(digits) >= FEWEST_DIGITS else "",
        letters=number[1] if number else "",
        number=re.sub(r"[^0-9]", "", number[2]).lstrip("0")[:40] if number else "",
        amount=_amount(text),
    )


def _amount(text: str) -> Decimal | None:
    if not _AMOUNT.fullmatch(text):
        return None
    try:
        value = Decimal(text) if _CANONICAL.fullmatch(text) else parsed(text)
    except (NotAnAmount, InvalidOperation, ValueError):
        return None
    return value if abs(value) < 10**14 else None


def find(
    wanted: Needle,
    places: Mapping[str, Place],
    *,
    most: int,
    archived: bool = False,
    opened: Mapping[tuple[str, int], float] | None = None,
) -> dict[str, list[Found]]:
    """Up to ``most`` matches in each place, the best first, in one statement.

    The best are those that the text names as a whole, then those that begin with it; among equals what was ``opened``
    lately comes first, then the newest.
    """
    if not places:
        return {}
    parts = [_in_place(name, place, wanted, most, archived=archived) for name, place in places.items()]
    once = [
        f"seen_{name} AS MATERIALIZED (SELECT id FROM {place.table} AS {AT_HAND} WHERE {place.seen})"
        for name, place in places.items()
        if place.few
    ]
    start = f"WITH {', '.join(once)} " if once else ""
    with connection.cursor() as cursor:
        cursor.execute(start + " UNION ALL ".join(parts), _values(wanted))
        rows = cursor.fetchall()
    best: dict[str, dict[int, Found]] = {name: {} for name in places}
    seen = opened or {}
    for name, pk, tier, at in rows:
        found = Found((tier, 0 if (name, pk) in seen else 1, -(at or 0), -pk), pk)
        if pk not in best[name] or found < best[name][pk]:
            best[name][pk] = found
    return {name: sorted(found.values())[:most] for name, found in best.items()}


def _in_place(name: str, place: Place, wanted: Needle, most: int, *, archived: bool) -> str:
    """The statement's part for one place. Names come from the code alone; whatever was typed is a parameter."""
    living = place.always if archived else f"{place.always} AND {place.listed}"
    seen = f"{AT_HAND}.id IN (SELECT id FROM seen_{name})" if place.few else place.seen
    at = f"EXTRACT(EPOCH FROM {place.at}) AS at"
    table = f"{place.table} AS {AT_HAND} WHERE {living} AND {seen}"
    start = f"AS tier, id, {at} FROM {table}"

    def part(tier: int | str, condition: str, limit: int) -> str:
        return f"(SELECT {tier} {start} AND {condition} LIMIT {limit})"

    parts = [part(EXACT, f"{text} = upper(%(text)s)", SAME) for text in place.equals]
    if wanted.number:
        parts += [part(EXACT, _number_condition(column), SAME) for column in place.numbers]
    if wanted.digits:
        parts += [part(EXACT, f"{column} <> '' AND {phone(column)} LIKE %(phone)s", SAME) for column in place.phones]
    if wanted.amount is not None:
        parts += [
            f"(SELECT {BEGINS} {start} AND {column} = %(amount)s ORDER BY id DESC LIMIT {SAME})"
            for column in place.amounts
        ]
    for text in place.begins:
        tier = f"CASE WHEN {text} = upper(%(text)s) THEN {EXACT} ELSE {BEGINS} END"
        parts.append(part(tier, f"{text} LIKE upper(%(beginning)s)", max(SAME, most // 2)))
    parts.append(
        f"(SELECT {WORDS} AS tier, id, at FROM (SELECT *, {at}, {living} AS living FROM {place.table}"
        f" ORDER BY {place.newest} LIMIT {max(NEWEST, 2 * most)}) AS {AT_HAND}"
        f" WHERE search @@ to_tsquery('simple', %(all)s) AND living AND {seen})"
    )
    parts.append(
        f"(SELECT {WORDS}, id, at FROM (SELECT id, {at}, search FROM {table}"
        f" AND search @@ to_tsquery('simple', %(rare)s) LIMIT {max(GATHERED, 2 * most)}) AS gathered"
        f" WHERE search @@ to_tsquery('simple', %(all)s) ORDER BY at DESC LIMIT {most})"
    )
    return f"(SELECT '{name}', id, tier, at FROM ({' UNION ALL '.join(parts)}) AS found LIMIT {2 * most})"


def _number_condition(column: str) -> str:
    """The same digits, whatever stands before and between them; letters that were typed must not contradict."""
    return (
        f"{column} <> '' AND {digits(column)} = %(number)s"
        f" AND (%(letters)s = '' OR {column} ~ '^[^[:alpha:]]*$' OR {column} ILIKE %(letters)s || '%%')"
    )


def _split(wanted: Needle) -> tuple[list[str], list[str]]:
    """Long and short words. Short ones are looked at in what the long ones gathered: ``a`` begins a third of all."""
    short = [word for word in wanted.words if len(word) < SHORT and word.isascii()]
    return [word for word in wanted.words if word not in short], short


def _values(wanted: Needle) -> dict[str, Any]:
    long, short = _split(wanted)
    beginning = re.sub(r"([\\%_])", r"\\\1", wanted.text)
    return {
        "text": wanted.text,
        "beginning": f"{beginning}%",
        "all": " & ".join(f"{word}:*" for word in wanted.words),
        # With short words only, they are looked for as whole words.
        "rare": " & ".join(f"{word}:*" for word in long) or " & ".join(short),
        "phone": f"{wanted.digits[::-1]}%",
        "number": wanted.number,
        "letters": wanted.letters,
        "amount": wanted.amount,
    }


def phone(column: str) -> str:
    """SQL: the digits of a telephone number from its end, as ``core.search.phone_index`` has them."""
    return f"reverse(regexp_replace({column}, '[^0-9]', '', 'g'))"


def digits(column: str) -> str:
    """SQL: the digits of a document's number without leading zeros, as ``core.search.number_index`` has them."""
    return f"ltrim(regexp_replace({column}, '[^0-9]', '', 'g'), '0')"


def highlighted(text: str, words: Sequence[str]) -> SafeString:
    """``text`` as HTML with the beginnings of words that were looked for marked."""
    if not words:
        return conditional_escape(text)
    pattern = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    parts: list[str] = []
    last = 0
    for match in re.finditer(rf"(?<![^\W_])(?:{pattern})", text, re.IGNORECASE):
        parts += [conditional_escape(text[last : match.start()]), "<mark>", conditional_escape(match[0]), "</mark>"]
        last = match.end()
    parts.append(conditional_escape(text[last:]))
    return mark_safe("".join(parts))  # noqa: S308 -- every piece of the text is escaped above


Lines = Callable[[Any, Sequence[int]], Mapping[int, Hit]]
