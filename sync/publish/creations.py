"""Records that QuickBooks does not have: matched with an object that is there, or planned to be created."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.events import emit
from core.models import Origin
from qbo_connector.enums import Verb
from qbo_connector.models import MirrorObject, Operation
from qbo_connector.outbox import plan
from qbo_connector.outbox.plan import Wanted
from sync import mapping_status, matching
from sync.enums import Direction, Exclusion, Outcome, RecordType
from sync.mapping.fields import ENTITY_OF
from sync.models import Link, MatchSuggestion
from sync.policies import Policy
from sync.publish import names, payloads
from sync.publish.accounts import income_account
from sync.publish.payloads import Built
from sync.publish.selection import Item
from sync.publish.subjects import subject_of
from sync.publish.updates import context_of, last_refused, same_as

_SAID = ["outcome", "reason", "detail", "remedy", "exclusion", "changed_at", "qbo_id", "matched_by"]


def matched(policy: Policy, record_type: RecordType, items: Sequence[Item]) -> list[Item]:
    """Link records that are in QuickBooks already and suggest likely matches; the rest is to be created.

    A linked object is handed to reconcile, which merges it with its record.
    """
    asked = {item.record_id: {**item.values, matching.NAME: _called(item)} for item in items}
    certain, likely = matching.objects_for(policy.settings, record_type, asked)
    likely = {pk: found for pk, found in likely.items() if pk not in certain}
    linked = [item for item in items if item.record_id in certain]
    for item in linked:
        link = item.link or _new_link(policy, record_type, item)
        link.qbo_id, link.matched_by = certain[item.record_id]
        item.link = link
    say(policy, record_type, [(item, Outcome.PENDING, "") for item in linked])
    _read_again(policy, record_type, [certain[item.record_id][0] for item in linked])
    waiting = [item for item in items if item.record_id in likely]
    for item in waiting:
        item.exclude(
            Exclusion.SUGGESTED,
            _("An object of the same name in QuickBooks may be the same. It waits until somebody decides."),
        )
    _suggest(policy, record_type, likely)
    say(policy, record_type, [(item, Outcome.EXCLUDED, item.reason) for item in waiting])
    return [item for item in items if item.record_id not in certain and item.record_id not in likely]


def _called(item: Item) -> str:
    person = f"{item.values.get('first_name') or ''} {item.values.get('last_name') or ''}".strip()
    return str(item.values.get("name") or person)


def _suggest(policy: Policy, record_type: RecordType, likely: Mapping[int, Sequence[str]]) -> None:
    MatchSuggestion.objects.bulk_create(
        (
            MatchSuggestion(
                connection=policy.connection,
                entity=ENTITY_OF[record_type],
                qbo_id=qbo_id,
                object_type=record_type,
                object_id=pk,
                rule=matching.NAME,
            )
            for pk, found in likely.items()
            for qbo_id in found
        ),
        ignore_conflicts=True,
    )


def _read_again(policy: Policy, record_type: RecordType, qbo_ids: Sequence[str]) -> None:
    if qbo_ids:
        MirrorObject.objects.filter(
            connection=policy.connection, entity=ENTITY_OF[record_type], qbo_id__in=qbo_ids
        ).update(unread=True)
        emit("mirror.changed", policy.connection, origin=Origin.SYNC)


def say(policy: Policy, record_type: RecordType, told: Sequence[tuple[Item, Outcome, str]]) -> None:
    """Write what links say, one statement for any number; those that say so already are left alone."""
    now, links = timezone.now(), []
    for item, outcome, reason in told:
        link = item.link or _new_link(policy, record_type, item)
        fresh = link._state.adding or (outcome == Outcome.PENDING and bool(link.qbo_id))
        seen = link.changed_at >= item.values["updated_at"]
        if not fresh and seen and (link.outcome, link.exclusion, link.reason) == (outcome, item.exclusion, reason):
            continue
        link.outcome, link.exclusion, link.reason, link.detail = outcome, item.exclusion, reason, ""
        link.remedy, link.changed_at = {}, now
        item.link = link
        links.append(link)
    if links:
        Link.objects.bulk_create(
            links,
            update_conflicts=True,
            unique_fields=["connection", "entity", "object_type", "object_id"],
            update_fields=_SAID,
        )


def _new_link(policy: Policy, record_type: RecordType, item: Item) -> Link:
    return Link(
        connection=policy.connection,
        entity=ENTITY_OF[record_type],
        object_type=str(record_type),
        object_id=item.record_id,
    )


def plan_creations(
    policy: Policy,
    record_type: RecordType,
    items: Sequence[Item],
    *,
    chosen: Mapping[int, str],
    again: bool,
    urgent: bool,
) -> dict[str, Operation]:
    """Plan the creation of objects, each with a free name; ``chosen`` names win over the template's."""
    built = build_creations(policy, record_type, items, chosen)
    by_id = {item.record_id: item for item in items}
    refused = {}
    if not again:
        links = [item.link for item in items if item.link is not None]
        refused = last_refused(policy.connection, record_type, links)
    wanted, told = [], []
    for pk, one in built.items():
        problem = _missing(record_type, one)
        planned = Wanted(
            entity=ENTITY_OF[record_type],
            subject=subject_of(record_type, pk),
            verb=Verb.CREATE,
            intent=one.payload,
            context=context_of(one, by_id[pk].link),
        )
        if problem:
            told.append((by_id[pk], Outcome.FAILING, problem))
        elif not same_as(refused.get(planned.subject), planned):
            wanted.append(planned)
            told.append((by_id[pk], Outcome.PENDING, " ".join(one.problems.values())))
    say(policy, record_type, told)
    outgoing = policy.mappings.get(record_type, ())
    mapping_status.note(outgoing, Direction.OUT, {pk: one.problems for pk, one in built.items()})
    return plan.plan_many(policy.connection, wanted, urgent=urgent)


