"""Model fields with the product's fixed precisions."""

from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _Decimals = models.DecimalField[Any, Any]
    _Texts = models.CharField[Any, Any]
else:
    _Decimals, _Texts = models.DecimalField, models.CharField


class MoneyField(_Decimals):
    """An amount of money. QuickBooks sends amounts with up to ten digits before and five after the point.

    The currency is a column of its own next to it; display rounds to that currency's decimals.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 5)
        super().__init__(*args, **kwargs)


class RateField(_Decimals):
    """A unit price, quantity or exchange rate: more decimals than money (QuickBooks: seven seen)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 25)
        kwargs.setdefault("decimal_places", 10)
        super().__init__(*args, **kwargs)


class CurrencyField(_Texts):
    """An ISO 4217 code such as ``USD``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        super().__init__(*args, **kwargs)
