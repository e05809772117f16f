"""Who may do what, at the services: one table for every public function that takes ``by``.

A new service fails here until it is in ``NEEDS`` (with the permissions of which a person needs one) or in ``UNASKED``
(with the reason why it asks for none). Each one in ``NEEDS`` is called on behalf of somebody whose role holds nothing.
"""

import datetime
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.utils import timezone

import accounts
import api
import core
import crm
import invoices
import qbo_connector
import reports
import sync
import workflows
from accounts import sessions
from accounts.models import Role, User
from accounts.oidc import admission
from accounts.permissions import DEFAULT_ROLES, PERMISSIONS
from api.models import ApiKey
from api.services import keys
from core import access
from core.models import ListJob
from core.services import files
from core.tables import jobs, tables
from crm.models import Activity, Quote
from crm.services import activities, companies, contacts, deal_contacts, deals, quote_life, tasks
from invoices.models import Invoice, InvoiceDraft
from invoices.services import create, sales_receipts
from sync.accounting import QuickBooksAccounting
from tests import makers

APPS = (accounts, api, core, crm, invoices, qbo_connector, reports, sync, workflows)
# Views ask by themselves, and their test is the matrix of routes; the rest of these write nothing for a person.
LEFT_OUT = ("migrations", "views", "forms", "management")

