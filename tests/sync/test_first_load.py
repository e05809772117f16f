"""The first load: from QuickBooks' sample company to CRM records."""

from decimal import Decimal

from core.models import Event
from crm.models import Company, Contact, Product
from invoices.models import Invoice, Payment, PaymentApplication
from qbo_connector.models import ApiUsage, MirrorObject, ParkedRecord
from sync.models import Link
from tests.quickbooks import sync_company


def test_the_sample_company_arrives_whole(us_company, quickbooks):
    sync_company(us_company)

    for entity in ("Customer", "Item", "Invoice", "Payment", "Term", "TaxCode", "Account", "PaymentMethod", "TaxRate"):
        expected = {row["Id"] for row in quickbooks.objects(us_company.realm_id, entity)}
        mirrored = MirrorObject.objects.filter(connection=us_company, entity=entity, deleted=False)
        assert set(mirrored.values_list("qbo_id", flat=True)) == expected, entity
    assert not ParkedRecord.objects.exists()
    assert not MirrorObject.objects.filter(unread=True).exists()
    remote = quickbooks.objects(us_company.realm_id, "Invoice")
    assert Invoice.objects.count() == len(remote)
    assert sum(Invoice.objects.values_list("balance", flat=True)) == sum(Decimal(str(row["Balance"])) for row in remote)
    assert Payment.objects.count() == len(quickbooks.objects(us_company.realm_id, "Payment"))
    assert not PaymentApplication.objects.filter(invoice=None).exists()
    assert Company.objects.filter(name="Amy's Bird Sanctuary").count() == 1
    assert Contact.objects.get(email="Birds@Intuit.com").company.name == "Amy's Bird Sanctuary"
    assert Product.objects.filter(name="Rock Fountain").exists()
    assert Invoice.objects.filter(companies__name="Amy's Bird Sanctuary").exists()
    assert not Event.objects.filter(name__startswith="invoice.").exists()


def test_replaying_a_load_writes_nothing(us_company):
    sync_company(us_company)
    links = set(Link.objects.values_list("pk", "synced_at"))
    events = Event.objects.exclude(name__startswith="connection.").count()
    before = set(MirrorObject.objects.values_list("pk", "mirrored_at"))

    sync_company(us_company)

    assert set(MirrorObject.objects.values_list("pk", "mirrored_at")) == before
    assert set(Link.objects.values_list("pk", "synced_at")) == links
    assert Event.objects.exclude(name__startswith="connection.").count() == events


def test_an_idle_cycle_is_one_read(us_company, quickbooks):
    sync_company(us_company)
    reads = sum(ApiUsage.objects.values_list("reads", flat=True))

    sync_company(us_company)

    assert sum(ApiUsage.objects.values_list("reads", flat=True)) == reads + 1
