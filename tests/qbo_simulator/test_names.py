"""Customers, items and the other lists: names, parents, inactive ones."""

import pytest


def test_display_name_is_made_from_the_parts_of_a_name(us):
    body = us.post("Customer", {"Title": "Dr", "GivenName": "Ada", "FamilyName": "Byron", "Suffix": "II"})

    assert body["DisplayName"] == body["FullyQualifiedName"] == "Dr Ada Byron II"
    assert us.refuse("Customer", {"Notes": "nobody"})["code"] == "2020"


@pytest.mark.parametrize("name", ["a:b", "a\tb", "a\nb"])
def test_some_signs_can_not_be_in_a_name(us, name):
    assert us.refuse("Customer", {"DisplayName": name})["code"] == "2040"
    assert us.refuse("Item", {"Name": name, "IncomeAccountRef": {"value": "1"}})["code"] == "2040"


def test_unicode_names_survive(us):
    name = "Zoë Ærøskøbing 株式会社 🌱 'quoted' \\ back"

    identifier = us.post("Customer", {"DisplayName": name})["Id"]

    assert us.get("Customer", identifier)["DisplayName"] == name
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    assert us.query(f"SELECT * FROM Customer WHERE DisplayName = '{quoted}'")["Customer"][0]["Id"] == identifier


