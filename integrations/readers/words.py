"""What the trackers' words mean: statuses, types, priorities, resolutions, labels, in many
languages.

Each function answers for one word and says how sure it is, or gives None. The tables are compared
without case and accents (:func:`integrations.readers.headers.plain`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from integrations.readers.headers import plain


def _table(groups: dict[str, str]) -> dict[str, str]:
    return {
        plain(word): meaning
        for meaning, words in groups.items()
        for word in words.split("|")
        if word
    }


_STATUS = _table(
    {
        "triage": "to do|todo|backlog|open|opened|new|reopened|reopen|triage|needs triage"
        "|unstarted|created"
        "|submitted|reported|unconfirmed|inbox|idea|ideas|draft|nuevo|nueva|abierto|abierta"
        "|por hacer"
        "|tareas por hacer|pendiente|reabierta|zu erledigen|offen|neu|aufgaben|wieder geöffnet"
        "|à faire"
        "|ouvert|ouverte|nouveau|rouvert|a fazer|tarefas pendentes|itens pendentes|pendente"
        "|aberto|aberta"
        "|reaberto|da completare|da fare|aperto|aperta|nuovo|te doen|nog te doen|openstaand"
        "|nieuw|att göra"
        "|к выполнению|сделать|открыт|открыто|новая|бэклог|לביצוע|待办|未着手",
        "accepted": "accepted|approved|confirmed|planned|ready|ready for development|ready for dev"
        "|ready to start|selected for development|scheduled|next|up next|sprint backlog"
        "|committed|prioritized"
        "|seleccionado para desarrollo|selecionado para desenvolvimento|für entwicklung ausgewählt"
        "|sélectionné pour le développement|klaar voor ontwikkeling|verified to do",
        "in_progress": "in progress|doing|started|in development|development|in dev|active|wip"
        "|working|assigned"
        "|in arbeit|en curso|en progreso|en cours|em andamento|em progresso|in corso"
        "|in uitvoering|bezig"
        "|mee bezig|pågående|в работе|בתהליך|进行中|進行中|coding|in production|blocked|bloqueado"
        "|blockiert"
        "|bloqué|impediment|waiting|waiting for customer|waiting for support|awaiting reply"
        "|en espera",
        "in_review": "in review|review|code review|peer review|qa|in qa|testing|in test|test"
        "|ready for test"
        "|ready for qa|ready for review|verification|to verify|uat|staging|deploy|to deploy"
        "|ready to deploy"
        "|ready for release|ready to merge|in approval|pending approval|awaiting approval|revisión"
        "|en revisión|em revisão|in revisione|en revue|in prüfung|in beoordeling|pruebas"
        "|на проверке",
        "done": "done|closed|close|resolved|complete|completed|finished|fixed|released|shipped"
        "|live|merged"
        "|deployed|delivered|accepted by customer|verified|archived|hecho|listo|finalizado"
        "|finalizada|cerrado"
        "|cerrada|resuelta|resuelto|erledigt|fertig|geschlossen|gelöst|abgeschlossen|terminé"
        "|terminée|terminé(e)"
        "|fermé|fermée|résolu|résolue|concluído|concluída|feito|fechado|fechada|resolvido"
        "|itens concluídos"
        "|completato|completata|chiuso|chiusa|fatto|risolto|gereed|klaar|afgerond|gesloten"
        "|opgelost|klart"
        "|готово|сделано|закрыт|закрыто|выполнено|בוצע|已完成|完了",
        "parked": "on hold|parked|icebox|later|someday|deferred|postponed|paused|suspended"
        "|snoozed|en pausa"
        "|zurückgestellt|pausiert|en attente|em espera|in attesa|in de wacht|отложено",
        "declined": "canceled|cancelled|declined|rejected|won't fix|won't do|wont fix|wontfix"
        "|duplicate|invalid"
        "|obsolete|abandoned|discarded|not planned|cancelado|cancelada|rechazado|abgebrochen"
        "|abgelehnt|annulé"
        "|annulée|rejeté|rejeitado|annullato|rifiutato|geannuleerd|afgewezen|отменено|отменён",
    }
)
_STATUS_PARTS = (
    ("declined", re.compile(r"cancel|declin|reject|\bwon'?t\b|duplicate|invalid|obsolete|abandon")),
    ("parked", re.compile(r"\bhold\b|\bpark|icebox|defer|postpon|\bpaused?\b|snooz")),
    ("in_review", re.compile(
        r"review|\bqa\b|\btest|verif|valid|approv|deploy\b|staging|\buat\b|release candidate")),
    ("accepted", re.compile(r"^(?:ready|selected|planned|scheduled|committed)\b")),
    ("in_progress", re.compile(r"progress|develop|doing|\bwip\b|implement|working|block|waiting")),
    ("done", re.compile(
        r"\bdone\b|closed|resolved|complete|finish|released|shipped|merged|delivered")),
    ("triage", re.compile(r"\bto ?do\b|backlog|\bnew\b|\bopen\b|triage")),
)  # fmt: skip


@lru_cache(maxsize=2048)
def state_of(status: str, category: str = "") -> tuple[str, float]:
    """(state, how sure). A well-known name counts for more than the tracker's category."""
    name = plain(status)
    by_category = _STATUS.get(plain(category))
    if name in _STATUS:
        state = _STATUS[name]
        return state, 0.95 if by_category in (None, state) else 0.8
    if by_category in ("done", "declined"):
        state = next(
            (s for s, part in _STATUS_PARTS if s == "declined" and part.search(name)), "done"
        )
        return state, 0.85
    for state, part in _STATUS_PARTS:
        if part.search(name):
            return state, 0.7
    if by_category:
        return by_category, 0.7
    return "triage", 0.3


