"""Money and JSON: decimals inside, plain JSON numbers outside."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

CENT = Decimal("0.01")
ZERO = Decimal(0)


def decimal_of(value: Any) -> Decimal:
    """Return ``value`` (a number, a numeric text or nothing) as a Decimal. Raises ValueError for anything else."""
    if value is None or value == "":
        return ZERO
    if isinstance(value, bool):
        raise ValueError(value)
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError(value) from error
    if not number.is_finite():
        raise ValueError(value)
    return number


def cents(value: Any) -> Decimal:
    """Return ``value`` rounded to two places, halves upwards, as QuickBooks rounds."""
    return decimal_of(value).quantize(CENT, ROUND_HALF_UP)


def _plain(value: Any) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def dump(value: Any) -> str:
    """Return compact JSON text; whole decimals become integers, as QuickBooks writes them."""
    return _ENCODER.encode(value)


def load(text: str | bytes) -> Any:
    """Parse JSON text with exact decimals."""
    return json.loads(text, parse_float=Decimal)
