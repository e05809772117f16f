"""The company's profile: its days and years, its logo, and who is in a team."""

import datetime
import io

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts import queries, services, teams
from accounts.models import Role, Team, User
from core import colours, company
from core.logos import BadLogo, logo_from
from core.models import BrandLogo, CompanyProfile, Event, SavedView
from core.services import company as profiles
from core.tables import keeping
from core.tables.saved import may_see
from crm.models import Deal
from crm.services import pipelines

pytestmark = pytest.mark.django_db


def person(name: str, role: str = "Admin") -> User:
    return User.objects.create_user(
        f"{name.lower()}@example.com", "correct horse battery", name=name, role=Role.objects.get(name=role)
    )


@pytest.fixture
def ada() -> User:
    return person("Ada")


@pytest.fixture
def admin(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def picture(size: tuple[int, int] = (900, 300), kind: str = "PNG") -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", size, "#0f7a43").save(drawn, kind)
    return drawn.getvalue()


@pytest.mark.parametrize(
    ("day", "start", "words", "first", "last"),
    [
        ("2026-02-10", 1, "Q1 2026", "2026-01-01", "2026-03-31"),
        ("2026-02-10", 4, "Q4 2026", "2026-01-01", "2026-03-31"),
        ("2026-04-01", 4, "Q1 2027", "2026-04-01", "2026-06-30"),
        ("2026-01-31", 11, "Q1 2026", "2025-11-01", "2026-01-31"),
        ("2024-02-29", 2, "Q1 2025", "2024-02-01", "2024-04-30"),
        ("2026-12-31", 7, "Q2 2027", "2026-10-01", "2026-12-31"),
    ],
)
def test_fiscal_quarters(day, start, words, first, last):
    found = company.fiscal_quarter(datetime.date.fromisoformat(day), start)

    assert (str(found), str(found.first), str(found.last)) == (words, first, last)


def test_the_fiscal_year_of_a_day():
    assert company.fiscal_year(datetime.date(2026, 2, 10), 4) == (datetime.date(2025, 4, 1), datetime.date(2026, 3, 31))


def test_today_is_the_companys_day_and_the_profile_is_read_once_in_a_request(ada, django_assert_num_queries):
    profiles.change({"time_zone": "Pacific/Auckland", "working_days": [0, 1]}, by=ada)

    with time_machine.travel("2026-11-22T20:00:00Z", tick=False), company.remembered(), django_assert_num_queries(1):
        assert company.today() == datetime.date(2026, 11, 23)
        assert company.profile().time_zone == "Pacific/Auckland"
        assert company.working_day_from(datetime.date(2026, 11, 25)) == datetime.date(2026, 11, 30)


def test_a_refused_value_changes_nothing(ada):
    for values in ({"time_zone": "Mars/Base"}, {"working_days": []}, {"fiscal_year_start": 13}):
        with pytest.raises(profiles.BadProfile):
            profiles.change({"name": "New", **values}, by=ada)

    assert company.profile().name == ""
    assert not Event.objects.filter(name="company_profile.changed").exists()


def test_the_profile_is_changed_on_its_page(admin):
    Deal.objects.create(name="Pond", stage=pipelines.ensure_default().stages.first(), currency="CAD")
    assert "Open deals by currency: 1 CAD." in admin.get(reverse("core:company")).content.decode()
    sent = {
        "name": "Garden & Sons", "address": "1 High St\nLondon", "currency": "gbp", "fiscal_year_start": "4",
        "time_zone": "Europe/London", "working_days": ["0", "1", "2"],
    }  # fmt: skip

    assert admin.post(reverse("core:company"), sent).status_code == 302

    row = CompanyProfile.objects.get()
    assert (row.name, row.currency, row.fiscal_year_start, row.working_days) == ("Garden & Sons", "GBP", 4, [0, 1, 2])
    assert Event.objects.get(name="company_profile.changed").data["changes"]["currency"] == ["USD", "GBP"]
    refused = admin.post(reverse("core:company"), {**sent, "currency": "XYZ", "working_days": []})
    assert refused.status_code == 422
    assert "Choose at least one working day" in refused.content.decode()


def test_a_logo_is_drawn_anew_and_served_under_an_address_of_its_own(admin):
    upload = SimpleUploadedFile("logo.jpg", picture(kind="JPEG"), "image/jpeg")
    sent = {"logo": upload, "logo_text": "GS", "brand_colour": "#0f7a43", "footer": "VAT GB 1"}

    assert admin.post(reverse("core:branding"), sent).status_code == 302

    logo = BrandLogo.objects.get()
    assert (logo.content_type, logo.width, logo.height) == ("image/png", 640, 213)
    seen = Client().get(reverse("core:brand-logo", args=[CompanyProfile.objects.get().logo_version]))
    assert (seen.status_code, seen["Content-Type"]) == (200, "image/png")
    assert seen.content.startswith(b"\x89PNG")
    sample = admin.get(reverse("core:mail-sample"))
    assert "unsafe-inline" in sample["Content-Security-Policy"]
    assert "VAT GB 1" in sample.content.decode()
    quote = admin.get(reverse("crm:quote-sample")).content.decode()
    assert seen.request["PATH_INFO"] in quote
    assert "VAT GB 1" in quote
    admin.post(reverse("core:branding"), {"remove_logo": "on", "logo_text": "GS", "brand_colour": "#0f7a43"})
    assert not BrandLogo.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "PNG, JPEG or WebP"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "picture"),
        (picture(kind="GIF"), "PNG, JPEG or WebP"),
        (picture((5000, 4000)), "too large"),
        (b"\x00" * (2 * 1024 * 1024 + 1), "too large"),
    ],
)
def test_what_is_no_logo_is_refused(content, words):
    with pytest.raises(BadLogo, match=words):
        logo_from(content)


