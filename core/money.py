"""Money as Decimal with an ISO 4217 currency code: rounding, printing, reading."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache

from babel.core import Locale
from babel.numbers import NumberFormatError, format_currency, format_decimal, get_currency_precision, parse_decimal
from django.utils import translation

ZERO = Decimal(0)


class NotAnAmount(ValueError):
    """The text is not a number in the reader's notation."""


@cache
def decimals(currency: str) -> int:
    """Decimal places of ``currency`` by ISO 4217: 2 for USD, 0 for JPY, 3 for KWD; 2 for an unknown code."""
    return get_currency_precision(currency)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """``amount`` to the currency's decimals, halves away from zero, as QuickBooks rounds a line."""
    return amount.quantize(Decimal(1).scaleb(-decimals(currency)), rounding=ROUND_HALF_UP)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(translation.to_locale(language))


def formatted(amount: Decimal | None, currency: str) -> str:
    """``1234.5, "USD"`` -> ``$1,234.50`` in the active language; an empty text for None."""
    if amount is None:
        return ""
    locale = _locale(translation.get_language() or "en-us")
    return format_currency(rounded(amount, currency), currency, locale=locale)


def formatted_number(value: Decimal | None) -> str:
    """A quantity, rate or price without its trailing zeros, in the active language."""
    if value is None:
        return ""
    return format_decimal(value, locale=_locale(translation.get_language() or "en-us"), decimal_quantization=False)


def formatted_amount(value: Decimal) -> str:
    """An amount whose currency nobody knows, with two decimals or as many more as it has, in the active language."""
    locale = _locale(translation.get_language() or "en-us")
    return format_decimal(value, format="#,##0.00", locale=locale, decimal_quantization=False)


def parsed(text: str) -> Decimal:
    """A typed amount in the active language's notation. Raises NotAnAmount for anything else.

    Digits are grouped as the language groups them or not at all: 1,5 is no other way to write 15.
    """
    cleaned = text.strip().lstrip("$£€¥ ")
    try:
        value = parse_decimal(cleaned, locale=_locale(translation.get_language() or "en-us"), strict=True)
    except (NumberFormatError, InvalidOperation) as error:
        raise NotAnAmount(text) from error
    if not value.is_finite():
        raise NotAnAmount(text)
    return value
