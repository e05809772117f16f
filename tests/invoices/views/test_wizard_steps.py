"""What the steps of the wizard ask beyond customer, lines and dates, and that all of it is kept, told and created."""

import datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.models import Event
from core.services import files, properties
from crm.enums import QuoteStatus
from crm.models import Deal, DealLine, Price, Quote, QuoteLine
from invoices.drafts import DraftContent, DraftDiscount, DraftItem
from invoices.models import Invoice, InvoiceDraft, PipelineCompany
from invoices.ports import CustomerChoice, FormOptions, ItemChoice, NamedChoice
from invoices.sentences import requested
from invoices.services import create as creating
from invoices.services import drafts
from tests.invoices.conftest import user_of
from tests.invoices.fakes import TODAY, books
from tests.invoices.views.test_wizard import HTMX, Wizard, fields_of, text


@pytest.fixture
def wizard(web, connection, deal, product, rep) -> Wizard:
    """A draft of the deal's two lines, both matched, for Cool Cars."""
    books.product_items[product.pk] = ItemChoice("4", "Design", reason="Same name")
    books.matches[deal.pk] = [CustomerChoice("3", "Cool Cars", "cars@x.example", reason="Linked", certain=True)]
    wizard = Wizard(web, drafts.start(deal, from_lines=True, by=rep))
    wizard.line("create-all:", **fields_of(wizard))
    return wizard


def test_discounts_shipping_and_deposit_are_reckoned_while_they_are_typed(wizard):
    first, second = (line.key for line in wizard.content.lines)
    fields = fields_of(wizard) | {
        f"discount-{first}": "10",
        f"discount-{first}_kind": "percent",
        f"discount-{second}": "12.50",
        f"discount-{second}_kind": "amount",
        "discount": "10",
        "discount_kind": "percent",
        "shipping": "1,000",
        "deposit": "35",
    }

    page = text(wizard.save("products", **fields))

    for words in ("$135.00", "$200.00", "$335.00", "−$33.50", "$1,000.00", "$1,301.50", "−$35.00", "$1,266.50"):
        assert words in page, words
    content = wizard.content
    assert content.line(second).discount == DraftDiscount("amount", "12.5")
    assert (content.discount, content.shipping, content.deposit) == (DraftDiscount("percent", "10"), "1000", "35")
    wizard.save("products", **(fields | {"discount": "", f"discount-{first}": " "}))
    assert (wizard.content.discount, wizard.content.line(first).discount) == (DraftDiscount(), DraftDiscount())


def test_a_line_of_text_is_printed_without_an_amount(wizard):
    wizard.line("text:", **fields_of(wizard))
    words = wizard.content.lines[-1]
    page = wizard.get("products").text
    assert f'id="description-{words.key}"' in page
    assert "Lines with a wrong number" not in page
    assert "Type the text of this line" in text(wizard.post("products", **fields_of(wizard)))

    fields = fields_of(wizard) | {f"description-{words.key}": "As agreed by phone"}
    wizard.line(f"up:{words.key}", **fields)
    wizard.save("products", **fields_of(wizard))
    review = text(wizard.get("review"))
    assert "As agreed by phone" in review
    draft = InvoiceDraft.objects.get()
    invoice = creating.create_invoice(draft, by=draft.owner)

    assert invoice.total == Decimal("362.5")
    assert [(str(line.kind), line.description, line.amount) for line in invoice.lines.all()][1] == (
        "text", "As agreed by phone", 0,
    )  # fmt: skip
    assert invoice.lines.all()[1].quantity is None


def test_what_the_company_does_not_use_is_off_with_the_reason(wizard):
    books.options = FormOptions(shipping=False, service_dates=False, reasons={"shipping": "Shipping is switched off."})

    page = text(wizard.get("products"))

    assert "Shipping is switched off." in page
    assert 'name="shipping"' not in page
    assert 'name="deposit"' in page
    assert "Service date" not in page


