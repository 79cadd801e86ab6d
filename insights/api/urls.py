from django.urls import path

from insights.api import digests, flow, paths

urlpatterns = [
    path("products/<str:key>/flow/", flow.flow, name="api-flow"),
    path("products/<str:key>/answers/", flow.answers, name="api-answers"),
    path("products/<str:key>/digest/", digests.digest, name="api-digest"),
    path("items/<str:key>/path/", paths.item_path, name="api-item-path"),
]