_RESOLVED = _table(
    {
        "done": "done|fixed|resolved|complete|completed|implemented|delivered|released"
        "|workaround|answered"
        "|information provided|listo|hecho|corregido|finalizada|fertig|erledigt|behoben|terminé"
        "|corrigé"
        "|concluído|corrigido|completato|corretto|gereed|opgelost|готово|исправлено|merged|solved",
        "parked": "later|remind|hold|on hold|deferred|postponed|parked|snoozed|aplazado"
        "|zurückgestellt",
        "declined": "won't fix|won't do|wontfix|wont fix|wont do|duplicate|duplicated|invalid"
        "|incomplete"
        "|cannot reproduce|can't reproduce|not reproducible|not a problem|not a bug|not our bug"
        "|by design"
        "|works as designed|works for me|needs more info|auto closed|abandoned|obsolete"
        "|declined|rejected|canceled|cancelled|not planned|not_planned|unresolved duplicate"
        "|out of scope"
        "|no se hará|duplicado|duplicada|no se puede reproducir|wird nicht erledigt"
        "|wird nicht behoben"
        "|duplikat|nicht reproduzierbar|ne sera pas corrigé|doublon|não será feito"
        "|não será corrigido"
        "|duplicato|non sarà corretto|wordt niet opgelost|duplicaat|abgelehnt|stale|known error",
    }
)


@lru_cache(maxsize=2048)
def resolution_of(resolution: str) -> tuple[str, float]:
    """``done``, ``declined`` or ``parked`` for an item whose status is an end."""
    name = plain(resolution)
    if name in _RESOLVED:
        return _RESOLVED[name], 0.95
    if re.search(
        r"^(?:not?|wo?n'?t|can'?t|cannot|never|auto)\b|duplicat|reject|declin|invalid", name
    ):
        return "declined", 0.6
    return "done", 0.5 if name else 0.9


