"""Addresses of segments."""

from django.urls import path

from core.segments.reading import offered
from core.views import segment_card, segments

app_name = "segments"
urlpatterns = [
    path("", segments.segment_list, name="list"),
    path("new/", segments.segment_create, name="create"),
    path("<int:pk>/", segments.segment_detail, name="detail"),
    path("<int:pk>/edit/", segments.segment_edit, name="edit"),
    path("<int:pk>/archive/", segments.segment_act, {"act": "archive"}, name="archive"),
    path("<int:pk>/restore/", segments.segment_act, {"act": "restore"}, name="restore"),
]
# Each kind of record has a card at an address of its own.
urlpatterns += [
    path(f"records/{kind}/<int:pk>/", segment_card.segment_card, {"object_type": kind}, name=f"{kind}-card")
    for kind in offered
]
