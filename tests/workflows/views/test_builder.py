"""The builder's pages: a workflow is built from nothing, tried, published, switched, copied, taken along."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.makers import user
from workflows import flow_editing
from workflows.models import Workflow
from workflows.services import drafting, workflows

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
WAIT = {"set-mode": "for", "set-duration_amount": "3", "set-duration_unit": "days"}


@pytest.fixture
def web(client, boss):
    """The boss's browser."""
    client.force_login(boss)
    return client


@pytest.fixture
def flow(boss):
    """A workflow about companies in which nothing is decided yet."""
    return workflows.create(name="Welcome", by=boss, definition=flow_editing.blank("company"))


def post(web, name, *args, **data):
    data = {key.removeprefix("_"): value for key, value in data.items()}
    return web.post(reverse(f"workflows:{name}", args=args), data, **HTMX)


def draft_of(flow):
    flow.refresh_from_db()
    return flow.draft


def test_a_workflow_is_built_from_nothing(web, boss):
    made = web.post(reverse("workflows:create"), {"name": "Welcome", "object": "company"})
    flow = Workflow.objects.get()
    assert made.headers["Location"] == reverse("workflows:builder", args=[flow.pk])

    post(web, "trigger", flow.pk, kind="event", event="company.changed", changed="industry", to="Farming")
    where = json.dumps({"all": [{"field": "name", "op": "contains", "value": "Acme"}]})
    post(web, "conditions", flow.pk, where=where)
    post(web, "rules", flow.pk, again="after_days", days="30")
    added = post(web, "step-add", flow.pk, "branch", lane="", index="0")
    assert json.loads(added.headers["HX-Trigger"])["builder:changed"] == {}
    post(web, "step-add", flow.pk, "delay", lane="s1:b1", index="0", **WAIT)
    post(web, "step-add", flow.pk, "stop", lane="s1:b2", index="0", **{"set-reason": "Not one of ours"})
    branch = json.dumps({"all": [{"field": "name", "op": "contains", "value": "Big"}]})
    post(web, "branch-edit", flow.pk, "s1", "b1", _name="Big ones", where=branch)

    draft = draft_of(flow)
    assert draft["trigger"] == {
        "kind": "event", "event": "company.changed", "changed": {"property": "industry", "to": "Farming"},
    }  # fmt: skip
    assert draft["again"] == {"after_days": 30}
    assert draft["steps"] == [
        {
            "id": "s1", "type": "branch", "settings": {},
            "branches": [
                {
                    "id": "b1", "name": "Big ones", "conditions": {"version": 1, **json.loads(branch)},
                    "steps": [
                        {
                            "id": "s2", "type": "delay",
                            "settings": {"mode": "for", "duration": {"amount": 3, "unit": "days"}},
                        }
                    ],
                },
                {
                    "id": "b2", "name": "Otherwise", "conditions": None,
                    "steps": [{"id": "s3", "type": "stop", "settings": {"reason": "Not one of ours"}}],
                },
            ],
        }
    ]  # fmt: skip
    page = web.get(reverse("workflows:builder", args=[flow.pk])).content.decode()
    for words in (
        "Company is changed", "(Industry is now Farming)", "Name contains “Acme”", "Again after 30 days", "Big ones",
        "Name contains “Big”", "All others", "3 days", "Not one of ours", "Ready to be published",
    ):  # fmt: skip
        assert words in page, words
    assert workflows.problems(draft) == []


def test_what_is_wrong_is_said_where_it_is(web, flow):
    page = web.get(reverse("workflows:builder", args=[flow.pk])).content.decode()
    assert "Add at least one step." in page

    refused = post(web, "step-add", flow.pk, "delay", **(WAIT | {"set-duration_amount": ""}))
    assert refused.status_code == 422
    assert "Say how long, such as 3 days." in refused.content.decode()
    post(web, "step-add", flow.pk, "branch")
    page = web.get(reverse("workflows:builder", args=[flow.pk]), **HTMX).content.decode()
    assert "Only the last branch can be without conditions." in page
    post(web, "act", flow.pk, "publish")
    flow.refresh_from_db()
    assert flow.published is None


