"""Steps that tell somebody: an e-mail, a Slack message, a webhook.

Each plans a row in the transaction of its step, with a key that follows from the step's own. A worker sends it, at
least once; the key tells a receiver that got it twice.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Team
from core import text_templates
from core.conditions import registry as conditions
from core.models import OutgoingMail, RequestKind
from core.services import requests
from core.services.mails import plan_mail
from workflows.steps.registry import (
    Done,
    Failed,
    Outcome,
    Settings,
    Skipped,
    StepContext,
    StepField,
    StepType,
    WouldFail,
    WouldSkip,
    add_step_types,
)

L = gettext_lazy
GROUP = L("Messages")
MOST_RECIPIENTS = 20
MOST_FILES = 5
LONGEST_SUBJECT = 300
RECIPIENT, CONTACT, OWNER, TEAM, PERSON, ADDRESS = "recipient", "contact", "owner", "team", "person", "address"
TO = {
    RECIPIENT: L("The customer of the invoice, at the address on it"),
    CONTACT: L("The contact, or the contacts that belong to the record"),
    OWNER: L("The owner of the record"),
    TEAM: L("Everybody in a team"),
    PERSON: L("Somebody in particular"),
    ADDRESS: L("An e-mail address"),
}
# How the invoices of a record are reached, by its kind.
INVOICES = {"invoice": "", "payment": "invoices.invoice", "deal": "invoices"}
CONTACTS = {
    "contact": "", "deal": "contacts", "company": "contacts", "invoice": "contacts", "quote": "contact",
    "payment": "invoices.invoice.contacts",
}  # fmt: skip


def recipients_for(object_type: str) -> list[tuple[str, Any]]:
    """To whom e-mails about a kind of record can go."""
    left_out = set() if object_type in INVOICES else {RECIPIENT}
    left_out |= set() if object_type in CONTACTS else {CONTACT}
    if object_type in conditions.objects and conditions.field_of(object_type, "owner") is None:
        left_out.add(OWNER)
    return [(key, label) for key, label in TO.items() if key not in left_out]


def _of_ids(model: Any, pk: Any) -> Any:
    text = str(pk or "")
    return model._default_manager.filter(pk=int(text) if text.isdecimal() and len(text) < 19 else 0)


def addresses(settings: Settings, run: StepContext) -> list[str]:
    """The addresses that an e-mail goes to, each once."""
    to, record, kind = settings.get("to"), run.record, run.object_type
    found: Iterable[str] = ()
    if to == RECIPIENT and kind in INVOICES:
        found = (part for each in run.related(INVOICES[kind]) for part in str(each.recipient).split(","))
    elif to == CONTACT and kind in CONTACTS:
        found = (each.email for each in run.related(CONTACTS[kind]))
    elif to == OWNER:
        owner = getattr(record, "owner", None)
        found = [owner.email] if owner is not None and owner.is_active else []
    elif to == TEAM:
        team = _of_ids(Team, settings.get("team")).first()
        found = team.members.filter(is_active=True).values_list("email", flat=True) if team is not None else []
    elif to == PERSON:
        found = _of_ids(get_user_model(), settings.get("person")).filter(is_active=True).values_list("email", flat=True)
    elif to == ADDRESS:
        found = [text_templates.plain(str(settings.get("address") or ""), record)]
    by_key = {each.strip().lower(): each.strip() for each in found if each and _is_address(each.strip())}
    return list(by_key.values())[:MOST_RECIPIENTS]


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def check_email(settings: Settings, object_type: str) -> list[str]:
    """Whether the texts can be filled in, and there is somebody to send to."""
    found = [
        problem
        for name in ("subject", "body")
        for problem in text_templates.problems(str(settings.get(name) or ""), object_type)
    ]
    to = settings.get("to")
    if to and to not in dict(recipients_for(object_type)):
        found.append(_("Choose another recipient: this one does not go with such records."))
    if to == TEAM and not _of_ids(Team, settings.get("team")).exists():
        found.append(_("Choose the team."))
    if to == PERSON and not _of_ids(get_user_model(), settings.get("person")).exists():
        found.append(_("Choose the person."))
    if to == ADDRESS:
        address = str(settings.get("address") or "").strip()
        problems = text_templates.problems(address, object_type)
        if not problems and "{{" not in address and not _is_address(address):
            problems = [_("Type the e-mail address.")]
        found += problems
    return found


def _texts(settings: Settings, run: StepContext) -> tuple[str, str]:
    subject = text_templates.subject(str(settings.get("subject") or ""), run.record)[:LONGEST_SUBJECT]
    return subject, text_templates.plain(str(settings.get("body") or ""), run.record)


NOBODY = L("There is nobody to send it to, or no e-mail address.")


def preview_email(settings: Settings, run: StepContext) -> str:
    """The e-mail as it would leave."""
    found = addresses(settings, run)
    if not found:
        raise WouldSkip(str(NOBODY))
    subject, body = _texts(settings, run)
    words = {"to": ", ".join(found), "subject": subject, "body": body}
    told = _("E-mail to %(to)s: “%(subject)s”\n%(body)s") % words
    files = len(_pdfs(settings, run))
    return told + ("\n" + ngettext("With %d PDF.", "With %d PDFs.", files) % files if files else "")


def run_email(settings: Settings, run: StepContext) -> Outcome:
    """Plan the e-mail, one for each address, so that nobody sees who else gets it."""
    found = addresses(settings, run)
    if not found:
        return Skipped(str(NOBODY))
    subject, body = _texts(settings, run)
    if not subject:
        return Failed(_("The subject is empty for this record."))
    reply_to = _reply_to(settings, run)
    files = _pdfs(settings, run)
    mails: list[OutgoingMail] = []
    for place, address in enumerate(found):
        key = f"workflow:{run.key}:{place}"
        planned, _new = plan_mail(
            key, to=[address], subject=subject, body=body, about=run.record, reply_to=reply_to, attachments=files
        )
        mails.append(planned)
    words = {"to": ", ".join(found), "subject": subject}
    data = {"mails": [mail.pk for mail in mails], "to": found, "subject": subject}
    return Done(_("“%(subject)s” to %(to)s") % words, data)


def _pdfs(settings: Settings, run: StepContext) -> list[dict[str, Any]]:
    """The PDFs that go with an e-mail: of the record's invoices that QuickBooks has; made when it leaves."""
    if not settings.get("attach_pdf") or run.object_type not in INVOICES:
        return []
    found = [each for each in run.related(INVOICES[run.object_type]) if each.external_id and not each.voided]
    return [{"kind": "invoice_pdf", "invoice": invoice.pk} for invoice in found[:MOST_FILES]]