def build_creations(
    policy: Policy, record_type: RecordType, items: Sequence[Item], chosen: Mapping[int, str]
) -> dict[int, Built]:
    """The payload of each new object, by record id. A constant number of statements."""
    connection, settings = policy.connection, policy.settings
    entity = ENTITY_OF[record_type]
    mappings = policy.mappings.get(record_type, ())
    extra = _extra_fields(policy, record_type, items)
    built = {}
    for item in items:
        values = dict(item.values)
        if record_type == RecordType.PRODUCT and values.get("currency") != connection.home_currency:
            # A price in another currency than the company's own stays in the CRM.
            values.pop("unit_price", None)
            values.pop("unit_cost", None)
        built[item.record_id] = payloads.create(
            record_type, mappings, values, extra[item.record_id], in_us=connection.in_us
        )
    field = names.FIELD[entity]
    bases = {}
    for item in items:
        parts = names.parts_of(record_type, item.values, record_id=item.record_id, company=item.company)
        mapped = built[item.record_id].payload.get(field)
        bases[item.record_id] = mapped or names.rendered(settings.display_name_template, parts)
    wanted = {pk: base for pk, base in bases.items() if pk not in chosen}
    open_ones = _own_names(policy, record_type, items, field)
    free = names.free_names(connection, wanted, suffix=settings.display_name_suffix, entity=entity, kept=open_ones)
    for pk, one in built.items():
        limit = names.LIMITS[entity]
        name = chosen.get(pk) or free.get(pk, "")
        one.payload[field] = names.cleaned(name, limit=limit, in_us=connection.in_us)
    return built


def _own_names(policy: Policy, record_type: RecordType, items: Sequence[Item], field: str) -> dict[int, str]:
    """Names that the records' own open creations hold: folding one keeps its name."""
    subjects = {subject_of(record_type, item.record_id): item.record_id for item in items}
    rows = Operation.objects.filter(
        connection=policy.connection, subject__in=subjects, state__in=plan.OPEN, verb=Verb.CREATE
    )
    return {subjects[subject]: str(name or "") for subject, name in rows.values_list("subject", f"intent__{field}")}


def _extra_fields(policy: Policy, record_type: RecordType, items: Sequence[Item]) -> dict[int, dict[str, Any]]:
    """What QuickBooks needs and no mapping brings: type and account of an item, the currency of a customer."""
    connection = policy.connection
    if record_type == RecordType.PRODUCT:
        account = income_account(connection)
        fields: dict[str, Any] = {"Type": "Service"}
        if account:
            fields["IncomeAccountRef"] = {"value": account}
        return {item.record_id: dict(fields) for item in items}
    found: dict[int, dict[str, Any]] = {item.record_id: {} for item in items}
    if connection.multicurrency:
        rows = MirrorObject.objects.filter(connection=connection, entity="CompanyCurrency", deleted=False, active=True)
        known = {connection.home_currency, *rows.values_list("code", flat=True)}
        for item in items:
            if (currency := item.values.get("currency")) in known:
                found[item.record_id]["CurrencyRef"] = {"value": currency}
    return found


def _missing(record_type: RecordType, built: Built) -> str:
    """Why QuickBooks would refuse the object, in words; empty when it has what it needs."""
    if record_type == RecordType.PRODUCT:
        if not built.payload.get("Name"):
            return _("It has no name that QuickBooks can store.")
        if "IncomeAccountRef" not in built.payload:
            return _("QuickBooks has no income account to book its sales on. Choose one in the sync settings.")
        return ""
    return "" if built.payload.get("DisplayName") else _("It has no name that QuickBooks can store.")
