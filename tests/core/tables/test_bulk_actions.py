"""Actions on many rows: chosen ones at once, all that match by a worker; refusals, undo, permissions."""

# ruff: noqa: PLC0415 -- models need Django set up
import contextlib
import json

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def act(client, name, **data):
    return client.post(reverse("tables:act", args=["company", name]), {"state": "", **data}, headers=HTMX)


def told(answer):
    return json.loads(answer.headers["HX-Trigger"])["toast"]


def owners():
    from crm.models import Company

    return {company.name: company.owner_id for company in Company.objects.all()}


def test_chosen_rows_get_another_owner_and_it_can_be_undone(web, companies, ops, rep):
    ids = f"{companies['Alpha'].pk},{companies['Gamma'].pk}"
    asked = web.get(reverse("tables:act", args=["company", "owner"]), {"ids": ids, "state": ""}, headers=HTMX)
    assert "2 chosen records" in asked.content.decode()

    done = told(act(web, "owner", ids=ids, owner=rep.pk))

    assert done["text"] == "2 records have a new owner."
    assert owners() == {"Alpha": rep.pk, "Beta": ops.pk, "Gamma": rep.pk}
    undone = told(web.post(done["action"]["url"], headers=HTMX))
    assert undone["text"].startswith("Undone: 1 record")  # Gamma was the rep's before
    assert owners() == {"Alpha": ops.pk, "Beta": ops.pk, "Gamma": rep.pk}
    assert "can't be undone any more" in told(web.post(done["action"]["url"], headers=HTMX))["text"]


def test_undo_leaves_what_somebody_changed_since(web, companies, ops, rep):
    from crm.services import companies as services

    done = told(act(web, "owner", ids=companies["Alpha"].pk, owner=rep.pk))
    services.update(companies["Alpha"], by=ops, owner=None)

    undone = told(web.post(done["action"]["url"], headers=HTMX))

    assert "changed since" in undone["text"]
    assert owners()["Alpha"] is None


def test_a_property_of_many_rows_is_set_and_set_back(web, companies):
    from crm.models import Company

    ids = ",".join(str(company.pk) for company in companies.values())
    bad = act(web, "property", ids=ids, property="domain", value="not a domain")
    assert bad.status_code == 422
    assert "is not a domain" in bad.content.decode()

    done = told(act(web, "property", ids=ids, property="domain", value="Example.com"))

    assert set(Company.objects.values_list("domain", flat=True)) == {"example.com"}
    web.post(done["action"]["url"], headers=HTMX)
    assert set(Company.objects.values_list("domain", flat=True)) == {""}


def test_another_property_shows_another_field(web, companies):
    answer = act(web, "property", ids=companies["Alpha"].pk, property="industry", value="x", again="1")

    assert answer.status_code == 200
    assert 'value="industry" selected' in answer.content.decode()


def test_archive_and_restore(web, companies):
    from crm.models import Company

    asked = [web.get(reverse("tables:act", args=["company", "archive"]), {"ids": ids}) for ids in ("1", "1,2")]
    assert ["They leave lists" in page.text for page in asked] == [False, True]
    archived = told(act(web, "archive", ids=companies["Alpha"].pk))
    assert archived["text"] == "1 record is archived."
    assert Company.objects.filter(archived_at=None).count() == 2
    back = act(web, "restore", state="archived=1", all="1")
    assert told(back)["text"] == "1 record is back."
    assert Company.objects.filter(archived_at=None).count() == 3


def test_a_refused_row_is_named_and_stops_no_other(web, companies, ops):
    from crm.services import companies as services

    services.archive(companies["Alpha"], by=ops)
    answer = act(web, "property", ids=f"{companies['Alpha'].pk},{companies['Beta'].pk}", property="phone", value="12")

    page = answer.content.decode()
    assert "1 was left as it is" in page
    assert "Alpha" in page
    assert "This record is archived" in page


def test_without_the_permission_nothing_happens(companies, client):
    from accounts.models import Role
    from tests import makers

    looker = makers.user()
    looker.role = Role.objects.create(name="Looker", permissions=[])
    looker.save()
    client.force_login(looker)

    assert act(client, "archive", ids=companies["Alpha"].pk).status_code == 403
    assert act(client, "nonsense", ids=companies["Alpha"].pk).status_code == 404
    assert "data-bulk-act" not in client.get("/companies/").content.decode()


def test_all_that_match_are_done_by_a_worker_in_slices(
    web, companies, ops, rep, monkeypatch, django_capture_on_commit_callbacks
):
    from core.models import ListJob
    from core.tables import jobs
    from crm.models import Company

    Company.objects.bulk_create(Company(name=f"Many {n:03}", owner=ops) for n in range(130))
    sent = []
    monkeypatch.setattr(jobs, "send", sent.append)
    with django_capture_on_commit_callbacks(execute=True):
        answer = act(web, "owner", state="q=many", all="1", owner=rep.pk)
    assert "goes on in the background" in answer.content.decode()
    job = ListJob.objects.get()
    assert sent == [job.pk]
    # One that comes later is no part of it.
    monkeypatch.setattr(jobs, "WORK_SECONDS", 0)
    jobs.work(job.pk)
    Company.objects.create(name="Many later", owner=ops)

    job.refresh_from_db()
    assert (job.total, job.done, job.state) == (130, 100, "running")
    row = web.get(reverse("tables:job", args=[job.pk]))
    assert "100 of 130 done" in row.content.decode()
    assert sent == [job.pk, job.pk]
    jobs.work(job.pk)
    jobs.work(job.pk)

    job.refresh_from_db()
    assert (job.done, job.refused, job.state) == (130, 0, "done")
    assert Company.objects.filter(owner=rep).count() == 131
    assert Company.objects.get(name="Many later").owner == ops


