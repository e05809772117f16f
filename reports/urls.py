"""Addresses of reports."""

from django.urls import path

from reports.views import building, dashboards, home, listing, ready, records, report, schedules

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
    path("ready/<slug:key>/", ready.ready_report, name="ready"),
    path("ready/<slug:key>/export/<slug:kind>/", ready.ready_export, name="ready-export"),
    path("ready/<slug:key>/keep/", ready.ready_keep, name="ready-keep"),
    path("dashboards/", dashboards.dashboard_list, name="dashboards"),
    path("dashboards/new/", dashboards.dashboard_create, name="dashboard-create"),
    path("dashboards/<int:pk>/", dashboards.dashboard_detail, name="dashboard"),
    path("dashboards/<int:pk>/change/", dashboards.dashboard_change, name="dashboard-change"),
    path("dashboards/<int:pk>/delete/", dashboards.dashboard_delete, name="dashboard-delete"),
    path("dashboards/<int:pk>/add/", dashboards.tile_add, name="tile-add"),
    path("dashboards/<int:pk>/order/", dashboards.tile_order, name="tile-order"),
    path("dashboards/tiles/<int:pk>/", dashboards.dashboard_tile, name="tile"),
    path("dashboards/tiles/<int:pk>/remove/", dashboards.tile_remove, name="tile-remove"),
    path("dashboards/tiles/<int:pk>/widen/", dashboards.tile_widen, name="tile-widen"),
    path("home/unpaid/", home.unpaid, name="home-unpaid"),
    path("home/aging/", home.aging, name="home-aging"),
    path("home/overdue/", home.overdue, name="home-overdue"),
    path("home/reads/", home.reads, name="home-reads"),
    path("records/<slug:object_type>/", records.records, name="records"),
]
