from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from insights.views import digest, pages, paths, segments

get_or_post = require_http_methods(["GET", "HEAD", "POST"])

urlpatterns = [
    path("p/<str:key>/insights/", require_safe(pages.insights), name="insights"),
    path("p/<str:key>/insights/segments/", require_safe(segments.segments), name="segments"),
    path("p/<str:key>/digest/", get_or_post(digest.digest), name="digest"),
    path("digest/stop/<str:token>/", get_or_post(digest.unsubscribe), name="digest-unsubscribe"),
    path("items/<str:key>/path/", require_safe(paths.item_path), name="item-path"),
    path(
        "p/<str:key>/briefs/<int:number>/lines/<int:line>/path/",
        require_safe(paths.line_path),
        name="line-path",
    ),
    path(
        "p/<str:key>/items/<str:item>/increments/<int:number>/path/",
        require_safe(paths.increment_path),
        name="increment-path",
    ),
    path("p/<str:key>/assets/<int:pk>/path/", require_safe(paths.asset_path), name="asset-path"),
    path(
        "p/<str:key>/placements/<int:pk>/path/",
        require_safe(paths.placement_path),
        name="placement-path",
    ),
    path(
        "p/<str:key>/readings/<int:pk>/path/", require_safe(paths.reading_path), name="reading-path"
    ),
]
