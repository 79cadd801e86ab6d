from django.urls import path

from reviews.views import approvals, guests, layers, reviews, verdicts

urlpatterns = [
    path("guest/<str:secret>/", guests.guest, name="guest"),
    path("guest/<str:secret>/open/", guests.unlock, name="guest-open"),
    path("guest/<str:secret>/notes/", guests.note, name="guest-note"),
    path("guest/<str:secret>/content/", guests.content, name="guest-content"),
    path("guest/<str:secret>/download/", guests.download, name="guest-download"),
    path("guest/<str:secret>/<slug:kind>/<int:at>/", guests.preview, name="guest-preview"),
    path("p/<str:key>/reviews/<int:pk>/guests/", guests.invite, name="review-guests"),
    path(
        "p/<str:key>/reviews/<int:pk>/guests/<int:link>/end/",
        guests.revoke,
        name="review-guest-end",
    ),
    path("p/<str:key>/reviews/", reviews.reviews, name="reviews"),
    path("p/<str:key>/reviews/<int:pk>/record.pdf", reviews.record, name="review-record"),
    path("p/<str:key>/reviews/velocity/", reviews.how_long, name="review-velocity"),
    path("p/<str:key>/reviews/layers/", layers.layer_list, name="review-layers"),
    path("p/<str:key>/reviews/layers/new/", layers.layer_new, name="review-layer-new"),
    path("p/<str:key>/reviews/layers/<slug:slug>/", layers.layer_edit, name="review-layer"),
    path(
        "p/<str:key>/reviews/layers/<slug:slug>/retire/",
        layers.layer_retire,
        name="review-layer-retire",
    ),
    path("p/<str:key>/reviews/plans/new/", layers.plan_new, name="review-plan-new"),
    path("p/<str:key>/reviews/plans/<int:pk>/", layers.plan_edit, name="review-plan"),
    path(
        "p/<str:key>/reviews/plans/<int:pk>/remove/", layers.plan_remove, name="review-plan-remove"
    ),
    path(
        "p/<str:key>/reviews/<int:pk>/hand-over/<slug:stage>/<int:person>/",
        layers.hand_over,
        name="review-hand-over",
    ),
    path("p/<str:key>/approvals/", approvals.approval_list, name="approvals"),
    path("p/<str:key>/approvals.csv", approvals.export, name="approvals-export"),
    path("p/<str:key>/approvals/<int:pk>/revoke/", layers.revoke, name="approval-revoke"),
    path("p/<str:key>/reviews/<int:pk>/", reviews.review, name="review"),
    path("p/<str:key>/reviews/<int:pk>/decide/", verdicts.decide, name="review-decide"),
    path("p/<str:key>/reviews/<int:pk>/notes/", verdicts.note, name="review-note"),
    path("p/<str:key>/notes/<int:pk>/settle/", verdicts.settle, name="note-settle"),
    path("p/<str:key>/notes/<int:pk>/reword/", verdicts.reword, name="note-reword"),
    path(
        "p/<str:key>/contradictions/<int:pk>/settle/",
        verdicts.reconcile,
        name="contradiction-settle",
    ),
    path("p/<str:key>/reviews/<int:pk>/dates/", verdicts.dates, name="review-dates"),
    path("p/<str:key>/reviews/<int:pk>/withdraw/", verdicts.withdraw, name="review-withdraw"),
    path("p/<str:key>/assets/<int:pk>/<int:number>/review/", verdicts.start, name="review-start"),
]
