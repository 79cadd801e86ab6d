"""Briefs: the list, the document that is edited where it stands, versions, sign-off, what has to be confirmed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import into_form, page, show
from backlog import access, brief_reading
from backlog.brief_content import FIELDS, differences, missing
from backlog.brief_forms import (
    SECTIONS,
    AnswerForm,
    BriefNewForm,
    InputForm,
    LineForm,
    SectionForm,
    SignalForm,
)
from backlog.brief_governed import governed_by
from backlog.brief_lines import ORDER
from backlog.filters import BriefFilter, briefs_filtered
from backlog.models import Brief, BriefInput, BriefLine, BriefSignal
from backlog.services import brief_inputs, brief_lines, brief_signing, briefs, templates
from backlog.vocabulary import BriefState, InputState, LineKind
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.filters import asked_of
from core.htmx import go, safe_next, wants_fragment

#: So many items that a brief governs stand open with their parts; more are folded.
UNFOLDED = 5


@page
def brief_list(request: HttpRequest, key: str) -> HttpResponse:
    """The product's briefs, the latest change first."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    query = asked_of(request.GET, {*BriefFilter.base_filters, "cursor"})
    begins = query.pop("cursor", None)
    found, cursor = brief_reading.brief_page(
        briefs_filtered(access.briefs_in(actor, product), query), cursor=begins
    )
    context = {
        "rows": found,
        "next_url": "?" + urlencode({**query, "cursor": cursor}) if cursor else "",
        "query": query,
        "filtered": bool(query),
        "states": BriefState.choices,
        "people": access.members(product),
        "may_edit": rights.allowed(actor, "brief.edit", product),
    }
    return show(request, "backlog/briefs.html", context, product=product, active="assets")


