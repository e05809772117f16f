"""Addresses of what people review: mappings, conflicts, likely matches, lists of sync health."""

from django.urls import path

from sync.views import conflicts, health, mappings, suggestions

MAPPING = "settings/connected-apps/quickbooks/mappings/<int:pk>/"
COMPANY = "settings/connected-apps/quickbooks/<int:pk>/"
patterns = [
    path(f"{COMPANY}mappings/", mappings.mapping_list, name="mappings"),
    path(f"{COMPANY}mappings/<str:record_type>/", mappings.mapping_list, name="mappings"),
    path(f"{COMPANY}mappings/<str:record_type>/new/", mappings.mapping_create, name="mapping-create"),
    path(f"{COMPANY}mappings/<str:record_type>/progress/", mappings.mapping_progress, name="mapping-progress"),
    path(f"{COMPANY}mappings/<str:record_type>/records/", mappings.mapping_records, name="mapping-records"),
    path(f"{COMPANY}mappings/<str:record_type>/preview/", mappings.mapping_preview, name="mapping-preview"),
    path(MAPPING, mappings.mapping_edit, name="mapping-edit"),
    path(f"{MAPPING}switch/", mappings.mapping_switch, name="mapping-switch"),
    path(f"{MAPPING}delete/", mappings.mapping_delete, name="mapping-delete"),
    path("settings/sync-health/conflicts/", conflicts.conflict_list, name="conflicts"),
    path("settings/sync-health/conflicts/resolve/", conflicts.conflict_resolve, name="conflict-resolve"),
    path("settings/sync-health/matches/", suggestions.suggestion_list, name="suggestions"),
    path("settings/sync-health/matches/decide/", suggestions.suggestion_decide, name="suggestion-decide"),
    path("settings/sync-health/duplicates/", suggestions.duplicate_list, name="duplicates"),
    path("settings/sync-health/company/<int:pk>/", health.company_health, name="company-health"),
    path("settings/sync-health/company/<int:pk>/runs/<int:event>/", health.run_changes, name="run-changes"),
    path("settings/sync-health/company/<int:pk>/left-out/<str:name>/", health.left_out, name="left-out"),
    path("settings/sync-health/records/", health.health_records, name="health-records"),
    path("settings/sync-health/records.csv", health.health_export, name="health-export"),
]
