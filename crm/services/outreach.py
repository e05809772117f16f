"""E-mails that people send to contacts from a record: filled in, planned, and on the timeline at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.utils.translation import gettext as _

from core.access import needs
from core.models import StoredFile
from core.placeholders import BadText, check, filled
from core.services.mails import NotReady, plan_mail
from crm.models import Activity, ActivityKind, Contact, Deal, Direction
from crm.services import activities

MOST_ADDRESSES = 20
MOST_BYTES = 15 * 1024 * 1024
PLACEHOLDERS = ("first_name", "last_name", "company", "deal", "my_name", "my_email")


class BadMail(ValueError):
    """The e-mail can't leave like this; the message says what to change, ``field`` where."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@needs("crm.edit")
@transaction.atomic
def send(
    records: Sequence[models.Model],
    *,
    key: str,
    to: str,
    cc: str = "",
    subject: str,
    body: str,
    files: Sequence[StoredFile] = (),
    by: Any,
) -> Activity:
    """Send an e-mail about ``records``, the first of which fills in its placeholders. Raises BadMail.

    The same ``key`` again sends nothing more and gives the activity that there is.
    """
    recipients, copies = _addresses(to, "to"), _addresses(cc, "cc") if cc.strip() else []
    if sum(file.size for file in files) > MOST_BYTES:
        raise BadMail(_("These files are too large for an e-mail: 15 MB at most."), "attached")
    values = values_of(records[0], by=by)
    subject, body = _filled(subject, values, "subject"), _filled(body, values, "body")
    if not subject.strip():
        raise BadMail(_("Give the e-mail a subject."), "subject")
    mail, new = plan_mail(
        f"record:{key}",
        to=recipients,
        cc=copies,
        reply_to=by.email,
        subject=subject,
        body=body,
        attachments=[{"kind": "stored_file", "file": file.pk, "name": file.name} for file in files],
        by=by,
    )
    if not new:
        return Activity.objects.get(mail=mail)
    return activities.log(
        records, kind=ActivityKind.EMAIL, by=by, mail=mail, subject=subject, body=body, direction=Direction.OUT,
        sender=by.email, recipients=", ".join([*recipients, *copies]),
    )  # fmt: skip


def values_of(record: models.Model, *, by: Any) -> dict[str, str]:
    """What the placeholders say for a record."""
    contact = record if isinstance(record, Contact) else None
    if isinstance(record, Deal):
        link = record.deal_contacts.select_related("contact").order_by("-primary", "pk").first()
        contact = link.contact if link is not None else None
    company = getattr(record, "company", None) or (record if record._meta.model_name == "company" else None)
    return {
        "first_name": contact.first_name if contact else "",
        "last_name": contact.last_name if contact else "",
        "company": str(company or ""),
        "deal": str(record) if isinstance(record, Deal) else "",
        "my_name": str(by),
        "my_email": by.email,
    }


def stored_file(wanted: Mapping[str, Any]) -> tuple[str, bytes, str]:
    """The attachment of a stored file: (name, content, content type). Raises NotReady."""
    file = StoredFile.objects.filter(pk=int(wanted.get("file") or 0)).first()
    if file is None:
        raise NotReady(_("The file “%s” was removed.") % wanted.get("name", ""))
    with file.content.open("rb") as content:
        return file.name, content.read(), file.content_type


def _filled(text: str, values: Mapping[str, str], field: str) -> str:
    try:
        check(text, PLACEHOLDERS)
    except BadText as bad:
        raise BadMail(str(bad), field) from bad
    return filled(text, values)


def _addresses(text: str, field: str) -> list[str]:
    found = list(dict.fromkeys(part.strip() for part in text.replace(";", ",").split(",") if part.strip()))
    if not found:
        raise BadMail(_("Give at least one address."), field)
    if len(found) > MOST_ADDRESSES:
        raise BadMail(_("At most %d addresses fit here.") % MOST_ADDRESSES, field)
    for each in found:
        try:
            validate_email(each)
        except ValidationError as error:
            raise BadMail(_("“%s” is not an e-mail address. It looks like name@example.com.") % each, field) from error
    return found