@page
def brief_new(request: HttpRequest, key: str) -> HttpResponse:
    """Begin a brief, empty or from a template."""
    actor = Actor.of(request)
    product = product_for(actor, key, "brief.edit")
    form = BriefNewForm(
        request.POST or None,
        product=product,
        initial={
            "items": request.GET.get("items", "")[:500],
            "template": request.GET.get("template", "")[:9],
        },
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = _begin(actor, product, form)
            except Invalid as error:
                into_form(form, error)
            else:
                messages.success(request, _("%(key)s is begun.") % {"key": made.key})
                return go(request, reverse("brief", args=[product.key, made.number]))
    return show(
        request,
        "backlog/brief_new.html",
        {"form": form},
        product=product,
        active="assets",
        status=status,
    )


def _begin(actor: Actor, product: Product, form: BriefNewForm) -> Brief:
    data = form.cleaned_data
    keys = data["items"].replace(",", " ").split()
    items = list(access.items_of(actor, product, keys).values()) if keys else []
    if data["template"] is None:
        return briefs.create_brief(actor=actor, product=product, title=data["title"], items=items)
    made = templates.apply(actor=actor, template=data["template"], title=data["title"]).brief
    assert made is not None  # a template of a brief makes one
    for item in items:
        briefs.govern(actor=actor, brief=made, item=item)
    return made


@page
def brief(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """One brief: the document, what points at its lines, its versions, and what is missing."""
    actor, product, found = _found(request, key, number)
    context = document(actor, found, request.GET.get("governed"))
    return show(request, "backlog/brief.html", context, product=product, active="assets")


def document(actor: Actor, found: Brief, cursor: str | None = None) -> dict[str, Any]:
    """What the page of a brief shows. A fixed number of queries, whatever it holds. ``cursor``: of what it governs."""
    product = found.product
    governed, cursor = governed_by(actor, found, cursor=cursor)
    content = brief_reading.content_of(found)
    lines = brief_reading.lines_of(found)
    pointers = brief_reading.pointers_of(lines)
    may = {
        "edit": rights.allowed(actor, "brief.edit", product) and found.state != BriefState.RETIRED,
        "sign": rights.allowed(actor, "brief.sign", product),
        "confirm": rights.allowed(actor, "increment.edit", product),
        "template": rights.allowed(actor, "standard.publish", product),
    }
    members = list(access.members(product))
    people = [("", _("Nobody yet")), *((each.pk, str(each)) for each in members)]
    inputs = list(
        found.inputs.select_related("person", "settled_by").order_by("state", "due_on", "pk")
    )
    versions = brief_reading.versions_of(found)
    signed = next((each for each in versions if each.number == found.signed_version), None)
    return {
        "brief": found,
        "may": may,
        "head_form": SectionForm(brief=found, section="head", auto_id="head_%s"),
        "sections": [
            {
                "name": name,
                "title": title,
                "fields": [
                    {"label": label, "text": getattr(found, field)}
                    for field, label, part in FIELDS
                    if part == name
                ],
                "form": SectionForm(brief=found, section=name, auto_id=f"{name}_%s"),
            }
            for name, title in SECTIONS.items()
            if name != "head"
        ],
        "groups": [
            {
                "kind": kind,
                "title": _KIND_TITLES[kind],
                "lines": [
                    {
                        "line": line,
                        "pointers": pointers.get(line.pk),
                        "form": LineForm(
                            initial=LineForm.initial_of(line), auto_id=f"line{line.number}_%s"
                        ),
                    }
                    for line in lines
                    if line.kind == kind
                ],
                "form": LineForm(initial={"kind": kind}, auto_id=f"new_{kind}_%s"),
            }
            for kind in ORDER
        ],
        "removed": list(found.lines.exclude(removed_at=None).order_by("number")),
        "inputs": [
            {
                "row": row,
                "own": actor.user is not None and row.person_id == actor.user.pk,
                "form": InputForm(
                    product=product,
                    people=people,
                    initial=InputForm.initial_of(row),
                    auto_id=f"input{row.pk}_%s",
                )
                if may["edit"]
                else None,
            }
            for row in inputs
        ],
        "input_counts": brief_reading.counted_inputs(inputs),
        "input_form": InputForm(product=product, people=people, auto_id="new_input_%s"),
        "signals": [
            {
                "row": row,
                "form": SignalForm(
                    initial=SignalForm.initial_of(row), auto_id=f"signal{row.pk}_%s"
                ),
            }
            for row in found.signals.order_by("position", "pk")
        ],
        "signal_form": SignalForm(auto_id="new_signal_%s"),
        "members": members,
        "governed": governed,
        "governed_next": f"?{urlencode({'governed': cursor})}#items" if cursor else "",
        "governed_open": len(governed) <= UNFOLDED,
        "versions": versions,
        "signed": signed,
        "missing": missing(content),
        "unfrozen": not versions or versions[0].sha256 != brief_reading.digest_of(content),
        "waiting": brief_reading.waiting_confirmations(found.confirmations.all()),
        "settled": brief_reading.settled_confirmations(found),
        "citations": list(
            found.citations.select_related("increment__item__product").order_by("pk")
        ),
    }


_KIND_TITLES: dict[str, Any] = {
    LineKind.ACCURACY: lazy("Accuracy constraints"),
    LineKind.REGULATORY: lazy("Regulatory boundaries"),
    LineKind.BRAND: lazy("Brand boundaries"),
    LineKind.SUCCESS: lazy("Success criteria"),
}


@page
def brief_edit(request: HttpRequest, key: str, number: int, section: str) -> HttpResponse:
    """A section of the document as a form: what the page opens in place, and what a refusal comes back to."""
    if section not in SECTIONS:
        raise NotFound
    actor, _product, found = _found(request, key, number, "brief.edit")
    form = SectionForm(request.POST or None, brief=found, section=section)

    def save() -> None:
        briefs.edit_brief(actor=actor, brief=found, values=form.values(), seen=form.seen())

    return _form_page(request, found, form, SECTIONS[section], save, f"#{section}")


@page
def brief_lines_add(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Add a line."""
    actor, _product, found = _found(request, key, number, "brief.edit")
    form = LineForm(request.POST)

    def save() -> str:
        data = form.cleaned_data
        made = brief_lines.add_line(
            actor=actor,
            brief=found,
            kind=data["kind"],
            statement=data["text"],
            checked_how=data["checked_how"],
        )
        return f"#line-{made.number}"

    return _form_page(request, found, form, _("Add a line"), save, "")


@page
def brief_line(request: HttpRequest, key: str, number: int, line: int) -> HttpResponse:
    """What is done to a line, named by ``act``: reword, up, down, move, remove, restore.

    ``move`` puts it ahead of the line ``before``, or at the end of its kind; a drop does this.
    """
    actor, _product, found = _found(request, key, number, "brief.edit")
    row = access.line_for(actor, found, line)
    act = request.POST.get("act", "reword")
    if act == "reword":
        form = LineForm(request.POST)

        def save() -> None:
            data = form.cleaned_data
            brief_lines.reword_line(
                actor=actor,
                line=row,
                statement=data["text"],
                checked_how=data["checked_how"],
                kind=data["kind"],
                revision=data["revision"],
            )

        title = _("Reword %(key)s") % {"key": row.key}
        return _form_page(request, found, form, title, save, f"#line-{row.number}")
    said = ""
    if act in ("up", "down", "move"):
        before = _named(actor, found, request) if act == "move" else _beside(found, row, act)
        signed = found.state == BriefState.SIGNED
        brief_lines.move_line(actor=actor, line=row, before=before)
        if wants_fragment(request) and not signed:  # else the page says other things now
            found.refresh_from_db(fields=["version"])
            told = {"text": _("%(key)s is moved.") % {"key": row.key}, "kind": "success"}
            answer = HttpResponse(status=204)
            answer["HX-Trigger"] = json.dumps({"toast": told, "version": found.version})
            return answer
    elif act == "remove":
        brief_lines.remove_line(actor=actor, line=row)
        said = _("%(key)s is out. It stands below under its number, to be brought back.") % {
            "key": row.key
        }
    elif act == "restore":
        brief_lines.restore_line(actor=actor, line=row)
    else:
        raise Invalid("There is no such act.")
    anchor = "#removed" if act == "remove" else f"#line-{row.number}"
    return _back(request, found, said, anchor)


def _named(actor: Actor, found: Brief, request: HttpRequest) -> BriefLine | None:
    """The line that ``before`` names, None where it names none. Raises Invalid."""
    said = request.POST.get("before", "")
    if not said:
        return None
    if not said.isdecimal() or len(said) > 9:
        raise Invalid("Name the line by its number.", fields={"before": ["A whole number."]})
    return access.line_for(actor, found, int(said))


def _beside(found: Brief, row: BriefLine, way: str) -> BriefLine | None:
    """The line that ``row`` is to stand ahead of after one step up or down."""
    same = [line for line in brief_reading.lines_of(found) if line.kind == row.kind]
    at = next((place for place, each in enumerate(same) if each.pk == row.pk), None)
    if at is None:
        raise Conflict(f"{row.key} was removed meanwhile.", code="line_removed")
    if way == "up":
        return same[max(at - 1, 0)] if at else (same[1] if len(same) > 1 else None)
    return same[at + 2] if at + 2 < len(same) else None


@page
def brief_inputs_add(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Ask for an input."""
    actor, product, found = _found(request, key, number, "brief.edit")
    form = InputForm(request.POST, product=product)

    def save() -> None:
        brief_inputs.ask_input(actor=actor, brief=found, **form.cleaned_data)

    return _form_page(request, found, form, _("Ask for an input"), save, "#inputs")


@page
def brief_input(request: HttpRequest, key: str, number: int, pk: int) -> HttpResponse:
    """What is done about an input, named by ``act``: received, waived, reopen, edit, remove."""
    actor, product, found = _found(request, key, number)
    row = access.input_for(actor, found, pk)
    act = request.POST.get("act", "")
    back = safe_next(request, "")
    if act in (InputState.RECEIVED, InputState.WAIVED):
        answer = AnswerForm(request.POST)

        def settle() -> None:
            brief_inputs.settle_input(
                actor=actor, asked=row, state=act, answer=answer.cleaned_data["answer"]
            )

        title = f"{row.function}: {row.what}"
        return _form_page(request, found, answer, title, settle, "#inputs", act=act, back=back)
    if act == "edit":
        return _edit_input(request, actor, product, row)
    if act == "reopen":
        brief_inputs.reopen_input(actor=actor, asked=row)
    elif act == "remove":
        brief_inputs.remove_input(actor=actor, asked=row)
    else:
        raise Invalid("There is no such act.")
    return _back(request, found, "", "#inputs")


def _edit_input(
    request: HttpRequest, actor: Actor, product: Product, row: BriefInput
) -> HttpResponse:
    form = InputForm(request.POST, product=product)

    def save() -> None:
        brief_inputs.edit_input(actor=actor, asked=row, **form.cleaned_data)

    return _form_page(
        request, row.brief, form, _("Change what is asked"), save, "#inputs", act="edit"
    )


@page
def brief_signals_add(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Add a measurement signal."""
    actor, _product, found = _found(request, key, number, "brief.edit")
    return _save_signal(request, actor, found, None)


@page
def brief_signal(request: HttpRequest, key: str, number: int, pk: int) -> HttpResponse:
    """What is done to a signal, named by ``act``: edit, remove."""
    actor, _product, found = _found(request, key, number, "brief.edit")
    row = access.signal_for(actor, found, pk)
    if request.POST.get("act") != "remove":
        return _save_signal(request, actor, found, row)
    brief_inputs.remove_signal(actor=actor, signal=row)
    return _back(request, found, "", "#signals")


def _save_signal(
    request: HttpRequest, actor: Actor, found: Brief, row: BriefSignal | None
) -> HttpResponse:
    form = SignalForm(request.POST)

    def save() -> None:
        brief_inputs.save_signal(actor=actor, brief=found, signal=row, **form.cleaned_data)

    title = _("Measurement signal")
    return _form_page(request, found, form, title, save, "#signals", act="edit")


@page
def brief_items(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Attach items by their keys, or detach one (``act=release``)."""
    actor, product, found = _found(request, key, number, "brief.edit")
    keys = request.POST.get("items", "")[:5000].replace(",", " ").split()
    if not keys:
        raise Invalid("Name an item.", fields={"items": ["Give the key of an item."]})
    items = access.items_of(actor, product, keys).values()
    for item in items:
        if request.POST.get("act") == "release":
            briefs.release(actor=actor, brief=found, item=item)
        else:
            briefs.govern(actor=actor, brief=found, item=item)
    return _back(request, found, "", "#items")


@page
def brief_freeze(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Keep the brief as it stands as a version."""
    actor, _product, found = _found(request, key, number, "brief.edit")
    made = brief_signing.freeze(actor=actor, brief=found, reason=request.POST.get("reason", ""))
    return _back(request, found, _("Version %(n)d is kept.") % {"n": made.number}, "#versions")


@page
def brief_sign(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Sign off the brief as the person read it."""
    actor, _product, found = _found(request, key, number)
    read = request.POST.get("version", "")
    made = brief_signing.sign_off(
        actor=actor,
        brief=found,
        note=request.POST.get("note", ""),
        reason=request.POST.get("reason", ""),
        version=int(read) if read.isascii() and read.isdecimal() and len(read) < 10 else None,
    )
    waits = len(brief_reading.waiting_confirmations(found.confirmations.all()))
    said = _("Version %(n)d is signed off.") % {"n": made.number}
    if waits:
        words = ngettext("%(n)d confirmation waits.", "%(n)d confirmations wait.", waits)
        said += " " + words % {"n": waits}
    return _back(request, found, said, "")


@page
def brief_state(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Retire a brief, or bring it back (``act``)."""
    actor, _product, found = _found(request, key, number)
    if request.POST.get("act") == "reopen":
        briefs.reopen(actor=actor, brief=found)
        return _back(request, found, _("%(key)s is in use again.") % {"key": found.key}, "")
    briefs.retire(actor=actor, brief=found, reason=request.POST.get("reason", ""))
    said = _("%(key)s is retired. Bring it back from its page whenever you like.")
    return _back(request, found, said % {"key": found.key}, "")


@page
def brief_version(request: HttpRequest, key: str, number: int, version: int) -> HttpResponse:
    """A frozen version as it stood, for reading and printing; version 0 is the brief as it stands now."""
    actor, product, found = _found(request, key, number)
    row = access.brief_version_for(actor, found, version) if version else None
    content = row.content if row else brief_reading.content_of(found)
    context = {
        "brief": found,
        "version": row,
        "content": content,
        "sections": [
            {
                "title": title,
                "fields": [
                    {"label": label, "text": content[field]}
                    for field, label, part in FIELDS
                    if part == name
                ],
            }
            for name, title in SECTIONS.items()
            if name != "head"
        ],
        "groups": [
            {
                "title": _KIND_TITLES[kind],
                "lines": [line for line in content["lines"] if line["kind"] == kind],
            }
            for kind in ORDER
        ],
        "input_words": dict(InputState.choices),
    }
    return show(request, "backlog/brief_version.html", context, product=product, active="assets")


@page
def brief_compare(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """What differs between two versions (``a`` and ``b``; 0 is the brief as it stands), word by word."""
    actor, product, found = _found(request, key, number)
    versions = brief_reading.versions_of(found)
    newest = versions[0].number if versions else 0
    before = _version_named(request, "a", found.signed_version or newest)
    after = _version_named(request, "b", 0)
    if newest > 1 and found.state == BriefState.SIGNED and not {"a", "b"} & request.GET.keys():
        before, after = (
            newest - 1,
            newest,
        )  # nothing was written since: what the last signature changed
    contents = [
        access.brief_version_for(actor, found, each).content
        if each
        else brief_reading.content_of(found)
        for each in (before, after)
    ]
    context = {
        "brief": found,
        "versions": versions,
        "a": before,
        "b": after,
        "differences": differences(contents[0], contents[1]),
    }
    return show(request, "backlog/brief_compare.html", context, product=product, active="assets")


def _version_named(request: HttpRequest, name: str, otherwise: int) -> int:
    raw = request.GET.get(name, "")
    if not raw:
        return otherwise
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 10):
        raise NotFound
    return int(raw)


@page
def confirmation(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Say whether something still holds after a line changed; ``act=again`` takes an answer back."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    row = access.confirmation_for(actor, product, pk)
    back = safe_next(request, reverse("brief", args=[product.key, row.brief.number]) + "#confirm")
    act = request.POST.get("act", "")
    if act == "again":
        brief_signing.unsettle(actor=actor, confirmation=row)
    else:
        brief_signing.settle(
            actor=actor, confirmation=row, state=act, note=request.POST.get("note", "")
        )
    messages.success(request, _("Recorded."))
    return go(request, back)


@page
def line_pointer(request: HttpRequest, key: str) -> HttpResponse:
    """Say that an item or an increment rests on a line (``line`` as BR-3.7), or not any more (``act=unpoint``)."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    lines = [
        access.line_of(actor, product, each) for each in request.POST.getlist("line")[:200] if each
    ]
    if not lines:
        raise Invalid("Choose a line.", fields={"line": ["Choose a line."]})
    target: dict[str, Any] = {}
    if named := request.POST.get("increment", ""):
        target["increment"] = access.increment_of(actor, product, named)
        place = target["increment"]
        default = reverse("increment", args=[product.key, place.item.key, place.number])
    else:
        target["item"] = access.item_of(actor, product, request.POST.get("item", ""))
        default = reverse("item", args=[target["item"].key])
    act = brief_lines.unpoint if request.POST.get("act") == "unpoint" else brief_lines.point
    for line in lines:
        act(actor=actor, line=line, **target)
    return go(request, safe_next(request, default))


@page
def brief_template(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """Keep a brief as a template under a name."""
    actor, product, found = _found(request, key, number)
    templates.save_template(
        actor=actor,
        product=product,
        kind="brief",
        name=request.POST.get("name", ""),
        body=templates.brief_body(found),
    )
    return _back(request, found, _("Kept as a template."), "")


def _found(
    request: HttpRequest, key: str, number: int, action: str = "product.read"
) -> tuple[Actor, Product, Brief]:
    actor = Actor.of(request)
    product = product_for(actor, key, action)
    return actor, product, access.brief_for(actor, product, number)


def _back(request: HttpRequest, found: Brief, said: str, anchor: str) -> HttpResponse:
    if said:
        messages.success(request, said)
    return go(request, reverse("brief", args=[found.product.key, found.number]) + anchor)


def _form_page(
    request: HttpRequest,
    found: Brief,
    form: forms.Form,
    title: Any,
    save: Callable[[], str | None],
    anchor: str,
    act: str = "",
    back: str = "",
) -> HttpResponse:
    """Save and go back to the brief; on a refusal, the form again with what was typed and what is wrong with it."""
    home = reverse("brief", args=[found.product.key, found.number])
    status = 200
    error: DomainError | None = None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                made = save()
            except (Invalid, Conflict) as refused:
                error, status = refused, refused.status
                into_form(form, refused)
            else:
                return go(request, back or home + (made or anchor))
    context = {
        "brief": found,
        "form": form,
        "title": title,
        "act": act,
        "next": back,
        "back_url": home + anchor,
        "changed": error.extra.get("changed") if error else None,
    }
    product = found.product
    return show(
        request, "backlog/brief_form.html", context, product=product, active="assets", status=status
    )
