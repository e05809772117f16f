"""Addresses of workflows."""

from django.urls import path

from workflows.records import KINDS
from workflows.views import builder, listing, runs, steps

app_name = "workflows"
urlpatterns = [
    path("", listing.workflow_list, name="list"),
    path("new/", listing.workflow_create, name="create"),
    path("import/", listing.workflow_import, name="import"),
    path("records/<slug:object_type>/", builder.record_choices, name="record-choices"),
    path("records/<slug:object_type>/<int:pk>/enrol/", runs.record_enrol, name="record-enrol"),
    path("health/", runs.health, name="health"),
    path("runs/<int:pk>/", runs.run_detail, name="run"),
    path("runs/<int:pk>/<slug:act>/", runs.run_act, name="run-act"),
    path("<int:pk>/", builder.builder, name="builder"),
    path("<int:pk>/name/", builder.rename, name="rename"),
    path("<int:pk>/trigger/", builder.trigger, name="trigger"),
    path("<int:pk>/conditions/", builder.enrolment_conditions, name="conditions"),
    path("<int:pk>/rules/", builder.rules, name="rules"),
    path("<int:pk>/test/", builder.test_run, name="test"),
    path("<int:pk>/export/", builder.export, name="export"),
    path("<int:pk>/act/<slug:act>/", builder.act, name="act"),
    path("<int:pk>/runs/", runs.run_list, name="runs"),
    path("<int:pk>/runs/<slug:act>/", runs.runs_act, name="runs-act"),
    path("<int:pk>/versions/", builder.versions, name="versions"),
    path("<int:pk>/versions/<int:number>/", builder.version, name="version"),
    path("<int:pk>/versions/<int:number>/take/", builder.version_take, name="version-take"),
    path("<int:pk>/steps/", steps.step_choose, name="step-choose"),
    path("<int:pk>/steps/new/<slug:step_type>/", steps.step_add, name="step-add"),
    path("<int:pk>/steps/<slug:step>/", steps.step_edit, name="step-edit"),
    path("<int:pk>/steps/<slug:step>/<slug:act>/", steps.step_act, name="step-act"),
    path("<int:pk>/branches/<slug:step>/<slug:branch>/", steps.branch_edit, name="branch-edit"),
    path("<int:pk>/branches/<slug:step>/<slug:branch>/<slug:act>/", steps.branch_act, name="branch-act"),
]
# Each kind of record has a card at an address of its own.
urlpatterns += [
    path(f"cards/{kind}/<int:pk>/", runs.record_card, {"object_type": kind}, name=f"{kind}-card") for kind in KINDS
]