def _reply_to(settings: Settings, run: StepContext) -> str:
    owner = getattr(run.record, "owner", None)
    return owner.email if settings.get("reply_to_owner") and owner is not None and owner.is_active else ""


def _url_problems(settings: Settings) -> list[str]:
    url = str(settings.get("url") or "").strip()
    problem = requests.url_problem(url) if url else ""
    return [problem] if problem else []


def check_slack(settings: Settings, object_type: str) -> list[str]:
    """Whether the address can be used and the text be filled in."""
    return [*_url_problems(settings), *text_templates.problems(str(settings.get("text") or ""), object_type)]


def preview_slack(settings: Settings, run: StepContext) -> str:
    """The message as it would be sent."""
    for problem in _url_problems(settings):
        raise WouldFail(problem)
    return _("Slack message: %s") % text_templates.slack(str(settings.get("text") or ""), run.record)


def run_slack(settings: Settings, run: StepContext) -> Outcome:
    """Plan the message."""
    text = text_templates.slack(str(settings.get("text") or ""), run.record)
    return _planned(settings, run, RequestKind.SLACK, json.dumps({"text": text}, ensure_ascii=False), text)


def check_webhook(settings: Settings, object_type: str) -> list[str]:
    """Whether the address can be used, and a body of one's own is JSON."""
    body = str(settings.get("body") or "").strip()
    return [*_url_problems(settings), *(text_templates.json_problems(body, object_type) if body else [])]


