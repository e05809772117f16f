"""Who may use which operation: all of them, with keys that open too little and in the name of who may too little."""

import uuid

import pytest

from accounts.models import Role, User
from api.catalogue import OPERATIONS
from api.scopes import SCOPES
from core.models import Event
from crm.kinds import KINDS
from crm.services import companies, contacts, deals, pipelines, products, quotes
from tests.api.programs import Program, program_of

WRITES = [operation for operation in OPERATIONS if operation.is_write]
# A body that each operation with one takes, as far as its schema goes.
BODIES = {
    "create-company": {"name": "Acme"},
    "create-contact": {"first_name": "Ann"},
    "create-deal": {"name": "Garden"},
    "create-product": {"name": "Stone"},
    "create-quote": {"deal": 1},
    "change-quote": {"title": "Other"},
    "change-contact": {"first_name": "Bea"},
    "move-deal": {"stage": 1},
    "replace-deal-contacts": {"contacts": []},
    "replace-deal-lines": {"lines": []},
    "replace-quote-lines": {"lines": []},
    "answer-quote": {"answer": "accepted"},
    "create-task": {"title": "Call"},
    "change-task": {"title": "Call"},
    "create-activity": {"kind": "note", "body": "Words", "records": [{"type": "deal", "id": 1}]},
    "change-activity": {"body": "Other"},
    **{f"add-{kind}-association": {"type": "deal", "id": 1} for kind in KINDS},
    **{f"upsert-{kind}": {"by": "id", "rows": [{"id": 1}]} for kind in ("companies", "contacts", "deals", "products")},
    "create-property": {"object": "company", "label": "Size", "kind": "text"},
    "change-property": {"label": "Other"},
    "order-properties": {"object": "company", "ids": []},
    "archive-choice": {"keep": True},
    **{f"order-{rows}": {"ids": []} for rows in ("pipelines", "stages")},
    **{f"{act}-sync-object": {"winner": "crm"} for act in ("change", "preview")},
    "change-sync-company": {"interval_minutes": 15},
    "create-mapping": {"connection": 1, "record_type": "contact", "crm_field": "phone", "qbo_field": "Fax"},
    "change-mapping": {"enabled": False},
    "create-webhook": {"url": "https://hooks.example.com/x", "events": ["deal.won"]},
    "change-webhook": {"active": False},
    "change-invoice": {"deal": None},
    "create-invoice": {"deal": 1},
    "send-invoice": {},
    "record-payment": {"amount": "1", "received_on": "2026-11-20", "invoices": [{"invoice": 1, "amount": "1"}]},
}

# Who may do these depends on the record, and there is none.
NOT_THERE = {"complete-task", "reopen-task", "remove-file"}


def called(program, operation, pk=1):
    """The operation, with a version and a body where it asks for them."""
    path = operation.path.replace("{id}", str(pk)).replace("{key}", str(uuid.UUID(int=1))).replace("{kind}", "nothing")
    path = path.replace("{object}", "contact")
    if operation.body_type == "multipart/form-data":
        return program.upload(path, "notes.txt", b"Words")
    body = BODIES.get(operation.name, {"name": "Other"}) if operation.body is not None else None
    return program.call(operation.method, path, {} if operation.name.startswith("search-") else body, If_Match="*")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_no_operation_opens_without_a_key_or_its_scope(db, operation):
    others = [scope for scope in SCOPES if scope != operation.scope]
    without = program_of(scopes=others)

    refused = called(without, operation)
    without.secret = "crm_unknown"

    assert (refused.status_code, refused.json()["type"]) == (403, "urn:crm-sync:problem:scope")
    assert called(without, operation).status_code == 401


@pytest.fixture
def records_of_a_kind(db):
    """A record of each kind, of somebody else, by kind."""
    admin = program_of().user
    pipelines.ensure_default()
    deal = deals.create(by=admin, name="Garden", currency="USD")
    return {
        "company": companies.create(by=admin, name="Acme"),
        "contact": contacts.create(by=admin, first_name="Ann"),
        "product": products.create(by=admin, name="Stone"),
        "deal": deal,
        "quote": quotes.create_from_deal(deal, by=admin),
    }


def test_no_write_goes_through_for_who_may_not_write(records_of_a_kind):
    role = Role.objects.create(name="Looker", permissions=[])
    looker = Program(User.objects.create_user("looker@example.com", name="Looker", role=role))
    versions = {name: record.updated_at for name, record in records_of_a_kind.items()}
    BODIES["create-quote"] = {"deal": records_of_a_kind["deal"].pk}
    BODIES["move-deal"] = {"stage": records_of_a_kind["deal"].stage_id}
    before = Event.objects.count()

    def record_of(operation):
        return records_of_a_kind.get(operation.name.partition("-")[2])

    answers = {
        operation.name: called(looker, operation, getattr(record_of(operation), "pk", 1)).status_code
        for operation in WRITES
    }

    assert {name for name, status in answers.items() if status != 403} == NOT_THERE, answers
    assert Event.objects.count() == before
    for name, record in records_of_a_kind.items():
        assert KINDS[name].visible_to(looker.user).get(pk=record.pk).updated_at == versions[name]
