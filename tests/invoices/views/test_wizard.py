"""The wizard: from a deal to an invoice; nothing typed is lost, and twice the same click is one invoice."""

import re
from decimal import Decimal

import pytest
from django.urls import reverse

from core.models import Event
from invoices.drafts import DraftContent
from invoices.enums import SyncState
from invoices.models import Invoice, InvoiceDraft
from invoices.ports import CustomerChoice, ItemChoice, Problem, SyncMark
from invoices.services import drafts
from tests.invoices.fakes import TODAY, books

HTMX = {"HX-Request": "true"}
ITEMS_WITH_TAX = [("8", "Handbook", "5"), ("9", "Import", "77")]


def text(response) -> str:
    return " ".join(response.content.decode().split())


class Wizard:
    """What a browser does with the wizard of one draft."""

    def __init__(self, client, draft):
        self.client, self.id = client, draft.request_id

    def url(self, name, *args):
        return reverse(f"invoices:draft-{name}", args=[self.id, *args])

    def get(self, step):
        return self.client.get(self.url("step", step), headers=HTMX)

    def post(self, step, go="next", **fields):
        return self.client.post(self.url("step", step), {"go": go, **fields}, headers=HTMX)

    def save(self, step, **fields):
        return self.client.post(self.url("save"), {"step": step, **fields}, headers=HTMX)

    def line(self, action, **fields):
        return self.client.post(self.url("lines"), {"action": action, **fields}, headers=HTMX)

    def create(self, **fields):
        digest = re.search(r'name="digest" value="([^"]+)"', self.get("review").content.decode())
        return self.client.post(self.url("create"), {"digest": digest[1] if digest else "", **fields}, headers=HTMX)

    @property
    def content(self) -> DraftContent:
        return DraftContent.from_json(InvoiceDraft.objects.get(request_id=self.id).data)


@pytest.fixture
def wizard(web, connection, deal, product, rep) -> Wizard:
    books.product_items[product.pk] = ItemChoice("4", "Design", reason="Same name")
    books.matches[deal.pk] = [
        CustomerChoice("3", "Cool Cars", "cars@x.example", reason="Linked to Cool Cars", certain=True)
    ]
    return Wizard(web, drafts.start(deal, from_lines=True, by=rep))


def fields_of(wizard) -> dict[str, object]:
    """The products form as the browser would send it."""
    fields: dict[str, object] = {"line": [line.key for line in wizard.content.lines]}
    for line in wizard.content.lines:
        fields[f"quantity-{line.key}"] = line.quantity
        fields[f"unit_price-{line.key}"] = line.unit_price
        fields[f"description-{line.key}"] = line.description
        fields[f"service_on-{line.key}"] = line.service_on
    return fields


def test_the_beginning_offers_lines_scratch_and_an_open_draft(web, connection, deal, rep):
    url = reverse("invoices:draft-new", args=[deal.pk])
    page = text(web.get(url, headers=HTMX))
    assert "From this deal’s lines" in page
    assert "2 lines" in page
    assert "You have a draft" not in page
    assert not InvoiceDraft.objects.exists()

    page = text(web.post(url, {"source": "deal"}, headers=HTMX))
    assert 'data-step="customer"' in page
    assert "You have a draft" in text(web.get(url, headers=HTMX))


def test_without_a_usable_company_it_says_what_to_do(web, client, admin, deal):
    url = reverse("invoices:draft-new", args=[deal.pk])
    assert "Ask an admin" in text(web.get(url, headers=HTMX))
    client.force_login(admin)
    assert "Connect QuickBooks" in text(client.get(url, headers=HTMX))


def test_opened_by_itself_it_is_a_page(web, wizard):
    page = text(web.get(wizard.url("open")))

    assert "<html" in page
    assert 'id="wizard"' in page


