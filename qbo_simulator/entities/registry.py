"""Which rules belong to which entity."""

from __future__ import annotations

from qbo_simulator.entities.catalogue import ENTITIES
from qbo_simulator.entities.invoices import InvoiceRules
from qbo_simulator.entities.lists import (
    AccountRules,
    ItemRules,
    ListRules,
    PaymentMethodRules,
    SingleRules,
    TermRules,
)
from qbo_simulator.entities.names import CustomerRules, EmployeeRules, VendorRules
from qbo_simulator.entities.payments import PaymentRules
from qbo_simulator.entities.rules import Rules
from qbo_simulator.entities.sales import CreditMemoRules, EstimateRules, SalesRules
from qbo_simulator.entities.tax_setup import TaxAgencyRules

_SPECIAL: dict[str, Rules] = {
    "Customer": CustomerRules(),
    "Vendor": VendorRules(),
    "Employee": EmployeeRules(),
    "Item": ItemRules(),
    "Account": AccountRules(),
    "Term": TermRules(),
    "PaymentMethod": PaymentMethodRules(),
    "Class": ListRules("Class", nested=True),
    "Department": ListRules("Department", nested=True),
    "CompanyCurrency": ListRules("CompanyCurrency", "Code"),
    "TaxAgency": TaxAgencyRules(),
    "Invoice": InvoiceRules(),
    "Estimate": EstimateRules("Estimate"),
    "CreditMemo": CreditMemoRules("CreditMemo"),
    "SalesReceipt": SalesRules("SalesReceipt"),
    "RefundReceipt": SalesRules("RefundReceipt"),
    "Payment": PaymentRules(),
    "Preferences": SingleRules(),
    "CompanyInfo": SingleRules(),
}

RULES: dict[str, Rules] = {entity.name: _SPECIAL.get(entity.name, Rules()) for entity in ENTITIES.values()}
