"""Texts that try to be something else, put everywhere that QuickBooks, an import or a person can fill."""

import csv
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from django.db import DatabaseError, connection, models, transaction

from core.tables.sheets import FORMULA, LEFT_OUT

# One text for every place: a formula, the end of an attribute, of a text box, a title and a script, elements of its
# own, a template's sum, a quote of QuickBooks' query language.
TEXT = (
    "=1+1'\"></textarea></title></script><xss-canary onload=canary()><script>canary()</script>"
    "<img src=x onerror=canary()>{{1787*3}}{%now%}' OR Id > '0"
)
SHORT = '="><xss-canary>'
LINK = "javascript:canary()//https://example.com/"
SUM = "5361"

# Columns that hold words of people or of QuickBooks. The others are keys, codes and ids of ours.
WORDS = frozenset({
    "name", "title", "subject", "body", "place", "sender", "recipients", "description", "notes", "note", "address",
    "footer", "first_name", "last_name", "job_title", "industry", "label", "inverse", "won_reason", "lost_reason",
    "close_note", "reason", "decline_reason", "answered_name", "terms", "problem", "problem_detail", "detail",
    "message", "private_note", "customer_name", "recipient", "cc", "bcc", "terms_name", "class_name", "location_name",
    "item_name", "tax_code", "tax_code_name", "method_name", "reference", "deposit_account_name", "account_name",
    "vendor_name", "why", "waits", "waits_for", "company_name", "status_reason", "last_problem", "logo_text",
    "about_title", "details", "bounce", "decision", "invoice_recipient", "default_item_name", "number",
    "invoice_number", "phone", "mobile", "email", "sku", "code", "fault_element", "display_name_suffix",
})  # fmt: skip
LINKS = frozenset({"website", "payment_url"})
ADDRESSES = frozenset({"billing_address", "shipping_address"})
# Found by their name in the code, or kept from being changed.
LEFT_ALONE = {"accounts.Role", "accounts.User", "core.Event", "core.ListJob", "core.Heartbeat", "reports.ProductSum"}


def fill(apps: list[Any]) -> int:
    """Put the texts into every row of the models of ``apps``; returns how many columns there were."""
    count = 0
    with connection.cursor() as cursor:
        for model in apps:
            if model._meta.label in LEFT_ALONE or model._meta.proxy or not model._meta.managed:
                continue
            table = connection.ops.quote_name(model._meta.db_table)
            key = connection.ops.quote_name(model._meta.pk.column)
            for column, value in _columns(model):
                quoted = connection.ops.quote_name(column)
                count += _put(cursor, f"UPDATE {table} SET {quoted} = ", value.format(key=key), key)
    return count


def _put(cursor: Any, statement: str, value: str, key: str) -> bool:
    """Whether the database took it: with the row's number behind it where no two may be the same."""
    for attempt in (value, f"left({value}, 40) || {key}"):
        try:
            with transaction.atomic():
                cursor.execute(statement + attempt)
        except DatabaseError:
            continue
        return True
    return False


def _columns(model: Any) -> Iterator[tuple[str, str]]:
    unique = {name for rule in model._meta.constraints for name in getattr(rule, "fields", ())}
    for field in model._meta.concrete_fields:
        if isinstance(field, models.JSONField) and field.name in ADDRESSES:
            parts = ", ".join(f"'{part}', {_quoted(TEXT)}" for part in ("line1", "line2", "city", "region"))
            yield field.column, f"jsonb_build_object({parts}, 'Line1', {_quoted(TEXT)}, 'City', {_quoted(TEXT)})"
        if not isinstance(field, models.CharField | models.TextField) or field.choices:
            continue
        if field.name in LINKS:
            yield field.column, _quoted(LINK)
        elif field.name in WORDS:
            longest = field.max_length or 4000
            text = TEXT if longest >= len(TEXT) + 12 else SHORT[: max(1, longest - 12)]
            alone = field.unique or field.name in unique
            yield field.column, f"{_quoted(text)} || {{key}}" if alone else _quoted(text[:longest])


def _quoted(text: str) -> str:
    # Braces are the template of the statement's key.
    doubled = text.replace("'", "''").replace("{", "{{").replace("}", "}}")
    return f"'{doubled}'"


class _Page(HTMLParser):
    """Collects what a page would run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Data in a page stands in scripts of another type, which no browser runs.
        self.script = tag == "script" and dict(attrs).get("type", "") not in ("application/json", "text/plain")
        if tag == "xss-canary" or (tag == "img" and dict(attrs).get("src") == "x"):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            text = value or ""
            runs = name.startswith(("on", "x-", "@", ":", "hx-on", "style", "srcdoc"))
            if runs and "canary" in text:
                self.found.append(f"<{tag} {name}={text[:80]}>")
            addressed = name in ("href", "src", "action", "formaction", "hx-get", "hx-post", "data", "xlink:href")
            if addressed and re.match(r"\s*(javascript|data|vbscript):", text, re.IGNORECASE) and "canary" in text:
                self.found.append(f"<{tag} {name}={text[:80]}>")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.script = False

    def handle_endtag(self, tag: str) -> None:
        self.script = False

    def handle_data(self, data: str) -> None:
        if self.script and "canary()" in data:
            self.found.append(f"script: {data[:80]}")


def alive_in(page: str) -> list[str]:
    """What of the texts would run, or was computed, in a page or an HTML e-mail."""
    parser = _Page()
    parser.feed(page)
    parser.close()
    return parser.found + (["a template's sum"] if SUM in page else [])


def formulas_in(content: str, delimiter: str = ",") -> list[str]:
    """Cells of a CSV file that a spreadsheet would carry out; plain numbers are none."""
    rows = csv.reader(io.StringIO(content.removeprefix("\ufeff")), delimiter=delimiter)
    return [
        cell
        for row in rows
        for cell in row
        if cell.lstrip(LEFT_OUT).startswith(FORMULA) and not re.fullmatch(r"[+-]?[\d., ]+%?", cell)
    ]
