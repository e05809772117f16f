"""Addresses of this app."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from core.views import health

app_name = "core"
urlpatterns = [
    path("healthz", login_not_required(health.healthz), name="healthz"),
]
