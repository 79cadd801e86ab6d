from django.urls import path

from accounts.api import me

urlpatterns = [path("me/", me.me, name="api-me")]
