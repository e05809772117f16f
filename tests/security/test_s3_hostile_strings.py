"""S3: whatever QuickBooks, an import or a person writes stays a text: on pages, cards, in e-mails, PDFs and exports."""

# ruff: noqa: PLC0415 -- models need Django set up

import re
from collections import Counter

import pytest
from django.test import Client

from tests.security import world
from tests.security.hostile import SUM, TEXT, alive_in, formulas_in
from tests.security.walking import addresses

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(390)]

# Pages that must have been seen with records on them; each shows what others filled.
SEEN = {
    "core:home", "core:search", "crm:company-list", "crm:company-detail", "crm:contact-list", "crm:contact-detail",
    "crm:deal-list", "crm:deal-board", "crm:deal-detail", "crm:product-list", "crm:product-detail", "crm:quote-list",
    "crm:quote-detail", "crm:quote-public", "crm:timeline", "crm:property-list", "crm:company-edit",
    "crm:company-contacts-card", "crm:deal-quotes-card", "crm:deal-lines", "crm:archive-index", "crm:mail-compose",
    "invoices:invoice-list", "invoices:invoice-detail", "invoices:deal-card", "invoices:company-card",
    "invoices:contact-card", "invoices:invoice-history", "invoices:payment-list", "invoices:payment-detail",
    "invoices:draft-step", "invoices:invoice-edit", "invoices:recurring-list", "invoices:recurring-detail",
    "invoices:invoice-preview", "sync:connection-settings", "sync:health", "sync:health-records", "sync:company-card",
    "sync:contact-card", "sync:product-card", "sync:mappings", "qbo_connector:connection-list", "reports:ready",
    "workflows:list", "workflows:builder", "imports:list", "imports:file", "imports:columns", "core:mail-health",
    "core:outgoing-requests", "tables:peek", "segments:list", "accounts:user-list",
}  # fmt: skip


def body_of(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace")


@pytest.fixture
def admin(quickbooks, us_company):
    return world.build(quickbooks, us_company)


def walk(admin) -> tuple[list[str], Counter, set[str]]:
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    wrong, statuses, seen = [], Counter(), set()
    for name, address in addresses():
        if name.startswith("api:"):
            continue  # JSON, asked for with a key: tests/api
        response = client.get(address)
        statuses[response.status_code] += 1
        kind = response.headers.get("Content-Type", "")
        if response.status_code >= 500 and response.status_code != 503:
            wrong.append(f"{name} {address}: {response.status_code}")
        if response.status_code != 200:
            continue
        body = body_of(response) if not kind.startswith(("application/pdf", "image/")) else ""
        if "canary" in body or "<b>" in body or "&lt;b&gt;" in body:
            seen.add(name)
        if kind.startswith("text/html"):
            wrong += [f"{name} {address}: {found}" for found in alive_in(body)]
        elif kind.startswith("text/csv"):
            wrong += [f"{name} {address}: {found}" for found in formulas_in(body)]
        elif kind.startswith("text/") and "<script" in body and not kind.startswith(("text/css", "text/calendar")):
            wrong.append(f"{name} {address}: {kind}")
        if re.search(r"[\r\n]", "".join(map(str, response.headers.values()))):
            wrong.append(f"{name} {address}: a header of two lines")
        seen.add(f"{name} 200")
    return wrong, statuses, seen


def test_nothing_comes_alive_on_any_page(admin):
    assert world.poison() > 150

    wrong, statuses, seen = walk(admin)

    assert wrong == []
    assert sorted(name for name in SEEN if f"{name} 200" not in seen) == [], statuses
    assert len({name for name in seen if not name.endswith(" 200")}) > 40, "the texts are on few pages"
    assert statuses[200] > 200


def test_emails_hold_the_texts_as_texts(transactional_db, mailoutbox):
    from core.models import CompanyProfile
    from core.services import mails
    from crm.models import Company

    CompanyProfile.objects.update_or_create(pk=1, defaults={"name": TEXT[:200], "footer": TEXT})
    record = Company.objects.create(name=TEXT[:500])
    mails.plan_mail("hostile", to=["a@example.com"], subject=f"{TEXT}\r\nBcc: x@example.com", body=TEXT, about=record)
    mails.send_due()

    (sent,) = [mail for mail in mailoutbox if mail.to == ["a@example.com"]]
    message = sent.message()
    assert message["Bcc"] is None
    assert "\n" not in str(sent.subject)
    assert SUM not in sent.body
    assert TEXT in sent.body
    html = [content for content, kind in sent.alternatives if kind == "text/html"]
    assert html
    assert [alive_in(page) for page in html] == [[]]


def test_a_quote_as_pdf_runs_nothing(transactional_db):
    from crm.demo import build_demo
    from crm.models import Quote
    from tests import makers

    admin = makers.user("Admin", "admin@example.com")
    build_demo(by=admin)
    world.poison()
    client = Client()
    client.force_login(admin)
    for pk in Quote.objects.values_list("pk", flat=True)[:3]:
        answer = client.get(f"/quotes/{pk}/pdf/")
        assert answer.content.startswith(b"%PDF-")
        for word in (b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"javascript:"):
            assert word not in answer.content
        assert re.fullmatch(r'inline; filename="[\w.-]+"', answer["Content-Disposition"])
