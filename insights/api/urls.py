from django.urls import path

from insights.api import digests, flow, paths, segments

urlpatterns = [
    path("products/<str:key>/patterns/", segments.segments, name="api-patterns"),
    path("products/<str:key>/flow/", flow.flow, name="api-flow"),
    path("products/<str:key>/answers/", flow.answers, name="api-answers"),
    path("products/<str:key>/digest/", digests.digest, name="api-digest"),
    path("items/<str:key>/path/", paths.item_path, name="api-item-path"),
    path(
        "products/<str:key>/briefs/<int:number>/lines/<int:line>/path/",
        paths.line_path,
        name="api-line-path",
    ),
    path(
        "items/<str:key>/increments/<int:number>/path/",
        paths.increment_path,
        name="api-increment-path",
    ),
    path("assets/<int:pk>/path/", paths.asset_path, name="api-asset-path"),
    path("placements/<int:pk>/path/", paths.placement_path, name="api-placement-path"),
    path("readings/<int:pk>/path/", paths.reading_path, name="api-reading-path"),
]
