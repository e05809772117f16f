"""The rules of the books: tokens, updates, computed fields, links, refusals."""

import pytest


def test_update_needs_the_current_token_and_raises_it(us):
    changed = us.post("Customer", {"Id": "2", "SyncToken": "0", "sparse": True, "Notes": "first"})
    assert changed["SyncToken"] == "1"

    assert us.refuse("Customer", {"Id": "2", "SyncToken": "0", "sparse": True, "Notes": "second"})["code"] == "5010"
    assert us.refuse("Customer", {"Id": "2", "sparse": True, "Notes": "second"})["code"] == "2020"
    assert us.get("Customer", "2")["Notes"] == "first"


def test_sparse_update_leaves_the_rest_and_full_update_empties_it(us):
    body = us.post("Customer", {"Id": "2", "SyncToken": "0", "sparse": True, "Notes": "kept"})
    assert body["PrimaryPhone"] == {"FreeFormNumber": "(415) 444-6538"}

    body = us.post(
        "Customer", {"Id": "2", "SyncToken": "1", "DisplayName": "Bill's Windsurf Shop", "GivenName": "Bill"}
    )

    assert "Notes" not in body
    assert "PrimaryPhone" not in body
    assert "FamilyName" not in body
    assert body["Balance"] == 85


def test_sparse_update_can_empty_a_field_but_not_the_name(us):
    body = us.post("Customer", {"Id": "2", "SyncToken": "0", "sparse": True, "PrimaryPhone": None, "DisplayName": ""})

    assert "PrimaryPhone" not in body
    assert body["DisplayName"] == "Bill's Windsurf Shop"


def test_sparse_update_with_fewer_lines_deletes_the_others(us):
    before = us.get("Invoice", "130")
    kept = [line for line in before["Line"] if line.get("Id") == "2"]

    after = us.post("Invoice", {"Id": "130", "SyncToken": "0", "sparse": True, "Line": kept})

    assert [line.get("Id") for line in after["Line"]] == ["2", None]
    assert after["TotalAmt"] == 13.77
    assert after["TxnTaxDetail"]["TotalTax"] == 1.02
    assert us.get("Customer", "24")["Balance"] == 13.77


def test_a_new_line_gets_a_new_id_and_old_ones_keep_theirs(us, line):
    before = us.get("Invoice", "130")
    lines = [line(10), *[row for row in reversed(before["Line"]) if row.get("Id") in ("3", "1")]]

    after = us.post("Invoice", {"Id": "130", "SyncToken": "0", "sparse": True, "Line": lines})

    numbered = [(row["Id"], row["LineNum"]) for row in after["Line"] if "Id" in row]
    assert numbered == [("4", 1), ("3", 2), ("1", 3)]


def test_payment_links_both_ways_and_moves_balances(us):
    invoice = us.get("Invoice", "130")
    line = {"Amount": 100, "LinkedTxn": [{"TxnId": "130", "TxnType": "Invoice"}]}

    payment = us.post("Payment", {"CustomerRef": {"value": "24"}, "TotalAmt": 150, "Line": [line]})

    after = us.get("Invoice", "130")
    assert payment["UnappliedAmt"] == 50
    assert payment["Line"][0]["LineEx"]["any"][1]["value"] == {"Name": "txnOpenBalance", "Value": "362.07"}
    assert after["Balance"] == 262.07
    assert after["LinkedTxn"] == [*invoice["LinkedTxn"], {"TxnId": payment["Id"], "TxnType": "Payment"}]
    assert after["SyncToken"] == "1"
    assert us.get("Customer", "24")["Balance"] == 212.07
    assert us.get("Customer", "24")["SyncToken"] == "0"

    us.post("Payment", {"Id": payment["Id"], "SyncToken": "0", "sparse": True, "Line": []})
    assert us.get("Invoice", "130")["Balance"] == 362.07
    assert us.get("Invoice", "130")["LinkedTxn"] == invoice["LinkedTxn"]
    assert us.get("Payment", payment["Id"])["UnappliedAmt"] == 150


