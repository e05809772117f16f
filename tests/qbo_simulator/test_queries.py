"""The query language, by GET and by POST, with its refusals."""

import pytest


def ids(answer, entity="Customer"):
    return [row["Id"] for row in answer.get(entity, [])]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Id = '1'", ["1"]),
        ("Id IN ('1', '3','2')", ["1", "2", "3"]),
        ("DisplayName = 'amy\\'s bird sanctuary'", ["1"]),
        ("displayname LIKE '%windsurf%'", ["2"]),
        ("DisplayName LIKE 'Cool_Cars'", []),
        ("GivenName = 'AMY' AND FamilyName = 'lauterbach'", ["1"]),
        ("PrimaryEmailAddr = 'birds@intuit.com'", ["1"]),
        ("PrimaryEmailAddr.Address LIKE 'surf%'", ["2"]),
        ("Balance > '600'", ["10", "18"]),
        ("Balance >= 239 AND Balance < 240", ["1"]),
        ("Balance != 0 AND Id = '3'", []),
        ("Active = true AND Id = '2'", ["2"]),
        ("Active IN (true, false) AND Id = '2'", ["2"]),
        ("Job = true AND Id IN ('8', '9', '1')", ["8", "9"]),
        ("ParentRef = '7'", ["8", "9"]),
        ("MetaData.LastUpdatedTime >= '2026-04-08T13:16:17-07:00'", ["24"]),
        ("Metadata.LastUpdatedTime > '2026-04-08T20:16:16Z'", ["24"]),
        ("MetaData.CreateTime < '2026-03-31T16:49:00-07:00'", ["1"]),
    ],
)
def test_conditions(us, where, found):
    assert ids(us.query(f"SELECT * FROM Customer WHERE {where}")) == found


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("CustomerRef = '1'", 3),
        ("TxnDate >= '2026-04-01' AND TxnDate <= '2026-04-05'", 3),
        ("DueDate < '2026-01-31'", 2),
        ("DocNumber = '1037'", 1),
        ("DocNumber IN ('1037','1036')", 2),
        ("TotalAmt > '900'", 2),
        ("EmailStatus = 'NotSet'", 27),
        ("TxnDate <= CURRENT_DATE", 31),
    ],
)
def test_conditions_on_invoices(us, where, count):
    assert us.query(f"SELECT COUNT(*) FROM Invoice WHERE {where}") == {"totalCount": count}


def test_order_paging_and_spelling(us):
    whole = us.query("select * from customer orderby DisplayName desc maxresults 1000")["Customer"]
    names = [row["DisplayName"].casefold() for row in whole]
    assert names == sorted(names, reverse=True)

    page = us.query("SELECT * FROM Customer ORDER BY DisplayName DESC, Id ASC STARTPOSITION 3 MAXRESULTS 2")
    assert page["Customer"] == whole[2:4]
    assert (page["startPosition"], page["maxResults"]) == (3, 2)
    assert us.query("SELECT * FROM Customer STARTPOSITION 1000") == {}
    by_id = [int(i) for i in ids(us.query("SELECT * FROM Customer MAXRESULTS 1000"))]
    assert by_id == sorted(by_id)


def test_a_hundred_rows_by_default_and_a_thousand_at_most(us):
    us.control("POST", "generate", {"realmId": us.realm, "customers": 1200})

    assert us.query("SELECT * FROM Customer")["maxResults"] == 100
    assert us.query("SELECT * FROM Customer MAXRESULTS 1000")["maxResults"] == 1000


def test_columns(us):
    assert us.query("SELECT Id, DisplayName FROM Customer WHERE Id = '1'")["Customer"] == [
        {"Id": "1", "DisplayName": "Amy's Bird Sanctuary", "domain": "QBO", "sparse": True}
    ]
    assert us.query("SELECT *, Sku FROM Item WHERE Id = '5'")["Item"] == [us.get("Item", "5")]


def test_tax_codes_come_whole(us):
    assert us.query("SELECT * FROM TaxCode MAXRESULTS 1")["maxResults"] == 4


