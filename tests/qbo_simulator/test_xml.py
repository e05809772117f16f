"""XML both ways, as the SDKs of Ruby, PHP, .NET and Java speak it."""

from xml.etree import ElementTree

import pytest

SPACE = "{http://schema.intuit.com/finance/v3}"
XML = {"Accept": "application/xml", "Content-Type": "application/xml"}


def top(answer, status=200):
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert answer.text.startswith('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>')
    element = ElementTree.fromstring(answer.content)
    assert element.tag == f"{SPACE}IntuitResponse"
    return element


def names(element):
    return [child.tag.removeprefix(SPACE) for child in element]


def test_a_read_has_identity_first_references_as_text_and_money_with_cents(us):
    element = top(us.raw("GET", "invoice/130", headers={"Accept": "application/xml"}))

    assert "T" in element.attrib["time"]
    invoice = element[0]
    assert invoice.tag == f"{SPACE}Invoice"
    assert invoice.attrib == {"domain": "QBO", "sparse": "false"}
    assert names(invoice)[:3] == ["Id", "SyncToken", "MetaData"]
    customer = invoice.find(f"{SPACE}CustomerRef")
    assert (customer.text, customer.attrib) == ("24", {"name": "Sonnenschein Family Store"})
    assert invoice.findtext(f"{SPACE}TotalAmt") == "362.07"
    lines = invoice.findall(f"{SPACE}Line")
    assert lines[-1].findtext(f"{SPACE}DetailType") == "SubTotalLineDetail"
    assert lines[0].find(f"{SPACE}SalesItemLineDetail/{SPACE}ItemRef").attrib == {"name": "Rock Fountain"}
    assert invoice.findtext(f"{SPACE}CustomerMemo") == "Thank you for your business and have a great day!"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Accept": None}, "xml"),
        ({"Accept": "*/*"}, "xml"),
        ({"Accept": "text/xml"}, "xml"),
        ({"Accept": "application/json"}, "json"),
        ({"Accept": "application/json, text/plain, */*"}, "json"),
        ({"Accept": "application/xml;q=0.4, application/json;q=0.9"}, "json"),
        ({"Accept": "application/xml, application/json;q=0.5"}, "xml"),
        ({"Accept": "*/*", "Content-Type": "application/json"}, "json"),
    ],
)
def test_who_gets_which(us, headers, kind):
    answer = us.raw("GET", "term/1", headers=headers)

    assert answer.headers["Content-Type"] == f"application/{kind};charset=UTF-8"


def test_a_payment_has_its_links_without_json_wrappings(us):
    payment = top(us.raw("GET", "payment/31", headers={"Accept": "application/xml"}))[0]

    extra = payment.find(f"{SPACE}Line/{SPACE}LineEx")
    if extra is not None:
        assert set(names(extra)) == {"NameValue"}
        assert extra[0].findtext(f"{SPACE}Name") == "txnId"
    assert payment.find(f"{SPACE}Line/{SPACE}LinkedTxn/{SPACE}TxnType").text == "Invoice"


def test_queries_changes_and_counts(us):
    found = top(us.raw("GET", "query", params={"query": "select * from Customer maxresults 2"}, headers=XML))[0]
    assert found.attrib == {"startPosition": "1", "maxResults": "2"}
    assert names(found) == ["Customer", "Customer"]
    count = top(
        us.raw(
            "POST", "query", data="select count(*) from Customer", headers=XML | {"Content-Type": "application/text"}
        )
    )
    assert count[0].attrib == {"totalCount": "29"}
    empty = top(us.raw("GET", "query", params={"query": "select * from Customer where Id = '9999'"}, headers=XML))
    assert (names(empty), len(empty[0])) == (["QueryResponse"], 0)

    since = us.now()
    us.post("Invoice", {"Id": "130", "SyncToken": us.get("Invoice", "130")["SyncToken"]}, operation="delete")
    changes = top(us.raw("GET", "cdc", params={"entities": "Invoice,Term", "changedSince": since}, headers=XML))[0]
    assert names(changes) == ["QueryResponse", "QueryResponse"]
    gone = changes[0].find(f"{SPACE}Invoice")
    assert (gone.attrib, gone.findtext(f"{SPACE}Id")) == ({"domain": "QBO", "status": "Deleted"}, "130")