def test_classes_locations_and_numbers_where_the_company_uses_them(wizard):
    page = text(wizard.get("terms"))
    assert 'name="number"' not in page
    assert "QuickBooks numbers the invoice itself." in page
    assert "Class" not in page

    books.options = FormOptions(
        class_per_line=True, class_per_transaction=True, locations=True, location_word="Branch", custom_numbers=True
    )
    books.classes, books.locations = [NamedChoice("1", "North:Shops")], [NamedChoice("7", "Leeds")]
    books.next_number, books.numbers_taken = "INV-0100", {"INV-0042": "Invoice INV-0042 of Amy"}
    first = wizard.content.lines[0].key
    wizard.save("products", **(fields_of(wizard) | {f"class-{first}": "1"}))
    assert wizard.content.line(first).class_name == "North:Shops"
    page = text(wizard.get("terms"))
    assert 'value="INV-0100"' in page
    assert "Branch" in page

    typed = {"terms": "3", "issued_on": TODAY.isoformat(), "class_id": "1", "location_id": "7"}
    taken = wizard.post("terms", number="INV-0042", **typed)
    assert taken.status_code == 422
    assert "INV-0042 is taken by Invoice INV-0042 of Amy. INV-0100 is free." in text(taken)
    wizard.post("terms", number="INV-0100", **typed)
    page = text(wizard.get("review"))
    for words in ("Creates invoice INV-0100", "North:Shops", "Leeds", "Branch"):
        assert words in page, words
    assert (wizard.content.class_id, wizard.content.location_name) == ("1", "Leeds")
    wizard.save("terms", class_id="77", location_id="")
    assert (wizard.content.class_id, wizard.content.location_id) == ("", "")


def test_the_review_names_the_files_that_go_to_quickbooks(wizard, rep):
    for name, sharing in (("plan.txt", "email"), ("notes.txt", "here")):
        upload = SimpleUploadedFile(name, b"roses")
        files.add_file("invoicedraft", InvoiceDraft.objects.get().pk, upload, by=rep, sharing=sharing)

    page = text(wizard.get("review"))

    assert "Attaches “plan.txt”" in page
    assert "notes.txt" not in page.split("wizard-card")[0]


def test_a_jump_to_the_review_takes_the_next_free_number(wizard):
    books.options, books.next_number = FormOptions(custom_numbers=True), "1043"

    wizard.post("products", go="review", **fields_of(wizard))

    assert wizard.content.number == "1043"
    assert wizard.create().status_code == 204
    assert Invoice.objects.get().number == "1043"


def test_the_default_item_takes_the_place_of_what_is_missing(web, connection, deal, rep):
    wizard = Wizard(web, drafts.start(deal, from_lines=True, by=rep))
    assert "Use “" not in text(wizard.get("products"))
    books.default_item = ItemChoice("4", "General sales", reason="The default item of the settings")
    page = text(wizard.get("products"))
    assert "Use “General sales”" in page
    assert "Use “General sales” for all 2" in page

    first, second = (line.key for line in wizard.content.lines)
    wizard.line(f"default:{first}", **fields_of(wizard))
    assert [line.item.external_id for line in wizard.content.lines] == ["4", ""]
    page = text(wizard.line("default-all:", **fields_of(wizard)))

    assert [(line.item.external_id, line.name) for line in wizard.content.lines] == [("4", "Design"), ("4", "Pump")]
    assert "for Pump" in page
    assert wizard.content.line(second).unit_price == "85"


def test_addresses_recipients_and_note_are_kept_and_created(wizard):
    typed = {
        "message": "Thanks",
        "private_note": "Call first",
        "recipient": "boss@x.example",
        "cc": "a@x.example, b@x.example",
        "bcc": "c@x.example",
        "bill_line1": "1 Road",
        "bill_city": "Ely",
        "ship_line1": "2 Pier",
        "ship_country": "UK",
    }
    page = text(wizard.post("message", **typed))

    for words in ("1 Road", "Ely", "2 Pier", "Call first", "cc a@x.example, b@x.example", "bcc c@x.example"):
        assert words in page, words
    assert wizard.create().status_code == 204
    made = Invoice.objects.get()
    assert (made.cc, made.bcc, made.private_note) == ("a@x.example, b@x.example", "c@x.example", "Call first")
    assert made.billing_address == {"line1": "1 Road", "city": "Ely"}
    assert made.shipping_address == {"line1": "2 Pier", "country": "UK"}