# Permissions, of which one is needed -> module -> functions.
NEEDS: dict[str, dict[str, str]] = {
    "crm.edit": {
        "crm.services.activities": "log",
        "crm.services.association_naming": "relabel",
        "crm.services.associations": "add remove restore",
        "crm.services.companies": "create update",
        "crm.services.contact_companies": "add make_primary remove",
        "crm.services.contacts": "create update",
        "crm.services.deal_contacts": "add remove make_primary",
        "crm.services.deals_at_once": "save",
        "crm.services.deal_lines": "set_lines",
        "crm.services.deals": "create update move_to_stage undo_move",
        "crm.services.outreach": "send",
        "crm.services.prices": "add change remove",
        "crm.services.products": "create update",
        "crm.services.quote_life": "ask_for_approval revise new_version answer_for close_link new_link",
        "crm.services.quotes": "create_from_deal update set_lines publish",
        "crm.services.stage_moves": "move",
        "crm.services.tasks": "create change delete",
        "crm.services.timeline": "add_note",
        "core.services.segments": "create change archive restore add remove",
    },
    "crm.archive": {
        "crm.services.companies": "archive restore",
        "crm.services.contacts": "archive restore",
        "crm.services.deals": "archive restore",
        "crm.services.products": "archive restore",
        "crm.services.quotes": "archive restore",
    },
    "crm.approve_quote": {
        "crm.services.quote_life": "approve",
    },
    "crm.merge": {
        "crm.services.merging": "merge",
        "crm.services.merging_suggestions": "dismiss suggest_again",
        "crm.services.merging_undo": "undo",
    },
    "crm.delete": {
        "crm.services.deletion": "delete",
    },
    "crm.import": {
        "crm.hubspot.uploading": "upload",
        "crm.hubspot.proposing": "decide",
        "crm.imports.preparing": "upload choose_columns",
        "crm.imports.runs": "start_undo",
    },
    "crm.configure": {
        "crm.services.associations": "save_label delete_label",
        "crm.services.quotes": "change_settings",
    },
    "crm.manage_pipelines": {
        "crm.services.pipelines": (
            "create update order delete add_stage update_stage order_stages delete_stage set_reasons"
        ),
        "crm.services.goals": "set_goals",
    },
    "invoices.create": {
        "invoices.services.approvals": "ask withdraw",
        "invoices.services.create": "correct_invoice",
        "invoices.services.drafts": "start start_from discard",
        "invoices.services.links": "add take_off dismiss",
        "invoices.services.moves": "link_to_deal unlink",
        "invoices.services.owners": "assign",
        "invoices.services.quote_billing": "start_part",
        "invoices.services.properties": "change_invoice change_payment change_credit",
    },
    "invoices.post": {
        "invoices.services.estimates": "request",
    },
    "invoices.approve": {
        "invoices.services.approvals": "approve reject",
    },
    "invoices.edit": {
        "invoices.services.edit": "edit_invoice",
    },
    "invoices.void": {
        "invoices.services.endings": "void delete withdraw",
        "invoices.services.payment_endings": "void delete withdraw",
        "invoices.services.credit_endings": "end withdraw",
    },
    "invoices.record_payment": {
        "invoices.services.payments": "record discard_payment correct_payment",
        "invoices.services.credits": "apply_memo apply_credits give_up_use",
        "invoices.services.credit_memos": "create_from_invoice discard",
    },
    "invoices.send": {
        "invoices.services.send": "send send_many",
        "invoices.services.reminders": "remind remind_many",
    },
    "invoices.automate": {
        "invoices.services.recurring": "start change pause resume end",
        "invoices.services.reminders": "save_rule switch pause_customer resume_customer delete_rule",
    },
    "sync.run": {
        "sync.services.conflicts": "resolve",
        "sync.services.names": "link_to_owner rename",
        "sync.services.retries": "send_again apply_again",
        "sync.services.suggestions": "accept accept_all reject",
    },
    "sync.configure": {
        "sync.services.again": "request tidy",
        "sync.services.dry_runs": "wanted ask_again",
        "sync.services.generations": "set_up_simple upgrade undo_upgrade",
        "sync.services.mappings": "add change delete apply_again",
        "sync.services.objects": "turn_on turn_off switch delete_sync",
        "sync.services.settings": "change set_read_only",
        "qbo_connector.services.settings": "change set_budget set_alerts",
        "invoices.services.association_rules": "choose",
        "invoices.services.default_account": "choose",
        "invoices.services.invoicing": "change",
    },
    "qbo_connector.connect": {
        "qbo_connector.services.consent": "begin finish disconnect",
    },
    "workflows.enrol": {
        "workflows.deliveries": "send_again",
        "workflows.services.enrolments": "enrol_by_hand stop retry",
    },
    "workflows.manage": {
        "workflows.services.drafting": "edit take_version",
        "workflows.services.existing": "ask",
        "workflows.services.workflows": "create rename save_draft publish switch clone archive restore import_json",
    },
    "reports.view": {
        "reports.services.reports": "create change clone delete",
        "reports.services.dashboards": "create change delete add_tile remove_tile widen arrange",
        "reports.services.schedules": "plan stop",
    },
    "core.configure": {
        "core.services.company": "change set_logo",
        "core.services.requests": "retry_request change_secret allow_host forbid_host",
        "core.services.mails": "cancel_mail retry_mail",
        "core.services.smtp": "change",
        "api.services.webhooks": "create change delete send_test replay",
    },
    "core.manage_properties": {
        "core.services.properties": "create change delete restore reorder rename_group reorder_groups delete_group",
        "core.services.property_choices": "arrange archive restore",
        "crm.imports.writing": "add_choices",
    },
    "accounts.manage": {
        "accounts.invitations": "invite resend withdraw",
        "accounts.roles": "create update delete",
        "accounts.services": "create_user update_user set_active",
        "accounts.teams": "create update delete",
        "accounts.two_factor": "take_away",
    },
}

# Reasons to ask for nothing -> module -> functions.
UNASKED: dict[str, dict[str, str]] = {
    "a part of services that have asked": {
        "accounts.audit": "record",
        "accounts.handing_over": "give_view",
        "core.events": "emit emit_many",
        "core.services.files": "move_files",
        "core.services.mails": "plan_mail",
        "core.services.requests": "plan_request",
        "crm.demo": "build_demo",
        "crm.services.associations": "tell",
        "crm.services.bulk": "create_many update_many archive_many",
        "crm.services.mentions": "tell",
        "crm.services.merging": "tell",
        "crm.services.quotes": "let_count",
        "crm.services.records": "create update archive restore",
        "invoices.services.credit_memos": "tell",
        "invoices.services.payment_endings": "tell",
        "invoices.services.quote_rules": "check tell_override",
        "workflows.services.enrolments": "enrol",
        "workflows.steps.drafting": "draft_for",
        "workflows.steps.writing": "set_property read_value",
    },
    "the way to a service that asks": {
        "core.tables.editing": "write",
        "crm.properties": "change",
    },
    "reads alone": {
        "crm.services.outreach": "values_of",
        "invoices.services.drafts": "open_draft open_drafts",
    },
    "by is no person": {
        "crm.queries.forecast": "periods forecast",
        "reports.ready.aging": "open_on named",
        "workflows.flow_editing": "shift shift_branch",
    },
    "everybody keeps views of lists that they may see; others change shared ones with accounts.manage": {
        "core.tables.keeping": "create save rename delete restore",
    },
}