def test_deleting_and_voiding_a_payment_reopen_the_invoice(us):
    def pay():
        line = {"Amount": 362.07, "LinkedTxn": [{"TxnId": "130", "TxnType": "Invoice"}]}
        payment = us.post("Payment", {"CustomerRef": {"value": "24"}, "TotalAmt": 362.07, "Line": [line]})
        assert us.get("Invoice", "130")["Balance"] == 0
        return {"Id": payment["Id"], "SyncToken": "0"}

    first = pay()
    assert us.post("Payment", first, operation="delete")["status"] == "Deleted"
    assert us.get("Invoice", "130")["Balance"] == 362.07

    voided = us.post("Payment", {**pay(), "sparse": True}, operation="update", include="void")
    assert (voided["TotalAmt"], voided["UnappliedAmt"], voided["Line"]) == (0, 0, [])
    assert voided["PrivateNote"] == "Voided"
    assert us.get("Invoice", "130")["Balance"] == 362.07


def test_a_payment_can_not_apply_more_than_there_is(us):
    line = {"Amount": 400, "LinkedTxn": [{"TxnId": "130", "TxnType": "Invoice"}]}
    assert us.refuse("Payment", {"CustomerRef": {"value": "24"}, "TotalAmt": 400, "Line": [line]})["code"] == "6000"
    line["Amount"] = 100
    assert us.refuse("Payment", {"CustomerRef": {"value": "24"}, "TotalAmt": 50, "Line": [line]})["code"] == "6000"
    assert us.refuse("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 100, "Line": [line]})["code"] == "6000"
    line["LinkedTxn"][0]["TxnId"] = "99999"
    assert us.refuse("Payment", {"CustomerRef": {"value": "24"}, "TotalAmt": 100, "Line": [line]})["code"] == "610"
    assert us.get("Invoice", "130")["Balance"] == 362.07


def test_a_deposited_payment_stays(us):
    token = us.get("Payment", "32")["SyncToken"]

    assert us.refuse("Payment", {"Id": "32", "SyncToken": token}, operation="delete")["code"] == "6540"


def test_an_invoice_with_payments_is_not_deleted_unless_the_switch_says_so(us):
    token = us.get("Invoice", "96")["SyncToken"]
    assert us.refuse("Invoice", {"Id": "96", "SyncToken": token}, operation="delete")["code"] == "6000"

    us.control("POST", "switches", {"delete_paid_invoice": "unlink"})
    us.post("Invoice", {"Id": "96", "SyncToken": token}, operation="delete")

    assert us.raw("GET", "invoice/96").json()["Fault"]["Error"][0]["code"] == "610"
    assert us.get("Payment", "128")["UnappliedAmt"] == 387
    assert us.get("Payment", "128")["Line"] == []


def test_voiding_a_paid_invoice_frees_its_payment(us):
    token = us.get("Invoice", "96")["SyncToken"]

    voided = us.post("Invoice", {"Id": "96", "SyncToken": token}, operation="void")

    assert (voided["TotalAmt"], voided["Balance"], voided["PrivateNote"]) == (0, 0, "Voided")
    assert voided["LinkedTxn"] == []
    assert us.get("Payment", "128")["UnappliedAmt"] == 387


def test_an_invoice_reduced_below_what_was_paid_gives_back(us, line):
    token = us.get("Invoice", "96")["SyncToken"]

    after = us.post("Invoice", {"Id": "96", "SyncToken": token, "sparse": True, "Line": [line(300, tax="NON")]})

    assert (after["TotalAmt"], after["Balance"]) == (300, 0)
    assert us.get("Payment", "128")["UnappliedAmt"] == 87
    assert us.get("Payment", "128")["Line"][0]["Amount"] == 300


def test_a_credit_memo_pays_an_invoice(us, line):
    memo = us.post("CreditMemo", {"CustomerRef": {"value": "24"}, "Line": [line(50)]})
    lines = [
        {"Amount": 50, "LinkedTxn": [{"TxnId": "130", "TxnType": "Invoice"}]},
        {"Amount": 50, "LinkedTxn": [{"TxnId": memo["Id"], "TxnType": "CreditMemo"}]},
    ]

    payment = us.post("Payment", {"CustomerRef": {"value": "24"}, "TotalAmt": 0, "Line": lines})

    assert payment["UnappliedAmt"] == 0
    assert us.get("Invoice", "130")["Balance"] == 312.07
    assert us.get("CreditMemo", memo["Id"])["RemainingCredit"] == 0


def test_document_numbers_go_on_by_themselves_and_are_unique(us, line):
    sale = {"CustomerRef": {"value": "1"}, "Line": [line(1)]}
    assert us.post("Invoice", sale)["DocNumber"] == "1038"
    assert us.post("CreditMemo", sale)["DocNumber"] == "1039"
    assert us.post("Invoice", sale | {"DocNumber": "1040"})["DocNumber"] == "1040"
    assert us.post("Invoice", sale)["DocNumber"] == "1041"
    assert us.refuse("Invoice", sale | {"DocNumber": "1040"})["code"] == "6140"
    assert us.post("Invoice", sale | {"DocNumber": "1040"}, include="allowduplicatedocnum")["DocNumber"] == "1040"


def test_custom_numbers_leave_the_number_to_the_user(us, line):
    us.control("POST", "objects/9130350000000001/Preferences/1", {"SalesFormsPrefs": {"CustomTxnNumbers": True}})
    sale = {"CustomerRef": {"value": "1"}, "Line": [line(1)]}

    assert "DocNumber" not in us.post("Invoice", sale)
    assert us.post("Invoice", sale | {"DocNumber": "A-1"})["DocNumber"] == "A-1"
    assert us.post("Invoice", sale | {"DocNumber": "AUTO_GENERATE"})["DocNumber"] == "1038"


@pytest.mark.parametrize(
    ("term", "due"),
    [("1", "2026-01-31"), ("2", "2026-02-15"), ("4", "2026-04-01"), (None, "2026-03-02")],
)
def test_due_date_comes_from_the_term_or_the_companys_usual_one(us, line, term, due):
    sale = {"CustomerRef": {"value": "1"}, "TxnDate": "2026-01-31", "Line": [line(1)]}

    assert us.post("Invoice", sale | ({"SalesTermRef": {"value": term}} if term else {}))["DueDate"] == due


def test_due_date_of_a_term_by_day_of_the_month(us, line):
    term = us.post("Term", {"Name": "End of month", "DayOfMonthDue": 31, "DueNextMonthDays": 5})
    sale = {"CustomerRef": {"value": "1"}, "SalesTermRef": {"value": term["Id"]}, "Line": [line(1)]}

    assert term["Type"] == "DATE_DRIVEN"
    assert us.post("Invoice", sale | {"TxnDate": "2026-02-10"})["DueDate"] == "2026-02-28"
    assert us.post("Invoice", sale | {"TxnDate": "2026-02-25"})["DueDate"] == "2026-03-31"


def test_discount_is_taken_off_before_or_after_tax(us, line):
    discount = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}}
    sale = {
        "CustomerRef": {"value": "1"},
        "Line": [line(100, "5", tax="TAX"), discount],
        "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "3"}},
    }

    before = us.post("Invoice", sale)
    after = us.post("Invoice", sale | {"ApplyTaxAfterDiscount": True})

    assert before["Line"][-1]["Amount"] == 10
    assert before["Line"][-1]["DiscountLineDetail"]["DiscountAccountRef"]["name"] == "Discounts given"
    assert [row["Amount"] for row in before["TxnTaxDetail"]["TaxLine"]] == [7.1, 2]
    assert (before["TotalAmt"], after["TotalAmt"]) == (99.1, 98.19)


