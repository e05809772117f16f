"""The names that a request may use: whatever any object of the interface has, by reference, schema and recordings."""

from __future__ import annotations

from typing import Any

from qbo_simulator.entities.catalogue import words
from qbo_simulator.faults import unknown_property

KNOWN = words(
    "APAccountRef ARAccountRef AbatementRate AcceptedBy AcceptedDate Account AccountAlias "
    "AccountBasedExpenseLineDetail AccountEx AccountNum AccountRef AccountSubType AccountType AccountingInfoPrefs "
    "AcctNum Active Address AdjustAccountRef Adjustment AgencyRef AllowDeposit AllowDiscount AllowEstimates "
    "AllowIPNPayment AllowOnlineACHPayment AllowOnlineCreditCardPayment AllowOnlinePayment AllowServiceDate "
    "AllowShipping AltContactName AlternatePhone Amount ApplyTaxAfterDiscount AreaCode AsOfDate AssetAccountRef "
    "AssociatedValues Attachable AttachableRef AuthCode AutoApplyCredit AutoApplyPayments AutoDocNumber AvgCost "
    "Balance BalanceWithJobs BankAccountName BankAccountNumber BankAccountRef BankBranchIdentifier BankName BankNum "
    "BankRef Bill BillAddr BillAddrStreet BillCustomers BillEmail BillEmailBcc BillEmailCc BillEx BillPayment "
    "BillPaymentEx BillRate BillWithParent BillableExpenseRef BillableExpenseTracking BillableStatus BillableTime "
    "BirthDate BookCloseDate BooleanType BooleanValue BreakHours BreakMinutes Budget BudgetDate BudgetDetail "
    "BudgetEntryType BudgetType BuildPoint BusinessNumber CCAccountRef CCDetail CCTransId CISRate COGSAccountRef "
    "CalcAgingReportFromTxnDate CashBack Category CcExpiryMonth CcExpiryYear CheckBankAccountRef CheckNum "
    "CheckPayment City Class ClassRef ClassTerminology ClassTrackingPerTxn ClassTrackingPerTxnLine Classification "
    "ClientEntityId Code CompanyAddr CompanyInfo CompanyName CompanyStartDate ContactName ContentType CostCodeRef "
    "CostRate Country CountryCode CountrySubDivisionCode County CreateTime CreatedByRef Credit CreditCardAccountRef "
    "CreditCardPayment CreditChargeInfo CreditChargeResponse CreditLimit CreditMemo CurrencyPrefs CurrencyRef "
    "CurrentBalance CurrentBalanceWithSubAccounts CustomExtensions CustomField CustomTxnNumber CustomTxnNumbers "
    "Customer CustomerCommunicationAddr CustomerCommunicationEmailAddr CustomerEx CustomerMemo CustomerRef "
    "CustomerTerminology CustomerTypeRef DataFlags DateValue DayOfMonth DayOfMonthDue DayOfWeek DaysBefore Default "
    "DefaultCustomerMessage DefaultDiscountAccount DefaultMarkup DefaultMarkupAccount DefaultShippingAccount "
    "DefaultTaxCodeRef DefaultTerms DefaultTimeZone DefaultVendorTerms DeferredRevenue DefinitionId DeliveryErrorType "
    "DeliveryInfo DeliveryTime DeliveryType Department DepartmentRef DepartmentTerminology Deposit DepositEx "
    "DepositLineDetail DepositToAccountRef Desc Description DescriptionLineDetail DetailType DeviceType Discount "
    "DiscountAccountRef DiscountAmt DiscountDayOfMonth DiscountDays DiscountInfo DiscountLineDetail DiscountPercent "
    "DiscountRate DiscountRef DisplayName DisplayType DocNumber DueDate DueDays DueNextMonthDays "
    "ECloudStatusTimeStamp EInvoiceStatus ETransactionAttachPDF ETransactionEnabledStatus ETransactionPaymentEnabled "
    "EffectiveDate EffectiveTaxRate Email EmailCopyToCompany EmailMessagesPrefs EmailStatus Employee EmployeeEx "
    "EmployeeNumber EmployeeRef EmployeeSSN EmployeeType EndDate EndTime EnteredWhenMultiCurrency Entity EntityRef "
    "Estimate EstimateMessage ExchangeCode ExchangeRate ExpenseAccountRef ExpenseRef ExpirationDate Extension "
    "ExtensionType ExternalKey FIName FOB FamilyName Fax FileAccessUri FileName FinanceCharge FirstMonthOfFiscalYear "
    "FiscalYearStartMonth ForPurchase ForSales FreeFormAddress FreeFormNumber FromAccountRef FullyQualifiedName GSTIN "
    "GSTRegistrationType Gender GivenName GlobalTaxCalculation GovtTxnRefIdentifier GroupItemRef GroupLine "
    "GroupLineDetail HasTPAR HeaderFull HeaderLite Hidden HideTaxManagement HiredDate HomeBalance HomeCurrency "
    "HomeCurrencyAdjustment HomeTotalAmt HourlyRate Hours IPNSupportEnabled Id Inactive IncludeInAnnualTPAR "
    "IncludeOnSend IncomeAccountRef IntervalType IntuitId InvStartDate InventorySiteRef Invoice InvoiceEx InvoiceLink "
    "InvoiceMessage InvoiceNumber InvoiceRef IsProject Item ItemAccountRef ItemAdjustmentLineDetail "
    "ItemAssemblyDetail ItemBasedExpenseLineDetail ItemBasedExpenseLineDetailEx ItemCategoryType ItemEx "
    "ItemGroupDetail ItemGroupLine ItemGroupName ItemReceiptLineDetail ItemRef Job JobInfo JournalCode JournalCodeRef "
    "JournalEntry JournalEntryEx JournalEntryLineDetail Key LastChangedInQB LastCheckNumber LastFileDate "
    "LastModifiedByRef LastUpdatedTime Lat LegalAddr LegalName LessCIS Level Line Line1 Line2 Line3 Line4 Line5 "
    "LineEx LineInfo LineNum LinkedTxn Long ManPartNum MarkTimeEntriesBillable MarkUpIncomeAccountRef "
    "MarketplaceFacilitator MarkupInfo MaxOccurrences Memo Message MetaData MiddleName Minutes Mobile MonthOfYear "
    "MultiCurrencyEnabled Name NameOf NameOnAcct NameValue NetAmountTaxable NextDate Note Notes NumInterval "
    "NumberType NumberValue OnPO OnSO OnlineBankingEnabled OpenBalanceDate OpeningBalance OpeningBalanceDate "
    "Organization OriginalTaxRate OtherAddr OtherContactInfo OtherPrefs OverDueBalance OverrideDeltaAmount Overview "
    "POCustomField POEmail PONumber POStatus ParentRef PartnerTaxEnabled PayType PayeeAddr PayeeRef Payment PaymentEx "
    "PaymentLineDetail PaymentMethod PaymentMethodRef PaymentRefNum PaymentTermRef PaymentType PayrollItemRef Percent "
    "PercentBased PercentCharge PlaceName PostalCode PostalCodeSuffix PostingType PrefVendorRef Preferences "
    "PreferredDeliveryMethod PreviousDate PriceLevelRef PrimaryAddr PrimaryEmailAddr PrimaryPhone "
    "PrimaryTaxIdentifier PrintGroupedItems PrintOnCheckName PrintStatus PrivateNote ProcessBillPayment "
    "ProcessPayment ProductAndServicesPrefs ProjectRef Purchase PurchaseCost PurchaseDesc PurchaseEx PurchaseOrder "
    "PurchaseOrderItemLineDetail PurchaseOrderRef PurchaseTaxCodeRef PurchaseTaxIncluded PurchaseTaxRateList Qty "
    "QtyDiff QtyOnHand QtyOnPurchaseOrder QtyOnSalesOrder Quantity QuantityOnHand QuantityWithPriceAndRate Rate "
    "RatePercent RateValue Rated Received RecognitionFrequencyType RecurDataRef RecurType RecurringInfo RefundReceipt "
    "ReimbursableInfo ReimburseLineDetail ReleasedDate RemainingCredit RemindDays RemitToAddr RemitToRef ReorderPoint "
    "ReportBasis ReportPrefs ResaleNum RetailPrice RevenueRecognition RevenueRecognitionEnabled "
    "RevenueRecognitionFrequency ReverseChargeRate RootCustomerRef RoutingNum SSN SalesEmailBcc SalesEmailCc "
    "SalesFormsPrefs SalesItemLineDetail SalesItemLineDetailEx SalesOrderItemLineDetail SalesReceipt "
    "SalesReceiptMessage SalesRepRef SalesTaxCodeRef SalesTaxIncluded SalesTaxRateList SalesTermRef ScheduleInfo "
    "SecondaryTaxIdentifier ServiceDate ServiceType ShipAddr ShipDate ShipFromAddr ShipMethodRef ShipTo "
    "ShowBillRateToAll Size Sku Source SourceCurrencyCode SpecialItem SpecialItemType SpecialTaxType StartDate "
    "StartTime StatementMessage StatementText Status StringValue SubAccount SubClass SubDepartment SubItem "
    "SubTotalLineDetail Subject SubtotalLineDetail Suffix SupportedLanguages SyncToken Synchronized T4AEligible "
    "T4ANumber T5018Eligible T5018Number TDSLineDetail TDSSectionTypeId TPAREnabled Tag TargetCurrencyCode TaxAccount "
    "TaxAdminRef TaxAgency TaxAgencyConfig TaxAgencyId TaxAmount TaxApplicableOn TaxClassificationRef TaxCode "
    "TaxCodeConfigType TaxCodeId TaxCodeRef TaxExemptionReasonId TaxExemptionRef TaxForm TaxFormNum TaxFormType "
    "TaxGroup TaxGroupCodeRef TaxIdentifier TaxInclusiveAmount TaxInclusiveAmt TaxLine TaxLineDetail TaxOrder "
    "TaxPercent TaxPrefs TaxRate TaxRateDetail TaxRateDetails TaxRateId TaxRateName TaxRateRef TaxRegime "
    "TaxRegistrationNumber TaxReportingBasis TaxReturnLineRef TaxReviewStatus TaxService TaxSummary "
    "TaxTrackedOnPurchases TaxTrackedOnSales TaxTypeApplicable TaxYearMonth Taxable Telephone TempDownloadUri "
    "TemplateRef Term TermRef TermsRef ThumbnailFileAccessUri ThumbnailTempDownloadUri TimeActivity TimeTrackingPrefs "
    "Title ToAccountRef ToBePrinted TotalAmt TotalExpense TotalRevenue TotalTax TotalTaxAmount TrackDepartments "
    "TrackQtyOnHand TrackingByCustomer TrackingNum TransactionLocationType Transfer TxnApprovalInfo "
    "TxnAuthorizationTime TxnDate TxnId TxnInfo TxnLineId TxnLocationType TxnSource TxnStatus TxnTaxCodeRef "
    "TxnTaxDetail TxnType Type UOMSetRef UQCDisplayText UQCId URI UnappliedAmt UnitPrice UpcCode UseAccountNumbers "
    "UseAutomatedSalesTax UseServices UserId UsingPriceLevels UsingProgressInvoicing UsingSalesTax V4IDPseudonym "
    "Value Vendor Vendor1099 VendorAddr VendorAndPurchasesPrefs VendorCredit VendorEx VendorPaymentBankDetail "
    "VendorRef WebAddr WeekOfMonth WorkWeekStartDate any callToAction declaredType domain globalScope invoiceStatus "
    "invoiceStatusLog name nil scope sparse status time type typeSubstituted value "
)
#: Objects whose names were told in full by a refusal of the service.
_IN_FULL = {
    "SalesItemLineDetail": words(
        "ItemRef DiscountRate TaxClassificationRef ServiceDate UnitPrice TaxInclusiveAmt InventorySiteRef MarkupInfo "
        "SalesItemLineDetailEx PriceLevelRef ItemAccountRef ClassRef DeferredRevenue UOMRef RatePercent DiscountAmt "
        "Qty TaxCodeRef"
    )
}


def spoken(entity: str, body: dict[str, Any], how: str) -> dict[str, Any]:
    """Return a request without the names that nobody knows, which ``how`` may refuse, ignore or keep. Raises Refused.

    An object wrapped in its own name is refused unless all is kept: the service wants it bare.
    """
    if how == "keep":
        return body
    known = {name: value for name, value in body.items() if name != entity}
    if len(known) != len(body):
        raise unknown_property()
    return {name: _within(name, value, how) for name, value in known.items() if _fits(name, KNOWN, how)}


def _within(name: str, value: Any, how: str) -> Any:
    if isinstance(value, list):
        return [_within(name, item, how) for item in value]
    if not isinstance(value, dict):
        return value
    known = _IN_FULL.get(name, KNOWN)
    return {key: _within(key, item, how) for key, item in value.items() if _fits(key, known, how)}


def _fits(name: str, known: frozenset[str], how: str) -> bool:
    if name in known:
        return True
    if how == "refuse":
        raise unknown_property()
    return False
