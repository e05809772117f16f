"""The chart of accounts: types, subtypes and opening balances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import cents
from qbo_simulator.entities.ledger import first_account
from qbo_simulator.entities.lists import ListRules

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]

CLASSIFICATIONS = {
    "Bank": "Asset",
    "Other Current Asset": "Asset",
    "Fixed Asset": "Asset",
    "Other Asset": "Asset",
    "Accounts Receivable": "Asset",
    "Equity": "Equity",
    "Expense": "Expense",
    "Other Expense": "Expense",
    "Cost of Goods Sold": "Expense",
    "Accounts Payable": "Liability",
    "Credit Card": "Liability",
    "Long Term Liability": "Liability",
    "Other Current Liability": "Liability",
    "Income": "Revenue",
    "Other Income": "Revenue",
}
#: The subtypes of each type; the first is the usual one.
_SUBTYPES = {
    "Bank": "CashOnHand Checking MoneyMarket RentsHeldInTrust Savings TrustAccounts CashAndCashEquivalents "
    "OtherEarMarkedBankAccounts",
    "Other Current Asset": "OtherCurrentAssets AllowanceForBadDebts DevelopmentCosts EmployeeCashAdvances Inventory "
    "Investment_MortgageRealEstateLoans Investment_Other Investment_TaxExemptSecurities "
    "Investment_USGovernmentObligations LoansToOfficers LoansToOthers LoansToStockholders PrepaidExpenses Retainage "
    "UndepositedFunds AssetsAvailableForSale BalWithGovtAuthorities ExpenditureAuthorisationsAndLettersOfCredit "
    "GlobalTaxDeferred GlobalTaxRefund InternalTransfers OtherConsumables ProvisionsCurrentAssets ShortTermInvestments "
    "ShortTermLoansAndAdvancesToRelatedParties TradeAndOtherReceivables CalledUpShareCapitalNotPaid",
    "Fixed Asset": "FurnitureAndFixtures AccumulatedAmortization AccumulatedDepletion AccumulatedDepreciation "
    "Buildings DepletableAssets FixedAssetComputers FixedAssetCopiers FixedAssetFurniture FixedAssetPhone "
    "FixedAssetPhotoVideo FixedAssetSoftware FixedAssetOtherToolsEquipment IntangibleAssets Land "
    "LeaseholdImprovements MachineryAndEquipment OtherFixedAssets Vehicles LandAsset",
    "Other Asset": "OtherLongTermAssets AccumulatedAmortizationOfOtherAssets Goodwill LeaseBuyout Licenses "
    "OrganizationalCosts SecurityDeposits LongTermInvestments IntangibleAssets DeferredTax",
    "Accounts Receivable": "AccountsReceivable",
    "Equity": "OpeningBalanceEquity AccumulatedAdjustment CommonStock EstimatedTaxes Healthcare OwnersEquity "
    "PaidInCapitalOrSurplus PartnerContributions PartnerDistributions PartnersEquity PersonalExpense PersonalIncome "
    "PreferredStock RetainedEarnings TreasuryStock ShareCapital DividendDisbursed EquityInEarningsOfSubsiduaries",
    "Expense": "OfficeGeneralAdministrativeExpenses AdvertisingPromotional Auto BadDebts BankCharges "
    "CharitableContributions CommissionsAndFees CostOfLabor DuesSubscriptions Entertainment EntertainmentMeals "
    "EquipmentRental FinanceCosts GlobalTaxExpense Insurance InterestPaid LegalProfessionalFees OtherBusinessExpenses "
    "OtherMiscellaneousServiceCost PayrollExpenses PromotionalMeals RentOrLeaseOfBuildings RepairMaintenance "
    "ShippingFreightDelivery SuppliesMaterials TaxesPaid Travel TravelMeals Utilities UnappliedCashBillPaymentExpense "
    "IncomeTaxExpense ManagementCompensation ForeignTaxExpense OfficeExpenses",
    "Other Expense": "OtherMiscellaneousExpense Amortization Depreciation ExchangeGainOrLoss PenaltiesSettlements "
    "GasAndFuel HomeOffice HomeOwnerRentalInsurance OtherHomeOfficeExpenses MortgageInterest RentAndLease "
    "VehicleInsurance VehicleLease VehicleLoan VehicleLoanInterest VehicleRepairs WashAndRoadServices "
    "ParkingAndTolls Vehicle PriorPeriodItems",
    "Cost of Goods Sold": "SuppliesMaterialsCogs CostOfLaborCos EquipmentRentalCos OtherCostsOfServiceCos "
    "ShippingFreightDeliveryCos CostOfSales FreightAndDeliveryCost",
    "Accounts Payable": "AccountsPayable OutstandingDuesMicroSmallEnterprise",
    "Credit Card": "CreditCard",
    "Long Term Liability": "OtherLongTermLiabilities NotesPayable ShareholderNotesPayable LiabilitiesRelatedToAssets",
    "Other Current Liability": "OtherCurrentLiabilities DirectDepositPayable FederalIncomeTaxPayable GlobalTaxPayable "
    "GlobalTaxSuspense InsurancePayable LineOfCredit LoanPayable PayrollClearing PayrollTaxPayable "
    "PrepaidExpensesPayable RentsInTrustLiability SalesTaxPayable StateLocalIncomeTaxPayable "
    "TrustAccountsLiabilities UndepositedFunds CurrentLiabilities DutiesAndTaxes",
    "Income": "SalesOfProductIncome DiscountsRefundsGiven NonProfitIncome OtherPrimaryIncome ServiceFeeIncome "
    "UnappliedCashPaymentIncome CashReceiptIncome OperatingGrants SavingsByTaxScheme",
    "Other Income": "OtherMiscellaneousIncome DividendIncome InterestEarned OtherInvestmentIncome TaxExemptInterest "
    "GainLossOnSaleOfFixedAssets GainLossOnSaleOfInvestments UnrealisedLossOnSecuritiesNetOfTax",
}
SUBTYPES = {kind: tuple(names.split()) for kind, names in _SUBTYPES.items()}
_TYPE_OF = {name: kind for kind, names in reversed(SUBTYPES.items()) for name in names}
_DEBIT_SIDE = ("Asset",)


class AccountRules(ListRules):
    """Accounts: the subtype decides the type, the type the classification."""

    read_only = ListRules.read_only | {"CurrentBalance", "CurrentBalanceWithSubAccounts", "Classification"}
    parent_shown = ""
    refers = ("AccountRef", "DepositToAccountRef", "APAccountRef", "BankAccountRef", "CCAccountRef", "IncomeAccountRef")

    def __init__(self) -> None:
        super().__init__("Account", nested=True)

    def complete(self, books: Books, new: Body, old: Body | None) -> None:
        """Check the type and put in the balances."""
        self._type(new, old)
        new["Classification"] = CLASSIFICATIONS[new["AccountType"]]
        new["SubAccount"] = bool(new.get("ParentRef"))
        parent = books.shelf.get("Account", (new.get("ParentRef") or {}).get("value"))
        if parent is not None and parent.get("AccountType") != new["AccountType"]:
            raise faults.business("A subaccount must have the type of its parent account.")
        for field in ("CurrentBalance", "CurrentBalanceWithSubAccounts"):
            new[field] = (old or {}).get(field, 0)
        code = (new.get("CurrencyRef") or {}).get("value")
        if code and code != books.company.home_currency and not books.company.multicurrency:
            raise faults.business("Multi Currency should be enabled to perform this operation.")
        new["CurrencyRef"] = books.company.currency(code)
        number = new.get("AcctNum")
        if number is not None and any(not sign.isalnum() and sign not in "-." for sign in str(number)):
            raise faults.invalid_text("AcctNum", "Account numbers can only have letters, digits, '-' and '.'.")
        opening, day = new.pop("OpeningBalance", None), new.pop("OpeningBalanceDate", None)
        if old is None and opening:
            if new["Classification"] not in ("Asset", "Liability", "Equity"):
                raise faults.business("Only balance sheet accounts can have an opening balance.")
            if new["AccountType"] in ("Accounts Receivable", "Accounts Payable"):
                raise faults.business("Open balances of customers and vendors are entered with them.")
            books.memory["opening balance"] = (opening, day)

    def settle(self, books: Books, new: Body | None, old: Body | None) -> None:
        """Book the opening balance of a new account, and carry a new name on."""
        super().settle(books, new, old)
        opening = books.memory.pop("opening balance", None)
        if new is not None and old is None and opening is not None:
            _open(books, new, *opening)

    def _type(self, new: Body, old: Body | None) -> None:
        kind, subtype = new.get("AccountType"), new.get("AccountSubType")
        if kind is None:
            kind = _TYPE_OF.get(str(subtype)) if subtype else (old or {}).get("AccountType")
        if kind is None:
            if subtype:
                raise faults.invalid_enumeration("AccountSubType", subtype)
            raise faults.required("AccountType")
        if kind not in CLASSIFICATIONS:
            raise faults.invalid_enumeration("AccountType", kind)
        if subtype is None:
            kept = (old or {}).get("AccountSubType")
            subtype = kept if kept in SUBTYPES[kind] else SUBTYPES[kind][0]
        elif subtype not in SUBTYPES[kind]:
            raise faults.invalid_enumeration("AccountSubType", subtype)
        if old is not None and old.get("AccountType") != kind and "Accounts" in f"{kind} {old.get('AccountType')}":
            raise faults.business("The type of this account can't be changed.")
        new["AccountType"], new["AccountSubType"] = kind, subtype


def _open(books: Books, account: Body, amount: Any, day: str | None) -> None:
    """Book what was there at the start against Opening Balance Equity: a deposit, or a journal entry for debts."""
    equity = first_account(books, subtype="OpeningBalanceEquity")
    if equity is None:
        equity = books.create(
            books.shelf.entity("Account"),
            {"Name": "Opening Balance Equity", "AccountType": "Equity", "AccountSubType": "OpeningBalanceEquity"},
        )["Id"]
    head: Body = {"PrivateNote": "Opening Balance", **({"TxnDate": day} if day else {})}
    value = cents(amount)
    if account["AccountType"] == "Bank" and value > 0:
        line = {
            "Amount": value,
            "DetailType": "DepositLineDetail",
            "DepositLineDetail": {"AccountRef": {"value": equity}},
        }
        deposit = {**head, "DepositToAccountRef": {"value": account["Id"]}, "Line": [line]}
        books.create(books.shelf.entity("Deposit"), deposit)
        return
    debit = (account["Classification"] in _DEBIT_SIDE) == (value > 0)
    sides = (("Debit" if debit else "Credit", account["Id"]), ("Credit" if debit else "Debit", equity))
    lines = [
        {
            "Amount": abs(value),
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": identifier}},
        }
        for side, identifier in sides
    ]
    books.create(books.shelf.entity("JournalEntry"), {**head, "Line": lines})
