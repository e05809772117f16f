"""Every object class of python-quickbooks, through everything that it can do."""

import pytest
import requests
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import ObjectNotFoundException
from quickbooks.mixins import DeleteMixin
from quickbooks.objects import account as accounts
from quickbooks.objects import (
    attachable,
    base,
    bill,
    billpayment,
    budget,
    company_info,
    companycurrency,
    creditcardpayment_entity,
    creditmemo,
    customer,
    customertype,
    department,
    deposit,
    detailline,
    employee,
    estimate,
    exchangerate,
    invoice,
    item,
    journalentry,
    payment,
    paymentmethod,
    preferences,
    purchase,
    purchaseorder,
    recurringtransaction,
    refundreceipt,
    salesreceipt,
    taxagency,
    taxcode,
    taxrate,
    taxservice,
    term,
    timeactivity,
    trackingclass,
    transfer,
    vendor,
    vendorcredit,
)

from qbo_simulator.api.reports import REPORTS


class Session(requests.Session):
    """What the library takes for an OAuth session."""

    access_token: str


def connected(api):
    session = Session()
    session.access_token = api.tokens["access_token"]
    session.headers["Authorization"] = api.headers["Authorization"]
    found = QuickBooks(company_id=api.realm, minorversion=75)
    found.session, found.sandbox, found.sandbox_api_url_v3 = session, True, f"{api.url}/v3"
    return found


@pytest.fixture
def client(us):
    found = connected(us)
    yield found
    found.session.close()


@pytest.fixture
def canada(ca):
    found = connected(ca)
    yield found
    found.session.close()


def fill(made, **fields):
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def ref(identifier, kind=""):
    return fill(base.Ref(), value=identifier, type=kind)


def sale(amount=50):
    detail = fill(detailline.SalesItemLineDetail(), ItemRef=ref("1"), Qty=1, UnitPrice=amount)
    return [fill(detailline.SalesItemLine(), Amount=amount, SalesItemLineDetail=detail)]


def cost(amount=20):
    detail = fill(detailline.AccountBasedExpenseLineDetail(), AccountRef=ref("7"))
    return [fill(detailline.AccountBasedExpenseLine(), Amount=amount, AccountBasedExpenseLineDetail=detail)]


def stock(amount=25):
    detail = fill(detailline.ItemBasedExpenseLineDetail(), ItemRef=ref("11"), Qty=2, UnitPrice=amount / 2)
    return [fill(detailline.ItemBasedExpenseLine(), Amount=amount, ItemBasedExpenseLineDetail=detail)]


def entry(kind, account, amount=30):
    detail = fill(journalentry.JournalEntryLineDetail(), PostingType=kind, AccountRef=ref(account))
    return fill(journalentry.JournalEntryLine(), Amount=amount, JournalEntryLineDetail=detail)


def banked(amount=20):
    detail = fill(deposit.DepositLineDetail(), AccountRef=ref("87"))
    return [fill(deposit.DepositLine(), Amount=amount, DepositLineDetail=detail)]


