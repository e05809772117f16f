"""Addresses of reports."""

from django.urls import path

from reports.views import building, listing, records, report, schedules

app_name = "reports"
urlpatterns = [
    path("", listing.report_list, name="list"),
    path("new/", building.report_create, name="create"),
    path("preview/<slug:object_type>/", building.report_preview, name="preview"),
    path("schedules/<int:pk>/stop/", schedules.schedule_stop, name="schedule-stop"),
    path("<int:pk>/", report.report_detail, name="report"),
    path("<int:pk>/edit/", building.report_edit, name="edit"),
    path("<int:pk>/export/<slug:kind>/", report.report_export, name="export"),
    path("<int:pk>/clone/", report.report_clone, name="clone"),
    path("<int:pk>/delete/", report.report_delete, name="delete"),
    path("<int:pk>/send/", schedules.schedule_create, name="schedule"),
    path("records/<slug:object_type>/", records.records, name="records"),
]