_TYPE = _table(
    {
        "bug": "bug|defect|error|fault|fehler|problem|regression|crash|error de software"
        "|anomalie|bogue|defeito"
        "|falha|fout|difetto|incidencia|ошибка|баг|תקלה|缺陷|kind/bug|type: bug|type:bug"
        "|confirmed bug|bugfix",
        "incident": "incident|outage|hotfix|service disruption|störung|incidente|störfall|p0",
        "security": "security|vulnerability|cve|security issue|sicherheit",
        "debt": "technical task|technical debt|tech debt|debt|refactor|refactoring|maintenance"
        "|chore|upkeep"
        "|deuda técnica|technische aufgabe|dette technique|performance|infrastructure"
        "|dependencies|ci|build"
        "|test|tests|cleanup|technical|техническая задача",
        "feature": "story|user story|feature|new feature|feature request|enhancement|improvement"
        "|request|wish"
        "|historia|historia de usuario|mejora|nueva función|nueva funcionalidad|anforderung"
        "|verbesserung"
        "|neue funktion|récit|amélioration|nouvelle fonctionnalité|história|melhoria|novo recurso"
        "|nova funcionalidade|storia|miglioramento|nuova funzionalità|verhaal|gebruikersverhaal"
        "|verbetering"
        "|nieuwe functie|история|улучшение|kind/feature|type: feature|type:feature"
        "|good first issue|idea",
        "epic": "epic|épica|epos|épopée|épico|initiative|iniciativa|initiativ|theme|legend|saga"
        "|objective|bet"
        "|strategic bet|эпик|אפיק|capability|portfolio epic",
        "task": "task|sub-task|subtask|sub task|tarea|subtarea|aufgabe|teilaufgabe|unteraufgabe"
        "|tâche|sous-tâche"
        "|tarefa|subtarefa|attività|sottotask|sottoattività|taak|subtaak|deeltaak|to do|action"
        "|spike"
        "|research|question|support|service request|documentation|docs|doc|задача|подзадача"
        "|משימה|任务|任務",
        "script": "script|scripts|storyboard|screenplay|narration|drehbuch|guion|scénario",
        "scene": "scene|scenes|shot|shots|szene|escena|scène|animation|video",
        "module": "learning module|training module|course|lesson|module|lektion|curso|leçon",
        "visual_system": "visual system|visual|design system|style frame|style guide|brand"
        "|illustration|design",
    }
)  # fmt: skip


@lru_cache(maxsize=4096)
def type_of(name: str) -> str | None:
    """One of bug, incident, security, debt, feature, epic, task, script, scene, module,
    visual_system."""
    name = plain(name)
    found = _TYPE.get(name)
    if found:
        return found
    for prefix in ("type:", "kind:", "type/", "kind/", "t ", "type "):
        if name.startswith(prefix):
            return _TYPE.get(name.removeprefix(prefix).strip())
    return None


_PRIORITY = _table(
    {
        "1": "blocker|highest|urgent|critical|immediate|emergency|very high|p0|sev0|showstopper"
        "|must|must have"
        "|muy alta|más alta|urgente|crítica|crítico|bloqueador|bloqueante|sehr hoch|höchste"
        "|dringend|kritisch"
        "|blocker|la plus haute|très haute|critique|bloquante|bloquant|muito alta|altíssima"
        "|molto alta|hoogste"
        "|kritiek|zeer hoog|срочный|критический|наивысший",
        "2": "high|p1|important|should|should have|alta|alto|hoch|haute|élevée|hoog|высокий|severe",
        "3": "major|medium|normal|moderate|p2|default|could|could have|media|medio|mittel"
        "|moyenne|média"
        "|gemiddeld|normale|средний|обычный",
        "4": "low|minor|p3|baja|bajo|niedrig|basse|faible|baixa|bassa|laag|низкий|won't|won't have",
        "5": "lowest|trivial|p4|p5|cosmetic|muy baja|más baja|niedrigste|sehr niedrig"
        "|la plus basse|muito baixa"
        "|molto bassa|laagste|zeer laag|самый низкий",
        "0": "none|no priority|not set|unprioritized|ninguna|sin prioridad|keine|aucune|nenhuma"
        "|nessuna|geen|?",
    }
)


