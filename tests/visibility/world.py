"""Two people's records of every kind, the same for both but for the words that give away whose they are."""

import datetime
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import Role, Team, User
from accounts.permissions import PERMISSIONS, WHOLE
from core import company
from core.events import emit
from core.models import Segment, StoredFile
from core.models.segments import SegmentMember
from crm.models import (
    Activity,
    ActivityLink,
    Association,
    Company,
    Contact,
    Deal,
    DealContact,
    DealLine,
    DuplicatePair,
    Merge,
    Product,
    Quote,
    Task,
)
from crm.services import pipelines
from invoices.models import (
    CreditDocument,
    Estimate,
    Invoice,
    InvoiceDraft,
    InvoiceLine,
    InvoiceSend,
    Payment,
    PaymentApplication,
    RecurringInvoice,
)
from invoices.services import drafts
from qbo_connector.models import Connection
from sync.models import Link
from tests.crm.growth import make
from tests.invoices.fakes import books
from workflows.models import Enrolment, Workflow, WorkflowVersion

# In every text of the other one's records; their amounts hold MONEY, which nothing else does.
CANARY, MONEY = "Zqcanary", Decimal("98765.43")
OWN, OWN_MONEY = "Qwmine", Decimal("120.00")
# Figures stand alone: five digits in a row come by chance in keys and times of day.
GIVEAWAYS = (CANARY.lower(), r"(?<![\w.:-])-?98[.,]?765(?:[.,]?43)?(?![\w-])")
KINDS = ("company", "contact", "deal", "quote", "invoice", "payment")


@dataclass
class Records:
    """What one person has: the record of each kind under its name."""

    of: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, kind: str) -> Any:
        return self.of[kind]


@dataclass
class World:
    """The reader and a mate in the same team, a stranger, and what they own. ``mine`` belongs to the reader."""

    me: User
    mate: User
    stranger: User
    mine: Records
    theirs: Records
    mates: Records
    workflow: Workflow
    segment: Segment


def role(sees: str, *, name: str = "", **more: Any) -> Role:
    """A role with every permission that its sight allows."""
    held = [each for each in PERMISSIONS if sees == "all" or each not in WHOLE]
    return Role.objects.create(name=name or f"Sees {sees}", permissions=held, sees=sees, **more)


def build(sees: str) -> World:
    """A world whose reader has a role that sees ``sees``."""
    full = role("all", name="Whole")
    me = User.objects.create_user("me@example.com", None, name="Mia Reader", role=role(sees) if sees != "all" else full)
    mate = User.objects.create_user("mate@example.com", None, name="Max Mate", role=full)
    stranger = User.objects.create_user("stranger@example.com", None, name="Stan Stranger", role=full)
    Team.objects.create(name="North").members.set([me, mate])
    connection = Connection.objects.create(
        environment="simulator", realm_id="77", company_name="Books", country="US", home_currency="USD"
    )
    books.add_company(connection)
    definition = {"object": "deal", "trigger": {}, "steps": []}
    workflow = Workflow.objects.create(name="Follow up", owner=mate, draft=definition)
    version = make(WorkflowVersion, workflow=workflow, number=1, definition=definition)
    segment = Segment.objects.create(name="Good ones", object_type="company", kind="static", owner=mate)
    shared = (connection, version, segment)
    theirs = records(stranger, CANARY, MONEY, *shared)
    mine = records(me, OWN, OWN_MONEY, *shared)
    mates = records(mate, f"{OWN}mate", OWN_MONEY, *shared)
    for each in (mine, mates):
        share(each, stranger, connection)
    return World(me, mate, stranger, mine, theirs, mates, workflow, segment)