def test_the_customers_own_address_is_shown_and_not_repeated(wizard, connection):
    books.customers[connection.pk].append(
        CustomerChoice("8", "With address", billing_address={"line1": "3 Lane"}, shipping_address={"line1": "4 Dock"})
    )
    wizard.post("customer", customer="existing:8")
    page = text(wizard.get("message"))
    assert 'value="3 Lane"' in page
    assert 'value="4 Dock"' in page

    wizard.save("message", message="", bill_line1="3 Lane", ship_line1="4 Dock")

    assert wizard.content.billing_address == {}
    assert wizard.content.shipping_address == {"line1": "4 Dock"}


def test_a_bad_address_of_a_new_customer_is_told_once(wizard):
    refused = wizard.post("customer", customer="create", new_name="Fresh", new_email="nope")
    assert text(refused).count("<li>") == 1
    page = text(wizard.get("review"))

    assert page.count("“nope” is not an e-mail address.") == 1


def test_a_wrong_copy_address_leads_from_the_review_to_its_field(wizard):
    wizard.save("message", message="", recipient="ok@x.example", cc="wrong")
    page = text(wizard.get("review"))
    assert '"go": "message", "focus": "cc"' in page

    page = text(wizard.post("review", go="message", focus="cc"))

    assert 'data-focus="cc"' in page


def test_several_customers_parts_and_currencies_are_explained(web, connection, deal, rep):
    books.matches[deal.pk] = [
        CustomerChoice("3", "Cool Cars", reason="Linked to Cool Cars", certain=True),
        CustomerChoice("9", "Cool Cars:Berlin", currency="EUR", reason="Same e-mail address: x", certain=True),
    ]
    page = text(Wizard(web, drafts.start(deal, from_lines=True, by=rep)).get("customer"))

    for words in ("2 customers in QuickBooks match", "Part of Cool Cars", "Invoiced in EUR", "Linked to Cool Cars"):
        assert words in page, words


def test_the_rate_is_told_with_its_day_and_kept_as_typed(wizard, connection):
    books.customers[connection.pk].append(CustomerChoice("9", "Berlin", currency="EUR"))
    books.exchange_rates["EUR"] = (Decimal("1.0832"), TODAY)
    wizard.post("customer", customer="existing:9")
    assert "Exchange rate (USD for 1 EUR)" in text(wizard.get("terms"))

    page = text(wizard.client.get(wizard.url("rate"), {"issued_on": TODAY.isoformat()}, headers=HTMX))
    assert "QuickBooks’ rate of Nov 22, 2026: 1 EUR = 1.0832 USD." in page
    assert "Type the invoice date first." in text(wizard.client.get(wizard.url("rate"), {"issued_on": "x"}))
    del books.exchange_rates["EUR"]
    assert "has no rate for EUR" in text(wizard.client.get(wizard.url("rate"), {"issued_on": TODAY.isoformat()}))
    wizard.save("terms", exchange_rate="1.1")
    assert wizard.content.exchange_rate == "1.1"
    wizard.post("customer", customer="existing:3")
    assert (wizard.content.currency, wizard.content.exchange_rate) == ("USD", "")


def test_custom_properties_are_typed_checked_told_and_created(wizard, admin):
    region = properties.create("invoice", by=admin, label="Region", kind="text", required=True)
    slot = str(region.pk)
    assert "Region" in text(wizard.get("message"))

    refused = wizard.post("message", message="", properties_shown="1", **{f"property_{slot}": ""})
    assert refused.status_code == 422
    assert "Region: This field is required." in text(refused)
    page = text(wizard.post("message", message="", properties_shown="1", **{f"property_{slot}": "North"}))

    assert "North" in page
    assert wizard.create().status_code == 204
    assert Invoice.objects.get().properties == {slot: "North"}


