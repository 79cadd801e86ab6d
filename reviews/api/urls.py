from django.urls import path

from reviews.api import approvals, guests, layers, reviews

urlpatterns = [
    path("versions/<int:pk>/reviews/", reviews.version_reviews, name="api-version-reviews"),
    path("versions/<int:pk>/review-proposal/", layers.version_proposal, name="api-review-proposal"),
    path(
        "items/<str:key>/increments/<int:number>/reviews/",
        layers.increment_reviews,
        name="api-increment-reviews",
    ),
    path("assets/<int:pk>/approvals/", approvals.asset_approvals, name="api-asset-approvals"),
    path("approvals/", approvals.approvals_list, name="api-approvals"),
    path("approvals/<int:pk>/revoke/", approvals.approval_revoke, name="api-approval-revoke"),
    path("products/<str:key>/review-layers/", layers.review_layers, name="api-review-layers"),
    path(
        "products/<str:key>/review-layers/<slug:slug>/",
        layers.review_layer,
        name="api-review-layer",
    ),
    path(
        "products/<str:key>/review-layers/<slug:slug>/retire/",
        layers.review_layer_retire,
        name="api-review-layer-retire",
    ),
    path("products/<str:key>/review-velocity/", layers.velocity, name="api-review-velocity"),
    path("products/<str:key>/review-plans/", layers.review_plans, name="api-review-plans"),
    path("products/<str:key>/review-plans/<int:pk>/", layers.review_plan, name="api-review-plan"),
    path("notes/<int:pk>/", reviews.note, name="api-note"),
    path("notes/<int:pk>/settle/", reviews.note_settle, name="api-note-settle"),
    path(
        "reviews/<int:pk>/contradictions/",
        reviews.review_contradictions,
        name="api-review-contradictions",
    ),
    path(
        "contradictions/<int:pk>/settle/",
        reviews.contradiction_settle,
        name="api-contradiction-settle",
    ),
    path("reviews/<int:pk>/record.pdf", reviews.review_record, name="api-review-record"),
    path("reviews/<int:pk>/hand-over/", layers.review_hand_over, name="api-review-hand-over"),
    path("reviews/", reviews.reviews, name="api-reviews"),
    path("reviews/<int:pk>/", reviews.review, name="api-review"),
    path("reviews/<int:pk>/decide/", reviews.review_decide, name="api-review-decide"),
    path("reviews/<int:pk>/dates/", reviews.review_dates, name="api-review-dates"),
    path("reviews/<int:pk>/withdraw/", reviews.review_withdraw, name="api-review-withdraw"),
    path("reviews/<int:pk>/guests/", guests.review_guests, name="api-review-guests"),
    path("reviews/<int:pk>/guests/<int:link>/", guests.review_guest, name="api-review-guest"),
    path("reviews/<int:pk>/notes/", reviews.review_notes, name="api-review-notes"),
]