def records(
    owner: User, word: str, money: Decimal, connection: Connection, version: WorkflowVersion, segment: Segment
) -> Records:
    """A record of each kind that belongs to ``owner``, with all that hangs on one."""
    of: dict[str, Any] = {}
    today, key = company.today(), f"{word}{owner.pk}"
    of["company"] = Company.objects.create(
        name=f"{word} Works", domain=f"{word}.example".lower(), email=f"info@{word}.example".lower(), owner=owner
    )
    of["contact"] = Contact.objects.create(
        first_name=word, last_name=f"{word}son", email=f"person@{word}.example".lower(), owner=owner,
        company=of["company"],
    )  # fmt: skip
    stage = pipelines.ensure_default().stages.first()
    of["deal"] = Deal.objects.create(
        name=f"{word} deal", stage=stage, amount=money, currency="USD", owner=owner, company=of["company"],
        close_on=today,
    )  # fmt: skip
    DealContact.objects.create(deal=of["deal"], contact=of["contact"])
    of["product"] = make(Product, name=f"Shared thing {owner.pk}", currency="USD")
    of["quote"] = make(
        Quote, title=f"{word} quote", number=f"Q-{key}"[:20], amount=money, currency="USD", owner=owner,
        deal=of["deal"], contact=of["contact"], company=of["company"], token=uuid.uuid4().hex,
    )  # fmt: skip
    of["invoice"] = Invoice.objects.create(
        connection=connection, external_id=key, number=f"N{key}", customer_name=f"{word} Works", issued_on=today,
        due_on=today - datetime.timedelta(days=9), currency="USD", status="overdue", total=money, balance=money,
        subtotal=money, deal=of["deal"], owner=owner, created_by=owner, recipient=f"person@{word}.example",
    )  # fmt: skip
    of["invoice"].companies.add(of["company"])
    of["invoice"].contacts.add(of["contact"])
    make(InvoiceLine, invoice=of["invoice"], description=f"{word} line", amount=money)
    of["payment"] = Payment.objects.create(
        connection=connection, external_id=key, customer_name=f"{word} Works", received_on=today, amount=money,
        unapplied=0, currency="USD", reference=f"{word}ref",
    )  # fmt: skip
    make(PaymentApplication, payment=of["payment"], invoice=of["invoice"], amount=money)
    of["send"] = make(InvoiceSend, invoice=of["invoice"], recipient=f"person@{word}.example", state="sent")
    for name, kind in (("credit", "creditmemo"), ("refund", "refund"), ("receipt", "salesreceipt")):
        of[name] = make(
            CreditDocument, connection=connection, external_id=key, kind=kind, number=f"C{key}",
            customer_name=f"{word} Works", issued_on=today, total=money, currency="USD", invoice=of["invoice"],
            deal=of["deal"],
        )  # fmt: skip
    of["estimate"] = make(Estimate, connection=connection, quote=of["quote"], external_id=key, number=f"E{key}",
                          customer_name=f"{word} Works", issued_on=today, total=money, currency="USD")  # fmt: skip
    of["recurring"] = make(RecurringInvoice, name=f"{word} monthly", connection=connection, deal=of["deal"],
                           customer_name=f"{word} Works", owner=owner, starts_on=today, next_on=today)  # fmt: skip
    of["draft"] = drafts.start(of["deal"], from_lines=True, by=owner)
    InvoiceDraft.objects.filter(pk=of["draft"].pk).update(approval="asked", asked_at=timezone.now())
    of["task"] = Task.objects.create(
        title=f"{word} task", about_type="deal", about_id=of["deal"].pk, about_title=f"{word} deal", assignee=owner,
        created_by=owner, due_at=timezone.now(),
    )  # fmt: skip
    of["activity"] = Activity.objects.create(kind="note", subject=f"{word} note", body=f"{word} said", by=owner)
    for kind in ("deal", "company", "contact"):
        ActivityLink.objects.create(
            activity=of["activity"], object_type=kind, object_id=of[kind].pk, occurred_at=timezone.now()
        )
    of["file"] = StoredFile(object_type="deal", object_id=of["deal"].pk, name=f"{word}.txt", content_type="text/plain",
                            size=4, sha256="0" * 64, uploaded_by=owner)  # fmt: skip
    of["file"].content.save("x", ContentFile(word.encode()), save=True)
    of["association"] = make(
        Association, from_type="company", from_id=of["company"].pk, to_type="deal", to_id=of["deal"].pk, by=owner
    )
    twin = Company.objects.create(name=f"{word} Works", email=of["company"].email, owner=owner)
    of["pair"] = make(DuplicatePair, object_type="company", first_id=of["company"].pk, second_id=twin.pk,
                      rules=["email"], confidence=90)  # fmt: skip
    of["merge"] = make(Merge, object_type="company", winner_id=of["company"].pk, by=owner)
    of["run"] = make(
        Enrolment, workflow=version.workflow, version=version, object_type="deal", record_id=of["deal"].pk,
        title=f"{word} deal", cause_key=key, state="failed", ended_at=timezone.now(), reason=f"{word} failed",
    )  # fmt: skip
    SegmentMember.objects.create(segment=segment, object_type="company", object_id=of["company"].pk)
    of["link"] = make(Link, connection=connection, entity="Customer", qbo_id=key, object_type="company",
                      object_id=of["company"].pk, outcome="failing", reason=f"{word} reason")  # fmt: skip
    emit("deal.created", of["deal"], by=owner, about=[of["company"], of["contact"]], title=f"{word} deal")
    emit("invoice.paid", of["invoice"], about=[of["deal"], of["company"]], title=f"{word} invoice", number=f"N{key}")
    return Records(of)


