"""Who may decide what: roles, actions, and the matrix that a new product starts with.

Pure data. A product may change any cell (:class:`accounts.models.DecisionRight`); ``accounts.rights`` is the one
evaluator that every service asks.
"""

from __future__ import annotations

from django.db.models import TextChoices


class Role(TextChoices):
    """A person's part in one product. Order is rank: nobody grants a role above their own."""

    VIEWER = "viewer", "Viewer"
    CONTRIBUTOR = "contributor", "Contributor"
    REVIEWER = "reviewer", "Reviewer"
    PRODUCT_OWNER = "product_owner", "Product owner"
    LEADERSHIP = "leadership", "Leadership"
    ADMINISTRATOR = "administrator", "Administrator"


RANK = {role: rank for rank, role in enumerate(Role.values)}

_ALL = frozenset(Role.values)
_WORKING = frozenset(
    {Role.CONTRIBUTOR, Role.REVIEWER, Role.PRODUCT_OWNER, Role.LEADERSHIP, Role.ADMINISTRATOR}
)
_DECIDING = frozenset({Role.PRODUCT_OWNER, Role.LEADERSHIP, Role.ADMINISTRATOR})
_OWNING = frozenset({Role.PRODUCT_OWNER, Role.ADMINISTRATOR})
_RUNNING = frozenset({Role.ADMINISTRATOR})

# action -> (what it says to people, roles that hold it in a new product)
ACTIONS: dict[str, tuple[str, frozenset[str]]] = {
    "product.read": ("read everything in the product", _ALL),
    "view.save": ("keep private views of lists", _ALL),
    "comment.add": ("comment", _ALL),
    "digest.receive": ("receive digests by e-mail", _ALL),
    "notice.keep": ("be told of changes, and keep their own notifications", _ALL),
    "view.share": ("share views of lists", _WORKING),
    "item.create": ("add items", _WORKING),
    "item.edit": ("edit items", _WORKING),
    "item.link": ("link items", _WORKING),
    "item.triage": ("triage: choose a queue, merge, park or decline what came in", _WORKING),
    "item.move": ("move items to another queue", _DECIDING),
    "item.progress": ("move items through the states", _WORKING),
    "item.park": ("park accepted items", _DECIDING),
    "item.decline": ("decline accepted items", _DECIDING),
    "item.bulk": ("edit many items at once", _WORKING),
    "item.verify": ("record that a success criterion was met", _WORKING),
    "comment.moderate": ("remove other people's comments", _RUNNING),
    "rating.enter": ("rate items", _WORKING),
    "signal.add": ("add evidence signals", _WORKING),
    "adjustment.make": ("adjust a priority by judgement", _DECIDING),
    "adjustment.judge": ("say whether a judgement held", _DECIDING),
    "rubric.draft": ("draft rubrics and try them", _WORKING),
    "rubric.publish": ("publish a rubric", _OWNING),
    "outcome.record": ("record what an item achieved", _DECIDING),
    "session.plan": ("plan, run and close refinement sessions", _DECIDING),
    "session.vote": ("vote in refinement sessions", _WORKING),
    "brief.edit": ("write briefs and ask for inputs", _WORKING),
    "brief.sign": ("sign off briefs", _DECIDING),
    "increment.edit": ("plan, start and close increments", _WORKING),
    "increment.validate": (
        "validate the direction at a checkpoint",
        frozenset({Role.REVIEWER, Role.PRODUCT_OWNER, Role.LEADERSHIP, Role.ADMINISTRATOR}),
    ),
    "gate.pass": ("let production begin before its brief is signed off", _DECIDING),
    "standard.publish": ("publish creative standards, kinds of increments and templates", _OWNING),
    "asset.upload": ("upload versions of assets", _WORKING),
    "asset.publish": ("publish and retire versions of assets", _OWNING),
    "claim.mark": ("mark claims in scripts", _WORKING),
    "claim.sign": (
        "sign claims",
        frozenset({Role.REVIEWER, Role.PRODUCT_OWNER, Role.LEADERSHIP, Role.ADMINISTRATOR}),
    ),
    "placement.edit": ("register where assets are placed", _WORKING),
    "placement.deploy": ("record deployments and roll-backs", _WORKING),
    "reading.enter": ("enter readings of placed versions", _WORKING),
    "metric.define": ("define metrics, and targets of assets", _DECIDING),
    "layer.define": ("define review layers and plans", _OWNING),
    "review.start": ("start a review", _WORKING),
    "review.invite": ("invite guests to a review by a link", _DECIDING),
    "review.revoke": ("revoke approvals", _DECIDING),
    "review.decide": (
        "decide in a review that names them",
        frozenset({Role.REVIEWER, Role.PRODUCT_OWNER, Role.LEADERSHIP, Role.ADMINISTRATOR}),
    ),
    "import.run": ("import items", _OWNING),
    "import.undo": ("undo an import", _OWNING),
    "hook.make": ("make addresses that other systems post readings and signals to", _OWNING),
    "cycle.plan": ("plan and close cycles", _DECIDING),
    "cycle.grow": (
        "let an accepted cycle grow beyond its limit",
        frozenset({Role.LEADERSHIP, Role.ADMINISTRATOR}),
    ),
    "floor.break": (
        "let work borrow from below a queue's floor",
        frozenset({Role.LEADERSHIP, Role.ADMINISTRATOR}),
    ),
    "planning.edit": ("change capacity, borrowing and limits of planning", _OWNING),
    "decision.record": ("record decisions", _DECIDING),
    "request.make": ("ask somebody who may decide", _ALL),
    "queue.define": ("change a queue's definition, share and deadlines", _OWNING),
    "product.edit": ("change the product's settings", _RUNNING),
    "member.manage": ("add and remove members, and set their roles", _RUNNING),
    "rights.manage": ("change who may decide what", _RUNNING),
    "log.verify": ("see whether the change log is intact", _DECIDING),
}
