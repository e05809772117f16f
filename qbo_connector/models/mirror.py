"""The mirror: what QuickBooks said last, one row for each of its objects."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from core.fields import CurrencyField, MoneyField, RateField
from core.search import search_column
from qbo_connector.models.connections import Connection


class MirrorObject(models.Model):
    """The typed head of a mirrored object; the whole payload is in ``MirrorPayload``.

    ``name`` is DisplayName, Name or DocNumber; ``code`` Sku, PaymentRefNum or a currency's Code; ``party_id`` the
    CustomerRef or VendorRef; ``kind`` Type, AccountType, TxnStatus or PayType; ``due_on`` DueDate or ExpirationDate.
    ``deleted`` means QuickBooks reported or a complete listing proved it gone. ``unread`` marks rows whose content
    changed since the layer above last read them.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="mirror")
    entity = models.CharField(max_length=30)
    qbo_id = models.CharField(max_length=40)
    sync_token = models.BigIntegerField(default=0)
    remote_updated_at = models.DateTimeField()
    digest = models.BinaryField(max_length=16, help_text="Of the payload, to tell a change from a repetition.")
    name = models.CharField(max_length=500, blank=True)
    email = models.CharField(max_length=254, blank=True)
    code = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=30, blank=True)
    party_id = models.CharField(max_length=40, blank=True)
    parent_id = models.CharField(max_length=40, blank=True)
    txn_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    currency = CurrencyField(blank=True)
    total = MoneyField(null=True)
    balance = MoneyField(null=True)
    unit_price = RateField(null=True)
    active = models.BooleanField(default=True)
    deleted = models.BooleanField(default=False)
    unread = models.BooleanField(default=True)
    mirrored_at = models.DateTimeField(default=timezone.now)
    search = search_column("name", "email", "code")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "entity", "qbo_id"], name="one_mirror_row_per_quickbooks_object"
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "entity", "id"], name="qbo_mirror_unread", condition=models.Q(unread=True)
            ),
            models.Index("connection", "entity", models.functions.Upper("email"), name="qbo_mirror_by_email"),
            models.Index("connection", "entity", models.functions.Upper("name"), name="qbo_mirror_by_name"),
            models.Index("connection", "entity", models.functions.Upper("code"), name="qbo_mirror_by_code"),
            models.Index(fields=["connection", "entity", "party_id"], name="qbo_mirror_by_party"),
            GinIndex(fields=["search"], name="qbo_mirror_search"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.qbo_id}"


class MirrorPayload(models.Model):
    """The object as QuickBooks sent it: JSON text, compressed (zlib)."""

    mirror = models.OneToOneField(MirrorObject, models.CASCADE, primary_key=True, related_name="payload")
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"payload of {self.mirror_id}"


class ParkedRecord(models.Model):
    """Something QuickBooks sent that can't be read. Kept whole with the reason; the rest of its batch went on."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="parked")
    entity = models.CharField(max_length=60)
    qbo_id = models.CharField(max_length=60, blank=True)
    digest = models.CharField(max_length=64)
    reason = models.TextField()
    body = models.BinaryField()
    seen = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "entity", "qbo_id", "digest"], name="a_record_is_parked_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.qbo_id}: {self.reason}"
