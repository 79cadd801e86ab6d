from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from insights.views import digest, pages, paths

get_or_post = require_http_methods(["GET", "HEAD", "POST"])

urlpatterns = [
    path("p/<str:key>/insights/", require_safe(pages.insights), name="insights"),
    path("p/<str:key>/digest/", get_or_post(digest.digest), name="digest"),
    path("digest/stop/<str:token>/", get_or_post(digest.unsubscribe), name="digest-unsubscribe"),
    path("items/<str:key>/path/", require_safe(paths.item_path), name="item-path"),
]
