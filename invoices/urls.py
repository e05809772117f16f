"""Addresses of this app."""

from django.urls import URLPattern

app_name = "invoices"
urlpatterns: list[URLPattern] = []
