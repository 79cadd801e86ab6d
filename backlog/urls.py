from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backlog.views import (
    briefs,
    creative,
    decision_rights,
    decisions,
    home,
    increments,
    items,
    listing,
    members,
    playbook,
    products,
    requests,
    settings,
    templates,
    triage,
)

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
read = require_safe

urlpatterns = [
    path("", read(home.home), name="home"),
    path("p/<str:key>/", read(home.product_start), name="product"),
    path("p/<str:key>/work/", read(home.work), name="work"),
    path("p/<str:key>/search/", read(home.search), name="search"),
    path("p/<str:key>/search/palette/", read(home.palette), name="search-palette"),
    path("p/<str:key>/triage/", read(triage.triage), name="triage"),
    path("p/<str:key>/triage/decide/", require_POST(triage.decide), name="triage-decide"),
    path("p/<str:key>/triage/undo/", require_POST(triage.undo_last), name="triage-undo"),
    path("p/<str:key>/undo/<uuid:batch>/", require_POST(listing.undo_batch), name="undo"),
    path("p/<str:key>/backlog/", read(listing.backlog), name="backlog"),
    path("p/<str:key>/backlog/export.csv", read(listing.backlog_export), name="backlog-export"),
    path("p/<str:key>/backlog/bulk/", require_POST(listing.bulk_edit), name="backlog-bulk"),
    path("p/<str:key>/views/", require_POST(listing.save_view), name="view-save"),
    path(
        "p/<str:key>/views/<int:pk>/remove/", require_POST(listing.remove_view), name="view-remove"
    ),
    path("p/<str:key>/board/", read(listing.board), name="board"),
    path("p/<str:key>/board/move/", require_POST(listing.board_move), name="board-move"),
    path("p/<str:key>/items/new/", get_or_post(items.new), name="item-new"),
    path("p/<str:key>/queues/", read(settings.queue_list), name="queues"),
    path("p/<str:key>/queues/<str:kind>/", get_or_post(settings.queue_edit), name="queue-edit"),
    path("p/<str:key>/playbook/", read(playbook.playbook), name="playbook"),
    path(
        "p/<str:key>/playbook/<slug:chapter>/", read(playbook.playbook_page), name="playbook-page"
    ),
    path("products/new/", get_or_post(products.new), name="product-new"),
    path("p/<str:key>/settings/", get_or_post(products.edit), name="product-settings"),
    path("p/<str:key>/settings/archive/", require_POST(products.archive), name="product-archive"),
    path("p/<str:key>/settings/members/", get_or_post(members.member_list), name="members"),
    path(
        "p/<str:key>/settings/members/<int:pk>/role/",
        require_POST(members.member_role),
        name="member-role",
    ),
    path(
        "p/<str:key>/settings/members/<int:pk>/remove/",
        require_POST(members.member_remove),
        name="member-remove",
    ),
    path(
        "p/<str:key>/settings/invitations/<int:pk>/withdraw/",
        require_POST(members.invitation_withdraw),
        name="invitation-withdraw",
    ),
    path("p/<str:key>/settings/rights/", get_or_post(decision_rights.rights_table), name="rights"),
    path("p/<str:key>/decisions/", read(decisions.decision_list), name="decisions"),
    path("p/<str:key>/decisions/new/", get_or_post(decisions.decision_new), name="decision-new"),
    path(
        "p/<str:key>/decisions/export.csv", read(decisions.decision_export), name="decisions-export"
    ),
    path("p/<str:key>/decisions/<int:number>/", read(decisions.decision), name="decision"),
    path(
        "p/<str:key>/decisions/<int:number>/supersede/",
        get_or_post(decisions.decision_new),
        name="decision-supersede",
    ),
    path("p/<str:key>/queues/<str:kind>/trace/", read(decisions.queue_trace), name="queue-trace"),
    path("p/<str:key>/requests/new/", require_POST(requests.ask), name="request-new"),
    path(
        "p/<str:key>/requests/<int:pk>/answer/",
        require_POST(requests.answer),
        name="request-answer",
    ),
    path(
        "p/<str:key>/requests/<int:pk>/withdraw/",
        require_POST(requests.withdraw),
        name="request-withdraw",
    ),
    path("items/<str:key>/trace/", read(decisions.item_trace), name="item-trace"),
    path("p/<str:key>/briefs/", read(briefs.brief_list), name="briefs"),
    path("p/<str:key>/briefs/new/", get_or_post(briefs.brief_new), name="brief-new"),
    path("p/<str:key>/briefs/<int:number>/", read(briefs.brief), name="brief"),
    path(
        "p/<str:key>/briefs/<int:number>/edit/<str:section>/",
        get_or_post(briefs.brief_edit),
        name="brief-edit",
    ),
    path(
        "p/<str:key>/briefs/<int:number>/lines/",
        require_POST(briefs.brief_lines_add),
        name="brief-lines",
    ),
    path(
        "p/<str:key>/briefs/<int:number>/lines/<int:line>/",
        require_POST(briefs.brief_line),
        name="brief-line",
    ),
    path(
        "p/<str:key>/briefs/<int:number>/inputs/",
        require_POST(briefs.brief_inputs_add),
        name="brief-inputs",
    ),
    path(
        "p/<str:key>/briefs/<int:number>/inputs/<int:pk>/",
        require_POST(briefs.brief_input),
        name="brief-input",
    ),
    path(
        "p/<str:key>/briefs/<int:number>/signals/",
        require_POST(briefs.brief_signals_add),
        name="brief-signals",
    ),
    path(
        "p/<str:key>/briefs/<int:number>/signals/<int:pk>/",
        require_POST(briefs.brief_signal),
        name="brief-signal",
    ),
    path(
        "p/<str:key>/briefs/<int:number>/items/",
        require_POST(briefs.brief_items),
        name="brief-items",
    ),
    path(
        "p/<str:key>/briefs/<int:number>/freeze/",
        require_POST(briefs.brief_freeze),
        name="brief-freeze",
    ),
    path(
        "p/<str:key>/briefs/<int:number>/sign/", require_POST(briefs.brief_sign), name="brief-sign"
    ),
    path(
        "p/<str:key>/briefs/<int:number>/state/",
        require_POST(briefs.brief_state),
        name="brief-state",
    ),
    path(
        "p/<str:key>/briefs/<int:number>/template/",
        require_POST(briefs.brief_template),
        name="brief-template",
    ),
    path(
        "p/<str:key>/briefs/<int:number>/compare/",
        read(briefs.brief_compare),
        name="brief-compare",
    ),
    path(
        "p/<str:key>/briefs/<int:number>/versions/<int:version>/",
        read(briefs.brief_version),
        name="brief-version",
    ),
    path(
        "p/<str:key>/confirmations/<int:pk>/",
        require_POST(briefs.confirmation),
        name="confirmation",
    ),
    path("p/<str:key>/lines/", require_POST(briefs.line_pointer), name="line-pointer"),
    path("p/<str:key>/increments/", read(increments.increment_list), name="increments"),
    path(
        "p/<str:key>/items/<str:item>/increments/",
        get_or_post(increments.increment_add),
        name="increment-add",
    ),
    path(
        "p/<str:key>/items/<str:item>/increments/move/",
        require_POST(increments.increment_move),
        name="increment-move",
    ),
    path(
        "p/<str:key>/items/<str:item>/increments/<int:number>/",
        read(increments.increment),
        name="increment",
    ),
    path(
        "p/<str:key>/items/<str:item>/increments/<int:number>/edit/",
        get_or_post(increments.increment_edit),
        name="increment-edit",
    ),
    path(
        "p/<str:key>/items/<str:item>/increments/<int:number>/act/",
        require_POST(increments.increment_act),
        name="increment-act",
    ),
    path(
        "p/<str:key>/items/<str:item>/increments/<int:number>/close/",
        get_or_post(increments.increment_close),
        name="increment-close",
    ),
    path(
        "p/<str:key>/items/<str:item>/increments/<int:number>/cut/",
        get_or_post(increments.increment_cut),
        name="increment-cut",
    ),
    path(
        "p/<str:key>/items/<str:item>/increments/<int:number>/checkpoint/",
        require_POST(increments.increment_checkpoint),
        name="increment-checkpoint",
    ),
    path(
        "p/<str:key>/items/<str:item>/increments/<int:number>/gate/",
        require_POST(increments.increment_gate),
        name="increment-gate",
    ),
    path(
        "p/<str:key>/items/<str:item>/increments/<int:number>/criteria/",
        require_POST(increments.increment_criteria_add),
        name="increment-criteria",
    ),
    path(
        "p/<str:key>/items/<str:item>/increments/<int:number>/criteria/<int:pk>/",
        require_POST(increments.increment_criterion),
        name="increment-criterion",
    ),
    path(
        "p/<str:key>/items/<str:item>/increments/<int:number>/standards/",
        require_POST(increments.increment_standards),
        name="increment-standards",
    ),
    path("p/<str:key>/creative/kinds/", get_or_post(creative.kind_list), name="increment-kinds"),
    path(
        "p/<str:key>/creative/kinds/<int:pk>/",
        require_POST(creative.kind_list),
        name="increment-kind",
    ),
    path("p/<str:key>/creative/standards/", get_or_post(creative.standard_list), name="standards"),
    path(
        "p/<str:key>/creative/standards/<int:pk>/", get_or_post(creative.standard), name="standard"
    ),
    path("p/<str:key>/templates/", get_or_post(templates.template_list), name="templates"),
    path("p/<str:key>/templates/new/", get_or_post(templates.template_new), name="template-new"),
    path("p/<str:key>/templates/<int:pk>/", get_or_post(templates.template), name="template"),
    path(
        "p/<str:key>/templates/<int:pk>/apply/",
        require_POST(templates.template_apply),
        name="template-apply",
    ),
    path(
        "p/<str:key>/templates/<int:pk>/offer/",
        require_POST(templates.template_offer),
        name="template-offer",
    ),
    path("p/<str:key>/learnings/", read(creative.learning_list), name="learnings"),
    path("p/<str:key>/learnings/cite/", require_POST(creative.cite), name="cite"),
    path("p/<str:key>/citations/<int:pk>/", require_POST(creative.uncite), name="citation"),
    path("join/<str:secret>/", get_or_post(members.join), name="join"),
    path("items/<str:key>/", read(items.item), name="item"),
    path("items/<str:key>/alike/", read(triage.alike), name="item-alike"),
    path("items/<str:key>/panel/", read(items.panel), name="item-panel"),
    path("items/<str:key>/edit/", get_or_post(items.edit), name="item-edit"),
    path("items/<str:key>/state/", get_or_post(items.set_state), name="item-state"),
    path("items/<str:key>/move/", get_or_post(items.move), name="item-move"),
    path("items/<str:key>/history/", read(items.history), name="item-history"),
    path("items/<str:key>/comments/", require_POST(items.comment), name="item-comment"),
    path(
        "items/<str:key>/comments/<int:pk>/remove/",
        require_POST(items.comment_remove),
        name="item-comment-remove",
    ),
    path("items/<str:key>/criteria/", require_POST(items.criterion_add), name="item-criterion-add"),
    path(
        "items/<str:key>/criteria/<int:pk>/edit/",
        require_POST(items.criterion_edit),
        name="item-criterion-edit",
    ),
    path(
        "items/<str:key>/criteria/<int:pk>/verify/",
        require_POST(items.criterion_verify),
        name="item-criterion-verify",
    ),
    path(
        "items/<str:key>/criteria/<int:pk>/remove/",
        require_POST(items.criterion_remove),
        name="item-criterion-remove",
    ),
    path("items/<str:key>/links/", require_POST(items.link_add), name="item-link-add"),
    path(
        "items/<str:key>/links/<int:pk>/remove/",
        require_POST(items.link_remove),
        name="item-link-remove",
    ),
]