def _body(settings: Settings, run: StepContext) -> str:
    """The body of one's own, or one that says all about the record."""
    own = str(settings.get("body") or "").strip()
    if own:
        return text_templates.json_body(own, run.record)
    said = text_templates.values(run.record, ["title", "link"])
    event = run.event
    told = {
        "id": run.key,
        "event": event.name if event is not None else None,
        "occurred_at": event.occurred_at.isoformat() if event is not None else None,
        "workflow": str(run.enrolment.workflow) if run.enrolment is not None else None,
        "object": run.object_type,
        "record": {"id": run.record.pk, **said, "properties": text_templates.raw_values(run.record)},
    }
    return json.dumps(told, ensure_ascii=False)


def preview_webhook(settings: Settings, run: StepContext) -> str:
    """The request as it would be sent."""
    for problem in _url_problems(settings):
        raise WouldFail(problem)
    words = {"url": str(settings.get("url")), "body": _body(settings, run)[:1500]}
    return _("Webhook to %(url)s: %(body)s") % words


def run_webhook(settings: Settings, run: StepContext) -> Outcome:
    """Plan the request."""
    return _planned(settings, run, RequestKind.WEBHOOK, _body(settings, run), "")


def _planned(settings: Settings, run: StepContext, kind: RequestKind, body: str, shown: str) -> Outcome:
    for problem in _url_problems(settings):
        return Failed(problem)
    planned, _new = requests.plan_request(
        f"workflow:{run.key}", kind=kind, url=str(settings.get("url")), body=body, about=run.record
    )
    words = {"host": planned.host, "text": shown[:200]}
    said = _("Message to %(host)s: %(text)s") % words if shown else _("Webhook to %(host)s") % words
    return Done(said, {"request": planned.pk, "host": planned.host})


def register() -> None:
    """Add the steps to the registry."""
    add_step_types(
        StepType(
            "send_email", L("Send an e-mail"), L("To the customer, the owner, a team or any address."), GROUP, "mail",
            preview_email, run_email, check=check_email,
            fields=(
                StepField("to", L("To"), "choice", required=True, choices=recipients_for),
                StepField("team", L("Team"), "team", only_if=("to", TEAM)),
                StepField("person", L("Person"), "user", only_if=("to", PERSON)),
                StepField("address", L("Address"), "text", only_if=("to", ADDRESS)),
                StepField("subject", L("Subject"), "template", required=True),
                StepField("body", L("Text"), "template", required=True),
                StepField("reply_to_owner", L("Answers go to the owner of the record"), "checkbox"),
                StepField(
                    "attach_pdf", L("Attach the invoice’s PDF"), "checkbox", objects=tuple(INVOICES),
                    help=L("As QuickBooks prints it; of a deal or payment, of each of its invoices."),
                ),
            ),
        ),
        StepType(
            "slack_message", L("Send a Slack message"), L("To a channel, through its incoming webhook."), GROUP,
            "message", preview_slack, run_slack, check=check_slack,
            fields=(
                StepField(
                    "url", L("Address of the incoming webhook"), "url", required=True,
                    help=L("Slack makes it under Apps, Incoming Webhooks: https://hooks.slack.com/services/…"),
                ),
                StepField("text", L("Message"), "template", required=True),
            ),
        ),
        StepType(
            "webhook", L("Send a webhook"), L("A signed request with the record’s properties to any address."), GROUP,
            "webhook", preview_webhook, run_webhook, check=check_webhook,
            fields=(
                StepField("url", L("Address"), "url", required=True),
                StepField(
                    "body", L("Body"), "template",
                    help=L("JSON, with names within its texts. Left empty it says all about the record."),
                ),
            ),
        ),
    )  # fmt: skip
