"""Model fields with the product's fixed precisions."""

from typing import Any

from django.db import models


class MoneyField(models.DecimalField):
    """An amount of money. QuickBooks sends amounts with up to ten digits before and five after the point.

    The currency is a column of its own next to it; display rounds to that currency's decimals.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 5)
        super().__init__(*args, **kwargs)


class RateField(models.DecimalField):
    """A unit price, quantity or exchange rate: more decimals than money (QuickBooks: seven seen)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 25)
        kwargs.setdefault("decimal_places", 10)
        super().__init__(*args, **kwargs)


class CurrencyField(models.CharField):
    """An ISO 4217 code such as ``USD``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        super().__init__(*args, **kwargs)