def test_from_the_deal_to_the_invoice(web, wizard, deal):
    page = text(wizard.get("customer"))
    assert "Linked to Cool Cars" in page
    assert 'value="existing:3" checked' in page

    page = text(wizard.post("customer", customer="existing:3"))
    assert 'data-step="products"' in page
    assert "Not in QuickBooks" in page
    assert "$362.50" in page

    refused = wizard.post("products", **fields_of(wizard))
    assert refused.status_code == 422
    assert "has no product in QuickBooks yet" in text(refused)

    second = wizard.content.lines[1].key
    page = text(web.get(wizard.url("items"), {"for": second}, headers=HTMX))
    assert "Choose the QuickBooks product for “Pump”" in page
    page = text(web.get(wizard.url("items"), {"for": second, "q": "rock"}, headers=HTMX))
    assert "Rock Fountain" in page
    page = text(wizard.line(f"match:{second}:5", searched="rock", **fields_of(wizard)))
    assert "Not in QuickBooks" not in page

    fields = fields_of(wizard) | {f"quantity-{second}": "3"}
    assert 'data-step="terms"' in text(wizard.post("products", **fields))
    assert 'data-step="message"' in text(
        wizard.post("terms", terms="1", issued_on=TODAY.isoformat(), due_on=wizard.content.due_on)
    )
    page = text(wizard.post("message", message="Thanks!", recipient="boss@x.example", cc="", bcc=""))
    assert 'data-step="review"' in page
    for words in (
        "This is what will be written to QuickBooks",
        "Cool Cars",
        "boss@x.example",
        "Due on receipt",
        "Nov 22, 2026",
        "Thanks!",
        "Rock Fountain",
        "$405.00",
        "Nothing is e-mailed",
    ):
        assert words in page, words
    assert not Invoice.objects.exists()

    created = wizard.create()

    assert created.status_code == 204
    assert "drawer:close" in created["HX-Trigger"]
    assert "invoices:changed" in created["HX-Trigger"]
    invoice = Invoice.objects.get()
    assert (invoice.total, invoice.deal, invoice.recipient) == (Decimal(405), deal, "boss@x.example")
    assert (invoice.due_on, invoice.message) == (TODAY, "Thanks!")


@pytest.mark.parametrize("path", ["/invoice-drafts/x/review/", "/invoices/new-of-deal/1/"])
def test_on_a_page_of_its_own_the_deal_comes_next(web, wizard, deal, path):
    for line in wizard.content.lines:
        wizard.line(f"create:{line.key}", **fields_of(wizard))
    digest = re.search(r'name="digest" value="([^"]+)"', wizard.get("review").content.decode())[1]
    here = {**HTMX, "HX-Current-URL": f"http://testserver{path}"}

    answer = web.post(wizard.url("create"), {"digest": digest}, headers=here)

    assert answer["HX-Redirect"] == reverse("crm:deal-detail", args=[deal.pk])