def test_a_quote_that_was_overridden_is_told_on_deal_and_invoice(client, connection, deal, product):
    manager = user_of("Sales manager", "manager@example.com")
    client.force_login(manager)
    books.product_items[product.pk] = ItemChoice("4", "Design")
    books.matches[deal.pk] = [CustomerChoice("3", "Cool Cars", certain=True)]
    quote = Quote.objects.create(deal=deal, title="Offer", status=QuoteStatus.DRAFT, currency="USD")
    QuoteLine.objects.create(quote=quote, product=product, name="Design", quantity=2, unit_price=80)
    draft = drafts.start_from("quote", quote=quote, override_reason="By phone", by=manager)
    wizard = Wizard(client, draft)
    assert "By phone" in text(wizard.get("review"))

    assert wizard.create().status_code == 204

    told = Event.objects.get(name="invoice.quote_overridden")
    assert told.data["reason"] == "By phone"
    assert {link.object_type for link in told.links.all()} == {"invoice", "deal"}
    assert Invoice.objects.get().quote == quote


def test_a_quote_that_expires_while_it_is_typed_is_refused_on_the_review(web, connection, deal, product, rep):
    books.product_items[product.pk] = ItemChoice("4", "Design")
    books.matches[deal.pk] = [CustomerChoice("3", "Cool Cars", certain=True)]
    quote = Quote.objects.create(deal=deal, title="Offer", status=QuoteStatus.PUBLISHED)
    QuoteLine.objects.create(quote=quote, product=product, name="Design", quantity=2, unit_price=80)
    wizard = Wizard(web, drafts.start_from("quote", quote=quote, by=rep))
    assert "can’t be invoiced" not in text(wizard.get("review"))

    Quote.objects.filter(pk=quote.pk).update(expires_on=datetime.date(2020, 1, 1))

    assert "It expired on Jan 1, 2020." in text(wizard.get("review"))
    assert wizard.create().status_code == 422
    assert not Invoice.objects.exists()


def test_an_autosave_of_another_window_is_not_overwritten_unasked(wizard):
    draft = InvoiceDraft.objects.get(request_id=wizard.id)
    seen = draft.updated_at.isoformat()
    wizard.save("message", message="Second window")

    asked = wizard.save("message", message="First window", seen=seen)
    assert "changed in another window" in text(asked)
    assert wizard.content.message == "Second window"

    wizard.save("message", message="First window", seen=seen, force="yes")
    assert wizard.content.message == "First window"


def test_an_expired_session_leads_back_to_the_draft(client, wizard):
    back = wizard.url("open")
    headers = {**HTMX, "HX-Current-URL": "http://testserver/deals/1/", "X-Come-Back": back}

    answer = client.post(wizard.url("save"), {"step": "message", "message": "x"}, headers=headers)

    assert answer["HX-Redirect"].endswith(f"?next={back.replace('/', '%2F')}")


def test_the_usual_company_of_a_pipeline_is_proposed_with_the_reason(client, admin, connection, uk_connection, deal):
    client.force_login(admin)
    url = reverse("invoices:usual-companies")
    assert "Sales" in text(client.get(url))
    client.post(url, {f"pipeline-{deal.stage.pipeline_id}": str(uk_connection.pk)})
    assert PipelineCompany.objects.get().connection == uk_connection

    wizard = Wizard(client, drafts.start(deal, from_lines=True, by=admin))

    page = text(wizard.get("account"))
    assert "Usual company of the pipeline Sales" in page
    assert wizard.content.connection_id == uk_connection.pk
    client.post(url, {f"pipeline-{deal.stage.pipeline_id}": ""})
    assert not PipelineCompany.objects.exists()


@pytest.mark.parametrize("step", ["customer", "products", "terms", "message", "review"])
def test_queries_do_not_grow_with_the_lines(wizard, deal, rep, django_assert_max_num_queries, step):
    """The same number for 2 lines and for 100."""
    with django_assert_max_num_queries(16):
        wizard.get(step)

    def many(content: DraftContent) -> None:
        for _number in range(98):
            line = drafts.DraftLine(key=content.next_key(), name="Pump", quantity="1", unit_price="9.99")
            line.item = DraftItem("existing", "5", "Rock Fountain")
            content.lines.append(line)

    drafts.save(InvoiceDraft.objects.get(request_id=wizard.id), many)
    with django_assert_max_num_queries(16):
        wizard.get(step)


