"""Templates to answers."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import jinja2

from qbo_simulator.amounts import cents
from qbo_simulator.wire import Response

_FOLDER = Path(__file__).parent
_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def money(value: Any) -> str:
    """Return an amount with two places; a broken one as it is."""
    try:
        return f"{cents(value):,.2f}"
    except (ValueError, ArithmeticError):
        return str(value)


def number(value: Any) -> str:
    """Return a number without needless zeros."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def setting(value: Any) -> str:
    """Return a setting as a field shows it."""
    if isinstance(value, list):
        return ", ".join(map(number, value))
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=jinja2.ChainableUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {"money": money, "number": number, "setting": setting}


def render(template: str, *, status: int = 200, **values: Any) -> Response:
    """Return a page."""
    text = _TEMPLATES.get_template(template).render(values)
    return Response(
        status, text.encode(errors="replace"), "text/html; charset=utf-8", {"Content-Security-Policy": _POLICY}
    )


def stylesheet() -> Response:
    """Return the one stylesheet."""
    return Response(200, (_FOLDER / "static" / "simulator.css").read_bytes(), "text/css; charset=utf-8")