def _activity() -> Activity:
    return activities.log([companies.create(by=None, name="Acorn")], kind="note", by=None, body="Theirs")


# Services that ask in the middle: what is needed depends on what they are given.
INSIDE: dict[str, Callable[[User], Any]] = {
    "invoices.services.create.create_invoice": lambda by: create.create_invoice(InvoiceDraft(), by=by),
    "invoices.services.sales_receipts.create_from_draft": lambda by: sales_receipts.create_from_draft(
        InvoiceDraft(), by=by
    ),
    "crm.services.activities.change": lambda by: activities.change(_activity(), by=by, body="Mine"),
    "crm.services.activities.delete": lambda by: activities.delete(_activity(), by=by),
    "crm.services.quote_life.reject": lambda by: quote_life.reject(Quote(), by=by),
    "api.services.keys.create": lambda by: keys.create(
        makers.user(), name="Till", scopes=["crm:read"], expires_at=timezone.now(), by=by
    ),
    "api.services.keys.revoke": lambda by: keys.revoke(ApiKey(user=makers.user()), by=by),
    "crm.services.tasks.complete": lambda by: tasks.complete([tasks.create(by=None, title="Call")], by=by),
    "crm.services.tasks.reopen": lambda by: tasks.reopen(tasks.create(by=None, title="Call"), by=by),
    "core.services.files.add_file": lambda by: files.add_file("company", 1, SimpleUploadedFile("a.txt", b"a"), by=by),
    "core.services.files.remove_file": lambda by: files.remove_file(
        files.add_file("company", 1, SimpleUploadedFile("a.txt", b"a"), by=None), by=by
    ),
    "core.tables.jobs.start_action": lambda by: jobs.start_action(
        tables["deal"], "archive", by=by, state="", ids=[1], choice={}
    ),
    "core.tables.jobs.note_export": lambda by: jobs.note_export(
        tables["deal"], by=by, kind="csv", state="", columns=[], rows=1
    ),
    "core.tables.jobs.start_export": lambda by: jobs.start_export(
        tables["deal"], by=by, kind="csv", state="", columns=[]
    ),
    "core.tables.jobs.undo": lambda by: jobs.undo(_done(by), by=by),
    "accounts.oidc.admission.disconnect": lambda by: admission.disconnect(
        makers.user("Admin", "b@example.com"), request=HttpRequest(), by=by
    ),
    "accounts.sessions.end": lambda by: sessions.end(
        [UserSession(user=makers.user("Admin", "a@example.com"))], request=HttpRequest(), by=by
    ),
}


def _done(by: User) -> ListJob:
    soon = timezone.now() + datetime.timedelta(hours=1)
    return ListJob.objects.create(
        kind="action", object_type="deal", name="archive", owner=by, state="done", done=1, expires_at=soon
    )


def services() -> Iterator[tuple[str, Any]]:
    """Every public function of the product that takes ``by``, as (module.name, function)."""
    for app in APPS:
        for found in pkgutil.walk_packages(app.__path__, f"{app.__name__}."):
            if not set(found.name.split(".")) & set(LEFT_OUT):
                module = importlib.import_module(found.name)
                for name, function in inspect.getmembers(module, inspect.isfunction):
                    own = function.__module__ == found.name and not name.startswith("_")
                    if own and "by" in inspect.signature(function).parameters:
                        yield f"{found.name}.{name}", function


