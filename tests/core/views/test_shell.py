"""The frame of the pages: menus, search, palette, errors."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import Role, User
from core import registry
from core.context import menu_lines
from core.views import errors
from core.views.home import greeting
from crm.models import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep(client):
    user = User.objects.create_user("rep@example.com", "x", name="Rita Rep", role=Role.objects.get(name="Sales rep"))
    client.force_login(user)
    return user


def test_the_home_page_greets_and_loads_its_cards_by_address(client, rep, monkeypatch):
    card = registry.HomeCard("todo", "To do", "core:search")
    hidden = registry.HomeCard("secret", "Secret", "core:search", permission="accounts.manage")
    monkeypatch.setattr(registry, "home_cards", [card, hidden])

    page = client.get(reverse("core:home")).content.decode()

    assert "Rita Rep" in page
    assert 'hx-get="/search/"' in page
    assert "Secret" not in page


@pytest.mark.parametrize(
    ("hour", "words"), [(5, "morning"), (11, "morning"), (12, "afternoon"), (18, "evening"), (3, "evening")]
)
def test_the_greeting_fits_the_hour(hour, words):
    assert greeting(hour) == f"Good {words}"


def test_menus_show_what_the_role_allows_and_mark_the_closest_page(rep):
    entries = [
        registry.MenuEntry("Users", "accounts:user-list", "users", permission="accounts.manage"),
        registry.MenuEntry("Settings", "core:settings", "settings", order=1),
        registry.MenuEntry("Profile", "accounts:profile", "user", order=2),
    ]

    lines = menu_lines(entries, rep, "/settings/profile/password/")

    assert [(line.title, line.active) for line in lines] == [("Settings", False), ("Profile", True)]


def test_every_menu_entry_and_card_leads_somewhere():
    menu_lines(registry.menu + registry.settings_menu, User(is_active=True), "/")
    for card in registry.record_cards:
        reverse(card.url_name, args=[1])
    for card in registry.home_cards:
        reverse(card.url_name)
    letters = [entry.shortcut for entry in registry.menu if entry.shortcut]
    assert len(letters) == len(set(letters))
    assert not {"g", "h", "s"} & set(letters)


def test_search_shows_hits_escaped(client, rep):
    Company.objects.create(name="<script>alert(1)</script>", domain="<i>")

    for name in ("core:search", "core:palette"):
        page = client.get(reverse(name), {"q": "al"}).content.decode()
        assert "&lt;script&gt;<mark>al</mark>ert(1)&lt;/script&gt;" in page
        assert "alert(1)" not in page
        assert "<i>" not in page
        assert page.count("Companies") >= 1


def test_a_search_without_hits_and_one_without_words_say_different_things(client, rep):
    assert b"Nothing found" in client.get(reverse("core:search"), {"q": "zzz"}).content
    assert b"Search everything" in client.get(reverse("core:search")).content


@pytest.mark.parametrize("text", ["\x00", "'; drop table", "%", "(" * 5000, "ü" * 300, "🙂"])
def test_search_survives_whatever_is_typed(client, rep, text):
    assert client.get(reverse("core:search"), {"q": text}).status_code == 200
    assert client.get(reverse("core:palette"), {"q": text}).status_code == 200


def test_the_palette_finds_places_by_their_name(client, rep):
    page = client.get(reverse("core:palette"), {"q": "prof"}).content.decode()

    assert reverse("accounts:profile") in page
    assert "All results for" in page


def test_an_unknown_address_offers_the_search(client, rep):
    answer = client.get("/nothing/here/")

    assert answer.status_code == 404
    assert b"There is nothing here" in answer.content
    assert reverse("core:search").encode() in answer.content


def test_pages_for_what_went_wrong_say_what_to_do(rf: RequestFactory, rep):
    request = rf.get("/")
    request.user = rep
    denied = errors.permission_denied(request, PermissionDenied("This needs a key."))
    broken = errors.server_error(rf.get("/", headers={"x-request-id": "abc-123"}))

    assert (denied.status_code, broken.status_code) == (403, 500)
    assert b"This needs a key." in denied.content
    assert b"abc-123" in broken.content


def test_the_page_for_a_broken_server_asks_the_database_nothing(rf: RequestFactory, django_assert_num_queries):
    request = rf.get("/", headers={"x-request-id": "abc-123"})
    with django_assert_num_queries(0):
        assert errors.server_error(request).status_code == 500


def test_pages_carry_a_policy_without_inline_code(client, rep):
    answer = client.get("/")

    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = answer.content.decode()
    assert " style=" not in page
    assert "<script>" not in page
    assert "hx-on" not in page


def test_the_lines_of_a_group_stand_together_whatever_their_order():
    entries = [
        registry.MenuEntry("Mail", "core:home", "x", order=10, group="Workspace"),
        registry.MenuEntry("Sync", "core:home", "x", order=20, group="QuickBooks"),
        registry.MenuEntry("Duplicates", "core:home", "x", order=30, group="Workspace"),
    ]

    lines = menu_lines(entries, User(is_active=True), "/")

    assert [line.title for line in lines] == ["Mail", "Duplicates", "Sync"]