def test_an_invoice_is_made_changed_and_deleted_in_xml(us):
    body = """<?xml version="1.0" encoding="utf-8"?>
    <Invoice xmlns="http://schema.intuit.com/finance/v3" sparse="false">
      <DocNumber>X-1</DocNumber>
      <Line><Description><![CDATA[Rocks & <sand>]]></Description><Amount>50</Amount>
        <DetailType>SalesItemLineDetail</DetailType>
        <SalesItemLineDetail>
          <ItemRef name="Rock Fountain">5</ItemRef><UnitPrice>25</UnitPrice><Qty>2</Qty>
        </SalesItemLineDetail>
      </Line>
      <Line><Amount>7.5</Amount><DetailType>SalesItemLineDetail</DetailType>
        <SalesItemLineDetail><ItemRef>1</ItemRef></SalesItemLineDetail></Line>
      <CustomerRef>1</CustomerRef><CustomerMemo>Thanks</CustomerMemo>
      <BillEmail><Address>a@example.com</Address></BillEmail>
    </Invoice>"""
    made = top(us.raw("POST", "invoice?requestid=x1", data=body.encode(), headers=XML))[0]
    identifier = made.findtext(f"{SPACE}Id")

    stored = us.get("Invoice", identifier)
    assert (stored["DocNumber"], stored["TotalAmt"], stored["CustomerMemo"]) == ("X-1", 61.5, {"value": "Thanks"})
    assert stored["Line"][0]["Description"] == "Rocks & <sand>"
    assert made.findtext(f"{SPACE}Line/{SPACE}Description") == "Rocks & <sand>"

    change = (
        f'<ns0:Invoice xmlns:ns0="http://schema.intuit.com/finance/v3" domain="QBO" sparse="true"><ns0:Id>{identifier}'
        "</ns0:Id><ns0:SyncToken>0</ns0:SyncToken><ns0:PrivateNote>ünïcode</ns0:PrivateNote></ns0:Invoice>"
    )
    changed = top(us.raw("POST", "invoice?operation=update", data=change.encode(), headers=XML))[0]
    assert (changed.findtext(f"{SPACE}SyncToken"), changed.findtext(f"{SPACE}PrivateNote")) == ("1", "ünïcode")
    assert us.get("Invoice", identifier)["DocNumber"] == "X-1"

    gone = (
        f'<Invoice xmlns="http://schema.intuit.com/finance/v3"><Id>{identifier}</Id><SyncToken>1</SyncToken></Invoice>'
    )
    deleted = top(us.raw("POST", "invoice?operation=delete", data=gone, headers=XML))[0]
    assert deleted.attrib["status"] == "Deleted"


def test_a_customer_with_a_cleared_field_and_an_inactive_one(us):
    body = (
        '<Customer xmlns="http://schema.intuit.com/finance/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'sparse="true"><Id>2</Id><SyncToken>0</SyncToken><Notes xsi:nil="true"/><Active>false</Active></Customer>'
    )
    customer = top(us.raw("POST", "customer", data=body, headers=XML))[0]

    assert customer.findtext(f"{SPACE}Active") == "false"
    assert customer.findtext(f"{SPACE}DisplayName").endswith(" (deleted)")