def test_a_killed_worker_repeats_nothing_and_a_stopped_job_goes_no_further(web, ops, rep, monkeypatch):
    from core.models import ListJob
    from core.tables import jobs, tables
    from crm.models import Company

    Company.objects.bulk_create(Company(name=f"Many {n:03}", owner=ops) for n in range(230))
    monkeypatch.setattr(jobs, "send", lambda pk: None)
    job = jobs.start_action(tables["company"], "owner", by=ops, state="", ids=None, choice={"owner": rep.pk})
    real, calls = jobs._do_slice, []

    def killed(job, part):
        real(job, part)
        calls.append(part.position)
        if len(calls) == 2:
            raise SystemExit

    monkeypatch.setattr(jobs, "_do_slice", killed)
    with pytest.raises(SystemExit):
        jobs.work(job.pk)
    monkeypatch.setattr(jobs, "_do_slice", real)
    assert Company.objects.filter(owner=rep).count() == 100
    jobs.work(job.pk)  # the dead worker's lease still holds
    assert Company.objects.filter(owner=rep).count() == 100
    ListJob.objects.update(worked_at=None)
    monkeypatch.setattr(jobs, "WORK_SECONDS", 0)
    jobs.work(job.pk)
    web.post(reverse("tables:job-stop", args=[job.pk]), headers=HTMX)
    jobs.work(job.pk)

    job.refresh_from_db()
    assert (job.state, job.done) == ("stopped", 200)
    assert jobs.sweep() == 0


@pytest.mark.parametrize("how", ["error", "death"])
def test_a_job_that_fails_again_and_again_is_given_up_with_a_reason(ops, rep, monkeypatch, how):
    from core.models import ListJob
    from core.tables import jobs, tables
    from crm.models import Company

    Company.objects.bulk_create(Company(name=f"Many {n:03}", owner=ops) for n in range(130))
    monkeypatch.setattr(jobs, "send", lambda pk: None)
    job = jobs.start_action(tables["company"], "owner", by=ops, state="", ids=None, choice={"owner": rep.pk})
    real = jobs._do_slice

    def broken(job, part):
        if part.position == 1:
            raise {"error": RuntimeError("the disk is full"), "death": SystemExit()}[how]
        real(job, part)

    monkeypatch.setattr(jobs, "_do_slice", broken)
    for _turn in range(7):
        with contextlib.suppress(SystemExit):
            jobs.work(job.pk)
        ListJob.objects.update(worked_at=None)

    job.refresh_from_db()
    assert (job.state, job.done) == ("failed", 100)
    assert "unexpected error stopped it 5 times" in job.problem
    assert jobs.sweep() == 0


def test_somebody_who_lost_the_permission_loses_the_job(ops, rep, monkeypatch):
    from core.tables import jobs, tables
    from crm.models import Company

    Company.objects.bulk_create(Company(name=f"Many {n}", owner=ops) for n in range(101))
    monkeypatch.setattr(jobs, "send", lambda pk: None)
    job = jobs.start_action(tables["company"], "archive", by=ops, state="", ids=None, choice={})
    ops.role.permissions = []
    ops.role.save()
    jobs.work(job.pk)

    job.refresh_from_db()
    assert job.state == "failed"
    assert not Company.objects.exclude(archived_at=None).exists()


def test_a_slice_that_another_worker_did_meanwhile_is_not_done_again(companies, ops, rep):
    from core.models import ListJob, ListSlice
    from core.tables import jobs

    job = ListJob.objects.create(
        kind="action",
        object_type="company",
        owner=ops,
        name="owner",
        choice={"owner": rep.pk},
        state="running",
        total=1,
    )
    late = ListSlice.objects.create(job=job, position=0, ids=[companies["Alpha"].pk])

    assert jobs._step(job, late)
    assert jobs._step(job, late)

    job.refresh_from_db()
    assert job.done == 1


def test_what_the_rows_hold_now_is_told_before_they_are_changed(web, companies, ops):
    from crm.services import companies as services

    services.update(companies["Beta"], by=ops, domain="beta.example")
    ids = ",".join(str(company.pk) for company in companies.values())
    address = reverse("tables:act", args=["company", "property"])

    asked = web.post(address, {"state": "", "ids": ids, "property": "domain", "again": "1"}, headers=HTMX)
    assert asked.context["present"].label == "Domain"
    assert sorted(asked.context["present"].values) == [("", 2), ("beta.example", 1)]
    everybody = web.get(reverse("tables:act", args=["company", "owner"]), {"all": "1", "state": ""}, headers=HTMX)
    assert dict(everybody.context["present"].values) == {"Ops": 2, "Sales rep": 1}
