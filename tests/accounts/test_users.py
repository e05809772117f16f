"""Managing users, and one's own profile."""

import pytest
from django.urls import reverse

from accounts import services
from accounts.models import Role, User
from core.models import Event

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def make(name, role):
    return User.objects.create_user(
        f"{name.lower()}@example.com", PASSWORD, name=name, role=Role.objects.get(name=role), time_zone="Europe/Paris"
    )


@pytest.fixture
def admin(client):
    user = make("Ada", "Admin")
    client.force_login(user)
    return user


def test_an_administrator_adds_a_user_who_can_sign_in(client, admin):
    rep = Role.objects.get(name="Sales rep")
    typed = {"name": "Rita", "email": "Rita@Example.com", "role": rep.pk, "password": PASSWORD}

    answer = client.post(reverse("accounts:user-create"), typed)

    assert answer.url == reverse("accounts:user-list")
    rita = User.objects.get(name="Rita")
    assert (rita.role, rita.time_zone, rita.email) == (rep, "Europe/Paris", "Rita@example.com")
    assert client.login(username="Rita@example.com", password=PASSWORD)
    event = Event.objects.get(name="user.created")
    assert (event.actor, event.object_id) == (admin, rita.pk)


def test_a_second_user_with_the_same_address_in_other_capitals_is_refused(client, admin):
    typed = {"name": "Eve", "email": "ADA@example.com", "role": admin.role_id, "password": PASSWORD}

    answer = client.post(reverse("accounts:user-create"), typed)

    assert answer.status_code == 422
    assert b"exists already" in answer.content
    assert b'value="ADA@example.com"' in answer.content
    assert User.objects.count() == 1


def test_a_deactivated_user_is_out_and_comes_back_reactivated(client, admin):
    rita = make("Rita", "Sales rep")
    switch = reverse("accounts:user-activate", args=[rita.pk])

    client.post(switch, {"active": "0"})

    assert not client.login(username="rita@example.com", password=PASSWORD)
    client.force_login(admin)
    client.post(switch, {"active": "1"})
    assert client.login(username="rita@example.com", password=PASSWORD)
    assert list(Event.objects.order_by("pk").values_list("name", flat=True)) == ["user.deactivated", "user.activated"]


def test_somebody_who_manages_users_always_stays(client, admin):
    answer = client.post(reverse("accounts:user-activate", args=[admin.pk]), {"active": "0"}, follow=True)
    rep = Role.objects.get(name="Sales rep")
    edited = client.post(reverse("accounts:user-edit", args=[admin.pk]), {"name": "Ada", "role": rep.pk})

    assert b"is the last one who can" in answer.content
    assert edited.status_code == 422
    admin.refresh_from_db()
    assert (admin.is_active, admin.role.name) == (True, "Admin")
    assert not Event.objects.exists()


def test_another_administrator_may_take_over(client, admin):
    make("Bob", "Admin")

    services.set_active(admin, active=False, by=admin)

    assert not User.objects.get(pk=admin.pk).is_active


def test_people_without_the_permission_read_which_one_is_missing(client):
    client.force_login(make("Rita", "Sales rep"))

    answer = client.get(reverse("accounts:user-list"))

    assert answer.status_code == 403
    assert "Manage users and roles" in answer.content.decode()


def test_the_list_of_users_takes_the_same_number_of_queries_for_many(client, admin, django_assert_max_num_queries):
    for number in range(30):
        make(f"Rep{number}", "Sales rep")

    with django_assert_max_num_queries(8):
        answer = client.get(reverse("accounts:user-list"))

    assert answer.content.count(b"@example.com") >= 31


def test_the_profile_keeps_what_was_typed_and_saves_what_is_right(client, admin):
    profile = reverse("accounts:profile")
    typed = {"name": "", "time_zone": "Asia/Tokyo", "language": "en-gb", "theme": "dark", "density": "compact"}

    refused = client.post(profile, typed)

    assert refused.status_code == 422
    assert 'value="Asia/Tokyo" selected' in refused.content.decode()
    assert User.objects.get().theme == "system"
    assert client.post(profile, typed | {"name": "Ada L."}).url == profile
    saved = User.objects.get()
    assert (saved.name, saved.time_zone, saved.theme, saved.density) == ("Ada L.", "Asia/Tokyo", "dark", "compact")


def test_a_new_password_needs_the_present_one_and_keeps_this_session(client, admin):
    address = reverse("accounts:password")

    refused = client.post(address, {"present": "wrong", "password": "another long phrase"})
    changed = client.post(address, {"present": PASSWORD, "password": "another long phrase"})

    assert (refused.status_code, changed.status_code) == (422, 302)
    assert client.get("/").status_code == 200
    assert User.objects.get().check_password("another long phrase")


@pytest.mark.parametrize(
    ("typed", "status"), [({"theme": "dark"}, 204), ({"theme": "pink"}, 400), ({"density": "compact"}, 204)]
)
def test_only_known_preferences_are_kept(client, admin, typed, status):
    answer = client.post(reverse("accounts:preferences"), typed)

    assert answer.status_code == status
    user = User.objects.get()
    assert (
        {"theme": user.theme, "density": user.density} == {"theme": "system", "density": "comfortable"} | typed
    ) is (status == 204)
