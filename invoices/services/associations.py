"""Which deal, contacts and companies an invoice belongs to, for many invoices at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection as database

from core.inserting import copy_rows
from invoices.models import Invoice, KeptApart

About = list[tuple[str, int]]

InvoiceContact = Invoice.contacts.through
InvoiceCompany = Invoice.companies.through


def about_of(deals: Mapping[int, int | None]) -> dict[int, About]:
    """On whose timeline an invoice's events appear. ``deals`` maps invoice ids to their deal; two statements."""
    about: dict[int, About] = {pk: ([("deal", deal)] if deal else []) for pk, deal in deals.items()}
    for pk, contact in InvoiceContact.objects.filter(invoice_id__in=about).values_list("invoice_id", "contact_id"):
        about[pk].append(("contact", contact))
    for pk, company in InvoiceCompany.objects.filter(invoice_id__in=about).values_list("invoice_id", "company_id"):
        about[pk].append(("company", company))
    return about


def add_missing(
    wanted: Mapping[int, tuple[Iterable[int], Iterable[int]]], about: dict[int, About], *, new: Collection[int] = ()
) -> set[int]:
    """Associate invoices with contacts and companies that they lack; returns the ids of invoices that gained some.

    ``wanted`` maps invoice ids to contact ids and company ids; ``about`` is what ``about_of`` said, and is extended.
    What a person took off stays off. ``new`` are invoices that nobody else can know of yet.
    """
    contacts: list[tuple[int, int]] = []
    companies: list[tuple[int, int]] = []
    gained: set[int] = set()
    rows = KeptApart.objects.filter(invoice__in=wanted, object_type__in=("contact", "company"))
    apart = set(rows.values_list("invoice_id", "object_type", "object_id"))
    for pk, (contact_ids, company_ids) in wanted.items():
        known = about.setdefault(pk, [])
        for contact_id in contact_ids:
            if ("contact", contact_id) not in known and (pk, "contact", contact_id) not in apart:
                known.append(("contact", contact_id))
                contacts.append((pk, contact_id))
                gained.add(pk)
        for company_id in company_ids:
            if ("company", company_id) not in known and (pk, "company", company_id) not in apart:
                known.append(("company", company_id))
                companies.append((pk, company_id))
                gained.add(pk)
    _add(InvoiceContact, "contact_id", contacts, new)
    _add(InvoiceCompany, "company_id", companies, new)
    return gained


def _add(through: Any, other: str, pairs: Sequence[tuple[int, int]], new: Collection[int]) -> None:
    """Rows of an association, by the ids of invoice and ``other``; those of ``new`` invoices can't be there already."""
    fresh = [pair for pair in pairs if pair[0] in new]
    if fresh:
        with database.cursor() as cursor:
            copy_rows(cursor, through._meta.db_table, ["invoice_id", other], fresh, empty=())
    rows = [through(invoice_id=pk, **{other: other_id}) for pk, other_id in pairs if pk not in new]
    if rows:
        through.objects.bulk_create(rows, ignore_conflicts=True)