def told(table: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The table by function: what it says of each."""
    return {
        f"{module}.{name}": said
        for said, modules in table.items()
        for module, names in modules.items()
        for name in names.split()
    }


@pytest.fixture
def nobody(db: None) -> User:
    """Somebody who may sign in, and nothing else."""
    role = Role.objects.create(name="Nothing", permissions=[])
    return User.objects.create_user("nobody@example.com", makers.PASSWORD, name="Nobody", role=role)


@pytest.fixture
def own_records(db: None) -> User:
    """A sales rep who sees only their own records."""
    role = Role.objects.create(name="Own", permissions=DEFAULT_ROLES["Sales rep"], sees="own")
    return User.objects.create_user("own@example.com", makers.PASSWORD, name="Own", role=role)


def test_every_service_that_acts_for_a_person_is_known_here():
    known = {**told(NEEDS), **told(UNASKED), **dict.fromkeys(INSIDE, "")}

    assert sorted({name for name, _function in services()} ^ set(known)) == []
    assert len(known) == sum(len(table) for table in (told(NEEDS), told(UNASKED), INSIDE)), "one is told twice"
    assert {each for needed in NEEDS for each in needed.split()} <= set(PERMISSIONS)


def test_every_service_refuses_somebody_without_its_permission(nobody):
    wanted, asked = told(NEEDS), []

    for name, function in services():
        if name in wanted:
            given = [each for each in inspect.signature(function).parameters.values() if each.default is each.empty]
            keywords = {each.name: None for each in given if each.kind is each.KEYWORD_ONLY}
            places = [None for each in given if each.kind is each.POSITIONAL_OR_KEYWORD]
            with pytest.raises(PermissionDenied) as refused:
                function(*places, **{**keywords, "by": nobody})
            assert str(PERMISSIONS[wanted[name].split()[0]]) in str(refused.value), name
            assert " ".join(function.needs) == wanted[name]
            asked.append(name)

    assert sorted(asked) == sorted(wanted)


@pytest.mark.parametrize("name", INSIDE)
def test_services_that_ask_in_the_middle_refuse_too(nobody, name):
    with pytest.raises(PermissionDenied):
        INSIDE[name](nobody)


def test_a_new_attempt_at_an_invoice_is_refused_too(nobody):
    with pytest.raises(PermissionDenied):
        QuickBooksAccounting().retry(Invoice(), by=nobody)


def test_a_record_that_a_person_does_not_see_is_refused_and_stays(own_records):
    company = companies.create(by=makers.user(), name="Acorn")
    contact = contacts.create(by=makers.user(), last_name="Nora")
    mine = deals.create(by=own_records, name="Garden")

    for act in (
        lambda: companies.update(company, by=own_records, name="Beech"),
        lambda: companies.archive(company, by=own_records),
        lambda: activities.log([mine, company], kind="note", by=own_records, body="Seen"),
        lambda: deal_contacts.add(mine, contact, by=own_records),
        lambda: files.add_file("company", company.pk, SimpleUploadedFile("a.txt", b"a"), by=own_records),
    ):
        with pytest.raises(PermissionDenied):
            act()

    company.refresh_from_db()
    assert (company.name, company.archived_at) == ("Acorn", None)
    assert not Activity.objects.exists()
    assert not mine.deal_contacts.exists()
    assert deals.update(mine, by=own_records, name="Roses").name == "Roses"


def test_an_assignee_completes_a_task_without_any_permission(nobody):
    task = tasks.create(by=None, title="Call", assignee=nobody)

    assert tasks.complete([task], by=nobody) == 1


def test_what_was_allowed_as_a_whole_is_not_asked_for_again_and_ends_there(nobody):
    company = companies.create(by=None, name="Acorn")

    with access.decided():
        companies.update(company, by=nobody, name="Beech")

    with pytest.raises(PermissionDenied):
        companies.update(company, by=nobody, name="Cedar")
    company.refresh_from_db()
    assert company.name == "Beech"


def test_seeing_everything_costs_no_statement(db, django_assert_num_queries):
    person = makers.user()
    company = companies.create(by=person, name="Acorn")

    with django_assert_num_queries(0):
        access.require(person, "crm.edit")
        access.require_sight(person, [company])