def test_text_on_a_colour_can_always_be_read():
    assert colours.text_on("#f0b94a") == colours.INK
    assert colours.text_on("#4338ca") == colours.WHITE
    assert all(
        colours.contrast(colour, colours.text_on(colour)) >= colours.FOR_TEXT
        for colour in (f"#{red:02x}{green:02x}{blue:02x}" for red in range(0, 256, 51)
                       for green in range(0, 256, 51) for blue in range(0, 256, 51))
    )  # fmt: skip


def test_a_team_shares_views_and_leaves_them_to_their_owners(ada, django_assert_num_queries):
    ben, eve = person("Ben", "Sales rep"), person("Eve", "Sales rep")
    north = teams.create(name=" North ", members=[ada, ben], by=ada)
    view = keeping.create("deal", by=ben, name="Ours", state="", columns=[], density="", visibility=f"team:{north.pk}")

    assert set(queries.team_mates(ada)) == {ada, ben}
    assert set(queries.team_mates(eve)) == {eve}
    with django_assert_num_queries(2):
        assert SavedView.objects.filter(may_see(ada)).exists()
        assert not SavedView.objects.filter(may_see(eve)).exists()
    with pytest.raises(keeping.ViewRefused):
        keeping.create("deal", by=eve, name="X", state="", columns=[], density="", visibility=f"team:{north.pk}")
    with pytest.raises(teams.TeamRefused):
        teams.create(name="north", members=[], by=ada)

    assert teams.delete(north, by=ada) == 1
    view.refresh_from_db()
    assert (view.visibility, view.team) == ("private", None)


def test_teams_are_managed_on_their_pages(admin, ada, django_assert_num_queries):
    ben = person("Ben", "Sales rep")
    admin.post(reverse("accounts:team-create"), {"name": "North", "members": [ada.pk, ben.pk]})
    team = Team.objects.get()
    assert set(team.members.all()) == {ada, ben}
    assert admin.post(reverse("accounts:team-create"), {"name": "NORTH"}).status_code == 422
    admin.post(reverse("accounts:team-edit", args=[team.pk]), {"name": "South", "members": [ben.pk]})
    assert "South" in admin.get(reverse("accounts:user-list")).content.decode()
    for number in range(30):
        person(f"P{number}").teams.add(team)
    admin.get(reverse("accounts:team-list"))
    with django_assert_num_queries(5):
        admin.get(reverse("accounts:team-list"))
    admin.post(reverse("accounts:team-delete", args=[team.pk]))
    assert not Team.objects.exists()
    assert services.set_active(ben, active=False, by=ada).is_active is False
