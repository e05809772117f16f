"""Who may use which address: one line for every route of the product.

A new route fails here until it has a line in ``MATRIX``. A line says how the route is called and what each role
gets. Records are asked for by an id that does not exist: whoever may do it gets 404, whoever may not gets 403 before
anything is looked up; so no line needs data.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

import pytest
from django.contrib.auth import SESSION_KEY
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter, UUIDConverter

from tests.api import lines

NOBODY, LOOKER, REP, OPS, ADMIN = "nobody", "looker", "Sales rep", "Ops", "Admin"
SIGNED_IN = (LOOKER, REP, OPS, ADMIN)

OK, LOGIN, LEADS_ON, DENIED, MISSING, REFUSED, NO_KEY = "200", "login", "302", "403", "404", "422", "401"


@dataclass(frozen=True)
class Line:
    """How a route is called, and what each role gets: a status, ``login``, or statuses joined by ``|``."""

    expected: dict[str, str]
    method: str = "GET"
    arguments: dict[str, object] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)

    def called(self, method: str = "", **arguments: object) -> "Line":
        """The same with another method or other arguments in the address."""
        return replace(self, method=method or self.method, arguments=arguments or self.arguments)

    def sending(self, **data: str) -> "Line":
        """The same with form data."""
        return replace(self, data=data)


def everybody(status: str, *, nobody: str = LOGIN) -> dict[str, str]:
    """All who are signed in get ``status``."""
    return {NOBODY: nobody, **dict.fromkeys(SIGNED_IN, status)}


def only(*roles: str, gets: str) -> dict[str, str]:
    """``roles`` get a status, the others who are signed in are denied."""
    return {NOBODY: LOGIN, **{role: gets if role in roles else DENIED for role in SIGNED_IN}}


def _program(method: str, status: str, roles: tuple[str, ...]) -> Line:
    """Programs bring a key of the person, that opens as much as the person may do."""
    return Line({**only(*roles, gets=status), NOBODY: NO_KEY}, method)


SELLING = (REP, OPS, ADMIN)

# Lines that many routes share.
PAGE = Line(everybody(OK))
RECORD = Line(everybody(MISSING))
EDIT_FORM = Line(only(*SELLING, gets=OK))
EDIT_RECORD = Line(only(*SELLING, gets=MISSING))
CHANGE = Line(only(*SELLING, gets=MISSING), "POST")
BILLING_PAGE = Line(only(*SELLING, gets=OK))
BILLING_RECORD = Line(only(*SELLING, gets=MISSING))
BILLING_CHANGE = Line(only(*SELLING, gets=MISSING), "POST")
OPERATORS_PAGE = Line(only(OPS, ADMIN, gets=OK))
OPERATORS_RECORD = Line(only(OPS, ADMIN, gets=MISSING))
OPERATORS_CHANGE = Line(only(OPS, ADMIN, gets=MISSING), "POST")
ADMIN_PAGE = Line(only(ADMIN, gets=OK))
ADMIN_RECORD = Line(only(ADMIN, gets=MISSING))
ADMIN_CHANGE = Line(only(ADMIN, gets=MISSING), "POST")

MATRIX: dict[str, Line] = {
    # core
    "core:home": PAGE,
    "core:home-layout": PAGE,
    "core:home-recent": PAGE,
    "core:home-news": PAGE,
    "core:search": PAGE,
    "core:palette": PAGE,
    "core:record-opened": Line(everybody("204"), "POST"),
    "core:settings": PAGE,
    # Conditions about records are for those who may see the records.
    "core:condition-editor": BILLING_PAGE.called(object_type="invoice"),
    "core:condition-count": Line(only(*SELLING, gets=OK), "POST", {"object_type": "invoice"}),
    "core:company": ADMIN_PAGE,
    "core:branding": ADMIN_PAGE,
    "core:audit-log": ADMIN_PAGE,
    "core:audit-event": ADMIN_RECORD,
    "core:mail-sample": ADMIN_PAGE,
    "core:mail-server": ADMIN_PAGE,
    "core:mail-test": Line(only(ADMIN, gets=LEADS_ON), "POST"),
    "core:mail-health": ADMIN_PAGE,
    "core:mail-retry": ADMIN_CHANGE,
    "core:outgoing-requests": ADMIN_PAGE,
    "core:outgoing-host-remove": ADMIN_CHANGE,
    "core:webhook-secret-change": Line(only(ADMIN, gets=LEADS_ON), "POST"),
    "core:outgoing-request-retry": ADMIN_CHANGE,
    "core:brand-logo": Line(everybody(MISSING, nobody=MISSING), arguments={"version": "0"}),
    "core:property-index": Line(only(ADMIN, gets=LEADS_ON)),
    "core:property-list": ADMIN_PAGE.called(object_type="company"),
    "core:property-create": ADMIN_PAGE.called(object_type="company"),
    "core:property-order": Line(only(ADMIN, gets=LEADS_ON), "POST", {"object_type": "company"}),
    "core:property-group-order": Line(only(ADMIN, gets=LEADS_ON), "POST", {"object_type": "company"}),
    "core:property-edit": ADMIN_RECORD,
    "core:property-delete": ADMIN_RECORD,
    "core:property-restore": ADMIN_CHANGE,
    "core:choice-archive": ADMIN_RECORD,
    "core:choice-restore": ADMIN_CHANGE,
    "core:property-group": ADMIN_RECORD,
    "core:record-properties": EDIT_RECORD.called(object_type="company"),
    **{f"core:{kind}-files": RECORD for kind in ("company", "contact", "deal", "product", "quote")},
    "core:invoice-files": RECORD,
    "core:invoicedraft-files": RECORD,
    "core:file-download": RECORD,
    "core:file-remove": RECORD.called("POST"),
    "core:healthz": Line(everybody("200|503", nobody="200|503")),
    "core:readyz": Line(everybody("200|503", nobody="200|503")),
    # Off here; who may read it where it is on is in tests/operations.
    "core:metrics": Line(everybody(MISSING, nobody=MISSING)),
    "segments:list": PAGE,
    "segments:create": EDIT_FORM,
    "segments:detail": RECORD,
    "segments:edit": EDIT_RECORD,
    "segments:archive": CHANGE,
    "segments:restore": CHANGE,
    **{f"segments:{kind}-card": RECORD for kind in ("company", "contact", "deal")},
    **{f"segments:{kind}-card": BILLING_RECORD for kind in ("invoice", "bill")},
    # Lists: those of invoices for who may see invoices; exports for who may export them.
    "tables:jobs": PAGE,
    "tables:job": RECORD,
    "tables:job-stop": RECORD.called("POST"),
    "tables:job-undo": RECORD.called("POST"),
    "tables:job-file": RECORD,
    "tables:view-save": RECORD.called("POST"),
    "tables:view-edit": RECORD,
    "tables:view-delete": RECORD.called("POST"),
    "tables:view-restore": RECORD.called("POST"),
    "tables:views": BILLING_PAGE.called(object_type="invoice"),
    "tables:view-create": BILLING_PAGE.called(object_type="invoice"),
    "tables:columns": BILLING_PAGE.called(object_type="invoice"),
    "tables:sums": BILLING_PAGE.called(object_type="invoice"),
    "tables:act": Line(only(*SELLING, gets=OK), "GET", {"object_type": "invoice", "name": "send"}),
    "tables:export": OPERATORS_PAGE.called(object_type="invoice"),
    "tables:peek": BILLING_RECORD.called(object_type="invoice", pk=4_000_000_000),
    "tables:cell": BILLING_RECORD.called(object_type="invoice", pk=4_000_000_000, name="owner"),
    # accounts
    "accounts:login": Line(everybody(LEADS_ON, nobody=OK)),
    "accounts:logout": Line(everybody(LOGIN), "POST"),
    "accounts:first-admin": Line(everybody(LOGIN)),
    # The library that signs in. These people have no password, so that there is nothing to confirm it with.
    "account_login": Line(everybody(LEADS_ON, nobody=OK)),
    "mfa_authenticate": Line(everybody(LEADS_ON)),
    **{name: Line(everybody(DENIED)) for name in ("account_reauthenticate", "mfa_reauthenticate")},
    **dict.fromkeys(("mfa_index", "mfa_activate_totp", "mfa_generate_recovery_codes"), PAGE),
    **dict.fromkeys(("mfa_deactivate_totp", "mfa_view_recovery_codes"), RECORD),
    **{f"accounts:{page}": Line(everybody(OK, nobody=OK)) for page in ("forgotten", "reset-asked", "reset")},
    # Who is signed in reads that they are.
    "accounts:invitation": Line(everybody(OK, nobody=MISSING)),
    # No identity provider is set up here, so there is none to sign in with.
    "accounts:oidc-begin": Line(everybody(MISSING, nobody=MISSING), "POST"),
    "accounts:oidc-callback": Line(everybody(MISSING, nobody=MISSING)),
    "accounts:oidc-disconnect": Line(everybody(LEADS_ON), "POST"),
    "accounts:user-identity-off": ADMIN_CHANGE,
    "accounts:user-sessions-end": ADMIN_CHANGE,
    "accounts:everybody-sessions-end": Line(only(ADMIN, gets=LEADS_ON), "POST"),
    **{f"accounts:{page}": ADMIN_PAGE for page in ("invite", "role-list", "role-create")},
    "accounts:role-edit": ADMIN_RECORD,
    "accounts:role-delete": ADMIN_CHANGE,
    **{f"accounts:{act}": ADMIN_CHANGE for act in ("invitation-resend", "invitation-withdraw", "user-two-factor-off")},
    "accounts:sessions-end": Line(everybody(LEADS_ON), "POST"),
    "accounts:session-end": RECORD.called("POST"),
    "accounts:profile": PAGE,
    "accounts:password": Line(everybody(REFUSED), "POST"),
    "accounts:preferences": Line(everybody("204"), "POST"),
    "accounts:user-list": ADMIN_PAGE,
    "accounts:people-home": ADMIN_PAGE,
    "accounts:user-create": ADMIN_PAGE,
    "accounts:user-edit": ADMIN_RECORD,
    "accounts:user-activate": ADMIN_CHANGE,
    "accounts:user-leave": ADMIN_RECORD,
    "accounts:team-list": ADMIN_PAGE,
    "accounts:team-create": ADMIN_PAGE,
    "accounts:team-edit": ADMIN_RECORD,
    "accounts:team-delete": ADMIN_CHANGE,
    # crm
    "crm:task-list": Line(everybody(LEADS_ON)),  # to my tasks
    "crm:activity-list": PAGE,
    "crm:activity-open": RECORD,
    "crm:task-home": PAGE,
    "crm:deal-home": PAGE,
    "crm:mention-home": PAGE,
    # Calendars sign nobody in: the address itself is the key.
    "crm:task-feed": Line(everybody(MISSING, nobody=MISSING), arguments={"token": "0"}),
    "crm:task-feed-settings": PAGE,
    "crm:task-create": EDIT_FORM,
    "crm:task-edit": RECORD,
    "crm:task-act": RECORD.called("POST", pk=4_000_000_000, act="done"),
    **{f"crm:{kind}-tasks-card": RECORD for kind in ("company", "contact", "deal", "product", "quote")},
    "crm:invoice-tasks-card": BILLING_RECORD,
    "crm:duplicates": Line(only(*SELLING, gets=OK)),
    "crm:duplicate-list": Line(only(*SELLING, gets=OK)).called(object_type="contact"),
    "crm:duplicate-decide": CHANGE,
    "crm:merge": Line(only(*SELLING, gets=MISSING)).called(object_type="contact"),
    "crm:merge-list": Line(only(*SELLING, gets=OK)),
    "crm:merge-undo": Line(only(*SELLING, gets=MISSING)),
    "crm:company-list": PAGE,
    "crm:company-detail": RECORD,
    "crm:company-create": EDIT_FORM,
    "crm:company-edit": EDIT_RECORD,
    "crm:archive-index": Line(only(*SELLING, gets=OK)),
    **{f"crm:{kind}-delete": ADMIN_RECORD for kind in ("company", "contact", "deal", "product", "quote")},
    "crm:company-archive": CHANGE,
    "crm:company-restore": CHANGE,
    "crm:company-choices": PAGE,
    "crm:mention-choices": PAGE,
    "crm:company-contacts-card": RECORD,
    "crm:company-deals-card": RECORD,
    "crm:contact-list": PAGE,
    "crm:contact-detail": RECORD,
    "crm:contact-create": EDIT_FORM,
    "crm:contact-edit": EDIT_RECORD,
    "crm:contact-archive": CHANGE,
    "crm:contact-restore": CHANGE,
    "crm:contact-choices": PAGE,
    "crm:contact-deals-card": RECORD,
    "crm:quote-sample": ADMIN_PAGE,
    "crm:product-prices-card": RECORD,
    "crm:product-sold-card": RECORD,
    "crm:price-create": EDIT_RECORD,
    "crm:price-edit": EDIT_RECORD,
    "crm:price-remove": CHANGE,
    "crm:deal-list": PAGE,
    "crm:deal-board": PAGE,
    "crm:deal-detail": RECORD,
    "crm:deal-create": EDIT_FORM,
    "crm:deal-edit": EDIT_RECORD,
    "crm:deal-archive": CHANGE,
    "crm:deal-restore": CHANGE,
    "crm:deal-choices": PAGE,
    "crm:deal-move": CHANGE,
    "crm:deal-move-undo": CHANGE.called(pk=4_000_000_000, change=1),
    "crm:deal-stages-card": RECORD,
    "crm:deal-board-more": RECORD,
    "crm:forecast": PAGE,
    "crm:forecast-goals": ADMIN_PAGE,
    "crm:pipeline-list": ADMIN_PAGE,
    "crm:pipeline-create": ADMIN_PAGE,
    "crm:pipeline-order": Line(only(ADMIN, gets=LEADS_ON), "POST"),
    "crm:pipeline-edit": ADMIN_RECORD,
    "crm:pipeline-delete": ADMIN_RECORD,
    "crm:stage-order": ADMIN_CHANGE,
    "crm:stage-create": ADMIN_RECORD,
    "crm:stage-edit": ADMIN_RECORD,
    "crm:stage-delete": ADMIN_RECORD,
    "crm:deal-contacts-card": RECORD,
    "crm:deal-contact-change": CHANGE,
    "crm:deal-quotes-card": RECORD,
    "crm:deal-billing": RECORD,
    "crm:deal-lines": CHANGE,
    "crm:deal-line-row": RECORD,
    "crm:deal-line-amounts": RECORD.called("POST"),
    "crm:product-list": PAGE,
    "crm:product-detail": RECORD,
    "crm:product-create": EDIT_FORM,
    "crm:product-edit": EDIT_RECORD,
    "crm:product-archive": CHANGE,
    "crm:product-restore": CHANGE,
    "crm:product-choices": PAGE,
    "crm:quote-list": PAGE,
    "crm:quote-detail": RECORD,
    "crm:quote-create": EDIT_FORM,
    "crm:quote-edit": EDIT_RECORD,
    "crm:quote-archive": CHANGE,
    "crm:quote-restore": CHANGE,
    "crm:quote-publish": CHANGE,
    "crm:quote-ask-approval": CHANGE,
    "crm:quote-approve": Line(only(ADMIN, gets=MISSING), "POST"),
    "crm:quote-reject": CHANGE,
    "crm:quote-revise": CHANGE,
    "crm:quote-answer": CHANGE,
    "crm:quote-link": CHANGE,
    "crm:quote-document": RECORD,
    "crm:quote-settings": ADMIN_PAGE,
    # Whoever has the address of a quote may read and answer it; any other address is nothing.
    "crm:quote-style": Line(everybody(OK, nobody=OK), arguments={"colour": "4338ca"}),
    "crm:quote-public": Line(everybody(MISSING, nobody=MISSING)),
    "crm:quote-accept": Line(everybody(MISSING, nobody=MISSING), "POST"),
    "crm:quote-decline": Line(everybody(MISSING, nobody=MISSING), "POST"),
    "crm:quote-pdf": Line(everybody(MISSING, nobody=MISSING)),
    "crm:company-quotes-card": RECORD,
    "crm:contact-quotes-card": RECORD,
    "crm:quote-lines": CHANGE,
    "crm:quote-line-row": RECORD,
    "crm:quote-line-amounts": RECORD.called("POST"),
    "crm:timeline": RECORD.called(object_type="deal"),
    **{f"crm:{kind}-associations-card": RECORD for kind in ("company", "contact", "deal", "product", "quote")},
    "crm:card-layout": PAGE.called(object_type="deal"),
    "crm:mail-compose": EDIT_RECORD.called(object_type="deal"),
    "crm:association-list": RECORD.called(object_type="deal"),
    "crm:association-add": EDIT_RECORD.called(object_type="deal"),
    "crm:association-choices": RECORD.called(object_type="deal"),
    "crm:association-remove": CHANGE,
    "crm:association-relabel": EDIT_RECORD,
    "crm:association-labels": ADMIN_PAGE,
    "crm:association-label": ADMIN_RECORD,
    "crm:association-label-delete": ADMIN_CHANGE,
    "crm:contact-companies-card": RECORD,
    "crm:contact-company-change": CHANGE,
    "crm:property-list": RECORD.called(object_type="deal"),
    "crm:property": CHANGE.called(object_type="deal", name="name"),
    "crm:property-history": RECORD.called(object_type="deal", name="name"),
    "crm:timeline-upcoming": RECORD.called(object_type="deal"),
    "crm:activity-add": CHANGE.called(object_type="deal", name="note"),
    "crm:activity-links": EDIT_RECORD.called(object_type="deal"),
    "crm:activity-edit": EDIT_RECORD,
    "crm:activity-delete": CHANGE.called(object_type="deal"),
    "crm:activity-pin": CHANGE.called(object_type="deal"),
    # imports
    "imports:list": OPERATORS_PAGE,
    "imports:create": OPERATORS_PAGE.called(object_type="contact"),
    "imports:sample": OPERATORS_PAGE.called(object_type="contact"),
    **{
        f"imports:{page}": OPERATORS_RECORD
        for page in ("detail", "file", "columns", "options", "outcome", "progress", "errors")
    },
    "imports:hubspot-create": OPERATORS_PAGE,
    "imports:hubspot": OPERATORS_RECORD,
    "imports:hubspot-progress": OPERATORS_RECORD,
    "imports:hubspot-act": OPERATORS_CHANGE.called(pk=4_000_000_000, act="start"),
    "invoices:hubspot-parity": OPERATORS_RECORD,
    "invoices:hubspot-parity-file": OPERATORS_RECORD,
    "invoices:hubspot-compare": OPERATORS_CHANGE.called(pk=4_000_000_000),
    "imports:act": OPERATORS_CHANGE.called(pk=4_000_000_000, act="start"),
    # invoices
    "invoices:quote-card": BILLING_RECORD,
    "invoices:quote-invoice": BILLING_RECORD,
    "invoices:estimate-create": BILLING_RECORD,
    "invoices:estimate-retry": BILLING_CHANGE,
    "invoices:estimate-detail": BILLING_RECORD,
    "invoices:invoice-list": BILLING_PAGE,
    "invoices:home-card": BILLING_PAGE,
    "invoices:sync-now": Line(only(*SELLING, gets="204"), "POST"),
    "invoices:deal-card": BILLING_RECORD,
    "invoices:contact-card": BILLING_RECORD,
    "invoices:company-card": BILLING_RECORD,
    "invoices:invoice-detail": BILLING_RECORD,
    "invoices:payment-record": OPERATORS_RECORD,
    "invoices:payment-parts": OPERATORS_CHANGE,
    "invoices:credit-apply": OPERATORS_RECORD,
    "invoices:credit-create": OPERATORS_RECORD,
    "invoices:payment-list": BILLING_PAGE,
    "invoices:payment-detail": BILLING_RECORD,
    "invoices:payment-history": BILLING_RECORD,
    "invoices:payment-correct": OPERATORS_RECORD,
    "invoices:payment-discard": OPERATORS_CHANGE,
    "invoices:payment-retry": OPERATORS_CHANGE,
    "invoices:payment-void": OPERATORS_CHANGE,
    "invoices:payment-delete": OPERATORS_CHANGE,
    "invoices:payment-keep": OPERATORS_CHANGE,
    "invoices:use-discard": OPERATORS_CHANGE,
    "invoices:deal-money-card": BILLING_RECORD,
    "invoices:contact-money-card": BILLING_RECORD,
    "invoices:company-money-card": BILLING_RECORD,
    "invoices:creditmemo-list": BILLING_PAGE,
    "invoices:refund-list": BILLING_PAGE,
    "invoices:salesreceipt-list": BILLING_PAGE,
    "invoices:credit-detail": BILLING_RECORD,
    "invoices:bill-list": BILLING_PAGE,
    "invoices:bill-detail": BILLING_RECORD,
    "invoices:bill-history": BILLING_RECORD,
    **{f"crm:{kind}-tasks-card": BILLING_RECORD for kind in ("bill", "payment")},
    "invoices:credit-history": BILLING_RECORD,
    "invoices:credit-use": OPERATORS_CHANGE,
    "invoices:credit-discard": OPERATORS_CHANGE,
    "invoices:credit-retry": OPERATORS_CHANGE,
    "invoices:credit-void": OPERATORS_CHANGE,
    "invoices:credit-delete": OPERATORS_CHANGE,
    "invoices:credit-keep": OPERATORS_CHANGE,
    "invoices:approval-list": BILLING_PAGE,
    "invoices:approval-home": BILLING_PAGE,
    "invoices:draft-approve": OPERATORS_CHANGE,
    "invoices:draft-reject": OPERATORS_RECORD,
    "invoices:draft-withdraw": BILLING_CHANGE,
    "invoices:recurring-list": BILLING_PAGE,
    "invoices:recurring-detail": BILLING_RECORD,
    "invoices:recurring-create": OPERATORS_RECORD,
    "invoices:recurring-edit": OPERATORS_RECORD,
    "invoices:recurring-act": OPERATORS_CHANGE.called(pk=4_000_000_000, act="pause"),
    "invoices:reminder-list": OPERATORS_PAGE,
    "invoices:reminder-create": OPERATORS_PAGE,
    "invoices:reminder-edit": OPERATORS_RECORD,
    "invoices:reminder-act": OPERATORS_CHANGE.called(pk=4_000_000_000, act="on"),
    "invoices:reminder-preview": Line(only(OPS, ADMIN, gets=OK), "POST"),
    "invoices:pause-end": OPERATORS_CHANGE,
    "invoices:invoice-remind": BILLING_RECORD,
    "invoices:customer-pause": OPERATORS_RECORD,
    "invoices:invoice-void": OPERATORS_CHANGE,
    "invoices:invoice-delete": OPERATORS_CHANGE,
    "invoices:invoice-keep": OPERATORS_CHANGE,
    "invoices:invoice-pdf": BILLING_RECORD,
    "invoices:invoice-preview": BILLING_RECORD,
    "invoices:association-rules": ADMIN_PAGE,
    "invoices:invoice-print": BILLING_RECORD,
    "invoices:invoice-payment-link": BILLING_RECORD,
    "invoices:invoice-copy": BILLING_CHANGE,
    "invoices:invoice-send": BILLING_RECORD,
    "invoices:invoice-sends": BILLING_RECORD,
    "invoices:invoice-news": BILLING_RECORD,
    "invoices:invoice-edit": OPERATORS_RECORD,
    "invoices:invoice-edit-totals": OPERATORS_CHANGE,
    "invoices:invoice-edit-line": OPERATORS_RECORD,
    "invoices:invoice-edit-due": OPERATORS_RECORD,
    "invoices:invoice-edit-items": OPERATORS_RECORD,
    "invoices:invoice-link": BILLING_RECORD,
    "invoices:invoice-unlink": BILLING_CHANGE,
    "invoices:invoice-belongs": BILLING_CHANGE,
    "invoices:invoice-add": BILLING_RECORD.called(object_type="deal"),
    "invoices:invoice-history": BILLING_RECORD,
    "invoices:invoice-payments": BILLING_RECORD,
    "invoices:invoice-records": BILLING_RECORD,
    "invoices:invoice-retry": BILLING_CHANGE,
    "invoices:invoice-deal": BILLING_CHANGE,
    "invoices:draft-blank": BILLING_PAGE,
    "invoices:draft-copies": BILLING_PAGE,
    "invoices:usual-companies": ADMIN_PAGE,
    "invoices:draft-new": BILLING_RECORD,
    "invoices:draft-open": BILLING_RECORD,
    "invoices:draft-step": BILLING_RECORD,
    "invoices:draft-customers": BILLING_RECORD,
    "invoices:draft-items": BILLING_RECORD,
    "invoices:draft-rate": BILLING_RECORD,
    "invoices:draft-save": BILLING_CHANGE,
    "invoices:draft-lines": BILLING_CHANGE,
    "invoices:draft-create": BILLING_CHANGE,
    "invoices:draft-discard": BILLING_CHANGE,
    # qbo_connector
    "qbo_connector:app-list": ADMIN_PAGE,
    "qbo_connector:connection-list": ADMIN_PAGE,
    # A page that leads on to the consent page, or says that QuickBooks can't be reached.
    "qbo_connector:connect": Line(only(ADMIN, gets="200|400"), "POST"),
    "qbo_connector:webhook": Line(everybody("401", nobody="401"), "POST"),
    # Without the state that was given out nobody comes back from the consent page.
    "qbo_connector:callback": Line(only(ADMIN, gets="400")),
    "qbo_connector:reconnect": ADMIN_CHANGE,
    "qbo_connector:disconnect": ADMIN_CHANGE,
    # sync
    "sync:connection-settings": ADMIN_RECORD,
    "sync:connection-progress": ADMIN_RECORD,
    "sync:connection-objects": ADMIN_RECORD,
    "sync:reads-estimate": ADMIN_RECORD,
    "sync:connection-limits": ADMIN_CHANGE,
    "sync:invoicing-settings": ADMIN_RECORD,
    "sync:read-only": ADMIN_CHANGE,
    "sync:set-up": ADMIN_RECORD,
    "sync:simple": ADMIN_RECORD,
    "sync:upgrade": ADMIN_RECORD,
    "sync:upgrade-undo": ADMIN_CHANGE,
    "sync:name-preview": ADMIN_RECORD,
    "sync:object-settings": ADMIN_RECORD,
    "sync:dry-run": ADMIN_RECORD,
    "sync:object-sync-now": ADMIN_CHANGE,
    "sync:run-changes": OPERATORS_RECORD,
    "sync:object-started": ADMIN_RECORD,
    "sync:object-delete": ADMIN_RECORD,
    "sync:switch": ADMIN_CHANGE,
    "sync:sync-now": OPERATORS_CHANGE,
    "sync:mappings": ADMIN_RECORD.called(record_type="contact"),
    "sync:mapping-create": ADMIN_RECORD.called(record_type="contact"),
    "sync:mapping-progress": ADMIN_RECORD.called(record_type="contact"),
    "sync:mapping-records": ADMIN_RECORD.called(record_type="contact"),
    "sync:mapping-preview": ADMIN_RECORD.called(record_type="contact"),
    "sync:mapping-edit": ADMIN_RECORD,
    "sync:mapping-switch": ADMIN_CHANGE,
    "sync:mapping-delete": ADMIN_CHANGE,
    "sync:conflicts": OPERATORS_PAGE,
    "sync:conflict-resolve": Line(only(OPS, ADMIN, gets=LEADS_ON), "POST").sending(side="crm"),
    "sync:suggestions": OPERATORS_PAGE,
    "sync:suggestion-decide": Line(only(OPS, ADMIN, gets=LEADS_ON), "POST").sending(answer="reject"),
    "sync:duplicates": OPERATORS_PAGE,
    "sync:company-health": OPERATORS_RECORD,
    "sync:left-out": OPERATORS_RECORD.called(name="contact"),
    "sync:health-records": OPERATORS_PAGE,
    "sync:health-export": OPERATORS_PAGE,
    "sync:health": OPERATORS_PAGE,
    "sync:health-home": OPERATORS_PAGE,
    "sync:failures-home": OPERATORS_PAGE,
    "sync:retry": Line(only(OPS, ADMIN, gets=LEADS_ON), "POST"),
    "sync:parked-payload": OPERATORS_RECORD,
    "sync:parked-retry": OPERATORS_CHANGE,
    "sync:company-card": RECORD,
    "sync:contact-card": RECORD,
    "sync:product-card": RECORD,
    "sync:record-retry": OPERATORS_CHANGE,
    "sync:record-link-to-owner": OPERATORS_CHANGE,
    "sync:record-rename": OPERATORS_CHANGE,
    "sync:record-sync-now": OPERATORS_CHANGE,
    # reports
    "reports:list": BILLING_PAGE,
    "reports:create": BILLING_PAGE,
    "reports:preview": Line(only(*SELLING, gets=OK), "POST", {"object_type": "invoice"}),
    **{f"reports:{page}": BILLING_RECORD for page in ("report", "edit", "schedule")},
    "reports:export": BILLING_RECORD.called(pk=4_000_000_000, kind="csv"),
    **{f"reports:{act}": BILLING_CHANGE for act in ("clone", "delete", "schedule-stop")},
    "reports:ready": BILLING_PAGE.called(key="receivables-aging"),
    "reports:ready-export": OPERATORS_PAGE.called(key="receivables-aging", kind="csv"),
    "reports:ready-keep": Line(only(*SELLING, gets=LEADS_ON), "POST", {"key": "receivables-aging"}),
    "reports:dashboards": BILLING_PAGE,
    "reports:dashboard-create": Line(only(*SELLING, gets=LEADS_ON), "POST"),
    **{f"reports:{page}": BILLING_RECORD for page in ("dashboard", "tile")},
    **{
        f"reports:{act}": BILLING_CHANGE
        for act in ("dashboard-change", "dashboard-delete", "tile-add", "tile-order", "tile-remove", "tile-widen")
    },
    "reports:home-unpaid": BILLING_PAGE,
    **{f"reports:home-{card}": OPERATORS_PAGE for card in ("aging", "overdue")},
    "reports:home-reads": ADMIN_PAGE,
    "reports:records": BILLING_PAGE.called(object_type="invoice_line"),
    # api: each method of an address has a row of its own in tests/api/test_access.py
    "api:document": Line(everybody(OK, nobody=OK)),
    "api:reference": PAGE,
    "api:key-list": PAGE,
    "api:key-create": PAGE,
    "api:key-overview": ADMIN_PAGE,
    "api:key-revoke": RECORD.called("POST"),
    **{f"api:webhook-{page}": ADMIN_PAGE for page in ("list", "create")},
    **{f"api:webhook-{page}": ADMIN_RECORD for page in ("detail", "edit", "delivery")},
    **{f"api:webhook-{act}": ADMIN_CHANGE for act in ("pause", "test", "delete", "replay")},
    "api:nowhere": Line(everybody(MISSING, nobody=MISSING)),
    **{f"api:{name}": _program(*line) for name, line in lines.LINES.items()},
    # workflows
    "workflows:list": BILLING_PAGE,
    "workflows:health": BILLING_PAGE,
    "workflows:create": OPERATORS_PAGE,
    "workflows:import": OPERATORS_PAGE,
    "workflows:record-choices": BILLING_PAGE.called(object_type="deal"),
    "workflows:record-enrol": OPERATORS_RECORD.called(object_type="deal", pk=4_000_000_000),
    **{
        f"workflows:{page}": BILLING_RECORD
        for page in ("builder", "export", "test", "runs", "run", "versions", "version")
    },
    **{
        f"workflows:{page}": OPERATORS_RECORD
        for page in ("rename", "trigger", "conditions", "rules", "step-choose", "step-add", "step-edit", "branch-edit")
    },
    **{
        f"workflows:{act}": OPERATORS_CHANGE
        for act in ("act", "run-act", "runs-act", "version-take", "step-act", "branch-act")
    },
    **{
        f"workflows:{kind}-card": BILLING_RECORD
        for kind in ("deal", "contact", "company", "invoice", "payment", "quote", "product", "bill")
    },
}


def routes() -> Iterator[tuple[str, URLPattern]]:
    """Every named and unnamed pattern of the product."""

    def walk(resolver: URLResolver, namespaces: tuple[str, ...]) -> Iterator[tuple[str, URLPattern]]:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLResolver):
                inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
                yield from walk(pattern, inner)
            else:
                yield ":".join((*namespaces, pattern.name or f"(no name) {pattern.pattern}")), pattern

    return walk(get_resolver(), ())


def address_of(name: str, pattern: URLPattern, line: Line) -> str:
    """The route's address with ids that do not exist."""
    arguments = {}
    for argument, converter in pattern.pattern.converters.items():
        given: object = "x"
        if isinstance(converter, IntConverter):
            given = 999_999_999
        if isinstance(converter, UUIDConverter):
            given = "00000000-0000-4000-8000-000000000000"
        arguments[argument] = line.arguments.get(argument, given)
    return reverse(name, kwargs=arguments)