def test_create_twice_is_one_invoice(wizard):
    for line in wizard.content.lines:
        wizard.line(f"create:{line.key}", **fields_of(wizard))
    digest = re.search(r'name="digest" value="([^"]+)"', wizard.get("review").content.decode())[1]

    answers = [wizard.client.post(wizard.url("create"), {"digest": digest}, headers=HTMX) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [204, 204, 204]
    assert Invoice.objects.count() == 1
    assert Event.objects.filter(name="invoice.requested").count() == 1


def test_a_draft_changed_in_another_window_is_shown_again_before_it_is_created(wizard):
    for line in wizard.content.lines:
        wizard.line(f"create:{line.key}", **fields_of(wizard))
    digest = re.search(r'name="digest" value="([^"]+)"', wizard.get("review").content.decode())[1]
    wizard.save("message", message="Changed elsewhere")

    answer = wizard.client.post(wizard.url("create"), {"digest": digest}, headers=HTMX)

    assert answer.status_code == 422
    assert "changed in another window" in text(answer)
    assert "Changed elsewhere" in text(answer)
    assert not Invoice.objects.exists()


def test_after_creation_what_is_typed_elsewhere_is_not_taken_and_said(wizard):
    for line in wizard.content.lines:
        wizard.line(f"create:{line.key}", **fields_of(wizard))
    wizard.create()

    for answer in (wizard.save("message", message="late"), wizard.post("message", message="late")):
        assert answer.status_code == 422
        assert answer["HX-Retarget"] == "#wizard"
        assert "already created" in text(answer)
    assert "already created" in text(wizard.get("message"))
    assert Invoice.objects.get().message == ""


def test_back_keeps_even_mistakes(wizard):
    first = wizard.content.lines[0].key
    page = wizard.post("products", go="previous", **(fields_of(wizard) | {f"quantity-{first}": "two"}))
    assert page.status_code == 200
    assert 'data-step="customer"' in text(page)

    assert 'value="two"' in text(wizard.get("products"))


def test_a_refused_step_keeps_what_was_typed_and_says_what_is_wrong(wizard):
    first = wizard.content.lines[0].key
    for line in wizard.content.lines:
        wizard.line(f"create:{line.key}", **fields_of(wizard))

    page = wizard.post("products", **(fields_of(wizard) | {f"quantity-{first}": "0", f"unit_price-{first}": "x1"}))

    assert page.status_code == 422
    words = text(page)
    assert "2 things have to change first" in words
    assert "The quantity has to be more than 0." in words
    assert "“x1” is not a number." in words
    assert 'value="x1"' in words
    assert 'aria-invalid="true"' in words


def test_autosave_keeps_everything_and_answers_with_totals(wizard):
    first, second = (line.key for line in wizard.content.lines)
    page = text(wizard.save("products", **(fields_of(wizard) | {f"quantity-{first}": "1,000.5"})))

    assert wizard.content.line(first).quantity == "1000.5"
    assert 'id="wizard-totals"' in page
    assert "$75,250.00" in page
    assert f'id="amount-{first}"' in page
    assert "Draft saved" in page
    assert "wrong number" in text(wizard.save("products", **(fields_of(wizard) | {f"quantity-{second}": "x"})))


def test_terms_give_the_due_date_until_somebody_types_another(wizard):
    issued = TODAY.isoformat()
    page = text(wizard.save("terms", terms="1", issued_on=issued, due_on="2026-12-22"))
    assert wizard.content.due_on == issued
    assert f'value="{issued}"' in page

    wizard.save("terms", terms="1", issued_on=issued, due_on="2026-12-01")
    assert wizard.content.due_on == "2026-12-01"
    wizard.save("terms", terms="3", issued_on="2026-12-01", due_on="2026-12-01")
    assert wizard.content.due_on == "2026-12-31"


def test_due_before_issue_is_refused_in_words(wizard):
    page = wizard.post("terms", terms="", issued_on="2026-11-22", due_on="2026-11-01")

    assert page.status_code in (200, 422)
    assert "The due date lies before the invoice date." in text(page)
    assert 'value="2026-11-01"' in text(page)


def test_a_new_customer_is_created_on_the_way(wizard):
    refused = wizard.post("customer", customer="create", new_name="", new_email="nope", recipient="")
    assert refused.status_code == 422
    assert "The new customer needs a name." in text(refused)
    assert "“nope” is not an e-mail address." in text(refused)
    assert 'value="nope"' in text(refused)

    wizard.post(
        "customer", customer="create", new_name="Fresh & Co", new_email="f@x.example", new_city="Ely", recipient=""
    )
    for line in wizard.content.lines:
        wizard.line(f"create:{line.key}", **fields_of(wizard))
    assert "New in QuickBooks" in text(wizard.get("review"))
    wizard.create()

    made = Invoice.objects.get()
    assert (made.new_customer["name"], made.new_customer["billing_address"]) == ("Fresh & Co", {"city": "Ely"})


def test_what_was_typed_for_a_new_customer_is_kept_while_another_is_chosen(wizard):
    wizard.save("customer", customer="create", new_name="Fresh & Co", new_city="Ely", recipient="")
    wizard.post("customer", customer="existing:3", new_name="Fresh & Co", new_city="Ely", recipient="")

    assert wizard.content.customer.external_id == "3"
    page = text(wizard.get("customer"))
    assert 'value="Fresh &amp; Co"' in page
    assert 'value="Ely"' in page


def test_customers_are_searched(web, wizard):
    assert "Bird Sanctuary" in text(web.get(wizard.url("customers"), {"q": "bird"}, headers=HTMX))
    assert "begins with “zz”" in text(web.get(wizard.url("customers"), {"q": "zz"}, headers=HTMX))
    wizard.save("customer", customer="existing:1", recipient="cars@x.example")
    content = wizard.content
    assert (content.customer.name, content.recipient) == ("Amy's Bird Sanctuary", "Birds@Intuit.com")
    assert "Chosen" in text(wizard.get("customer"))


def test_lines_are_added_moved_and_removed(wizard):
    first, second = (line.key for line in wizard.content.lines)
    wizard.line("add:5", searched="", **fields_of(wizard))
    third = wizard.content.lines[2].key
    assert wizard.content.line(third).unit_price == "275"
    wizard.line(f"up:{third}", **fields_of(wizard))
    wizard.line(f"remove:{first}", **fields_of(wizard))
    assert [line.key for line in wizard.content.lines] == [third, second]
    wizard.line("remove:nonsense", **fields_of(wizard))
    wizard.line("add:nonsense", **fields_of(wizard))
    assert len(wizard.content.lines) == 2
    for key in (second, third):
        wizard.line(f"remove:{key}", **fields_of(wizard))
    assert "No lines yet" in text(wizard.get("products"))
    assert "at least one line" in text(wizard.post("products"))


def test_outside_the_us_each_line_gets_a_tax_code(web, uk_connection, deal, rep):
    wizard = Wizard(web, drafts.start(deal, from_lines=True, by=rep))
    for line in wizard.content.lines:
        wizard.line(f"create:{line.key}", **fields_of(wizard))
    page = text(wizard.get("products"))
    assert "View product tax codes" in page
    assert "Standard rate" in page
    assert "No tax code" in page

    refused = text(wizard.post("products", **fields_of(wizard)))
    assert "Choose a tax code for “Design”." in refused
    first, second = (line.key for line in wizard.content.lines)
    wizard.line("tax:2", **fields_of(wizard))
    fields = fields_of(wizard) | {f"tax_code-{first}": "2", f"tax_code-{second}": "5", "tax_mode": "inclusive"}
    assert wizard.post("products", **fields).status_code == 200
    assert [(line.tax_code, line.tax_code_name) for line in wizard.content.lines] == [("2", "20.0% S"), ("5", "0.0% Z")]
    assert wizard.content.tax_mode == "inclusive"
    assert "Total including tax" in text(wizard.get("products"))


def test_a_product_brings_its_tax_code_with_its_name(web, uk_connection, deal, rep):
    zero, unknown = (ItemChoice(key, name, tax_code_external_id=code) for key, name, code in ITEMS_WITH_TAX)
    books.items[uk_connection.pk] += [zero, unknown]
    wizard = Wizard(web, drafts.start(deal, from_lines=False, by=rep))

    shown = text(wizard.line("add:8", searched=""))

    assert [(line.tax_code, line.tax_code_name) for line in wizard.content.lines] == [("5", "0.0% Z")]
    assert "No tax code" not in shown
    assert "No tax code" in text(wizard.line("add:9", searched="", **fields_of(wizard)))
    assert [line.tax_code for line in wizard.content.lines] == ["5", ""]


def test_without_a_deal_nothing_is_said_of_one(web, connection, rep):
    wizard = Wizard(web, drafts.start(None, from_lines=False, by=rep))

    page = text(wizard.get("customer"))

    assert "Search for a customer below" in page
    assert "this deal" not in page


def test_us_companies_are_never_asked_for_tax_codes(wizard):
    page = text(wizard.get("products"))

    assert "View product tax codes" not in page
    assert "QuickBooks adds the sales tax itself" in page


def test_with_several_companies_one_is_chosen_first(web, connection, uk_connection, deal, rep):
    wizard = Wizard(web, drafts.start(deal, from_lines=True, by=rep))
    page = text(wizard.get("account"))
    assert "Sample Company" in page
    assert "UK Company" in page
    assert "Simulator" in page

    assert 'data-step="customer"' in text(wizard.post("account", account=str(uk_connection.pk)))
    assert wizard.content.currency == "GBP"


def test_what_quickbooks_would_refuse_is_shown_on_the_review(wizard):
    for line in wizard.content.lines:
        wizard.line(f"create:{line.key}", **fields_of(wizard))
    books.problems = [Problem("“Cool Cars” is inactive in QuickBooks.", step="customer")]

    assert "“Cool Cars” is inactive" in text(wizard.get("review"))
    refused = wizard.create()
    assert refused.status_code == 422
    assert not Invoice.objects.exists()


def test_a_refused_invoice_is_mended_in_the_wizard(wizard, rep):
    for line in wizard.content.lines:
        wizard.line(f"create:{line.key}", **fields_of(wizard))
    wizard.create()
    invoice = Invoice.objects.get()
    books.marks[invoice.pk] = SyncMark(SyncState.FAILED, reason="Message too long")

    assert "Correct invoice" in text(wizard.client.get(wizard.url("open"), headers=HTMX))
    assert 'data-step="review"' in text(wizard.post("message", message="Shorter"))
    assert wizard.create().status_code == 204

    invoice.refresh_from_db()
    assert invoice.message == "Shorter"
    assert books.retried == [invoice.pk]


def test_discard_asks_nothing_of_quickbooks_and_keeps_invoices(web, wizard, deal):
    assert web.post(wizard.url("discard"), headers=HTMX).status_code == 204
    assert not InvoiceDraft.objects.exists()
    assert wizard.get("customer").status_code == 404


def test_drafts_of_others_do_not_exist(client, admin, wizard):
    client.force_login(admin)

    for name in ("open", "save", "lines", "create", "discard"):
        method = client.get if name == "open" else client.post
        assert method(wizard.url(name)).status_code == 404
    assert InvoiceDraft.objects.count() == 1


def test_addresses_that_make_no_sense_are_404(wizard):
    assert wizard.get("nonsense").status_code == 404
    assert wizard.save("nonsense").status_code == 404


def test_without_a_deal_the_invoice_page_comes_next(web, connection, rep):
    web.post(reverse("invoices:draft-blank"), {"source": "scratch"}, headers=HTMX)
    wizard = Wizard(web, InvoiceDraft.objects.get())
    wizard.post("customer", customer="existing:3", recipient="")
    wizard.line("add:4", searched="")

    created = wizard.create()

    assert created["HX-Redirect"] == reverse("invoices:invoice-detail", args=[Invoice.objects.get().pk])


def test_what_was_typed_is_inert(wizard):
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    first = wizard.content.lines[0].key
    wizard.save("message", message=evil)
    wizard.save("customer", customer="create", new_name=evil, new_email=evil, recipient=evil)
    wizard.save("products", **(fields_of(wizard) | {f"quantity-{first}": evil, f"description-{first}": evil}))

    for step in ("customer", "products", "terms", "message", "review"):
        page = wizard.get(step).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
