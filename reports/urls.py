"""Addresses of reports."""

from django.urls import path

from reports.views import listing, records

app_name = "reports"
urlpatterns = [
    path("", listing.report_list, name="list"),
    path("records/<slug:object_type>/", records.records, name="records"),
]