def test_an_inactive_customer_is_renamed_hidden_and_frees_its_name(us):
    gone = us.post("Customer", {"Id": "3", "SyncToken": "0", "sparse": True, "Active": False})
    assert gone["DisplayName"] == gone["FullyQualifiedName"] == "Cool Cars (deleted)"
    assert gone["CompanyName"] == gone["PrintOnCheckName"] == "Cool Cars"
    assert us.query("SELECT * FROM Customer WHERE Id = '3'") == {}
    assert us.query("SELECT * FROM Customer WHERE Active IN (true, false) AND Id = '3'")["Customer"] == [gone]

    other = us.post("Customer", {"DisplayName": "cool cars"})
    back = {"Id": "3", "SyncToken": "1", "sparse": True, "Active": True, "DisplayName": "Cool Cars"}
    assert us.refuse("Customer", back)["code"] == "6240"

    again = us.post("Customer", {"Id": other["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    assert again["DisplayName"] == "cool cars (deleted 2)"
    assert us.post("Customer", back)["DisplayName"] == "Cool Cars"


def test_deactivating_a_customer_with_a_balance_can_be_refused(us):
    us.control("POST", "switches", {"deactivate_with_balance": "refuse"})

    assert us.refuse("Customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})["code"] == "6000"


def test_sub_customers_carry_the_path_and_add_to_the_parents_balance(us, line):
    parent = us.post("Customer", {"DisplayName": "Parent"})
    child = us.post("Customer", {"DisplayName": "Child", "ParentRef": {"value": parent["Id"]}})
    assert (child["FullyQualifiedName"], child["Job"], child["Level"]) == ("Parent:Child", True, 1)

    us.post("Invoice", {"CustomerRef": {"value": child["Id"]}, "Line": [line(10)]})
    us.post("Customer", {"Id": parent["Id"], "SyncToken": "0", "sparse": True, "DisplayName": "Elder"})

    assert us.get("Customer", parent["Id"])["Balance"] == 0
    assert us.get("Customer", parent["Id"])["BalanceWithJobs"] == 10
    assert us.get("Customer", child["Id"])["FullyQualifiedName"] == "Elder:Child"


def test_there_are_at_most_four_levels_below_a_customer(us):
    above = us.post("Customer", {"DisplayName": "Level 0"})["Id"]
    for level in range(1, 5):
        above = us.post("Customer", {"DisplayName": f"Level {level}", "ParentRef": {"value": above}})["Id"]

    assert us.refuse("Customer", {"DisplayName": "Level 5", "ParentRef": {"value": above}})["code"] == "6000"


def test_a_parent_is_not_moved_below_its_own_sub_customers(us):
    ids = []
    for level in range(3):
        above = {"ParentRef": {"value": ids[-1]}} if ids else {}
        ids.append(us.post("Customer", {"DisplayName": f"Level {level}", **above})["Id"])

    around = {"Id": ids[0], "SyncToken": "0", "sparse": True, "ParentRef": {"value": ids[2]}}
    assert us.refuse("Customer", around)["code"] == "6000"
    merged = us.http.post(
        f"{us.url}/_simulator/objects/{us.realm}/Customer/{ids[0]}",
        json={"operation": "merge", "into": ids[2]},
        timeout=10,
    )
    assert merged.json()["Fault"]["Error"][0]["code"] == "6000"


def test_what_is_below_a_moved_customer_takes_its_levels(us):
    tops = [us.post("Customer", {"DisplayName": f"Top {n}"})["Id"] for n in range(2)]
    middle = us.post("Customer", {"DisplayName": "Middle", "ParentRef": {"value": tops[0]}})["Id"]
    last = us.post("Customer", {"DisplayName": "Last", "ParentRef": {"value": middle}})["Id"]

    us.post("Customer", {"Id": tops[0], "SyncToken": "0", "sparse": True, "ParentRef": {"value": tops[1]}})

    assert us.get("Customer", last)["FullyQualifiedName"] == "Top 1:Top 0:Middle:Last"
    assert us.get("Customer", last)["Level"] == 3
    for level in range(2):
        above = us.post("Customer", {"DisplayName": f"Over {level}"})["Id"]
        moved = {"Id": tops[1], "SyncToken": us.get("Customer", tops[1])["SyncToken"], "sparse": True}
        if level == 0:
            us.post("Customer", moved | {"ParentRef": {"value": above}})
        else:
            below = {"Id": us.get("Customer", tops[1])["ParentRef"]["value"], "SyncToken": "0", "sparse": True}
            assert us.refuse("Customer", below | {"ParentRef": {"value": above}})["code"] == "6000"


def test_a_new_name_shows_on_the_documents_without_touching_them(us):
    before = us.get("Invoice", "67")

    us.post("Customer", {"Id": "1", "SyncToken": "0", "sparse": True, "DisplayName": "Amy's Aviary"})

    assert us.get("Invoice", "67") == before | {"CustomerRef": {"value": "1", "name": "Amy's Aviary"}}


def test_a_new_item_name_shows_on_the_documents(us):
    before = us.get("Invoice", "130")

    us.post("Item", {"Id": "11", "SyncToken": us.get("Item", "11")["SyncToken"], "sparse": True, "Name": "Big pump"})

    after = us.get("Invoice", "130")
    assert after["Line"][1]["SalesItemLineDetail"]["ItemRef"] == {"value": "11", "name": "Big pump"}
    assert after["MetaData"] == before["MetaData"]


def test_items_need_an_account_and_a_free_name(us):
    assert us.refuse("Item", {"Name": "New", "Type": "Service"})["code"] == "2020"
    assert us.refuse("Item", {"Name": "New", "IncomeAccountRef": {"value": "999"}})["Detail"].endswith(
        "Accounts element id 999 not found"
    )
    assert us.refuse("Item", {"Name": "New", "Type": "Thing"})["code"] == "2170"
    stock = {"Name": "New", "Type": "Inventory", "IncomeAccountRef": {"value": "79"}}
    assert us.refuse("Item", stock)["element"] == "ExpenseAccountRef"
    stock |= {
        "ExpenseAccountRef": {"value": "80"},
        "AssetAccountRef": {"value": "81"},
        "InvStartDate": "2026-01-01",
        "QtyOnHand": 5,
    }
    item = us.post("Item", stock)
    assert (item["TrackQtyOnHand"], item["QtyOnHand"], item["IncomeAccountRef"]["name"]) == (
        True,
        5,
        "Sales of Product Income",
    )


def test_an_inactive_item_can_not_be_sold_but_stays_on_old_invoices(us, line):
    us.post("Item", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})
    assert us.get("Item", "1")["Name"] == "Services (deleted)"

    assert us.refuse("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line(1)]})["code"] == "610"


@pytest.mark.parametrize(
    ("entity", "body"),
    [
        ("Term", {"Name": "Net 45", "DueDays": 45}),
        ("PaymentMethod", {"Name": "Barter"}),
        ("Class", {"Name": "North"}),
        ("Department", {"Name": "Sales"}),
        ("Account", {"Name": "Gifts", "AccountType": "Income"}),
        ("Vendor", {"DisplayName": "Supplier"}),
        ("Employee", {"GivenName": "Eve", "FamilyName": "Adams"}),
        ("TaxAgency", {"DisplayName": "Treasury"}),
    ],
)
def test_every_other_entity_is_created_read_and_found(us, entity, body):
    created = us.post(entity, body)

    assert us.get(entity, created["Id"]) == created
    assert us.query(f"select * from {entity.lower()} where Id = '{created['Id']}'")[entity] == [created]


def test_preferences_and_company_info_are_changed_group_by_group(us):
    body = us.post("Preferences", {"Id": "1", "SyncToken": "6", "SalesFormsPrefs": {"CustomTxnNumbers": True}})
    assert body["SalesFormsPrefs"]["CustomTxnNumbers"] is True
    assert body["SalesFormsPrefs"]["AllowDiscount"] is True
    assert body["SyncToken"] == "7"
    info = us.post("CompanyInfo", {"Id": "1", "SyncToken": "4", "sparse": True, "LegalName": "Craig's"})
    assert (info["LegalName"], info["CompanyName"]) == ("Craig's", "Sandbox Company_US_1")
    assert us.raw("GET", f"companyinfo/{us.realm}").json()["CompanyInfo"] == info
    assert us.raw("GET", "preferences").json()["Preferences"] == body
