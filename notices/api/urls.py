from django.urls import path

from notices.api import notices

urlpatterns = [
    path("notifications/", notices.notifications, name="api-notifications"),
    path("notifications/<int:pk>/", notices.notification, name="api-notification"),
    path(
        "products/<str:key>/notifications/read/",
        notices.notifications_read,
        name="api-notifications-read",
    ),
    path(
        "products/<str:key>/notifications/ways/",
        notices.notification_ways,
        name="api-notification-ways",
    ),
]
