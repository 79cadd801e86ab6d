from django.urls import path

from backlog.api import briefs, decisions, increments, items, members, products, verbs

urlpatterns = [
    path("products/", products.products, name="api-products"),
    path("products/<str:key>/", products.product, name="api-product"),
    path("products/<str:key>/archive/", products.archive, name="api-product-archive"),
    path("products/<str:key>/members/", members.member_list, name="api-members"),
    path("products/<str:key>/members/<int:pk>/", members.member_one, name="api-member"),
    path("products/<str:key>/invitations/", members.invitation_list, name="api-invitations"),
    path("products/<str:key>/invitations/<int:pk>/", members.invitation_one, name="api-invitation"),
    path("products/<str:key>/rights/", members.rights_table, name="api-rights"),
    path("products/<str:key>/undo/<uuid:batch>/", verbs.undo_one, name="api-undo"),
    path("products/<str:key>/decisions/", decisions.decision_list, name="api-decisions"),
    path("products/<str:key>/decisions/<int:number>/", decisions.decision_one, name="api-decision"),
    path(
        "products/<str:key>/decisions/<int:number>/supersede/",
        decisions.decision_supersede,
        name="api-decision-supersede",
    ),
    path("products/<str:key>/requests/", decisions.request_list, name="api-requests"),
    path("products/<str:key>/requests/<int:pk>/", decisions.request_one, name="api-request"),
    path(
        "products/<str:key>/requests/<int:pk>/answer/",
        decisions.request_answer,
        name="api-request-answer",
    ),
    path(
        "products/<str:key>/requests/<int:pk>/withdraw/",
        decisions.request_withdraw,
        name="api-request-withdraw",
    ),
    path(
        "products/<str:key>/queues/<str:kind>/trace/",
        decisions.queue_trace,
        name="api-queue-trace",
    ),
    path("products/<str:key>/briefs/", briefs.brief_list, name="api-briefs"),
    path("products/<str:key>/briefs/<int:number>/", briefs.brief_one, name="api-brief"),
    path(
        "products/<str:key>/briefs/<int:number>/lines/",
        briefs.brief_line_list,
        name="api-brief-lines",
    ),
    path(
        "products/<str:key>/briefs/<int:number>/lines/<int:line>/",
        briefs.brief_line_one,
        name="api-brief-line",
    ),
    path(
        "products/<str:key>/briefs/<int:number>/inputs/",
        briefs.brief_input_list,
        name="api-brief-inputs",
    ),
    path(
        "products/<str:key>/briefs/<int:number>/inputs/<int:pk>/",
        briefs.brief_input_one,
        name="api-brief-input",
    ),
    path(
        "products/<str:key>/briefs/<int:number>/inputs/<int:pk>/settle/",
        briefs.brief_input_settle,
        name="api-brief-input-settle",
    ),
    path(
        "products/<str:key>/briefs/<int:number>/signals/",
        briefs.brief_signal_list,
        name="api-brief-signals",
    ),
    path(
        "products/<str:key>/briefs/<int:number>/signals/<int:pk>/",
        briefs.brief_signal_one,
        name="api-brief-signal",
    ),
    path(
        "products/<str:key>/briefs/<int:number>/items/",
        briefs.brief_item_list,
        name="api-brief-items",
    ),
    path(
        "products/<str:key>/briefs/<int:number>/items/<str:item>/",
        briefs.brief_item_one,
        name="api-brief-item",
    ),
    path(
        "products/<str:key>/briefs/<int:number>/versions/",
        briefs.brief_version_list,
        name="api-brief-versions",
    ),
    path(
        "products/<str:key>/briefs/<int:number>/versions/<int:version>/",
        briefs.brief_version_one,
        name="api-brief-version",
    ),
    path(
        "products/<str:key>/briefs/<int:number>/versions/<int:version>/compare/<int:other>/",
        briefs.brief_version_compare,
        name="api-brief-compare",
    ),
    path("products/<str:key>/briefs/<int:number>/sign/", briefs.brief_sign, name="api-brief-sign"),
    path(
        "products/<str:key>/briefs/<int:number>/state/", briefs.brief_state, name="api-brief-state"
    ),
    path(
        "products/<str:key>/briefs/<int:number>/confirmations/",
        briefs.brief_confirmations,
        name="api-brief-confirmations",
    ),
    path(
        "products/<str:key>/confirmations/<int:pk>/",
        briefs.confirmation_one,
        name="api-confirmation",
    ),
    path("products/<str:key>/increments/", increments.increment_list, name="api-increments"),
    path("products/<str:key>/late-change/", increments.late_changes, name="api-late-change"),
    path("products/<str:key>/kinds/", increments.kind_list, name="api-kinds"),
    path("products/<str:key>/kinds/<int:pk>/", increments.kind_one, name="api-kind"),
    path("products/<str:key>/standards/", increments.standard_list, name="api-standards"),
    path("products/<str:key>/standards/<int:pk>/", increments.standard_one, name="api-standard"),
    path(
        "products/<str:key>/standards/<int:pk>/versions/",
        increments.standard_versions,
        name="api-standard-versions",
    ),
    path("products/<str:key>/templates/", increments.template_list, name="api-templates"),
    path("products/<str:key>/templates/<int:pk>/", increments.template_one, name="api-template"),
    path(
        "products/<str:key>/templates/<int:pk>/apply/",
        increments.template_apply,
        name="api-template-apply",
    ),
    path("products/<str:key>/learnings/", increments.learning_list, name="api-learnings"),
    path("products/<str:key>/citations/", increments.citation_list, name="api-citations"),
    path("products/<str:key>/citations/<int:pk>/", increments.citation_one, name="api-citation"),
    path("items/<str:key>/increments/", increments.plan, name="api-plan"),
    path(
        "items/<str:key>/increments/<int:number>/", increments.increment_one, name="api-increment"
    ),
    path(
        "items/<str:key>/increments/<int:number>/move/",
        increments.increment_move,
        name="api-increment-move",
    ),
    path(
        "items/<str:key>/increments/<int:number>/act/",
        increments.increment_act,
        name="api-increment-act",
    ),
    path(
        "items/<str:key>/increments/<int:number>/close/",
        increments.increment_close,
        name="api-increment-close",
    ),
    path(
        "items/<str:key>/increments/<int:number>/cut/",
        increments.increment_cut,
        name="api-increment-cut",
    ),
    path(
        "items/<str:key>/increments/<int:number>/checkpoint/",
        increments.increment_checkpoint,
        name="api-increment-checkpoint",
    ),
    path(
        "items/<str:key>/increments/<int:number>/gate/",
        increments.increment_gate,
        name="api-increment-gate",
    ),
    path(
        "items/<str:key>/increments/<int:number>/criteria/",
        increments.increment_criterion_list,
        name="api-increment-criteria",
    ),
    path(
        "items/<str:key>/increments/<int:number>/criteria/<int:pk>/",
        increments.increment_criterion_one,
        name="api-increment-criterion",
    ),
    path(
        "items/<str:key>/increments/<int:number>/lines/",
        increments.increment_line_list,
        name="api-increment-lines",
    ),
    path(
        "items/<str:key>/increments/<int:number>/lines/<str:line>/",
        increments.increment_line_one,
        name="api-increment-line",
    ),
    path(
        "items/<str:key>/increments/<int:number>/standards/",
        increments.increment_standard_list,
        name="api-increment-standards",
    ),
    path(
        "items/<str:key>/increments/<int:number>/standards/<int:pk>/",
        increments.increment_standard_one,
        name="api-increment-standard",
    ),
    path("items/<str:key>/trace/", decisions.item_trace, name="api-item-trace"),
    path("items/", items.items, name="api-items"),
    path("items/bulk/", verbs.bulk_items, name="api-items-bulk"),
    path("items/<str:key>/", items.item, name="api-item"),
    path("items/<str:key>/accept/", verbs.accept, name="api-item-accept"),
    path("items/<str:key>/move/", verbs.move, name="api-item-move"),
    path("items/<str:key>/state/", verbs.state, name="api-item-state"),
    path("items/<str:key>/park/", verbs.park, name="api-item-park"),
    path("items/<str:key>/decline/", verbs.decline, name="api-item-decline"),
    path("items/<str:key>/split/", verbs.split, name="api-item-split"),
    path("items/<str:key>/merge/", verbs.merge, name="api-item-merge"),
    path("items/<str:key>/similar/", verbs.similar, name="api-item-similar"),
    path("items/<str:key>/changes/", verbs.history, name="api-item-changes"),
    path("items/<str:key>/comments/", verbs.comment_list, name="api-item-comments"),
    path("items/<str:key>/comments/<int:pk>/", verbs.comment_one, name="api-item-comment"),
    path("items/<str:key>/links/", verbs.link_list, name="api-item-links"),
    path("items/<str:key>/links/<int:pk>/", verbs.link_one, name="api-item-link"),
    path("items/<str:key>/criteria/", verbs.criterion_list, name="api-item-criteria"),
    path("items/<str:key>/criteria/<int:pk>/", verbs.criterion_one, name="api-item-criterion"),
    path(
        "items/<str:key>/criteria/<int:pk>/verify/", verbs.criterion_verify, name="api-item-verify"
    ),
]
