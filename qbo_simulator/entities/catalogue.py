"""Every entity that the simulator knows, one row each."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entity:
    """What is the same for all objects of one kind."""

    name: str
    #: "list" is deactivated and never deleted, "transaction" is deleted, "single" and "fixed" are only read or changed.
    kind: str
    #: The objects of one sequence share their Ids: names, transactions, or the entity alone.
    sequence: str = ""
    #: The field whose text is unique and gets " (deleted)".
    name_field: str = ""
    #: Names are unique over all entities of one space.
    name_space: tuple[str, ...] = ()
    operations: frozenset[str] = frozenset({"create", "update", "delete"})
    in_changes: bool = True
    #: The last part of the URL where it is not the name in lower case.
    url: str = ""
    #: The objects are kept in the name of the kind of transaction that they make.
    wrapped: bool = False
    #: Fields that a query may use besides the common ones; None means that all are allowed.
    queryable: frozenset[str] | None = None
    #: Known fields that can't be used in a query.
    not_queryable: frozenset[str] = field(default_factory=frozenset)

    @property
    def path(self) -> str:
        """The last part of the entity's URL."""
        return self.url or self.name.lower()


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


_NAMES = ("Customer", "Vendor", "Employee")
_LIST = frozenset({"create", "update"})
_SALES = frozenset({"create", "update", "delete", "void", "send", "pdf"})
_TRANSACTION = frozenset({"create", "update", "delete"})
_ADDRESSES = frozenset({"BillAddr", "ShipAddr"})
_NOT_ON_FORMS = frozenset({"Line", "LinkedTxn", "TxnTaxDetail", "PrivateNote", "VendorAddr"})

_CUSTOMER_FIELDS = words(
    "DisplayName GivenName MiddleName FamilyName CompanyName FullyQualifiedName PrintOnCheckName PrimaryEmailAddr "
    "Balance BalanceWithJobs Active Taxable Job ParentRef CurrencyRef PrimaryPhone ClientEntityId"
)
_ITEM_FIELDS = words(
    "Name FullyQualifiedName Sku Type Active Description UnitPrice PurchaseCost Taxable ParentRef SubItem QtyOnHand "
    "IncomeAccountRef TrackQtyOnHand"
)
_SALES_FIELDS = words(
    "DocNumber TxnDate DueDate CustomerRef TotalAmt Balance CurrencyRef SalesTermRef EmailStatus PrintStatus "
    "ClassRef DepartmentRef"
)
_PAYMENT_FIELDS = words(
    "TxnDate CustomerRef TotalAmt UnappliedAmt PaymentRefNum PaymentMethodRef DepositToAccountRef CurrencyRef"
)

_ROWS = (
    Entity(
        "Customer",
        "list",
        "name",
        "DisplayName",
        _NAMES,
        operations=_LIST,
        queryable=_CUSTOMER_FIELDS,
        not_queryable=_ADDRESSES | {"Notes", "Fax", "Mobile"},
    ),
    Entity("Vendor", "list", "name", "DisplayName", _NAMES, operations=_LIST),
    Entity("Employee", "list", "name", "DisplayName", _NAMES, operations=_LIST),
    Entity("Item", "list", "item", "Name", ("Item",), operations=_LIST, queryable=_ITEM_FIELDS),
    Entity("Account", "list", "account", "Name", ("Account",), operations=_LIST),
    Entity("Term", "list", "term", "Name", ("Term",), operations=_LIST),
    Entity("PaymentMethod", "list", "paymentmethod", "Name", ("PaymentMethod",), operations=_LIST),
    Entity("Class", "list", "class", "Name", ("Class",), operations=_LIST),
    Entity("Department", "list", "department", "Name", ("Department",), operations=_LIST),
    Entity("CompanyCurrency", "list", "companycurrency", "Code", ("CompanyCurrency",), operations=_LIST),
    Entity("TaxCode", "list", "taxcode", "Name", ("TaxCode",), operations=frozenset(), in_changes=False),
    Entity("TaxRate", "list", "taxrate", "Name", ("TaxRate",), operations=frozenset(), in_changes=False),
    Entity(
        "TaxAgency",
        "list",
        "taxagency",
        "DisplayName",
        ("TaxAgency",),
        operations=frozenset({"create"}),
        in_changes=False,
    ),
    Entity(
        "Invoice",
        "transaction",
        "txn",
        operations=_SALES,
        queryable=_SALES_FIELDS,
        not_queryable=_ADDRESSES | {"PrivateNote", "CustomerMemo", "Line", "TxnTaxDetail", "BillEmail", "LinkedTxn"},
    ),
    Entity("Estimate", "transaction", "txn", operations=_SALES - {"void"}),
    Entity("CreditMemo", "transaction", "txn", operations=_SALES - {"void"}),
    Entity("SalesReceipt", "transaction", "txn", operations=_SALES),
    Entity("RefundReceipt", "transaction", "txn", operations=_SALES - {"void"}),
    Entity(
        "Payment",
        "transaction",
        "txn",
        operations=_SALES,
        queryable=_PAYMENT_FIELDS,
        not_queryable=frozenset({"PrivateNote", "Line", "DocNumber", "LinkedTxn"}),
    ),
    Entity("Bill", "transaction", "txn", not_queryable=_NOT_ON_FORMS),
    Entity("BillPayment", "transaction", "txn", operations=_TRANSACTION | {"void", "pdf"}, not_queryable=_NOT_ON_FORMS),
    Entity("VendorCredit", "transaction", "txn", not_queryable=_NOT_ON_FORMS),
    Entity("Purchase", "transaction", "txn", not_queryable=_NOT_ON_FORMS),
    Entity(
        "PurchaseOrder",
        "transaction",
        "txn",
        operations=_TRANSACTION | {"send", "pdf"},
        not_queryable=_NOT_ON_FORMS,
    ),
    Entity("Deposit", "transaction", "txn", not_queryable=_NOT_ON_FORMS),
    Entity("Transfer", "transaction", "txn", not_queryable=frozenset({"PrivateNote"})),
    Entity("JournalEntry", "transaction", "txn", not_queryable=_NOT_ON_FORMS),
    # What its clients call it in bodies is not what they call it in addresses.
    Entity("CreditCardPaymentTxn", "transaction", "txn", url="creditcardpayment"),
    Entity("InventoryAdjustment", "transaction", "txn", not_queryable=_NOT_ON_FORMS),
    Entity("RecurringTransaction", "transaction", "txn", wrapped=True),
    Entity("JournalCode", "list", "journalcode", "Name", ("JournalCode",), operations=_TRANSACTION, in_changes=False),
    Entity("CustomerType", "list", "customertype", "Name", ("CustomerType",), operations=frozenset()),
    Entity("Budget", "list", "budget", "Name", ("Budget",), operations=_TRANSACTION),
    Entity("Attachable", "transaction", "attachable"),
    Entity("TimeActivity", "transaction", "timeactivity", in_changes=False),
    Entity("ExchangeRate", "fixed", "exchangerate", operations=_LIST, in_changes=False),
    Entity("Preferences", "single", "preferences", operations=frozenset({"update"})),
    Entity("CompanyInfo", "single", "companyinfo", operations=frozenset({"update"})),
)

#: By the last part of the URL, and by the name in bodies where that is another one.
ENTITIES: dict[str, Entity] = {key: entity for entity in _ROWS for key in (entity.path, entity.name.lower())}

#: Every entity whose objects are numbered in one run of document numbers.
NUMBERED_TOGETHER = ("Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt")


def entity_named(name: str) -> Entity | None:
    """Return the entity of that name in any case, or None."""
    return ENTITIES.get(name.lower())
