from django.urls import path

from integrations.views import actions, hooks, mapping, runs

_RUN = "p/<str:key>/imports/<uuid:pk>/"

urlpatterns = [
    path("p/<str:key>/settings/webhooks/", hooks.hook_list, name="hooks"),
    path("p/<str:key>/settings/webhooks/<int:pk>/", hooks.hook_one, name="hook"),
    path("p/<str:key>/imports/", runs.imports, name="imports"),
    path("p/<str:key>/imports/new/", runs.new, name="import-new"),
    path("p/<str:key>/evidence/import/", runs.new_evidence, name="evidence-import"),
    path("p/<str:key>/placements/import/", runs.new_placements, name="placements-import"),
    path("p/<str:key>/readings/import/", runs.new_readings, name="readings-import"),
    path(_RUN, runs.show_run, name="import"),
    path(f"{_RUN}progress/", runs.progress, name="import-progress"),
    path(f"{_RUN}mapping/", mapping.edit, name="import-mapping"),
    path(f"{_RUN}mapping.json", mapping.download, name="import-mapping-file"),
    path(f"{_RUN}reading/", mapping.read_again, name="import-reading"),
    path(f"{_RUN}run/", actions.run, name="import-run"),
    path(f"{_RUN}cancel/", actions.cancel, name="import-cancel"),
    path(f"{_RUN}retry/", actions.retry, name="import-retry"),
    path(f"{_RUN}undo/", actions.undo, name="import-undo"),
]
