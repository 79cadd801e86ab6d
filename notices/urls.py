from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notices.views import inbox, ways

get_or_post = require_http_methods(["GET", "HEAD", "POST"])

urlpatterns = [
    path("p/<str:key>/notifications/", require_safe(inbox.inbox), name="notifications"),
    path(
        "p/<str:key>/notifications/read/", require_POST(inbox.read_all), name="notifications-read"
    ),
    path(
        "p/<str:key>/notifications/unread/<int:instant>/",
        require_POST(inbox.undo_read_all),
        name="notifications-unread",
    ),
    path("p/<str:key>/notifications/ways/", get_or_post(ways.ways), name="notifications-ways"),
    path(
        "p/<str:key>/notifications/<int:pk>/open/",
        require_POST(inbox.open),
        name="notification-open",
    ),
    path(
        "p/<str:key>/notifications/<int:pk>/read/",
        require_POST(inbox.read),
        name="notification-read",
    ),
    path("notifications/stop/<str:token>/", get_or_post(ways.stop), name="notifications-stop"),
]
