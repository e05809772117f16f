"""Everything that is encrypted at rest, and how it takes a new key while the product runs.

A row is read and written under its lock, so whoever renews the same secret meanwhile (a token that is refreshed, for
instance) is not overwritten. It can be stopped and started again: what has the new key already is left alone.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import models, transaction
from django.db.models.functions import Cast

from accounts.adapters import CONTEXT as TWO_FACTOR
from accounts.two_factor import SEALED
from api.models import WebhookSubscription
from api.services import webhooks
from core.encryption import UnreadableSecret, first_key, key_of, resealed
from core.models import MailServer, OutgoingRequest, WebhookSigning
from core.services.requests import SECRET_CONTEXT, URL_CONTEXT
from core.services.smtp import CONTEXT as MAIL_SERVER
from crm.models import TaskFeed
from crm.services.task_feeds import CONTEXT as TASK_FEED
from qbo_connector.models import ConnectionToken
from qbo_connector.services.tokens import context_of
from workflows.models import Workflow, WorkflowVersion
from workflows.models.sealed_steps import CONTEXT as STEP
from workflows.models.sealed_steps import sealed_in

AT_ONCE = 200


@dataclass(frozen=True)
class Sealed:
    """Encrypted columns of a model. ``within``: they are entries of the JSON column ``columns[0]``."""

    title: str
    model: type[models.Model]
    columns: tuple[str, ...]
    context: Callable[[Any], str]
    within: tuple[str, ...] = ()

    def texts_of(self, row: Any) -> dict[str, str]:
        """The encrypted texts of a row by column or entry; empty ones are none."""
        held = getattr(row, self.columns[0]) if self.within else {name: getattr(row, name) for name in self.columns}
        return {name: held[name] for name in (self.within or self.columns) if held.get(name)}

    def put(self, row: Any, texts: dict[str, str]) -> None:
        """Write encrypted texts of a row, and nothing else of it."""
        if self.within:
            setattr(row, self.columns[0], {**getattr(row, self.columns[0]), **texts})
        else:
            for name, text in texts.items():
                setattr(row, name, text)
        row.save(update_fields=self.columns if self.within else sorted(texts))


@dataclass(frozen=True)
class SealedSteps(Sealed):
    """Addresses in the steps of a definition, which the column opens when it is read and seals when it is written."""

    def texts_of(self, row: Any) -> dict[str, str]:
        """The encrypted texts as they stand in the database."""
        stored = type(row)._default_manager.filter(pk=row.pk).annotate(text=Cast(self.columns[0], models.TextField()))
        text = stored.values_list("text", flat=True).first()
        return {str(number): each for number, each in enumerate(sealed_in(json.loads(text)) if text else ())}

    def put(self, row: Any, texts: dict[str, str]) -> None:
        """Write the definition as it is."""
        row.save(update_fields=self.columns)


ALL = (
    Sealed(
        "QuickBooks tokens",
        ConnectionToken,
        ("access_token", "refresh_token"),
        lambda row: context_of(row.connection),
    ),
    Sealed("second factors", Authenticator, ("data",), lambda _row: TWO_FACTOR, within=SEALED),
    Sealed("mail server passwords", MailServer, ("sealed_password",), lambda _row: MAIL_SERVER),
    Sealed("webhook secrets", WebhookSigning, ("sealed_secret", "sealed_previous"), lambda _row: SECRET_CONTEXT),
    Sealed("addresses of requests", OutgoingRequest, ("sealed_url",), lambda _row: URL_CONTEXT),
    Sealed("addresses of webhooks", WebhookSubscription, ("sealed_url",), lambda _row: webhooks.URL_CONTEXT),
    SealedSteps("addresses in workflows", Workflow, ("draft",), lambda _row: STEP),
    SealedSteps("addresses in versions of workflows", WorkflowVersion, ("definition",), lambda _row: STEP),
    Sealed("addresses of calendars", TaskFeed, ("sealed_token",), lambda _row: TASK_FEED),
)


@dataclass
class Outcome:
    """What became of one kind: texts with a new key, and the ids of rows that no key opens."""

    title: str
    changed: int = 0
    unreadable: list[Any] = field(default_factory=list)


def keys_in_use() -> dict[str, Counter[str]]:
    """How many encrypted texts of each kind need which key, by name."""
    found: dict[str, Counter[str]] = {}
    for kind in ALL:
        found[kind.title] = Counter(
            key_of(text)
            for row in kind.model._default_manager.only(*kind.columns).iterator(chunk_size=2000)
            for text in kind.texts_of(row).values()
        )
    return found


def rotate() -> Iterator[Outcome]:
    """Encrypt everything with the first of ENCRYPTION_KEYS; one kind after the other."""
    for kind in ALL:
        yield _rotate(kind)


def _rotate(kind: Sealed) -> Outcome:
    outcome, last = Outcome(kind.title), None
    while True:
        rows = kind.model._default_manager.order_by("pk")
        ids = list((rows.filter(pk__gt=last) if last is not None else rows).values_list("pk", flat=True)[:AT_ONCE])
        if not ids:
            return outcome
        for pk in ids:
            _rotate_row(kind, pk, outcome)
        last = ids[-1]


@transaction.atomic
def _rotate_row(kind: Sealed, pk: Any, outcome: Outcome) -> None:
    row: Any = kind.model._default_manager.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        return
    former = {name: text for name, text in kind.texts_of(row).items() if key_of(text) != first_key()}
    if not former:
        return
    try:
        renewed = {name: resealed(text, context=kind.context(row)) for name, text in former.items()}
    except UnreadableSecret:
        outcome.unreadable.append(pk)
        return
    kind.put(row, renewed)
    outcome.changed += len(renewed)