def test_another_choice_asks_for_other_settings(web, flow):
    address = reverse("workflows:step-add", args=[flow.pk, "delay"])
    first = web.get(address, **HTMX).content.decode()
    assert "set-duration_amount" in first
    assert "set-timeout" not in first

    again = web.post(address, {"set-mode": "until_true", "asks": "1", "lane": "", "index": "0"}, **HTMX)

    assert again.status_code == 200
    assert "set-timeout_amount" in again.content.decode()
    assert "Please correct" not in again.content.decode()
    assert draft_of(flow)["steps"] == []


def test_steps_move_are_copied_and_removed(web, flow):
    for name in ("First", "Second"):
        post(web, "step-add", flow.pk, "stop", **{"set-reason": name})
    post(web, "step-add", flow.pk, "branch")
    post(web, "step-act", flow.pk, "s1", "down")
    assert [each["id"] for each in draft_of(flow)["steps"]] == ["s2", "s1", "s3"]
    post(web, "step-act", flow.pk, "s2", "move", lane="s3:b2", index="0")
    post(web, "step-act", flow.pk, "s1", "copy")
    post(web, "step-act", flow.pk, "s1", "remove")
    draft = draft_of(flow)
    assert [each["id"] for each in draft["steps"]] == ["s4", "s3"]
    assert [each["id"] for each in draft["steps"][1]["branches"][1]["steps"]] == ["s2"]

    post(web, "step-act", flow.pk, "s3", "add-branch")
    post(web, "branch-act", flow.pk, "s3", "b3", "up")
    assert [each["id"] for each in draft_of(flow)["steps"][1]["branches"]] == ["b3", "b1", "b2"]
    post(web, "branch-act", flow.pk, "s3", "b1", "remove")
    told = post(web, "branch-act", flow.pk, "s3", "b3", "remove")
    assert "stay" in json.loads(told.headers["HX-Trigger"])["toast"]["text"]
    assert post(web, "step-act", flow.pk, "s9", "up").status_code == 404
    assert post(web, "step-act", flow.pk, "s1", "fly").status_code == 404


def test_a_step_is_changed(web, flow):
    post(web, "step-add", flow.pk, "stop", **{"set-reason": "Early"})
    form = web.get(reverse("workflows:step-edit", args=[flow.pk, "s1"]), **HTMX)
    assert "Early" in form.content.decode()
    post(web, "step-edit", flow.pk, "s1", **{"set-reason": "Late"})
    assert draft_of(flow)["steps"][0]["settings"] == {"reason": "Late"}
    assert "Stop" in web.get(reverse("workflows:step-choose", args=[flow.pk]), **HTMX).content.decode()


def test_a_date_starts_a_workflow(web, boss):
    flow = workflows.create(name="Due", by=boss, definition=flow_editing.blank("invoice"))
    post(web, "trigger", flow.pk, kind="date", days="3", side="before", date="due_on", at="08:30", working_days="on")
    assert draft_of(flow)["trigger"] == {
        "kind": "date", "property": "due_on", "days": -3, "at": "08:30", "working_days": True,
    }  # fmt: skip
    page = web.get(reverse("workflows:builder", args=[flow.pk])).content.decode()
    assert "3 days before Due date, at 08:30, on working days" in page


def test_publish_switch_versions_and_taking_one_back(web, flow):
    post(web, "step-add", flow.pk, "stop", **{"set-reason": "One"})
    post(web, "act", flow.pk, "publish-and-switch")
    post(web, "step-edit", flow.pk, "s1", **{"set-reason": "Two"})
    page = web.get(reverse("workflows:builder", args=[flow.pk])).content.decode()
    assert "Version 1 goes on until you publish." in page
    # Only the flow is loaded anew after an edit: the button to publish comes along.
    swapped = web.get(reverse("workflows:builder", args=[flow.pk]), headers={"HX-Request": "true"}).content.decode()
    assert 'id="flow-actions" hx-swap-oob="true"' in swapped
    assert "Publish changes" in swapped
    assert page.count('id="flow-actions"') == 1
    post(web, "act", flow.pk, "publish")
    flow.refresh_from_db()
    assert (flow.enabled, flow.published.number) == (True, 2)

    assert "Version 2" in web.get(reverse("workflows:versions", args=[flow.pk])).content.decode()
    assert "One" in web.get(reverse("workflows:version", args=[flow.pk, 1])).content.decode()
    post(web, "version-take", flow.pk, 1)
    assert draft_of(flow)["steps"][0]["settings"] == {"reason": "One"}
    post(web, "act", flow.pk, "discard")
    assert draft_of(flow)["steps"][0]["settings"] == {"reason": "Two"}

    post(web, "act", flow.pk, "off")
    post(web, "act", flow.pk, "archive")
    flow.refresh_from_db()
    assert not flow.enabled
    assert flow.archived_at is not None
    assert "Restore" in web.get(reverse("workflows:builder", args=[flow.pk])).content.decode()
    post(web, "act", flow.pk, "restore")
    post(web, "rename", flow.pk, _name="Hello", description="For new ones", owner="")
    flow.refresh_from_db()
    assert (flow.archived_at, flow.name, flow.owner) == (None, "Hello", None)


