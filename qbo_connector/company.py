"""What a company's CompanyInfo and Preferences mean for us. Pure functions over QuickBooks' JSON."""

import zoneinfo
from typing import Any

# CompanyInfo.Country is ISO 3166 alpha-2, alpha-3 or a name, depending on the company's age.
_COUNTRIES = {
    "US": ("US", "USA", "UNITED STATES"),
    "GB": ("GB", "GBR", "UK", "UNITED KINGDOM"),
    "CA": ("CA", "CAN", "CANADA"),
    "AU": ("AU", "AUS", "AUSTRALIA"),
    "FR": ("FR", "FRA", "FRANCE"),
    "IN": ("IN", "IND", "INDIA"),
}
_ZONES = {
    "US": "America/Los_Angeles",
    "GB": "Europe/London",
    "CA": "America/Toronto",
    "AU": "Australia/Sydney",
    "FR": "Europe/Paris",
    "IN": "Asia/Kolkata",
}

_MONTHS = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9,
    "october": 10, "november": 11, "december": 12,
}  # fmt: skip


def country_code(text: str) -> str:
    """ISO alpha-2 of what QuickBooks calls the country; other texts come back shortened as they are."""
    name = text.strip().upper()
    return next((code for code, names in _COUNTRIES.items() if name in names), name[:3])


def fiscal_year_start(info: dict[str, Any], preferences: dict[str, Any]) -> int | None:
    """The month, 1 to 12, with which the company's fiscal year begins; None where QuickBooks names none.

    CompanyInfo.FiscalYearStartMonth is the English name of a month; AccountingInfoPrefs.FirstMonthOfFiscalYear says the
    same of companies whose CompanyInfo is silent.
    """
    said = info.get("FiscalYearStartMonth") or _part(preferences, "AccountingInfoPrefs").get("FirstMonthOfFiscalYear")
    return _MONTHS.get(str(said or "").strip().lower())


def facts(info: dict[str, Any], preferences: dict[str, Any]) -> dict[str, Any]:
    """The columns of a Connection that QuickBooks decides."""
    country = country_code(str(info.get("Country") or "US"))
    zone = str(info.get("DefaultTimeZone") or "")
    currency = _part(preferences, "CurrencyPrefs")
    tax = _part(preferences, "TaxPrefs")
    home = _part(currency, "HomeCurrency").get("value")
    return {
        "company_name": str(info.get("CompanyName") or info.get("LegalName") or ""),
        "country": country,
        "time_zone": zone if zone in zoneinfo.available_timezones() else _ZONES.get(country, "UTC"),
        "home_currency": str(home or "USD"),
        "fiscal_year_start": fiscal_year_start(info, preferences),
        "multicurrency": bool(currency.get("MultiCurrencyEnabled", False)),
        "custom_numbers": bool(_part(preferences, "SalesFormsPrefs").get("CustomTxnNumbers", False)),
        "default_terms": str(_part(_part(preferences, "SalesFormsPrefs"), "DefaultTerms").get("value") or ""),
        "sales_tax": bool(tax.get("UsingSalesTax", False)),
        "automated_tax": bool(tax.get("PartnerTaxEnabled", False)),
        "preferences": form_preferences(preferences),
    }


def form_preferences(preferences: dict[str, Any]) -> dict[str, Any]:
    """What the company's sales forms may hold (``Connection.preferences``): switches, and ids of defaults."""
    forms, books = _part(preferences, "SalesFormsPrefs"), _part(preferences, "AccountingInfoPrefs")
    switches = {
        "discount": (forms, "AllowDiscount"),
        "shipping": (forms, "AllowShipping"),
        "deposit": (forms, "AllowDeposit"),
        "service_dates": (forms, "AllowServiceDate"),
        "estimates": (forms, "AllowEstimates"),
        "online_payments": (forms, "ETransactionPaymentEnabled"),
        "class_per_transaction": (books, "ClassTrackingPerTxn"),
        "class_per_line": (books, "ClassTrackingPerTxnLine"),
        "locations": (books, "TrackDepartments"),
    }
    found: dict[str, Any] = {name: bool(part.get(key, False)) for name, (part, key) in switches.items()}
    return found | {
        "location_word": str(books.get("DepartmentTerminology") or ""),
        "message": str(forms.get("DefaultCustomerMessage") or ""),
        "cc": str(_part(forms, "SalesEmailCc").get("Address") or ""),
        "bcc": str(_part(forms, "SalesEmailBcc").get("Address") or ""),
        "tax_code": str(_part(_part(preferences, "TaxPrefs"), "TaxGroupCodeRef").get("value") or ""),
        "books_closed_on": str(books.get("BookCloseDate") or ""),
        "discount_account": str(forms.get("DefaultDiscountAccount") or ""),
    }


def _part(payload: dict[str, Any], name: str) -> dict[str, Any]:
    found = payload.get(name)
    return found if isinstance(found, dict) else {}
