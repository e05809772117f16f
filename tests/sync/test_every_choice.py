"""The settings and their choices: each is tried over the simulator, for each object. Which test does it, as a table."""

import ast
from functools import cache
from pathlib import Path

import pytest

from sync.enums import SyncObject
from sync.services.settings import CHOICES
from sync.setting_words import APPLY

HERE = Path(__file__).parent
INCOMING, SERVICES, PUBLISH = "test_settings_incoming.py", "test_settings_services.py", "test_publish_records.py"
PRODUCTS, INVOICES, EDIT = "test_product_settings.py", "test_invoice_settings.py", "test_edit_invoice.py"
#: Object and setting: in which file, which tests.
TABLE: dict[tuple[str, str], tuple[str, ...]] = {
    ("contact", "enabled"): (INCOMING, "test_sync_off_and_on"),
    ("contact", "direction"): (INCOMING, "test_direction"),
    ("contact", "incoming"): (INCOMING, "test_created_or_updated_in_quickbooks"),
    ("contact", "removal"): (INCOMING, "test_made_inactive_in_quickbooks"),
    ("contact", "winner"): (INCOMING, "test_both_sides_changed_one_field"),
    ("contact", "matching"): (INCOMING, "test_matching"),
    ("contact", "matching_fields"): (
        "test_matching_fields.py",
        "test_a_new_record_finds_its_object_by_the_chosen_field",
    ),
    ("contact", "filter_in"): (INCOMING, "test_filter_on_what_comes_in"),
    ("contact", "filter_out"): (SERVICES, "test_a_linked_record_outside_the_filter_is_not_sent_and_says_why"),
    ("contact", "without_email"): (INCOMING, "test_records_without_an_email_address"),
    ("contact", "customer_is"): (
        PUBLISH,
        "test_contacts_of_a_company_are_no_customers_of_their_own",
        "test_people_are_customers_where_the_settings_say_so",
    ),
    ("contact", "display_name_template"): (PUBLISH, "test_people_are_customers_where_the_settings_say_so"),
    ("contact", "back_fill"): (INCOMING, "test_back_fill"),
    ("product", "enabled"): (INCOMING, "test_sync_off_and_on"),
    ("product", "direction"): (PRODUCTS, "test_direction"),
    ("product", "incoming"): (PRODUCTS, "test_created_or_updated_in_quickbooks"),
    ("product", "removal"): (PRODUCTS, "test_made_inactive_in_quickbooks"),
    ("product", "winner"): (PRODUCTS, "test_both_sides_changed_one_field"),
    ("product", "matching"): (PRODUCTS, "test_matching"),
    ("product", "matching_fields"): (PRODUCTS, "test_matching"),
    ("product", "filter_in"): (PRODUCTS, "test_filters"),
    ("product", "filter_out"): (PRODUCTS, "test_filters"),
    ("product", "income_account"): (PUBLISH, "test_products_are_services_with_an_account"),
    ("product", "back_fill"): (PRODUCTS, "test_back_fill"),
    ("invoice", "enabled"): (INVOICES, "test_off_and_on"),
    ("invoice", "direction"): (INVOICES, "test_direction"),
    ("invoice", "incoming"): (INVOICES, "test_created_or_updated_in_quickbooks"),
    ("invoice", "removal"): (INVOICES, "test_deleted_or_voided_in_quickbooks"),
    ("invoice", "winner"): (
        EDIT,
        "test_the_winner_decides_one_field",
        "test_a_conflict_waits_for_a_person_and_the_rest_goes_on",
    ),
    ("invoice", "filter_in"): (INVOICES, "test_a_filter_leaves_out_and_says_which_condition_did"),
    ("invoice", "back_fill"): (INVOICES, "test_back_fill"),
}
#: What goes without saying: the tests of this choice are those of everything else.
IMPLIED = {("contact", "customer_is", "COMPANY")}


@cache
def functions(name: str) -> dict[str, str]:
    """The tests of a file with their decorators, as text."""
    tree = ast.parse((HERE / name).read_text())
    return {node.name: ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_table_is_complete():
    wanted = {(str(each), name) for each in SyncObject for name in APPLY[each] | {"enabled"}}
    # A date and a suffix belong to their settings.
    assert {row for row in wanted if row[1] not in ("back_fill_since", "display_name_suffix")} == TABLE.keys()


@pytest.mark.parametrize(("sync_object", "setting"), TABLE, ids=str)
def test_each_choice_has_its_test(sync_object, setting):
    file, *tests = TABLE[sync_object, setting]
    text = "\n".join(functions(file)[test] for test in tests)
    kind = CHOICES.get(setting)
    if kind is None:
        return
    # A test goes through all members of the choice at once, or names each of them.
    whole = f"{kind.__name__})" in text
    for member in kind:
        named = f"{kind.__name__}.{member.name}" in text or f"{setting}={member.value!r}" in text
        assert whole or named or (sync_object, setting, member.name) in IMPLIED, member
