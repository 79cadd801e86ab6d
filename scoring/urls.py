from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from scoring.session_urls import urlpatterns as session_urls
from scoring.views import (
    calibration,
    cycles,
    drafts,
    evidence,
    groups,
    items,
    judgement,
    lenses,
    matrix,
    moves,
    placing,
    planning,
    previews,
    rubric,
)

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
CYCLE = "p/<str:key>/cycles/<int:pk>"
_EVIDENCE = "p/<str:key>/evidence/"
_GROUP = f"{_EVIDENCE}groups/<int:pk>/"

urlpatterns = [
    path(_EVIDENCE, require_safe(evidence.signals), name="evidence"),
    path(f"{_EVIDENCE}new/", evidence.new, name="signal-new"),
    path(f"{_EVIDENCE}stale/", require_safe(evidence.stale), name="evidence-stale"),
    path(f"{_EVIDENCE}<int:pk>/", evidence.one, name="signal"),
    path(f"{_EVIDENCE}<int:pk>/attach/", require_POST(evidence.attach), name="signal-attach"),
    path(f"{_EVIDENCE}<int:pk>/withdraw/", require_POST(evidence.withdraw), name="signal-withdraw"),
    path(f"{_EVIDENCE}<int:pk>/restore/", require_POST(evidence.restore), name="signal-restore"),
    path(f"{_EVIDENCE}<int:pk>/split/", require_POST(groups.split), name="signal-split"),
    path(f"{_EVIDENCE}undo/<uuid:batch>/", require_POST(evidence.undo), name="evidence-undo"),
    path(f"{_EVIDENCE}groups/", require_safe(groups.groups), name="evidence-groups"),
    path(_GROUP, require_safe(groups.one), name="evidence-group"),
    path(f"{_GROUP}item/", require_POST(groups.make_item), name="evidence-group-item"),
    path(f"{_GROUP}attach/", require_POST(groups.attach), name="evidence-group-attach"),
    path(f"{_GROUP}dismiss/", require_POST(groups.dismiss), name="evidence-group-dismiss"),
    path(f"{_GROUP}return/", require_POST(groups.bring_back), name="evidence-group-return"),
    path("p/<str:key>/settings/planning/", get_or_post(planning.policy), name="planning"),
    path("p/<str:key>/cycles/", require_safe(cycles.cycle_list), name="cycles"),
    path("p/<str:key>/cycles/new/", get_or_post(cycles.new), name="cycle-new"),
    path("p/<str:key>/cycles/ledger/", require_safe(cycles.ledger), name="ledger"),
    path("p/<str:key>/cycles/ledger.csv", require_safe(cycles.ledger_csv), name="ledger-csv"),
    path(f"{CYCLE}/", require_safe(cycles.cycle_page), name="cycle"),
    path(f"{CYCLE}/edit/", get_or_post(cycles.edit), name="cycle-edit"),
    path(f"{CYCLE}/propose/", require_POST(cycles.propose), name="cycle-propose"),
    path(f"{CYCLE}/add/", require_POST(cycles.add), name="cycle-add"),
    path(f"{CYCLE}/remove/", require_POST(cycles.remove), name="cycle-remove"),
    path(f"{CYCLE}/move/", require_POST(cycles.move), name="cycle-move"),
    path(f"{CYCLE}/accept/", require_POST(cycles.accept), name="cycle-accept"),
    path(f"{CYCLE}/floor/", require_POST(cycles.allow_floor), name="cycle-floor"),
    path(f"{CYCLE}/swap/", get_or_post(cycles.swap), name="cycle-swap"),
    path(f"{CYCLE}/close/", get_or_post(cycles.close), name="cycle-close"),
    path("p/<str:key>/rubric/", require_safe(rubric.rubric), name="rubric"),
    path(
        "p/<str:key>/rubric/versions/<int:number>/",
        require_safe(rubric.version),
        name="rubric-version",
    ),
    path(
        "p/<str:key>/rubric/comparison/", require_safe(rubric.comparison), name="rubric-comparison"
    ),
    path("p/<str:key>/rubric/drafts/", require_POST(drafts.begin), name="rubric-drafts"),
    path(
        "p/<str:key>/rubric/drafts/<int:pk>/",
        require_http_methods(["GET", "HEAD", "POST"])(drafts.draft),
        name="rubric-draft",
    ),
    path(
        "p/<str:key>/rubric/drafts/<int:pk>/discard/",
        require_POST(drafts.discard),
        name="rubric-discard",
    ),
    path(
        "p/<str:key>/rubric/drafts/<int:pk>/restore/",
        require_POST(drafts.restore),
        name="rubric-restore",
    ),
    path(
        "p/<str:key>/rubric/drafts/<int:pk>/preview/",
        require_safe(previews.preview),
        name="rubric-preview",
    ),
    path(
        "p/<str:key>/rubric/drafts/<int:pk>/slide/",
        require_POST(previews.slide),
        name="rubric-slide",
    ),
    path(
        "p/<str:key>/rubric/drafts/<int:pk>/flips/",
        require_safe(previews.flips),
        name="rubric-flips",
    ),
    path(
        "p/<str:key>/rubric/drafts/<int:pk>/publish/",
        require_POST(previews.publish),
        name="rubric-publish",
    ),
    path("items/<str:key>/movement/", require_safe(moves.item), name="item-movement"),
    path("p/<str:key>/backlog/<str:kind>/moved/", require_safe(moves.queue), name="queue-moved"),
    path("p/<str:key>/judgement/", require_safe(judgement.judgement), name="judgement"),
    path(
        "items/<str:key>/place/",
        require_http_methods(["GET", "HEAD", "POST"])(placing.place),
        name="item-place",
    ),
    path(
        "items/<str:key>/place/<int:pk>/undo/",
        require_POST(placing.take_back),
        name="item-place-undo",
    ),
    path(
        "items/<str:key>/adjustments/<int:pk>/verdict/",
        require_POST(items.judge),
        name="item-adjustment-verdict",
    ),
    path("items/<str:key>/ratings/", require_POST(items.rate), name="item-ratings"),
    path(
        "items/<str:key>/ratings/confirm/", require_POST(items.confirm), name="item-ratings-confirm"
    ),
    path("items/<str:key>/signals/", require_POST(items.add_signal), name="item-signal"),
    path(
        "items/<str:key>/adjustments/", require_POST(items.add_adjustment), name="item-adjustment"
    ),
    path(
        "items/<str:key>/adjustments/<int:pk>/end/",
        require_POST(items.end_adjustment),
        name="item-adjustment-end",
    ),
    path("p/<str:key>/matrix/", require_safe(matrix.matrix_page), name="matrix"),
    path(
        "items/<str:key>/what-if/",
        require_http_methods(["GET", "HEAD", "POST"])(matrix.item_what_if),
        name="item-what-if",
    ),
    path("p/<str:key>/lenses/", require_safe(lenses.lenses), name="lenses"),
    path("p/<str:key>/robustness/", require_POST(lenses.draw_ranges), name="robustness"),
    path(
        "p/<str:key>/calibration/draft/",
        require_POST(calibration.draft_weights),
        name="calibration-draft",
    ),
    path("p/<str:key>/calibration/", require_safe(calibration.calibration), name="calibration"),
    path(
        "items/<str:key>/outcomes/", require_POST(calibration.record_outcome), name="item-outcome"
    ),
    *session_urls,
]