#: Class, what a new one has, and a field that is changed then.
OBJECTS = [
    (accounts.Account, {"Name": "Petty cash", "AccountType": "Bank", "AccountSubType": "CashOnHand"}, "Description"),
    (attachable.Attachable, {"Note": "A note"}, "Note"),
    (bill.Bill, {"VendorRef": ref("56"), "Line": cost()}, "PrivateNote"),
    (
        billpayment.BillPayment,
        {
            "VendorRef": ref("56"),
            "PayType": "Check",
            "TotalAmt": 10,
            "CheckPayment": fill(billpayment.CheckPayment(), BankAccountRef=ref("35")),
        },
        "PrivateNote",
    ),
    (trackingclass.Class, {"Name": "North"}, "Name"),
    (
        creditcardpayment_entity.CreditCardPayment,
        {"Amount": 12, "BankAccountRef": ref("35"), "CreditCardAccountRef": ref("41"), "TxnDate": "2026-04-01"},
        "PrivateNote",
    ),
    (creditmemo.CreditMemo, {"CustomerRef": ref("1"), "Line": sale()}, "PrivateNote"),
    (customer.Customer, {"DisplayName": "Somebody new"}, "Notes"),
    (department.Department, {"Name": "Harbour"}, "Name"),
    (deposit.Deposit, {"DepositToAccountRef": ref("35"), "Line": banked()}, "PrivateNote"),
    (employee.Employee, {"GivenName": "Ann", "FamilyName": "Worker"}, "MiddleName"),
    (estimate.Estimate, {"CustomerRef": ref("1"), "Line": sale()}, "PrivateNote"),
    (invoice.Invoice, {"CustomerRef": ref("1"), "Line": sale()}, "PrivateNote"),
    (item.Item, {"Name": "Advice", "Type": "Service", "IncomeAccountRef": ref("1")}, "Description"),
    (journalentry.JournalEntry, {"Line": [entry("Debit", "35"), entry("Credit", "36")]}, "PrivateNote"),
    (payment.Payment, {"CustomerRef": ref("1"), "TotalAmt": 25}, "PrivateNote"),
    (paymentmethod.PaymentMethod, {"Name": "Barter"}, "Name"),
    (purchase.Purchase, {"PaymentType": "Cash", "AccountRef": ref("35"), "Line": cost()}, "PrivateNote"),
    (purchaseorder.PurchaseOrder, {"VendorRef": ref("56"), "APAccountRef": ref("33"), "Line": stock()}, "PrivateNote"),
    (
        refundreceipt.RefundReceipt,
        {"CustomerRef": ref("1"), "DepositToAccountRef": ref("35"), "Line": sale()},
        "PrivateNote",
    ),
    (salesreceipt.SalesReceipt, {"CustomerRef": ref("1"), "Line": sale()}, "PrivateNote"),
    (taxagency.TaxAgency, {"DisplayName": "Town"}, None),
    (term.Term, {"Name": "Net 12", "DueDays": 12}, "Name"),
    (
        timeactivity.TimeActivity,
        {"NameOf": "Employee", "EmployeeRef": ref("55"), "Hours": 2, "Minutes": 30, "TxnDate": "2026-04-01"},
        "Description",
    ),
    (transfer.Transfer, {"FromAccountRef": ref("35"), "ToAccountRef": ref("36"), "Amount": 12}, "PrivateNote"),
    (vendor.Vendor, {"DisplayName": "A new vendor"}, "CompanyName"),
    (vendorcredit.VendorCredit, {"VendorRef": ref("56"), "Line": cost()}, "PrivateNote"),
]


@pytest.mark.parametrize(("kind", "fields", "changed"), OBJECTS, ids=[row[0].__name__ for row in OBJECTS])
def test_an_object_through_its_life(client, kind, fields, changed):
    made = fill(kind(), **fields)
    made.save(qb=client)
    assert int(made.Id) > 0

    read = kind.get(made.Id, qb=client)
    assert read.Id == made.Id
    if changed:
        fill(read, **{changed: "Changed text"}).save(qb=client)
        assert getattr(kind.get(made.Id, qb=client), changed) == "Changed text"

    assert made.Id in [each.Id for each in kind.all(qb=client, max_results=1000)]
    assert [each.Id for each in kind.filter(Id=made.Id, qb=client)] == [made.Id]
    assert [each.Id for each in kind.where(f"Id = '{made.Id}'", order_by="Id", qb=client)] == [made.Id]
    assert [each.Id for each in kind.choose([made.Id], field="Id", qb=client)] == [made.Id]
    assert kind.count(f"Id = '{made.Id}'", qb=client) == 1
    if issubclass(kind, DeleteMixin):
        kind.get(made.Id, qb=client).delete(qb=client)
        assert kind.filter(Id=made.Id, qb=client) == []
        with pytest.raises(ObjectNotFoundException):
            kind.get(made.Id, qb=client)


