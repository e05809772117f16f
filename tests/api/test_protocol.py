"""What every operation has in common: repeated writes, rates, bodies, methods, refusals."""

import threading

import pytest
import time_machine
from django.db import connection, connections

from api import idempotency
from api.models import KeptAnswer
from core.redis import redis_client
from crm.models import Company
from crm.services import companies
from tests.api.programs import Program, program_of


def test_a_write_with_a_name_happens_once(program):
    first = program.post("companies", {"name": "Acme"}, Idempotency_Key="one")
    again = program.post("companies", {"name": "Acme"}, Idempotency_Key="one")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert Company.objects.count() == 1


def test_a_name_stands_for_one_write_only(program):
    program.post("companies", {"name": "Acme"}, Idempotency_Key="one")

    other = program.post("companies", {"name": "Other"}, Idempotency_Key="one")

    assert (other.status_code, other.json()["type"]) == (422, "urn:crm-sync:problem:key-reused")
    assert list(Company.objects.values_list("name", flat=True)) == ["Acme"]


def test_names_of_two_programs_are_apart(program):
    other = program_of("Ops")
    program.post("companies", {"name": "Acme"}, Idempotency_Key="one")

    assert other.post("companies", {"name": "Other"}, Idempotency_Key="one").status_code == 201


def test_a_refused_write_leaves_its_name_free(program):
    refused = program.post("companies", {"name": " "}, Idempotency_Key="one")

    mended = program.post("companies", {"name": "Acme"}, Idempotency_Key="one")

    assert (refused.status_code, mended.status_code) == (422, 201)


@pytest.mark.django_db(transaction=True)
def test_a_write_that_is_still_running_is_not_started_again():
    program = program_of()
    body = {"name": "Acme"}
    program.post("companies", body, Idempotency_Key="one")
    KeptAnswer.objects.update(status=None, body=None)
    held, done = threading.Event(), threading.Event()

    def hold():
        try:
            with idempotency.transaction.atomic():
                KeptAnswer.objects.select_for_update().get()
                held.set()
                done.wait(30)
        finally:
            connections.close_all()

    other = threading.Thread(target=hold)
    other.start()
    try:
        assert held.wait(30)
        answer = program.post("companies", body, Idempotency_Key="one")
    finally:
        done.set()
        other.join()

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:crm-sync:problem:key-in-use")
    assert Company.objects.count() == 1
    connection.close()


def test_kept_answers_are_forgotten_after_a_day(program):
    with time_machine.travel("2026-11-01T00:00:00Z", tick=False):
        program.post("companies", {"name": "Acme"}, Idempotency_Key="one")
    program.post("companies", {"name": "Other"}, Idempotency_Key="two")

    assert idempotency.forget_old() == 1
    assert KeptAnswer.objects.get().name == "two"


def test_a_key_has_so_many_requests_in_a_minute(program, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    redis_client().flushdb()
    with time_machine.travel("2026-11-23T12:00:20Z", tick=False):
        answers = [program.get("companies") for _each in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert [answer["RateLimit"] for answer in answers] == [
        '"minute";r=1;t=40',
        '"minute";r=0;t=40',
        '"minute";r=0;t=40',
    ]
    assert answers[2]["Retry-After"] == "40"
    with time_machine.travel("2026-11-23T12:01:00Z", tick=False):
        assert program.get("companies").status_code == 200


def test_who_guesses_keys_has_so_many_guesses_in_a_minute(program, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    redis_client().flushdb()
    with time_machine.travel("2026-11-23T12:00:20Z", tick=False):
        answers = [Program(program.user, secret=f"crm_guess{number}").get("companies") for number in range(3)]
        other = program.get("companies")

    assert [answer.status_code for answer in (*answers, other)] == [401, 401, 429, 200]
    assert (answers[0]["RateLimit"], answers[2]["Retry-After"]) == ('"minute";r=1;t=40', "40")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"name": NaN}', "application/json", 400),
        (b'{"name": "a\\u0000b"}', "application/json", 422),
        (b'{"name": "\\ud800"}', "application/json", 422),
        (b"[" * 5000, "application/json", 400),
        (b"name=Acme", "application/x-www-form-urlencoded", 415),
        (b"[]", "application/json", 422),
    ],
)
def test_a_body_that_is_none_is_refused(program, body, kind, status):
    answer = program.client.post(
        "/api/v1/companies", body, content_type=kind, headers={"Authorization": f"Bearer {program.secret}"}
    )

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert not Company.objects.exists()


def test_a_form_where_none_is_taken_is_no_mistake_of_ours(program):
    company = companies.create(by=program.user, name="Acme")
    answer = program.client.post(
        f"/api/v1/companies/{company.pk}/archive",
        b"",
        content_type="multipart/form-data",
        headers={"Authorization": f"Bearer {program.secret}", "Idempotency-Key": "one", "If-Match": "*"},
    )

    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("path", ["nothing", "no\n", "sync/settings/1/a%0Ab", "companies/x"])
def test_an_address_that_there_is_not_is_told_as_programs_read_it(program, path):
    answer = program.get(path)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_only_known_methods_are_taken(program):
    answer = program.call("PUT", "companies")

    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST")
    assert answer["Content-Type"] == "application/problem+json"


def test_what_is_unexpected_says_nothing_of_our_inside(program, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("password=secret")

    monkeypatch.setattr(companies, "create", broken)
    answer = program.post("companies", {"name": "Acme"})

    assert (answer.status_code, "secret" in answer.text) == (500, False)