def test_by_post_as_text(us):
    text = "SELECT * FROM Customer WHERE DisplayName LIKE '%ö%'"
    us.post("Customer", {"DisplayName": "Blumen Löwe"})

    answer = us.raw("POST", "query", data=text.encode(), headers={"Content-Type": "application/text"})

    assert [row["DisplayName"] for row in answer.json()["QueryResponse"]["Customer"]] == ["Blumen Löwe"]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (
            "",
            "4000",
            'QueryParserError: Encountered "<EOF>" at line 0, column 0.\nWas expecting:\n    "select" ...\n    ',
        ),
        ("DELETE FROM Customer", "4000", 'Encountered " <IDENTIFIER> "DELETE "" at line 1, column 1.'),
        ("SELECT * Customer", "4000", 'Encountered " <IDENTIFIER> "Customer "" at line 1, column 10.'),
        ("SELECT * WHERE", "4000", 'Encountered " "where" "WHERE "" at line 1, column 10.'),
        (
            "SELECT * FROM Customer WHERE Id = '1' OR Id = '2'",
            "4000",
            'Encountered " <OR> "OR "" at line 1, column 39.',
        ),
        (
            "select * from vendor where DisplayName = 'Cutlery 'R Us' startposition 1 maxresults 1000",
            "4000",
            'Encountered " <IDENTIFIER> "R "" at line 1, column 52.\nWas expecting one of:\n    <EOF> \n    <AND> ...\n'
            '    "iterator" ...\n    "maxresults" ...\n    <OR> ...\n    "order" ...\n    "orderby" ...\n'
            '    "startposition" ...\n    ',
        ),
        (
            "select * from account where AccountSubType %3D 'Inventory'",
            "4000",
            'QueryParserError: Invalid content. Lexical error at line 1, column 44.  Encountered: "%" (37), after : ""',
        ),
        ("SELECT * FROM Customer\nWHERE Id ~ '1'", "4000", "Lexical error at line 2, column 10."),
        ('SELECT * FROM Customer WHERE Id = "1"', "4000", 'Encountered: "\\"" (34)'),
        ("SELECT Colour FROM Customer", "4001", "Property Colour not found for Entity Customer"),
        ("SELECT * FROM Invoice WHERE DepartmentRef = '1'", "4001", "property 'DepartmentRef' is not queryable"),
        ("SELECT * FROM Estimate WHERE Line = '1'", "4001", "property 'Line' is not queryable"),
        ("SELECT * FROM Invoice WHERE TxnDate = 'soon'", "4001", "Invalid value"),
        ("SELECT * FROM Customer WHERE Id = 1'", "4000", "Lexical error"),
        ("SELECT * FROM Customer WHERE Id ~ '1'", "4000", "Lexical error"),
        ("SELECT * FROM Customer WHERE Id = ", "4000", '"<EOF>"'),
        ("SELECT * FROM Customer GROUP BY Id", "4000", 'Encountered " <IDENTIFIER> "GROUP ""'),
        ("SELECT * FROM Nothing", "4001", "Nothing"),
        ("SELECT * FROM Customer WHERE Id > '5'", "4001", "Id"),
        ("SELECT * FROM Customer WHERE Id = 'invalid'", "4001", "Invalid value 'invalid' for property Id"),
        ("SELECT * FROM Customer WHERE Colour = 'red'", "4001", "Property Colour not found for Entity Customer"),
        ("SELECT * FROM Invoice WHERE PrivateNote = 'x'", "4001", "property 'PrivateNote' is not queryable"),
        ("SELECT * FROM Payment WHERE DocNumber = 'x'", "4001", "property 'DocNumber' is not queryable"),
        ("SELECT * FROM Customer MAXRESULTS 1001", "4001", "value 1001 is too large. Max allowed value is 1000"),
        ("SELECT * FROM Customer MAXRESULTS 0", "4001", "value 0 is too small"),
        ("SELECT * FROM Customer WHERE Balance > 'much'", "4001", "Invalid value"),
        ("SELECT * FROM Customer WHERE MetaData.CreateTime > 'noon'", "4001", "Invalid value"),
        ("SELECT * FROM Customer ORDERBY Colour", "4001", "Colour"),
    ],
)
def test_refusals(us, text, code, words):
    answer = us.raw("GET", "query", params={"query": text})

    assert answer.status_code == 400
    error = answer.json()["Fault"]["Error"][0]
    assert error["code"] == code
    assert words in error["Detail"]