def share(held: Records, stranger: User, connection: Connection) -> None:
    """A customer of nobody's liking: the stranger's company with a deal of ``held``'s person and one of the stranger.

    One payment pays an invoice of each. The product is sold in both deals.
    """
    own, today = held["deal"], company.today()
    both = Company.objects.create(name=f"Both {own.pk}", owner=stranger)
    friend = Contact.objects.create(first_name="Friend", last_name=f"Of {own.pk}", owner=stranger)
    foreign = Deal.objects.create(
        name=f"{CANARY} shared", stage=own.stage, amount=MONEY, currency="USD", owner=stranger, company=both,
        close_on=today,
    )  # fmt: skip
    Deal.objects.create(
        name=f"{OWN} shared", stage=own.stage, amount=OWN_MONEY, currency="USD", owner=own.owner, company=both
    )
    for deal in (own, foreign):
        DealContact.objects.create(deal=deal, contact=friend)
        make(DealLine, deal=deal, product=held["product"], name=f"{deal.name} line", unit_price=deal.amount, quantity=1)
    invoice = Invoice.objects.create(
        connection=connection, external_id=f"S{own.pk}", number=f"{CANARY}{own.pk}", customer_name=CANARY,
        issued_on=today, currency="USD", status="sent", total=MONEY, balance=MONEY, deal=foreign, owner=stranger,
    )  # fmt: skip
    invoice.companies.add(both)
    invoice.contacts.add(friend)
    make(PaymentApplication, payment=held["payment"], invoice=invoice, amount=MONEY)
    quote = make(Quote, title=f"{CANARY} quote", number=f"S{own.pk}", amount=MONEY, currency="USD", owner=stranger,
                 deal=foreign, contact=friend, company=both, token=uuid.uuid4().hex)  # fmt: skip
    contact = Contact.objects.create(first_name=CANARY, last_name=CANARY, owner=stranger, company=both)
    make(Association, from_type="company", from_id=both.pk, to_type="contact", to_id=contact.pk, by=stranger)
    for record, name in ((foreign, "deal.created"), (invoice, "invoice.paid"), (quote, "quote.published")):
        emit(name, record, by=stranger, about=[both, friend], title=f"{CANARY} told", number=f"{CANARY}{own.pk}")
    held.of |= {"both": both, "friend": friend}
