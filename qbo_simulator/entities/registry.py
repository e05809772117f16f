"""Which rules belong to which entity."""

from __future__ import annotations

from qbo_simulator.entities.attachments import AttachableRules
from qbo_simulator.entities.bill_payments import BillPaymentRules
from qbo_simulator.entities.catalogue import ENTITIES
from qbo_simulator.entities.chart import AccountRules
from qbo_simulator.entities.deposits import DepositRules
from qbo_simulator.entities.exchange_rates import CompanyCurrencyRules, ExchangeRateRules
from qbo_simulator.entities.invoices import InvoiceRules
from qbo_simulator.entities.journal import (
    InventoryAdjustmentRules,
    JournalCodeRules,
    JournalEntryRules,
    MoneyMoveRules,
)
from qbo_simulator.entities.lists import (
    ClassRules,
    DepartmentRules,
    ItemRules,
    PaymentMethodRules,
    SingleRules,
    TermRules,
)
from qbo_simulator.entities.names import CustomerRules, EmployeeRules, VendorRules
from qbo_simulator.entities.payments import PaymentRules
from qbo_simulator.entities.purchasing import (
    PurchaseFormRules,
    PurchaseOrderRules,
    PurchaseRules,
    VendorCreditRules,
)
from qbo_simulator.entities.recurring import RecurringRules
from qbo_simulator.entities.rules import Rules
from qbo_simulator.entities.sales import CreditMemoRules, EstimateRules, ReceiptRules
from qbo_simulator.entities.tax_setup import TaxAgencyRules
from qbo_simulator.entities.time import BudgetRules, TimeActivityRules

_SPECIAL: dict[str, Rules] = {
    "Customer": CustomerRules(),
    "Vendor": VendorRules(),
    "Employee": EmployeeRules(),
    "Item": ItemRules(),
    "Account": AccountRules(),
    "Term": TermRules(),
    "PaymentMethod": PaymentMethodRules(),
    "Class": ClassRules("Class", nested=True),
    "Department": DepartmentRules("Department", nested=True),
    "CompanyCurrency": CompanyCurrencyRules(),
    "ExchangeRate": ExchangeRateRules(),
    "JournalCode": JournalCodeRules(),
    "Budget": BudgetRules(),
    "TimeActivity": TimeActivityRules(),
    "Attachable": AttachableRules(),
    "Bill": PurchaseFormRules("Bill"),
    "BillPayment": BillPaymentRules(),
    "VendorCredit": VendorCreditRules("VendorCredit"),
    "Purchase": PurchaseRules("Purchase"),
    "PurchaseOrder": PurchaseOrderRules("PurchaseOrder"),
    "Deposit": DepositRules(),
    "JournalEntry": JournalEntryRules(),
    "Transfer": MoneyMoveRules("FromAccountRef", "ToAccountRef"),
    "CreditCardPaymentTxn": MoneyMoveRules("BankAccountRef", "CreditCardAccountRef", target_type="Credit Card"),
    "InventoryAdjustment": InventoryAdjustmentRules(),
    "RecurringTransaction": RecurringRules(),
    "TaxAgency": TaxAgencyRules(),
    "Invoice": InvoiceRules(),
    "Estimate": EstimateRules("Estimate"),
    "CreditMemo": CreditMemoRules("CreditMemo"),
    "SalesReceipt": ReceiptRules("SalesReceipt"),
    "RefundReceipt": ReceiptRules("RefundReceipt"),
    "Payment": PaymentRules(),
    "Preferences": SingleRules(),
    "CompanyInfo": SingleRules(),
}

RULES: dict[str, Rules] = {entity.name: _SPECIAL.get(entity.name, Rules()) for entity in ENTITIES.values()}