@pytest.mark.parametrize(
    "kind",
    [budget.Budget, customertype.CustomerType, taxcode.TaxCode, taxrate.TaxRate, company_info.CompanyInfo],
)
def test_what_can_only_be_read(client, kind):
    for found in kind.all(qb=client):
        if hasattr(kind, "get"):
            assert kind.get(found.Id, qb=client).Id == found.Id


@pytest.mark.parametrize("kind", [invoice.Invoice, payment.Payment, salesreceipt.SalesReceipt, billpayment.BillPayment])
def test_voiding(client, kind):
    fields = next(row[1] for row in OBJECTS if row[0] is kind)
    made = fill(kind(), **fields)
    made.save(qb=client)

    kind.get(made.Id, qb=client).void(qb=client)

    voided = kind.get(made.Id, qb=client)
    assert (voided.TotalAmt, "Voided" in voided.PrivateNote) == (0, True)


@pytest.mark.parametrize("kind", [invoice.Invoice, estimate.Estimate, purchaseorder.PurchaseOrder])
def test_sending(client, kind):
    fields = next(row[1] for row in OBJECTS if row[0] is kind)
    made = fill(kind(), **fields)
    made.save(qb=client)

    sent = made.send(qb=client, send_to="somebody+1@example.com")

    assert sent[kind.qbo_object_name]["EmailStatus"] == "EmailSent"


@pytest.mark.parametrize("kind", [invoice.Invoice, estimate.Estimate, salesreceipt.SalesReceipt])
def test_papers(client, kind):
    fields = next(row[1] for row in OBJECTS if row[0] is kind)
    made = fill(kind(), **fields)
    made.save(qb=client)

    assert made.download_pdf(qb=client).startswith(b"%PDF-")


def test_a_file_beside_a_vendor(client, tmp_path):
    path = tmp_path / "contract.txt"
    path.write_text("We agree.")
    linked = fill(base.AttachableRef(), EntityRef=ref("56", "Vendor"))
    for number, place in enumerate(({"_FilePath": str(path)}, {"_FileBytes": b"We agree."})):
        made = attachable.Attachable()
        fill(made, AttachableRef=[linked], FileName=f"contract{number}.txt", ContentType="text/plain", **place)
        made.save(qb=client)

        read = attachable.Attachable.get(made.Id, qb=client)
        assert (read.FileName, read.AttachableRef[0].EntityRef.value) == (f"contract{number}.txt", "56")
        assert client.session.get(read.TempDownloadUri, timeout=5).content == b"We agree."


def test_batches_of_objects(client):
    made = batch_create([fill(customer.Customer(), DisplayName=f"Many {n}") for n in range(65)], qb=client)
    assert (len(made.successes), len(made.faults)) == (65, 0)
    changed = batch_update([fill(each, Notes="changed") for each in made.successes[:40]], qb=client)
    assert {each.Notes for each in changed.successes} == {"changed"}
    sold = batch_create([fill(invoice.Invoice(), CustomerRef=ref("1"), Line=sale()) for _ in range(3)], qb=client)
    gone = batch_delete(sold.successes, qb=client)
    assert len(gone.faults) == 0
    assert invoice.Invoice.choose([each.Id for each in sold.successes], field="Id", qb=client) == []


def test_changes_of_every_class(client, us):
    since = us.now()
    kinds = [kind for kind, *_ in OBJECTS if kind not in (timeactivity.TimeActivity, taxagency.TaxAgency)]
    kinds.remove(creditcardpayment_entity.CreditCardPayment)
    made = {}
    for kind, fields, _ in OBJECTS:
        if kind in kinds:
            made[kind.qbo_object_name] = fill(kind(), **fields)
            made[kind.qbo_object_name].save(qb=client)

    found = change_data_capture(kinds, since, qb=client)

    for name, each in made.items():
        assert each.Id in [row.Id for row in getattr(found, name)], name


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_reports(client, name):
    report = client.get_report(name, {"start_date": "2026-01-01", "end_date": "2026-06-30"})

    assert report["Header"]["StartPeriod"]
    assert report["Columns"]["Column"]