def test_a_batch(us):
    body = """<IntuitBatchRequest xmlns="http://schema.intuit.com/finance/v3">
      <BatchItemRequest bId="a" operation="create">
        <Customer><DisplayName>From XML</DisplayName></Customer></BatchItemRequest>
      <BatchItemRequest bId="b" operation="create">
        <Customer><DisplayName>Cool Cars</DisplayName></Customer></BatchItemRequest>
      <BatchItemRequest bId="c"><Query>select * from Term where Id = '1'</Query></BatchItemRequest>
      <BatchItemRequest bId="d" operation="update" optionsData="void">
        <Invoice><Id>129</Id><SyncToken>0</SyncToken></Invoice></BatchItemRequest>
      <BatchItemRequest bId="e"><CDCQuery><Entities>Term</Entities><ChangedSince>2031-01-01</ChangedSince></CDCQuery>
      </BatchItemRequest>
    </IntuitBatchRequest>"""
    element = top(us.raw("POST", "batch", data=body, headers=XML))

    found = {item.attrib["bId"]: item[0] for item in element}
    assert names(element) == ["BatchItemResponse"] * 5
    assert found["a"].findtext(f"{SPACE}DisplayName") == "From XML"
    assert (found["b"].tag, found["b"].attrib) == (f"{SPACE}Fault", {"type": "ValidationFault"})
    assert found["b"][0].attrib["code"] == "6240"
    assert found["c"].attrib == {"startPosition": "1", "maxResults": "1"}
    assert found["d"].findtext(f"{SPACE}PrivateNote") == "Voided"
    assert names(found["e"]) == ["QueryResponse"]


def test_faults_in_xml(us):
    wrong = top(us.raw("GET", "query", params={"query": "select * from Customer startposition 0"}, headers=XML), 400)
    error = wrong[0][0]
    assert (wrong[0].attrib, error.attrib) == ({"type": "ValidationFault"}, {"code": "4001"})
    assert error.findtext(f"{SPACE}Detail") == "QueryValidationError: value 0 is too small. Min allowed value is 1"
    missing = '<Invoice xmlns="http://schema.intuit.com/finance/v3"><CustomerRef>1</CustomerRef></Invoice>'
    assert top(us.raw("POST", "invoice", data=missing, headers=XML), 400)[0][0].attrib == {
        "code": "2020",
        "element": "Line",
    }
    expired = top(us.raw("GET", "term/1", headers=XML | {"Authorization": "Bearer no"}), 401)
    assert expired[0].attrib == {"type": "AUTHENTICATION"}
    assert "errorCode=003200" in expired[0][0].findtext(f"{SPACE}Message")


@pytest.mark.parametrize(
    "body",
    [
        b"<Customer",
        b"no xml",
        b"",
        b'<!DOCTYPE c [<!ENTITY a "b">]><Customer><DisplayName>&a;</DisplayName></Customer>',
        b'<Vendor xmlns="http://schema.intuit.com/finance/v3"><DisplayName>x</DisplayName></Vendor>',
        b"\xff\xfe\x00",
    ],
)
def test_xml_that_can_not_be_read_is_refused(us, body):
    answer = us.raw("POST", "customer", data=body, headers={"Content-Type": "application/xml"})

    assert answer.status_code == 400
    assert answer.json()["Fault"]["Error"][0]["code"] == "2010"


def test_what_is_read_can_be_sent_back(us):
    for path in ("customer/3", "item/5", "term/2", "vendor/56", "invoice/130", "account/35"):
        entity = path.partition("/")[0].capitalize()
        before = us.get(entity, path.partition("/")[2])
        element = top(us.raw("GET", path, headers=XML))[0]

        sent = us.raw("POST", path.partition("/")[0], data=ElementTree.tostring(element), headers=XML)

        after = ElementTree.fromstring(sent.content)[0]
        assert after.findtext(f"{SPACE}SyncToken") == str(int(before["SyncToken"]) + 1), (path, sent.text)
        now = us.get(entity, before["Id"])
        ignored = {"SyncToken", "MetaData", "sparse"}
        assert {k: v for k, v in now.items() if k not in ignored} == {
            k: v for k, v in before.items() if k not in ignored
        }
