"""Saved views: kept, shared, changed, put in order; and the state of a list in its address."""

# ruff: noqa: PLC0415 -- models need Django set up
import re

import pytest
from django.http import QueryDict
from django.urls import reverse

from core.tables.address import address, canonical, normal

pytestmark = pytest.mark.django_db
URL = "/companies/"


def names(response):
    return [str(row) for row in response.context["list"].rows]


def tabs(response):
    return [view.label for view in response.context["views"].tabs]


def kept(client, state, *, name="Mine first", visibility="private"):
    """Save a state of the list; the view."""
    from core.models import SavedView

    answer = client.post(
        reverse("tables:view-create", args=["company"]), {"name": name, "visibility": visibility, "state": state}
    )
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return SavedView.objects.order_by("-pk").first()


def test_the_same_state_is_the_same_text():
    written = "status=b&status=a&q=&sort=-name&cursor=xyz&size=25&view=3&columns=a,b&density=compact&due_on=.."

    assert canonical(QueryDict(written)) == "sort=-name&status=a&status=b" == normal("status=a&sort=-name&status=b")
    assert address("q=x", view="3", columns=["a", "b"]) == "?q=x&view=3&columns=a%2Cb"
    assert address("") == "?"


def test_a_saved_view_opens_with_its_filters_order_and_columns(web, companies, ops):
    view = kept(web, f"owner={ops.pk}&sort=-name&columns=name,industry&density=compact")

    short = web.get(URL, {"open": view.pk})
    assert short.status_code == 302
    page = web.get(short.headers["Location"])
    assert names(page) == ["Beta", "Alpha"]
    assert page.context["list"].shown == ["name", "industry"]
    assert page.context["views"].current.label == "Mine first"
    assert not page.context["views"].dirty
    assert "table-compact" in page.content.decode()


def test_a_changed_view_is_marked_saved_and_reset(web, companies, ops):
    view = kept(web, f"owner={ops.pk}")
    changed = f"view={view.pk}&sort=-name"
    page = web.get(f"{URL}?{changed}")
    assert page.context["views"].dirty
    assert "Changed, not saved" in page.content.decode()
    reset = re.search(r'id="view-reset" href="([^"]+)"', page.content.decode())[1].replace("&amp;", "&")
    assert not web.get(URL + reset).context["views"].dirty

    web.post(reverse("tables:view-save", args=[view.pk]), {"state": changed})

    view.refresh_from_db()
    assert view.query == "sort=-name"
    assert not web.get(f"{URL}?{changed}").context["views"].dirty


def test_only_what_is_shared_is_seen_and_only_its_owner_changes_it(web, other, companies):
    private, shared = kept(web, "q=al", name="Private"), kept(web, "q=be", name="Shared", visibility="everyone")

    page = other.get(URL)
    assert tabs(page) == ["All", "Mine", "Shared"]
    assert names(other.get(other.get(URL, {"open": shared.pk}).headers["Location"])) == ["Beta"]
    assert "gone, or it is not shared" in other.get(URL, {"view": private.pk}, follow=True).content.decode()
    for route, pk, status in (
        ("view-save", shared.pk, 403),
        ("view-delete", shared.pk, 403),
        ("view-save", private.pk, 404),
        ("view-delete", private.pk, 404),
    ):
        assert other.post(reverse(f"tables:{route}", args=[pk]), {"state": "q=x"}).status_code == status
    refused = other.post(reverse("tables:view-edit", args=[shared.pk]), {"name": "X", "visibility": "private"})
    assert "belongs to Ops" in refused.content.decode()
    shared.refresh_from_db()
    assert (shared.name, shared.query, shared.deleted_at) == ("Shared", "q=be", None)


def test_a_deleted_view_comes_back(web, companies):
    view = kept(web, "q=al")
    deleted = web.post(reverse("tables:view-delete", args=[view.pk]), headers={"HX-Request": "true"})
    assert reverse("tables:view-restore", args=[view.pk]) in deleted.headers["HX-Trigger"]
    assert "Mine first" not in tabs(web.get(URL))

    web.post(reverse("tables:view-restore", args=[view.pk]))

    assert "Mine first" in tabs(web.get(URL))


def test_tabs_in_ones_own_order_hidden_and_to_start_with(web, other, companies, ops):
    view = kept(web, f"owner={ops.pk}", visibility="everyone")
    manage = reverse("tables:views", args=["company"])
    web.post(manage, {"key": ["all", "mine", str(view.pk)], "do": f"up:{view.pk}"})
    web.post(manage, {"do": "hide:mine"})
    web.post(manage, {"do": f"start:{view.pk}"})

    assert tabs(web.get(f"{URL}?view=all")) == ["All", "Mine first"]
    started = web.get(URL)
    assert started.status_code == 302
    assert names(web.get(started.headers["Location"])) == ["Alpha", "Beta"]
    assert tabs(other.get(URL)) == ["All", "Mine", "Mine first"]
    web.post(manage, {"do": "show:mine"})
    assert "Mine" in tabs(web.get(f"{URL}?view=all"))


def test_built_in_views_mean_who_looks(web, other, companies):
    for client, expected in ((web, ["Alpha", "Beta"]), (other, ["Gamma"])):
        found = client.get(client.get(URL, {"open": "mine"}).headers["Location"])
        assert names(found) == expected
        assert not found.context["views"].dirty


def test_a_view_needs_a_name_and_a_state_of_reasonable_length(web, companies):
    address = reverse("tables:view-create", args=["company"])

    assert web.post(address, {"name": " ", "visibility": "private", "state": ""}).status_code == 422
    answer = web.post(address, {"name": "Long", "visibility": "private", "state": "q=" + "x" * 9000})
    assert "too long to be saved" in answer.content.decode()
    assert web.post(address, {"name": "T", "visibility": "team", "state": ""}).status_code == 422


def test_bad_parts_of_an_address_are_named_and_lose_nothing_else(web, companies, ops):
    page = web.get(
        f"{URL}?owner={ops.pk}&updated=soon..&statsu=open&sort=password&columns=name,secret,domain&cursor=nonsense"
    )

    text = page.content.decode()
    assert names(page) == ["Alpha", "Beta"]
    assert page.context["list"].shown == ["name", "domain"]
    for told in ("no filter “statsu”", "can&#x27;t be sorted by “password”", "no column “secret”", "none of this list"):
        assert told in text, told
    assert "Last change" in text


def test_columns_of_a_saved_view_are_saved_with_it(web, companies):
    view = kept(web, "q=al")
    picker = reverse("tables:columns", args=["company"])
    assert "Domain" in web.get(picker, {"state": ""}).content.decode()

    answer = web.post(picker, {"column": ["phone", "domain"], "density": "compact", "state": f"q=al&view={view.pk}"})

    page = web.get(answer.headers["Location"])
    assert page.context["list"].shown == ["name", "phone", "domain"]
    assert page.context["views"].dirty
    assert web.get(URL).context["list"].shown[:2] == ["name", "domain"]  # the others are as they were


def test_views_of_every_list_can_be_read(web, companies):
    from core.tables import tables
    from core.tables.views.pages import views_of
    from tests import makers as people

    admin = people.user("Admin", "admin@example.com")
    web.force_login(admin)
    for table in tables.values():
        for view in views_of(table, admin, QueryDict()).every:
            page = web.get(reverse(table.index) + view.href)
            assert page.status_code == 200, (table.object_type, view.key)
            assert not page.context["problems"], (table.object_type, view.key)
            assert not page.context["views"].dirty, (table.object_type, view.key)