def test_a_deal_of_a_hundred_lines_starts_in_a_few_queries(connection, deal, rep, django_assert_max_num_queries):
    DealLine.objects.bulk_create(
        DealLine(deal=deal, position=number + 2, name=f"Part {number}", quantity=1, unit_price=5)
        for number in range(98)
    )
    with django_assert_max_num_queries(16):
        draft = drafts.start(Deal.objects.get(pk=deal.pk), from_lines=True, by=rep)

    assert len(DraftContent.from_json(draft.data).lines) == 100


def test_an_item_is_offered_and_added_at_its_price_book_price(wizard, connection, product):
    design = ItemChoice("4", "Design", unit_price=Decimal(75), product_id=product.pk)
    books.items[connection.pk] = [design, ItemChoice("5", "Rock Fountain", unit_price=Decimal(275))]
    books.customers[connection.pk].append(CustomerChoice("9", "Berlin", currency="EUR"))
    Price.objects.create(product=product, currency="EUR", amount=Decimal("68.50"))
    Price.objects.create(
        product=product, currency="EUR", amount=Decimal(60), valid_from=TODAY, valid_until=TODAY + datetime.timedelta(9)
    )
    Price.objects.create(product=product, currency="EUR", amount=Decimal(1), valid_from=datetime.date(2030, 1, 1))
    wizard.save("customer", customer="existing:9")

    offered = text(wizard.client.get(wizard.url("items"), {"q": ""}, **HTMX))
    assert "€60.00" in offered
    assert "275.00" not in offered  # dollars of the books, and no rate is known
    wizard.line("add:4", **fields_of(wizard))
    wizard.line("add:5", **fields_of(wizard))

    assert [line.unit_price for line in wizard.content.lines[-2:]] == ["60", ""]
    assert wizard.content.lines[-2].product_id == product.pk
    wizard.save("customer", customer="existing:3")
    wizard.line("add:4", **fields_of(wizard))
    assert wizard.content.lines[-1].unit_price == "75"


def test_a_price_of_the_books_is_converted_and_follows_the_rate_until_somebody_types_one(wizard, connection):
    books.items[connection.pk] = [
        ItemChoice("5", "Rock Fountain", unit_price=Decimal(275)),
        ItemChoice("6", "Screw", unit_price=Decimal("0.005")),
    ]
    books.customers[connection.pk].append(CustomerChoice("9", "Berlin", currency="EUR"))
    books.exchange_rates["EUR"] = (Decimal("1.25"), TODAY)
    wizard.save("customer", customer="existing:9")

    assert "€220.00" in text(wizard.client.get(wizard.url("items"), {"q": ""}, **HTMX))
    wizard.line("add:5", **fields_of(wizard))
    wizard.line("add:6", **fields_of(wizard))
    page = text(wizard.line("add:5", **fields_of(wizard)))

    assert "$275.00 in QuickBooks, at the invoice’s exchange rate" in page
    kept, screw, typed = (line.key for line in wizard.content.lines[-3:])
    assert [line.unit_price for line in wizard.content.lines[-3:]] == ["220", "0.004", "220"]
    wizard.save("products", **(fields_of(wizard) | {f"unit_price-{typed}": "230"}))
    wizard.save("terms", exchange_rate="1.1", issued_on=TODAY.isoformat())
    assert [line.unit_price for line in wizard.content.lines[-3:]] == ["250", "0.005", "230"]
    wizard.save("customer", customer="existing:3")
    assert [wizard.content.line(key).unit_price for key in (kept, screw, typed)] == ["275", "0.005", "230"]


def test_prices_of_a_deal_in_another_currency_are_named(wizard, connection):
    books.customers[connection.pk].append(CustomerChoice("9", "Berlin", currency="EUR"))

    assert "The prices come from" not in text(wizard.get("products"))
    wizard.save("customer", customer="existing:9")

    for step in ("products", "review"):
        assert "The prices come from USD and stand here unchanged in EUR" in text(wizard.get(step)), step