def test_amounts_round_half_up_and_have_to_fit(us, line):
    good = us.post("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(1861.08, UnitPrice=14.5, Qty=128.35)]})
    assert good["TotalAmt"] == 1861.08

    error = us.refuse("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(1000, UnitPrice=225, Qty=7)]})
    assert (error["code"], error["Detail"]) == (
        "6070",
        "Amount is not equal to UnitPrice * Qty. Supplied value:1,000.00",
    )
    big = us.post("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(99999999999.99)]})
    assert big["TotalAmt"] == 99999999999.99


def test_odd_but_harmless_requests_are_understood(us):
    created = us.post(
        "Invoice",
        {
            "CustomerRef": {"value": 1, "name": "", "type": ""},
            "SyncToken": 0,
            "DueDate": "",
            "TxnDate": "2026-01-01T00:00:00",
            "Line": [
                {
                    "Amount": "12.50",
                    "LineNum": 7,
                    "DetailType": "SalesItemLineDetail",
                    "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": "5", "UnitPrice": "2.5"},
                }
            ],
            "SomethingElse": {"a": 1},
        },
    )

    assert created["TotalAmt"] == 12.5
    assert created["TxnDate"] == "2026-01-01"
    assert created["Line"][0]["LineNum"] == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"DocNumber": "x" * 22}, "2050"),
        ({"PrivateNote": "x" * 4001}, "2050"),
        ({"CustomerMemo": {"value": "x" * 1001}}, "2050"),
        ({"TxnDate": "yesterday"}, "2010"),
        ({"EmailStatus": "Sent"}, "2170"),
        ({"EmailStatus": "NeedToSend"}, "2020"),
        ({"BillEmail": {"Address": "nobody"}}, "2210"),
        ({"Line": []}, "2020"),
        ({"Line": ["text"]}, "2010"),
        ({"Line": [{"Amount": 1}]}, "2020"),
        ({"Line": [{"Amount": 1, "DetailType": "Nothing"}]}, "2170"),
        ({"Line": [{"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}]}, "2020"),
        ({"Line": [{"Amount": "a lot", "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}]}, "2080"),
        ({"CustomerRef": None}, "2020"),
        ({"CustomerRef": {"value": "9999"}}, "2500"),
        ({"SalesTermRef": {"value": "9999"}}, "2500"),
        ({"DeliveryInfo": {"DeliveryType": "Email"}}, "2010"),
        ({"Id": "99999", "SyncToken": "0"}, "610"),
    ],
)
def test_a_wrong_invoice_is_refused_and_nothing_is_written(us, line, change, code):
    sale = {"CustomerRef": {"value": "1"}, "Line": [line(1)], **change}

    assert us.refuse("Invoice", sale)["code"] == code

    assert us.query("SELECT COUNT(*) FROM Invoice") == {"totalCount": 31}
    assert us.post("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(1)]})["DocNumber"] == "1038"


def test_every_too_long_text_is_told_at_once(us):
    answer = us.raw("POST", "customer", json={"DisplayName": "x" * 501, "GivenName": "y" * 101, "Notes": "z" * 2001})

    errors = answer.json()["Fault"]["Error"]
    assert [(error["code"], error["element"]) for error in errors] == [
        ("2050", "DisplayName"),
        ("2050", "GivenName"),
        ("2050", "Notes"),
    ]
    assert errors[2]["Detail"].endswith("Min:0 Max:2,000 supported. Supplied length:2,001")


def test_closed_books_and_lapsed_subscriptions_refuse_writes(us, line):
    us.control(
        "POST", "objects/9130350000000001/Preferences/1", {"AccountingInfoPrefs": {"BookCloseDate": "2026-03-31"}}
    )
    sale = {"CustomerRef": {"value": "1"}, "Line": [line(1)]}
    assert us.refuse("Invoice", sale | {"TxnDate": "2026-03-31"})["code"] == "6210"
    assert us.refuse("Invoice", {"Id": "10", "SyncToken": "1", "sparse": True, "PrivateNote": "x"})["code"] in (
        "6210",
        "5010",
    )
    assert us.post("Invoice", sale | {"TxnDate": "2026-04-01"})

    us.control("POST", "switches", {"inactive_companies": [us.realm]})
    assert us.refuse("Invoice", sale)["code"] == "6190"
    assert us.get("Customer", "1")


def test_stock_follows_what_is_sold(us, line):
    before = us.get("Item", "5")["QtyOnHand"]
    invoice = us.post("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(550, "5", UnitPrice=275, Qty=2)]})
    assert us.get("Item", "5")["QtyOnHand"] == before - 2

    us.post("Invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="delete")
    assert us.get("Item", "5")["QtyOnHand"] == before


def test_an_unsupported_operation_is_fault_500(us):
    error = us.refuse("Estimate", {"Id": "41", "SyncToken": "0"}, operation="void")
    assert (error["code"], error["Detail"]) == ("500", "Operation void is not supported.")
    assert us.refuse("Customer", {"Id": "1", "SyncToken": "0"}, operation="delete")["code"] == "500"
    assert us.refuse("TaxCode", {"Name": "x"})["code"] == "500"


def test_an_invoice_from_an_estimate_closes_it(us, line):
    estimate = us.post("Estimate", {"CustomerRef": {"value": "1"}, "Line": [line(10)]})
    link = [{"TxnId": estimate["Id"], "TxnType": "Estimate"}]

    invoice = us.post("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(10)], "LinkedTxn": link})

    assert invoice["LinkedTxn"] == link
    assert us.get("Estimate", estimate["Id"])["TxnStatus"] == "Closed"
    again = {"CustomerRef": {"value": "1"}, "Line": [line(10)], "LinkedTxn": link}
    assert us.refuse("Invoice", again)["code"] == "6000"
