"""Addresses of this app."""

from django.urls import URLPattern

app_name = "qbo_connector"
urlpatterns: list[URLPattern] = []
