"""Which of QuickBooks' entities are mirrored, and how they are read."""

# In the order in which the first load brings them: what others refer to comes first.
CHANGE_DATA = (
    "CompanyCurrency",
    "Account",
    "Term",
    "PaymentMethod",
    "Class",
    "Department",
    "Customer",
    "Vendor",
    "Employee",
    "Item",
    "Estimate",
    "Invoice",
    "Payment",
    "CreditMemo",
    "SalesReceipt",
    "RefundReceipt",
    "Bill",
    "BillPayment",
    "Deposit",
)
# A company whose subscription or settings lack one of these may be refused it; the others are read all the same.
OPTIONAL = frozenset(CHANGE_DATA) - {"Account", "Term", "PaymentMethod", "Customer", "Item", "Invoice", "Payment"}
# Change data does not know these: read at connect, once a day, on "Sync now" and after a refusal that hints at them.
REFERENCE = ("TaxCode", "TaxRate")
SINGLE = ("CompanyInfo", "Preferences")
MIRRORED = (*REFERENCE, *CHANGE_DATA)
# Default queries hide inactive ones.
WITH_ACTIVE = frozenset(
    {
        "Account",
        "Class",
        "CompanyCurrency",
        "Customer",
        "Department",
        "Employee",
        "Item",
        "PaymentMethod",
        "TaxCode",
        "TaxRate",
        "Term",
        "Vendor",
    }
)
