"""Addresses of this app."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from core.views import health, home, search, settings

app_name = "core"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("search/palette/", search.palette, name="palette"),
    path("settings/", settings.settings_index, name="settings"),
    path("healthz", login_not_required(health.healthz), name="healthz"),
]
