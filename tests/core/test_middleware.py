"""What htmx gets: messages as toasts, the login page as a page."""

import json

import pytest
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/?q=1"}


@login_not_required
def speaking(request: HttpRequest) -> HttpResponse:
    messages.success(request, "Saved “it”")
    messages.error(request, "But not that")
    if wanted := request.GET.get("trigger"):
        return HttpResponse("ok", headers={"HX-Trigger": wanted})
    if request.GET.get("away"):
        return HttpResponse("ok", headers={"HX-Redirect": "/quiet/"})
    return redirect("/quiet/") if request.GET.get("redirect") else HttpResponse("ok")


@login_not_required
def quiet(request: HttpRequest) -> HttpResponse:
    return HttpResponse(", ".join(str(message) for message in messages.get_messages(request)))


urlpatterns = [path("speaking/", speaking), path("quiet/", quiet), path("", include("crm_sync.urls"))]
pytestmark = [pytest.mark.urls("tests.core.test_middleware"), pytest.mark.django_db]
TOASTS = {"items": [{"level": "success", "text": "Saved “it”"}, {"level": "error", "text": "But not that"}]}


def test_messages_of_an_htmx_answer_become_toasts_once(client):
    answer = client.get("/speaking/", headers=HTMX)

    assert json.loads(answer["HX-Trigger"]) == {"toasts": TOASTS}
    assert client.get("/quiet/").content == b""


@pytest.mark.parametrize(
    ("before", "after"),
    [("drawer:close", {"drawer:close": None}), ("a, b", {"a": None, "b": None}), ('{"x": {"y": 1}}', {"x": {"y": 1}})],
)
def test_events_that_the_view_triggers_stay(client, before, after):
    answer = client.get("/speaking/", {"trigger": before}, headers=HTMX)

    assert json.loads(answer["HX-Trigger"]) == after | {"toasts": TOASTS}


@pytest.mark.parametrize("question", [{"redirect": "1"}, {"away": "1"}])
def test_messages_wait_for_the_page_that_htmx_goes_to(client, question):
    answer = client.get("/speaking/", question, headers=HTMX)

    assert "HX-Trigger" not in answer
    assert client.get("/quiet/").content.decode() == "Saved “it”, But not that"


def test_messages_of_a_page_are_left_to_the_page(client):
    assert "HX-Trigger" not in client.get("/speaking/")


def test_an_expired_session_takes_the_window_to_the_login_page_and_back_to_the_page_around(client):
    answer = client.get("/settings/", headers=HTMX)

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/login/?next=%2Fsettings%2F%3Fq%3D1"