@lru_cache(maxsize=1024)
def level_of(priority: str) -> int | None:
    """1 (top) to 5 (bottom); None where no priority is given or the word is unknown."""
    name = plain(priority)
    found = _PRIORITY.get(name)
    if found is None:
        # "1 - Critical", "P2: high", "2"
        numbered = re.match(r"^(?:p|prio|sev|s)?\s*([1-5])(?:\s|[.:)(/]|$)\s*(.*)$", name)
        if numbered is None:
            return None
        found = _PRIORITY.get(numbered[2].strip(" -:()/"), numbered[1])
    return int(found) or None


def severity_of(priority: str) -> int | None:
    """The severity of a fix that cannot wait: 1 or 2; None for a priority that can."""
    if level_of(priority) != 1:
        return None
    return 2 if re.search(r"critical|critic|kriti|критич", plain(priority)) else 1


_LABEL_QUEUES = (
    ("hotfix", re.compile(
        r"^(?:hot ?fix|critical|urgent|blocker|showstopper|p0|sev ?[01]|incident|outage|cve)$")),
    ("stability", re.compile(
        r"^(?:(?:type|kind)[:/ ]+)?(?:bug|defect|regression|crash|security|vulnerability"
        r"|maintenance|performance|tech(?:nical)? debt|refactor(?:ing)?|flaky"
        r"|memory leak|stability|dependencies|ci|chore)s?$")),
    ("strategic_bet", re.compile(
        r"^(?:epic|initiative|roadmap|strategic|strategic bet|bet|rfc|major feature)$")),
    ("enhancement", re.compile(
        r"^(?:(?:type|kind)[:/ ]+)?(?:enhancement|feature|feature request|improvement"
        r"|documentation|docs|question|dataset request|new feature"
        r"|good first issue|help wanted|ux|design)s?$")),
)  # fmt: skip


@lru_cache(maxsize=4096)
def queue_of_label(label: str) -> str | None:
    name = plain(label)
    return next((queue for queue, pattern in _LABEL_QUEUES if pattern.search(name)), None)


def is_question(label: str) -> bool:
    """Labels of conversations rather than work."""
    return bool(re.search(r"^(?:question|support|discussion|help|usage|needs? info)", plain(label)))


_LABEL_LEVELS: tuple[tuple[str, int, re.Pattern[str]], ...] = (
    ("technical_risk", 5, re.compile(r"data ?loss|corruption")),
    ("technical_risk", 4, re.compile(
        r"security|vulnerab|\bcve\b|crash|regression|memory leak|architect|migration|breaking")),
    ("technical_risk", 3, re.compile(r"performance|flaky|refactor|tech(?:nical)? debt")),
    ("compliance_risk", 4, re.compile(
        r"security|vulnerab|\bcve\b|gdpr|privacy|legal|complian|licen[cs]e|copyright")),
    ("compliance_risk", 3, re.compile(r"accessib|a11y|\bbrand\b|wcag")),
    ("recurrence", 4, re.compile(r"regression|flaky|intermittent|recurr|again")),
    ("customer_pain", 5, re.compile(r"outage|blocker|showstopper|data ?loss")),
    ("customer_pain", 4, re.compile(r"crash|regression|urgent|critical|customer|escalat")),
    ("trust", 4, re.compile(r"customer|escalat|security|outage|vip")),
    ("users_affected", 4, re.compile(r"outage|all users|widespread")),
    ("business_value", 4, re.compile(r"revenue|sales|renewal|must|strategic|roadmap|okr")),
    ("strategic_fit", 4, re.compile(r"strategic|roadmap|okr|initiative|\bbet\b")),
    ("reach_reuse", 4, re.compile(
        r"platform|template|design system|shared|reusab|locali[sz]|i18n|translat")),
)  # fmt: skip


@lru_cache(maxsize=4096)
def levels_of_label(label: str) -> dict[str, int]:
    """criterion -> level that this label speaks for."""
    name = plain(label)
    found: dict[str, int] = {}
    for criterion, level, pattern in _LABEL_LEVELS:
        if pattern.search(name):
            found[criterion] = max(level, found.get(criterion, 0))
    return found