@pytest.mark.parametrize("value", ["x\\' OR 1=1 --", "'; DROP TABLE objects; --", '"', "%' AND '1'='1"])
def test_hostile_values_find_nothing_and_break_nothing(us, value):
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")

    assert us.query(f"SELECT * FROM Customer WHERE DisplayName = '{quoted}'") == {}
    assert us.query("SELECT COUNT(*) FROM Customer") == {"totalCount": 29}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("select*from customer where id='1'", ["1"]),
        ("  SELECT\n\t*  FROM   Customer\nWHERE   Id  IN('1','2')  ", ["1", "2"]),
        ("SELECT * FROM customer WHERE DisplayName = 'Amy''s Bird Sanctuary'", ["1"]),
        ("SELECT * FROM customer WHERE DisplayName = 'Amy\\'s Bird Sanctuary'", ["1"]),
        ("SELECT * FROM Customer WHERE DisplayName IN ('Amy''s Bird Sanctuary', 'Cool Cars')", ["1", "3"]),
        ("SELECT * FROM Customer WHERE Active = 'true' AND Id = '3'", ["3"]),
        ("SELECT * FROM Customer WHERE Job='true' AND ParentRef.value = '7'", ["8", "9"]),
        ("SELECT * FROM Customer WHERE MetaData.CreateTime < 2026-03-31T16:49:00-07:00", ["1"]),
        ("SELECT * FROM Customer WHERE Metadata.LastUpdatedTime > '2026-04-08T13:16:16.500-07:00'", ["24"]),
        ("SELECT * FROM Customer WHERE CompanyName = '' AND GivenName = 'Jeff'", []),
        ("SELECT * FROM Customer ORDER BY Balance DESC, DisplayName ASC MAXRESULTS 2", ["18", "10"]),
        ("SELECT * FROM Customer ORDERBY Balance desc,DisplayName MAXRESULTS 1 STARTPOSITION 2", ["10"]),
    ],
)
def test_spellings_that_clients_use(us, text, found):
    assert ids(us.query(text)) == found


def test_like_takes_only_percent_and_escapes(us):
    for name in ("100% Wool", "100 x Wool", "A_B", "AxB", "back\\slash"):
        us.post("Customer", {"DisplayName": name})

    def names(pattern):
        rows = us.query(f"SELECT * FROM Customer WHERE DisplayName LIKE '{pattern}'").get("Customer", [])
        return sorted(row["DisplayName"] for row in rows)

    assert names("100%wool") == ["100 x Wool", "100% Wool"]
    assert names("100\\%%") == ["100% Wool"]
    assert names("a_b") == ["A_B"]
    assert names("back\\\\s%") == ["back\\slash"]


def test_columns_inside_objects_and_lists(us):
    row = us.query("SELECT Id, MetaData.LastUpdatedTime, Line.Amount, CustomerRef.value FROM Invoice WHERE Id = '130'")
    whole = us.get("Invoice", "130")
    assert row["Invoice"] == [
        {
            "Id": "130",
            "MetaData": {"LastUpdatedTime": whole["MetaData"]["LastUpdatedTime"]},
            "Line": [{"Amount": line["Amount"]} for line in whole["Line"]],
            "CustomerRef": {"value": whole["CustomerRef"]["value"]},
            "domain": "QBO",
            "sparse": True,
        }
    ]
    assert us.query("select line from invoice where id = '130'")["Invoice"][0]["Line"] == whole["Line"]


def test_dates_with_a_time_and_numbers_of_documents_in_any_case(us, line):
    us.post(
        "Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(1)], "DocNumber": "INV-A1", "TxnDate": "2026-02-01"}
    )

    for where in (
        "TxnDate = '2026-02-01T00:00:00-08:00'",
        "TxnDate >= '2026-02-01T12:00:00Z' AND TxnDate < '2026-02-02'",
        "DocNumber = 'inv-a1'",
        "DocNumber IN ('inv-a1', 'x') AND TxnDate = 2026-02-01",
    ):
        found = us.query(f"SELECT DocNumber FROM Invoice WHERE {where}").get("Invoice", [])
        assert "INV-A1" in [row["DocNumber"] for row in found], where


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/text", "select count(*) from customer"),
        ("text/plain; charset=utf-8", "\ufeffselect count(*) from customer\r\n"),
        ("application/x-www-form-urlencoded", "query=select%20count(*)+from+customer"),
        ("application/json", "Select Count(*) From Customer"),
        ("", "SELECT COUNT(*) FROM Customer"),
    ],
)
def test_by_post_in_every_type(us, kind, body):
    answer = us.raw("POST", "query?minorversion=75", data=body.encode(), headers={"Content-Type": kind})

    assert answer.json()["QueryResponse"] == {"totalCount": 29}
