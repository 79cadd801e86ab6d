from django.urls import path

from integrations.api import hooks, imports

urlpatterns = [
    path("hooks/<str:hook>/", hooks.hook, name="api-hook"),
    path("imports/", imports.imports, name="api-imports"),
    path("imports/<uuid:pk>/", imports.one, name="api-import"),
    path("imports/<uuid:pk>/mapping/", imports.mapping, name="api-import-mapping"),
    path("imports/<uuid:pk>/rehearse/", imports.rehearse, name="api-import-rehearse"),
    path("imports/<uuid:pk>/run/", imports.run, name="api-import-run"),
    path("imports/<uuid:pk>/cancel/", imports.cancel, name="api-import-cancel"),
    path("imports/<uuid:pk>/retry/", imports.retry, name="api-import-retry"),
    path("imports/<uuid:pk>/undo/", imports.undo, name="api-import-undo"),
]