@pytest.fixture
def clients(db, client_class):
    """A browser for each role."""
    from accounts.models import Role, User  # noqa: PLC0415 -- models need Django set up
    from accounts.permissions import DEFAULT_ROLES  # noqa: PLC0415
    from api.scopes import SCOPES  # noqa: PLC0415
    from api.services import keys  # noqa: PLC0415

    browsers = {NOBODY: client_class()}
    for number, role in enumerate(SIGNED_IN):
        found, _new = Role.objects.get_or_create(name=role, defaults={"permissions": DEFAULT_ROLES.get(role, [])})
        user = User.objects.create_user(f"matrix{number}@example.com", name=role, role=found)
        browsers[role] = client_class()
        browsers[role].person = user
        browsers[role].force_login(user)
        _key, secret = keys.create(user, name="matrix", scopes=list(SCOPES), expires_at=None, by=user)
        browsers[role].defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return browsers


@pytest.fixture
def client_class():
    """Django's test client, which lets errors of the server through as a status."""
    from django.test import Client  # noqa: PLC0415

    return lambda: Client(raise_request_exception=False)


def got(response) -> str:
    """An answer as the matrix writes it."""
    location = response.headers.get("Location", "") or response.headers.get("HX-Redirect", "")
    if location.split("?")[0] == reverse("accounts:login"):
        return LOGIN
    return str(response.status_code)


def test_every_route_has_a_line_and_every_line_a_route():
    named = {name for name, _pattern in routes()}

    assert sorted(named - set(MATRIX)) == [], "these routes have no line in MATRIX"
    assert sorted(set(MATRIX) - named) == [], "these lines have no route"


def test_every_line_names_every_role():
    for name, line in MATRIX.items():
        assert set(line.expected) == {NOBODY, *SIGNED_IN}, name


@pytest.mark.parametrize("role", [NOBODY, *SIGNED_IN])
def test_every_role_gets_what_the_matrix_says(clients, role):
    wrong, client = [], clients[role]
    for name, pattern in routes():
        line = MATRIX.get(name)
        if line is None:
            continue
        address = address_of(name, pattern, line)
        answer = got(client.generic(line.method, address, *_form(line)))
        if role != NOBODY and SESSION_KEY not in client.session:
            client.force_login(client.person)
        if answer not in line.expected[role].split("|"):
            wrong.append(f"{line.method} {address} ({name}): {role} got {answer}, not {line.expected[role]}")
    assert wrong == []


def _form(line: Line) -> tuple[str, str]:
    return urlencode(line.data), "application/x-www-form-urlencoded"
