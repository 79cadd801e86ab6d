from django.urls import path

from bench.bare import views

urlpatterns = [
    path("raw/", views.raw),
    path("drf/items/", views.ItemList.as_view()),
    path("drf/items/<int:number>/", views.ItemOne.as_view()),
    path("drf/new/", views.ItemNew.as_view()),
]
