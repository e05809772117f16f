"""Addresses of reports."""

from django.urls import path

from reports.views import listing

app_name = "reports"
urlpatterns = [
    path("", listing.report_list, name="list"),
]
