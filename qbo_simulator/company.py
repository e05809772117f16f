"""One QuickBooks company: what its preferences decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property
from typing import Any

from qbo_simulator import amounts
from qbo_simulator.clock import zone_of
from qbo_simulator.store import Transaction

CURRENCY_NAMES = {
    "USD": "United States Dollar",
    "CAD": "Canadian Dollar",
    "GBP": "British Pound Sterling",
    "EUR": "Euro",
    "AUD": "Australian Dollar",
    "JPY": "Japanese Yen",
    "KWD": "Kuwaiti Dinar",
    "CHF": "Swiss Franc",
    "INR": "Indian Rupee",
}


@dataclass(frozen=True)
class Company:
    """A company's identity with its Preferences and CompanyInfo as stored."""

    realm: str
    name: str
    country: str
    zone: tzinfo
    preferences: dict[str, Any]
    info: dict[str, Any]

    def _group(self, name: str) -> dict[str, Any]:
        group = self.preferences.get(name)
        return group if isinstance(group, dict) else {}

    @cached_property
    def in_us(self) -> bool:
        """Whether the company uses the pseudo codes TAX and NON on its lines."""
        return self.country.upper() in ("US", "USA")

    @cached_property
    def home_currency(self) -> str:
        """The code of the home currency."""
        return str((self._group("CurrencyPrefs").get("HomeCurrency") or {}).get("value") or "USD")

    @cached_property
    def multicurrency(self) -> bool:
        """Whether customers can have a currency of their own."""
        return bool(self._group("CurrencyPrefs").get("MultiCurrencyEnabled"))

    @cached_property
    def uses_sales_tax(self) -> bool:
        """Whether tax is computed at all."""
        return bool(self._group("TaxPrefs").get("UsingSalesTax"))

    @cached_property
    def automated_tax(self) -> bool:
        """Whether QuickBooks itself finds the rates by the place of delivery (US)."""
        return self.in_us and self.uses_sales_tax and bool(self._group("TaxPrefs").get("PartnerTaxEnabled"))

    @cached_property
    def default_tax_code(self) -> str | None:
        """The Id of the company's usual tax code (US)."""
        return (self._group("TaxPrefs").get("TaxGroupCodeRef") or {}).get("value")

    @cached_property
    def custom_numbers(self) -> bool:
        """Whether the user numbers the documents; otherwise the company does."""
        return bool(self._group("SalesFormsPrefs").get("CustomTxnNumbers"))

    @cached_property
    def default_term(self) -> str | None:
        """The Id of the term used where none is given."""
        return (self._group("SalesFormsPrefs").get("DefaultTerms") or {}).get("value")

    @cached_property
    def discount_account(self) -> str | None:
        """The Id of the account for discounts, when the company names one."""
        value = self._group("SalesFormsPrefs").get("DefaultDiscountAccount")
        return value.get("value") if isinstance(value, dict) else value

    @cached_property
    def auto_apply_payments(self) -> bool:
        """Whether the company asks for payments to be applied by themselves."""
        return bool(self._group("SalesFormsPrefs").get("AutoApplyPayments"))

    @cached_property
    def books_closed_on(self) -> str | None:
        """The closing date, or None."""
        return self._group("AccountingInfoPrefs").get("BookCloseDate")

    def currency(self, code: str | None = None) -> dict[str, str]:
        """Return a CurrencyRef with its name."""
        value = code or self.home_currency
        return {"value": value, "name": CURRENCY_NAMES.get(value, value)}


def load_company(tx: Transaction, realm: str) -> Company | None:
    """Return the company with that realm id, or None."""
    row = tx.one("SELECT name, country, zone FROM companies WHERE realm = ?", (realm,))
    if row is None:
        return None
    single = dict(
        tx.execute(
            "SELECT entity, body FROM objects WHERE realm = ? AND entity IN ('Preferences', 'CompanyInfo')", (realm,)
        ).fetchall()
    )
    return Company(
        realm=realm,
        name=row[0],
        country=row[1],
        zone=zone_of(row[2]),
        preferences=amounts.load(single.get("Preferences", "{}")),
        info=amounts.load(single.get("CompanyInfo", "{}")),
    )


def list_companies(tx: Transaction) -> list[dict[str, str]]:
    """Return realm id, name and country of every company, in the order in which they were made."""
    rows = tx.execute("SELECT realm, name, country FROM companies ORDER BY position")
    return [{"realmId": realm, "name": name, "country": country} for realm, name, country in rows]
