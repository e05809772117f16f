"""Addresses of imports."""

from django.urls import path

from crm.views import hubspot, imports, imports_outcome

app_name = "imports"
urlpatterns = [
    path("", imports.import_list, name="list"),
    path("new/<slug:object_type>/", imports.import_create, name="create"),
    path("sample/<slug:object_type>/", imports_outcome.import_sample, name="sample"),
    path("hubspot/", hubspot.hubspot_create, name="hubspot-create"),
    path("hubspot/<int:pk>/", hubspot.hubspot_detail, name="hubspot"),
    path("hubspot/<int:pk>/progress/", hubspot.hubspot_progress, name="hubspot-progress"),
    path("hubspot/<int:pk>/<slug:act>/", hubspot.hubspot_act, name="hubspot-act"),
    path("<int:pk>/", imports.import_detail, name="detail"),
    path("<int:pk>/file/", imports.import_file, name="file"),
    path("<int:pk>/columns/", imports.import_columns, name="columns"),
    path("<int:pk>/options/", imports.import_options, name="options"),
    path("<int:pk>/outcome/", imports_outcome.import_outcome, name="outcome"),
    path("<int:pk>/progress/", imports_outcome.import_progress, name="progress"),
    path("<int:pk>/errors/", imports_outcome.import_errors, name="errors"),
    path("<int:pk>/<slug:act>/", imports_outcome.import_act, name="act"),
]
