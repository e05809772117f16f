"""Whatever property records are grouped by: the database answers, and each mark's condition finds just its records."""

import pytest

from core.conditions import registry
from crm.models import Activity, Company, Contact, Deal, Product, Quote, Task
from crm.services import pipelines
from invoices.models import InvoiceLine, Payment
from reports import querying, running
from reports.definition import MEASURES, NUMBERS, read
from reports.running import ALL
from reports.sources import SOURCES
from tests.makers import user
from tests.reports.books import NOW, company, invoice
from workflows.models import Enrolment, Workflow, WorkflowVersion

UNGROUPABLE = ("multi_choice", "money")


@pytest.fixture
def admin(db):
    return user("Admin", "admin@example.com")


@pytest.fixture
def world(admin):
    """Of each kind of record one with many values and one with few."""
    full = Company.objects.create(name="Ärzte & Co", owner=admin, billing_address={"city": "Köln"})
    Company.objects.create(name="Few")
    stage = pipelines.ensure_default().stages.first()
    deal = Deal.objects.create(name="Big", stage=stage, company=full, owner=admin, amount=10, close_on=NOW.date())
    Deal.objects.create(name="Small", stage=stage)
    Contact.objects.create(first_name="Ann", company=full, owner=admin, email="ANN@example.com")
    Contact.objects.create(last_name="Few")
    Product.objects.create(name="Design", unit_price=5, sku="D-1")
    Quote.objects.create(title="Offer", deal=deal, owner=admin)
    books = company()
    one = invoice(books, "Ann", "2026-01-05", "100", deal=deal, owner=admin, due_on=NOW.date(), emailed_at=NOW)
    invoice(books, "", "2026-02-10", "50")
    InvoiceLine.objects.create(invoice=one, item_name="Design", amount=70, quantity="1.5")
    Payment.objects.create(connection=books, external_id="P", customer_name="Ann", amount=5, received_on=NOW.date())
    Payment.objects.create(connection=books, external_id="Q")
    Task.objects.create(title="Call", assignee=admin, due_at=NOW, done_at=NOW)
    Task.objects.create(title="Write")
    Activity.objects.create(kind="call", by=admin, outcome="connected", duration_seconds=60, body="Said", place="Here")
    Activity.objects.create(kind="note", body="Few")
    flow = Workflow.objects.create(name="Flow")
    version = WorkflowVersion.objects.create(workflow=flow, number=1, definition={})
    Enrolment.objects.create(workflow=flow, version=version, object_type="deal", record_id=deal.pk, cause_key="a")


@pytest.mark.parametrize("name", SOURCES)
def test_each_property_groups_and_leads_back_to_its_records(admin, world, name):
    for path, field in registry.fields_of(name, admin).items():
        if field.kind in UNGROUPABLE or field.stands_for is not None:
            continue
        plan = read({"object": name, "groups": [{"field": path}], "measures": [{"kind": "count"}]}, admin, NOW)
        answer = running.run(plan)
        found = {mark.key: answer.cells.get((mark.key, ALL), [0])[0] for mark in answer.lines.marks}

        assert sum(found.values()) == answer.cells[ALL, ALL][0], path
        for mark in answer.lines.marks:
            assert querying.rows(plan, mark.conditions).count() == found[mark.key], (path, mark)


@pytest.mark.parametrize("name", SOURCES)
def test_each_property_of_associated_records_groups_and_leads_back(admin, world, name):
    for relation in registry.relations_of(name, admin).values():
        for field in registry.fields_of(relation.target, admin).values():
            if not relation.many or field.kind in UNGROUPABLE or field.stands_for is not None:
                continue
            path = f"{relation.name}.{field.name}"
            plan = read({"object": name, "groups": [{"field": path}]}, admin, NOW)
            answer = running.run(plan)

            assert answer.lines.marks, path
            for mark in answer.lines.marks:
                found = answer.cells.get((mark.key, ALL), [0])[0]
                assert querying.rows(plan, mark.conditions).count() == found, (path, mark)


@pytest.mark.parametrize("name", SOURCES)
def test_each_number_can_be_worked_out_in_every_way(admin, world, name):
    for path, field in registry.fields_of(name, admin).items():
        kinds = [kind for kind in MEASURES if kind == "distinct" or (field.kind in NUMBERS and kind != "count")]
        if field.stands_for is not None or field.kind == "multi_choice":
            continue
        measures = [{"kind": kind, "field": path} for kind in kinds]
        answer = running.run(read({"object": name, "measures": measures}, admin, NOW))

        assert len(answer.cells[ALL, ALL]) == len(kinds), path