def test_a_test_run_tells_and_does_nothing(web, flow, acme):
    post(web, "step-add", flow.pk, "delay", **WAIT)
    post(web, "step-add", flow.pk, "stop", **{"set-reason": "Enough"})
    found = web.get(reverse("workflows:record-choices", args=["company"]), {"q": "Acm"}).json()
    assert [(each["value"], each["text"]) for each in found] == [(acme.pk, "Acme")]

    told = post(web, "test", flow.pk, record=str(acme.pk)).content.decode()

    assert "Would wait" in told
    assert "Would do" in told
    assert flow.enrolments.count() == 0
    assert post(web, "test", flow.pk, record="").status_code == 422


def test_a_workflow_goes_into_a_file_and_comes_back(web, flow):
    post(web, "step-add", flow.pk, "stop", **{"set-reason": "One"})
    file = web.get(reverse("workflows:export", args=[flow.pk]))
    assert 'filename="welcome.json"' in file.headers["Content-Disposition"]

    sent = SimpleUploadedFile("welcome.json", file.content, content_type="application/json")
    web.post(reverse("workflows:import"), {"file": sent})
    post(web, "act", flow.pk, "clone")

    assert sorted(Workflow.objects.values_list("name", flat=True)) == ["Copy of Welcome", "Welcome", "Welcome"]
    assert {json.dumps(each.draft, sort_keys=True) for each in Workflow.objects.all()} == {
        json.dumps(draft_of(flow), sort_keys=True)
    }
    bad = web.post(reverse("workflows:import"), {"file": SimpleUploadedFile("a.json", b"[1]")})
    assert bad.status_code == 422
    assert "This file is not a workflow." in bad.content.decode()


def test_the_list_finds_workflows_by_state_and_name(web, flow, django_assert_max_num_queries):
    workflows.create(name="Other", by=None, definition=flow_editing.blank("deal"))
    page = web.get(reverse("workflows:list"))
    assert "Welcome" in page.content.decode()
    assert "Other" not in web.get(reverse("workflows:list"), {"q": "wel"}).content.decode()
    assert "Nothing matches" in web.get(reverse("workflows:list"), {"state": "on"}).content.decode()
    for number in range(20):
        workflows.create(name=f"More {number}", by=None, definition=flow_editing.blank("deal"))
    with django_assert_max_num_queries(6):
        web.get(reverse("workflows:list"))


def test_who_may_only_look_changes_nothing(client, flow, boss):
    workflows.save_draft(flow, flow_editing.add(flow.draft, "stop", {}, "", 0)[0], by=boss)
    client.force_login(user())
    page = client.get(reverse("workflows:builder", args=[flow.pk]))
    assert page.status_code == 200
    assert "data-grip" not in page.content.decode()
    assert "New workflow" not in client.get(reverse("workflows:list")).content.decode()
    for name, args in (("trigger", ()), ("step-add", ("stop",)), ("step-act", ("s1", "up")), ("act", ("publish",))):
        assert client.post(reverse(f"workflows:{name}", args=[flow.pk, *args])).status_code == 403, name


def test_two_builders_lose_nothing(web, flow, boss):
    stale = Workflow.objects.get(pk=flow.pk)
    post(web, "step-add", flow.pk, "stop", **{"set-reason": "Mine"})

    drafting.edit(stale, lambda draft: flow_editing.add(draft, "stop", {"reason": "Theirs"}, "", 9)[0], by=boss)
    assert [each["settings"]["reason"] for each in draft_of(flow)["steps"]] == ["Mine", "Theirs"]