def test_preferences_and_company(client):
    found = preferences.Preferences.get(qb=client)
    found.SalesFormsPrefs.AllowDeposit = True
    assert found.save(qb=client).Id == "1"
    assert company_info.CompanyInfo.all(qb=client)[0].CompanyName
    assert company_info.CompanyInfo.get(client.company_id, qb=client).Country == "US"


def test_taxes(client):
    wanted = fill(taxservice.TaxService(), TaxCode="Town tax")
    detail = taxservice.TaxRateDetails()
    fill(detail, TaxRateName="Town tax", RateValue=10, TaxAgencyId=1, TaxApplicableOn="Sales")
    wanted.TaxRateDetails.append(detail)

    made = wanted.save(qb=client)

    assert made.TaxCode == "Town tax"
    told = made.TaxRateDetails[0]
    assert (told.TaxRateName, told.RateValue, told.TaxAgencyId, told.TaxApplicableOn) == ("Town tax", 10, "1", "Sales")
    assert "Town tax" in [each.Name for each in taxcode.TaxCode.all(qb=client)]


def test_currencies(canada):
    rate = exchangerate.ExchangeRate.where("SourceCurrencyCode = 'EUR'", qb=canada)[0]
    assert rate.TargetCurrencyCode == "CAD"
    fill(rate, Rate=rate.Rate + 1).save(qb=canada)
    assert exchangerate.ExchangeRate.where("SourceCurrencyCode = 'EUR'", qb=canada)[0].Rate == rate.Rate
    made = companycurrency.CompanyCurrency.all(qb=canada)
    assert companycurrency.CompanyCurrency.get(made[0].Id, qb=canada).Code == made[0].Code


def test_transactions_that_repeat(client):
    def repeat(kind, name, **fields):
        schedule = fill(recurringtransaction.ScheduleInfo(), StartDate="2027-01-01", NumInterval=1, **fields)
        info = fill(recurringtransaction.RecurringInfo(), Active=True, RecurType="Automated", Name=name)
        return fill(kind, RecurringInfo=fill(info, ScheduleInfo=schedule))

    sold = fill(recurringtransaction.RecurringInvoice(), CustomerRef=ref("1"), Line=sale())
    repeat(sold, "Monthly", IntervalType="Monthly", DayOfMonth=1, MaxOccurrences=6)
    saved = fill(recurringtransaction.RecurringTransaction(), Invoice=sold).save(qb=client)
    assert saved.Invoice.RecurringInfo.ScheduleInfo.MaxOccurrences == 6
    bought = fill(recurringtransaction.RecurringBill(), VendorRef=ref("56"), Line=cost())
    repeat(bought, "Weekly", IntervalType="Weekly", DayOfWeek="Friday", DaysBefore=3)
    owed = fill(recurringtransaction.RecurringTransaction(), Bill=bought).save(qb=client)

    read = recurringtransaction.RecurringTransaction.get(saved.Invoice.Id, qb=client)
    read.Invoice.RecurringInfo.ScheduleInfo.DayOfMonth = 15
    read.Invoice.Deposit = None
    read.save(qb=client)
    read = recurringtransaction.RecurringTransaction.get(saved.Invoice.Id, qb=client)
    assert read.Invoice.RecurringInfo.ScheduleInfo.DayOfMonth == 15
    bills = recurringtransaction.RecurringTransaction.where("Type = 'Bill'", qb=client)
    assert [each.Bill.Id for each in bills] == [owed.Bill.Id]
    assert len(recurringtransaction.RecurringTransaction.all(qb=client)) == 2
    read.delete(qb=client)
    assert len(recurringtransaction.RecurringTransaction.all(qb=client)) == 1
