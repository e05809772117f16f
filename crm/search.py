"""Search over the CRM's records: where each kind is looked for, and how it is printed."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from core import registry
from core.finding import Hit, Place, among
from core.money import formatted
from core.registry import SearchSource
from crm.kinds import KINDS
from crm.models import Task
from crm.queries import companies, contacts, deals, products, quotes, tasks

PLACES = {
    "deal": Place("crm_deal", begins=["upper(name)"], amounts=["amount"]),
    "contact": Place(
        "crm_contact",
        begins=["upper((first_name || ' ' || last_name))", "upper(last_name)"],
        equals=["upper(email)"],
        phones=["phone", "mobile"],
    ),
    "company": Place("crm_company", begins=["upper(name)", "upper(domain)"], equals=["upper(email)"], phones=["phone"]),
    "product": Place("crm_product", begins=["upper(name)"], equals=["upper(sku)"]),
    "quote": Place(
        "crm_quote", always="status <> 'replaced'", begins=["upper(title)"], numbers=["number"], amounts=["amount"]
    ),
    # Tasks that are done are to the list of tasks what archived records are to theirs.
    "task": Place("crm_task", newest="id DESC", at="created_at", listed="done_at IS NULL"),
}


def register() -> None:
    """Tell core what can be looked for."""
    lines = {"deal": _deals, "contact": _contacts, "company": _companies, "product": _products, "quote": _quotes}
    registry.search_sources.append(
        SearchSource(
            "task",
            _lazy("Tasks"),
            PLACES["task"],
            task_lines,
            order=70,
            seen=lambda user: among(tasks.visible_to, user),
        )
    )
    registry.actions.append(_actions)
    for order, (name, kind_lines) in enumerate(lines.items(), 1):
        registry.search_sources.append(
            SearchSource(
                name,
                KINDS[name].plural,
                PLACES[name],
                kind_lines,
                order=10 * order,
                seen=partial(_seen, KINDS[name].visible_to),
            )
        )


def _seen(visible_to: Any, user: Any) -> str:
    return among(visible_to, user)


def _actions(user: Any) -> list[registry.Action]:
    """What the palette offers to do with records."""
    if not user.has_perm("crm.edit"):
        return []
    offered = [
        registry.Action(KINDS[name].new, reverse(KINDS[name].create_url), KINDS[name].icon, 20 + order, create=True)
        for order, name in enumerate(("contact", "company", "deal", "quote", "product"))
    ]
    return [*offered, registry.Action(_lazy("New task"), reverse("crm:task-create"), "checkbox", 30, create=True)]


def _hit(name: str, record: Any, *details: str) -> Hit:
    where = _("Archived") if record.archived_at else ""
    detail = " · ".join(filter(None, [*details, where]))
    return Hit(str(record), detail, reverse(KINDS[name].detail_url, args=[record.pk]))


def _deals(user: Any, ids: Sequence[int]) -> Mapping[int, Hit]:
    found = deals.visible_to(user).filter(pk__in=ids).select_related("company", "stage")
    found = found.only("name", "amount", "currency", "archived_at", "company__name", "stage__name")
    return {
        deal.pk: _hit("deal", deal, deal.stage.name, str(deal.company or ""), formatted(deal.amount, deal.currency))
        for deal in found
    }


def _contacts(user: Any, ids: Sequence[int]) -> Mapping[int, Hit]:
    found = contacts.visible_to(user).filter(pk__in=ids).select_related("company")
    found = found.only("first_name", "last_name", "email", "phone", "archived_at", "company__name")
    return {c.pk: _hit("contact", c, c.email or c.phone, str(c.company or "")) for c in found}


def _companies(user: Any, ids: Sequence[int]) -> Mapping[int, Hit]:
    found = companies.visible_to(user).filter(pk__in=ids).only("name", "domain", "email", "phone", "archived_at")
    return {c.pk: _hit("company", c, c.domain or c.email, c.phone) for c in found}


def _products(user: Any, ids: Sequence[int]) -> Mapping[int, Hit]:
    found = products.visible_to(user).filter(pk__in=ids)
    found = found.only("name", "sku", "unit_price", "currency", "active", "archived_at")
    return {
        p.pk: _hit("product", p, p.sku, formatted(p.unit_price, p.currency), "" if p.active else _("Inactive"))
        for p in found
    }


def _quotes(user: Any, ids: Sequence[int]) -> Mapping[int, Hit]:
    found = quotes.visible_to(user).filter(pk__in=ids).select_related("deal")
    found = found.only("title", "number", "amount", "currency", "status", "archived_at", "deal__name")
    return {q.pk: _hit("quote", q, q.number, q.get_status_display(), formatted(q.amount, q.currency)) for q in found}


def task_lines(user: Any, ids: Sequence[int]) -> Mapping[int, Hit]:
    """Tasks lead to the record that they are about, else to their own form."""
    return {task.pk: _task_hit(task) for task in tasks.visible_to(user).filter(pk__in=ids).select_related("assignee")}


def _task_hit(task: Task) -> Hit:
    kind = registry.object_types.get(task.about_type)
    about = reverse(kind.url_name, args=[task.about_id]) if kind and task.about_id else ""
    done = _("Done") if task.done_at else ""
    detail = " · ".join(filter(None, [task.about_title, str(task.assignee or ""), done]))
    return Hit(task.title, detail, about or reverse("crm:task-edit", args=[task.pk]), "checkbox")
