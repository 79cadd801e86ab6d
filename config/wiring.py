"""How the apps meet without importing each other: plain data, dotted paths, in order.

Lower apps read it through `settings.WIRING` (the path of this module) and `import_string`.
"""

from typing import Any

# The rail, top to bottom. `route` takes the product's key; `count` is a function of (actor, product); `right` hides
# an entry from those who may not.
NAV: list[dict[str, Any]] = [
    {"route": "work", "label": "My work", "icon": "circle-user", "key": "w"},
    {
        "route": "triage",
        "label": "Triage",
        "icon": "inbox",
        "key": "t",
        "count": "backlog.selectors.waiting_in_triage",
    },
    {"route": "backlog", "label": "Backlog", "icon": "list-ordered", "key": "b"},
    {"route": "board", "label": "Board", "icon": "square-kanban", "key": "o"},
    {"route": "refinement", "label": "Refinement", "icon": "messages-square", "key": "f"},
    {"route": "cycles", "label": "Cycles", "icon": "calendar-range", "key": "y"},
    {"route": "assets", "label": "Assets", "icon": "images", "key": "a"},
    {
        "route": "reviews",
        "label": "Reviews",
        "icon": "stamp",
        "key": "r",
        "count": "reviews.selectors.waiting_count",
    },
    {"route": "insights", "label": "Insights", "icon": "chart-line", "key": "i"},
    {"route": "evidence", "label": "Evidence", "icon": "activity", "key": "e", "foot": True},
    {
        "route": "decisions",
        "label": "Decisions",
        "icon": "gavel",
        "key": "d",
        "count": "backlog.decision_log.requests_waiting",
    },
    {
        "route": "imports",
        "label": "Imports",
        "icon": "file-up",
        "key": "m",
        "right": "import.run",
        "foot": True,
    },
    {"route": "queues", "label": "Queues", "icon": "layers", "foot": True},
    {"route": "rubric", "label": "Rubric", "icon": "scale", "foot": True},
    {
        "route": "judgement",
        "label": "Judgement",
        "icon": "target",
        "key": "j",
        "count": "scoring.judgement.waiting_count",
        "foot": True,
    },
    {"route": "playbook", "label": "Playbook", "icon": "book-open", "key": "p", "foot": True},
    {
        "route": "product-settings",
        "label": "Settings",
        "icon": "settings",
        "key": "s",
        "foot": True,
    },
]

# The bell of the top bar: a function of (actor, product) -> {url, count, shown}.
NOTIFICATIONS = "notices.panels.bell"

# Parts of an item's page, top to bottom: "app.panels.function" of (actor, item).
ITEM_PANELS: list[str] = [
    "scoring.panels.priority",
    "scoring.panels.moved",
    "scoring.panels.ratings",
    "backlog.brief_panels.item_brief",
    "backlog.brief_panels.item_plan",
    "scoring.panels.evidence",
    "backlog.decision_panels.item_panel",
    "scoring.panels.outcomes",
    "assets.panels.item_panel",
    "insights.panels.item_path",
    "integrations.panels.source",
]

# What the apps add to an item's detail in the API: functions of (actor, item) -> dict.
ITEM_DETAILS: list[str] = [
    "backlog.brief_panels.item_details",
    "scoring.panels.item_detail",
    "assets.panels.item_details",
    "integrations.panels.item_detail",
]

# Parts of My work, top to bottom: functions of (actor, product).
HOME_PANELS: list[str] = [
    "backlog.decision_panels.home_panel",
    "backlog.brief_panels.home_panel",
    "reviews.panels.home_panel",
    "assets.placing_panels.home_panel",
    "scoring.session_panels.home_panel",
    "scoring.panels.home_panel",
    "insights.panels.home_panel",
]

# What the search box asks besides items, in the order of the answer: functions of (actor, product, query, limit).
SEARCH_SOURCES: list[str] = ["backlog.brief_panels.search_panel", "assets.panels.search_panel"]

# What is said about versions of assets in lists: functions of (actor, versions) -> {version id: Mark}.
VERSION_MARKS: list[str] = ["assets.placing_panels.version_marks", "reviews.panels.version_marks"]

# What stands beside a version of an asset: functions of (actor, version).
VERSION_PANELS: list[str] = [
    "assets.placing_panels.publication_panel",
    "assets.placing_panels.use_panel",
    "assets.placing_panels.variants_panel",
    "reviews.panels.version_panel",
    "reviews.panels.approvals_panel",
]