def test_without_a_rate_the_price_is_left_to_type_and_says_why(wizard, connection):
    books.items[connection.pk] = [ItemChoice("5", "Rock Fountain", unit_price=Decimal(275))]
    books.customers[connection.pk].append(CustomerChoice("9", "Berlin", currency="EUR"))
    wizard.save("customer", customer="existing:9")

    page = text(wizard.line("add:5", **fields_of(wizard)))

    assert "$275.00 in QuickBooks, which tells no exchange rate" in page
    assert wizard.content.lines[-1].unit_price == ""
    wizard.save("terms", exchange_rate="1.1", issued_on=TODAY.isoformat())
    assert wizard.content.lines[-1].unit_price == "250"


def test_a_product_that_nobody_has_yet_is_created_on_the_way(wizard):
    found = text(wizard.client.get(wizard.url("items"), {"q": "Moss & co"}, **HTMX))
    assert "New product “Moss &amp; co”" in found
    first = wizard.content.lines[0].key
    assert "New product" not in text(wizard.client.get(wizard.url("items"), {"q": "Moss", "for": first}, **HTMX))

    page = text(wizard.line("new:", searched="Moss & co", **fields_of(wizard)))

    line = wizard.content.lines[-1]
    assert (line.item.mode, line.item.name, line.quantity, line.unit_price) == ("create", "Moss & co", "1", "")
    assert f'data-focus="unit_price-{line.key}"' in page
    wizard.line("new:", searched=" ", **fields_of(wizard))
    assert wizard.content.lines[-1].key == line.key
    wizard.save("products", **(fields_of(wizard) | {f"unit_price-{line.key}": "12.50"}))
    assert wizard.create().status_code == 204
    assert [sold.item_name for sold in Invoice.objects.get().lines.all()][-1] == "Moss & co"


def test_the_choices_that_lines_share_come_once(wizard, uk_connection):
    books.classes = [NamedChoice("1", "Retail"), NamedChoice("2", "Trade")]
    books.options = FormOptions(class_per_line=True)
    wizard.save("account", account=str(uk_connection.pk))
    wizard.line("create-all:", **fields_of(wizard))
    wizard.line("tax:2", **fields_of(wizard))

    page = wizard.get("products").text

    assert page.count("Trade</option>") == 1
    assert page.count('data-options="class-options"') == len(wizard.content.lines)
    assert page.count('data-options="tax-code-options"') == len(wizard.content.lines)
    assert page.count("0.0% Z") < 5
    assert page.count('data-line="remove"') == 1
    assert page.count("data-acts-of=") == len(wizard.content.lines)


def test_a_line_without_a_price_is_named_and_created_only_when_that_is_meant(wizard):
    first = wizard.content.lines[0].key
    page = text(wizard.save("products", **(fields_of(wizard) | {f"unit_price-{first}": "0.00"})))
    assert "Without a price: Design" in page
    page = text(wizard.get("review"))
    assert "One line has no price" in page
    assert "“Design” will stand on the invoice at a price of 0." in page

    refused = wizard.create()
    assert refused.status_code == 422
    assert "Lines without a price: type one, or tick below that they cost nothing." in text(refused)
    assert not Invoice.objects.exists()

    wizard.create(free_agreed="yes")
    assert [line.amount for line in Invoice.objects.get().lines.all()] == [0, Decimal("212.5")]
    event = Event.objects.get(name="invoice.requested")
    assert event.data["unpriced"] == ["Design"]
    assert requested(event).endswith("an invoice over $212.50 to Cool Cars. Without a price: Design")


def test_a_whole_discount_or_a_text_is_not_taken_for_a_forgotten_price(wizard):
    first = wizard.content.lines[0].key
    fields = fields_of(wizard) | {f"discount-{first}": "100", f"discount-{first}_kind": "percent"}
    wizard.line("text:", **fields)
    wizard.save("products", **(fields | fields_of(wizard) | {f"description-{wizard.content.lines[-1].key}": "Thanks"}))

    wizard.create()
    assert Invoice.objects.get().total == Decimal("212.5")
