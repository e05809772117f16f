"""Addresses of what all lists have."""

from django.urls import path

from core.tables.views import acting, cells, keeping, pages

app_name = "tables"
urlpatterns = [
    path("jobs/", acting.job_list, name="jobs"),
    path("jobs/<int:pk>/", acting.job_row, name="job"),
    path("jobs/<int:pk>/stop/", acting.job_stop, name="job-stop"),
    path("jobs/<int:pk>/undo/", acting.job_undo, name="job-undo"),
    path("jobs/<int:pk>/file/", acting.job_file, name="job-file"),
    path("views/<int:pk>/save/", keeping.view_save, name="view-save"),
    path("views/<int:pk>/edit/", keeping.view_edit, name="view-edit"),
    path("views/<int:pk>/delete/", keeping.view_delete, name="view-delete"),
    path("views/<int:pk>/restore/", keeping.view_restore, name="view-restore"),
    path("<slug:object_type>/views/", keeping.view_manage, name="views"),
    path("<slug:object_type>/views/new/", keeping.view_create, name="view-create"),
    path("<slug:object_type>/columns/", keeping.columns, name="columns"),
    path("<slug:object_type>/sums/", pages.sums, name="sums"),
    path("<slug:object_type>/act/<slug:name>/", acting.act, name="act"),
    path("<slug:object_type>/export/", acting.export, name="export"),
    path("<slug:object_type>/<int:pk>/peek/", pages.peek, name="peek"),
    path("<slug:object_type>/<int:pk>/cell/<str:name>/", cells.cell, name="cell"),
]