# What is to be known before a version is published: functions of (actor, version) -> Panel or None.
PUBLICATION_PANELS: list[str] = [
    "reviews.panels.outstanding_panel",
    "reviews.panels.conditions_panel",
]

# What is said about versions that could be published: functions of (actor, versions) -> {version id: Mark}.
PUBLICATION_MARKS: list[str] = ["reviews.panels.outstanding_marks"]

# The assets of increments: functions of (actor, increments) -> {increment id: [backlog.increment_reading.HeldAsset]}.
INCREMENT_ASSETS: list[str] = ["assets.increment_assets.held"]

# The assets of items: functions of (actor, items) -> {item id: [backlog.increment_reading.HeldAsset]}.
ITEM_ASSETS: list[str] = ["assets.increment_assets.of_items"]

# Templates that upper apps bring: kind -> "app.module.NAME" of a backlog.template_shapes.Shape.
TEMPLATES: dict[str, str] = {"review_plan": "reviews.plan_templates.REVIEW_PLAN"}

# Parts of an increment's page: functions of (actor, increment) -> Panel or None.
INCREMENT_PANELS: list[str] = ["reviews.panels.foreseen_panel"]

# What reviews asked to be changed: functions of (product, item) -> [backlog.late_change.ChangeRequest].
CHANGE_REQUESTS: list[str] = ["reviews.late.change_requests"]

# What can be asked of somebody who may decide: verb -> "app.module.NAME" of an Askable.
REQUESTS: dict[str, str] = {
    "by_hand": "backlog.services.wishes.BY_HAND",
    "item.queue": "backlog.services.wishes.QUEUE",
    "item.state": "backlog.services.wishes.STATE",
    "items.bulk": "backlog.services.wishes.MANY",
    "adjustment.make": "scoring.services.wishes.ADJUST",
    "gate.pass": "backlog.services.increment_wishes.GATE",
    "cycle.scope": "scoring.services.wishes.SCOPE",
    "floor.break": "scoring.services.wishes.FLOOR",
    "import.run": "integrations.services.wishes.IMPORT",
}

# Event name -> Celery task names, enqueued after the transaction has committed.
EVENTS: dict[str, list[str]] = {"session.announced": ["scoring.invite"]}

# Event name -> "app.module.function", called inside the transaction that announces it.
INLINE: dict[str, list[str]] = {
    "product.created": [
        "scoring.current.publish_default",
        "assets.services.metrics.set_up",
        "reviews.services.layers.set_up",
    ],
    "changes.recorded": ["notices.jobs.following.wake"],
    "item.inputs_changed": ["scoring.jobs.rescore.on_inputs_changed"],
    "item.planning_changed": ["scoring.services.scope.follow"],
    "item.merged": [
        "backlog.services.governance.merged",
        "scoring.services.signals.move_with_merge",
    ],
    "item.unmerged": ["backlog.services.governance.unmerged", "scoring.services.signals.move_back"],
    "item.split": ["scoring.services.ratings.copy_to_parts"],
    "item.deleted": ["assets.services.assets.refuse_deletion"],
    "target.broken": ["scoring.services.broken_targets.on_broken"],
    "target.mended": ["scoring.services.broken_targets.on_mended"],
    "brief.signed": ["reviews.services.cycles.brief_signed"],
    "version.publishing": ["reviews.services.approvals.refuse_publication"],
    "version.approved": ["assets.services.drift.follow"],
    "version.unapproved": ["assets.services.drift.follow"],
    "version.unretired": ["reviews.services.approvals.back_in_use"],
    "version.uploaded": [
        "assets.services.variants.version_uploaded",
        "reviews.services.cycles.version_uploaded",
        "reviews.services.notes.carry_notes",
        "reviews.services.approvals.content_changed",
    ],
    "version.parts_known": ["reviews.services.approvals.content_changed"],
}

# What must always hold (`manage.py check_invariants`): "app.jobs.checks.function" of (now), yielding findings.
INVARIANTS: list[str] = [
    "accounts.jobs.checks.findings",
    "backlog.jobs.checks.findings",
    "scoring.jobs.checks.findings",
    "scoring.jobs.checks.plan_findings",
    "assets.jobs.checks.findings",
    "reviews.jobs.checks.findings",
    "integrations.jobs.checks.findings",
    "insights.jobs.checks.findings",
    "notices.jobs.checks.findings",
]

# Summary columns against what they are made from (`manage.py check_summaries`, and a part of the above).
SUMMARY_CHECKS: list[str] = [
    "backlog.jobs.checks.summary_findings",
    "scoring.jobs.checks.summary_findings",
    "reviews.jobs.checks.summary_findings",
]
