"""Addresses of segments."""

from django.urls import path

from core.views import segments

app_name = "segments"
urlpatterns = [
    path("", segments.segment_list, name="list"),
    path("new/", segments.segment_create, name="create"),
    path("<int:pk>/", segments.segment_detail, name="detail"),
    path("<int:pk>/edit/", segments.segment_edit, name="edit"),
    path("<int:pk>/archive/", segments.segment_act, {"act": "archive"}, name="archive"),
    path("<int:pk>/restore/", segments.segment_act, {"act": "restore"}, name="restore"),
]
