"""Which field a column name stands for: English, the trackers' own names, and Jira's translations.

Names are compared without case, accents, and differences of blank, underscore and hyphen.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

#: Fields that take every value of every column mapped to them; the others take the first value
#: found.
MANY = frozenset(
    {
        "labels",
        "components",
        "sprint",
        "fix_version",
        "links",
        "comments",
        "attachments",
        "watchers",
    }
)
DATES = frozenset({"created", "updated", "resolved", "started", "due"})
COUNTS = frozenset({"votes", "reactions", "comment_count"})
#: What a column can be mapped to. ``extra`` keeps the cell under the column's name, ``ignore``
#: leaves it out.
FIELDS = (
    "external_key", "external_id", "title", "description", "type", "status", "status_category",
    "resolution", "priority", "severity", "labels", "components", "created", "updated",
    "resolved", "started", "due", "effort", "assignee", "assignee_id", "reporter",
    "reporter_id", "sprint", "fix_version", "parent", "epic", "links", "comments",
    "comment_count", "votes", "watchers", "reactions", "attachments", "url", "segment",
    "program", "channel", "repository", "pull_request", "extra", "ignore",
)  # fmt: skip

#: Names that only a Linear export has.
LINEAR_MARKS = frozenset(
    {
        "uuid",
        "cycle number",
        "project milestone",
        "time in status (minutes)",
        "sla status",
        "initiatives",
    }
)

#: Names that only a Jira export has, in the languages that were seen or are documented.
_JIRA: dict[str, str] = {
    "external_key": "issue key|clave de incidencia|clave de la incidencia|vorgangsschlüssel"
    "|clé de ticket"
    "|clé de demande|chave da item|chave do item|chave da ocorrência|chave do ticket|chiave ticket"
    "|chiave segnalazione|chiave dell'elemento|issuesleutel|itemsleutel|work item key",
    "external_id": "issue id|id de la incidencia|id de incidencia|vorgangs id|id de ticket"
    "|identifiant de ticket|id de demande|id da item|id do item|id da ocorrência|id ticket"
    "|id segnalazione|work item id",
    "type": "issue type|tipo de incidencia|vorgangstyp|type de ticket|type de demande|tipo de item"
    "|tipo de problema|tipo de ocorrência|tipo ticket|tipo di ticket|tipo segnalazione"
    "|tipo di segnalazione|issuetype|work item type",
    "status_category": "status category|categoría de estado|categoria do status|categoria de status"
    "|statuskategorie|catégorie d'état|catégorie de statut|catégorie de l'état|categoria di stato"
    "|categoria stato|statuscategorie",
    "parent": "parent key|clave principal|chave pai|chave principal|übergeordneter schlüssel"
    "|clé parent"
    "|clé parente|chiave principale|bovenliggende sleutel",
    "epic": "epic link|vínculo de las épicas|enlace de la épica|lien d'épopée|epos verknüpfung"
    "|link epico",
}

_NAMES: dict[str, str] = {
    "external_key": "key|issuekey|issue number|issue no|ticket|ticket key|ticket id|identifier"
    "|number|#|nr"
    "|reference|clave|schlüssel|clé|chave|chiave|sleutel",
    "external_id": "uuid|guid|internal id|node id",
    "title": "title|summary|subject|headline|issue summary|issue title|resumen|título|asunto"
    "|zusammenfassung"
    "|titel|betreff|résumé|titre|objet|sujet|resumo|riepilogo|titolo|oggetto|sommario"
    "|samenvatting|onderwerp",
    "description": "description|body|details|detail|text|content|issue description|descripción"
    "|beschreibung"
    "|descrição|descrizione|beschrijving|omschrijving|descriptif",
    "type": "type|kind|tracker|item type|ticket type|work type|tipo|typ|soort",
    "status": "status|state|workflow state|stage|column|list|estado|stato|statut|état|zustand"
    "|situação",
    "status_category": "statuscategory|state type",
    "resolution": "resolution|state reason|close reason|resolución|lösung|résolution|resolução"
    "|risoluzione"
    "|oplossing",
    "priority": "priority|prio|importance|prioridad|priorität|priorité|prioridade|priorità"
    "|prioriteit",
    "severity": "severity|sev|gravedad|schweregrad|gravité|gravidade|gravità|ernst",
    "labels": "labels|label|tags|tag|keywords|etiquetas|etiqueta|stichwörter|stichworte"
    "|schlagwörter"
    "|étiquettes|étiquette|categorias|rótulos|rótulo|etichette|etichetta|trefwoorden",
    "components": "components|component|component/s|components/s|componentes|componente"
    "|komponenten|komponente"
    "|composants|composant|component(s)|componenti|componenten|module|area",
    "created": "created|created at|created on|creation date|date created|date|createdat|opened"
    "|opened at"
    "|creada|creado|fecha de creación|erstellt|erstellt am|créé|créée|création|date de création"
    "|criado"
    "|criada|criado em|data de criação|creato|creata|data creazione|data di creazione|aangemaakt"
    "|gemaakt"
    "|aangemaakt op",
    "updated": "updated|updated at|modified|last modified|last updated|changed|updatedat"
    "|actualizada"
    "|actualizado|aktualisiert|mis à jour|mise à jour|atualizado|atualizada|atualizado(a)"
    "|aggiornato"
    "|aggiornata|aggiornamento|bijgewerkt|gewijzigd",
    "resolved": "resolved|resolved at|resolution date|resolutiondate|closed|closed at|completed"
    "|completed at"
    "|done|finished|finished date|done date|canceled|cancelled|canceled at|closedat|resuelta"
    "|resuelto"
    "|fecha de resolución|erledigt|gelöst|erledigt am|résolu|résolue|résolution le|resolvido"
    "|resolvida"
    "|risolto|risolta|opgelost",
    "started": "started|started at|start date|start|actual start|fecha de inicio|startdatum"
    "|date de début"
    "|data de início|data inizio|data di inizio",
    "due": "due|due date|due on|deadline|duedate|target date|fecha de vencimiento|vencimiento"
    "|fällig"
    "|fälligkeitsdatum|fällig am|échéance|date d'échéance|data limite|data de vencimento"
    "|data di scadenza"
    "|scadenza|vervaldatum|einddatum",
    "effort": "story points|story point|story point estimate|storypoint|storypoints|points"
    "|estimate|estimation"
    "|effort|size|t shirt size|sp|puntos de historia|estimación de puntos de historia"
    "|story point schätzung"
    "|aufwand|taille|esfuerzo|esforço|sforzo|omvang|punten|pontos",
    "assignee": "assignee|assigned to|owner|responsible|persona asignada|responsable|asignado"
    "|asignado a"
    "|zugewiesene person|bearbeiter|zugewiesen an|personne assignée|attribué à|responsável"
    "|atribuído a"
    "|assegnatario|assegnato a|toegewezen aan|toegewezene|uitvoerder|assignees",
    "assignee_id": "assignee id|id de la persona asignada|id der zugewiesenen person"
    "|id de la personne assignée|id do responsável",
    "reporter": "reporter|reported by|author|requester|submitter|informador|autor"
    "|berichterstatter|melder"
    "|rapporteur|relator|segnalatore|autore segnalazione",
    "reporter_id": "reporter id|id del informador|id des autors|id du rapporteur|id do relator",
    "sprint": "sprint|sprints|iteration|cycle name|cycle|sprint name|itération",
    "fix_version": "fix version/s|fix versions|fix version|fixversions|milestone|milestone title"
    "|release"
    "|target release|project milestone|versiones corregidas|versión corregida"
    "|versiones de corrección"
    "|lösungsversion|lösungsversionen|korrekturversionen|versions corrigées|version corrigée"
    "|versões de correção|versões corrigidas|versioni di correzione|fixversies|oplossingsversies",
    "parent": "parent|parent id|parent issue|parent link|principal|padre|pai|übergeordnet"
    "|übergeordnetes element|padre|principale|bovenliggend",
    "epic": "epic|épica|epos|épopée|epic key",
    "comments": "comment|comments|comentario|comentarios|kommentar|kommentare|commentaire"
    "|commentaires"
    "|comentário|comentários|commento|commenti|opmerking|opmerkingen",
    "comment_count": "comment count|num comments|number of comments|comments count",
    "votes": "votes|vote count|upvotes|votos|stimmen|voti|stemmen",
    "watchers": "watchers|watcher|watches|subscribers|interesados|observadores|beobachter"
    "|observateurs"
    "|osservatori|volgers|followers",
    "reactions": "reactions|reaction count|likes|thumbs up",
    "attachments": "attachment|attachments|adjunto|archivo adjunto|anhang|anhänge|pièce jointe"
    "|pièces jointes|anexo|anexos|allegato|allegati|bijlage|bijlagen",
    "url": "url|link|issue url|html url|web url|permalink",
    "segment": "segment|customer segment|audience|customer|account",
    "program": "program|programme|programa|programm|programma",
    "channel": "channel|canal|kanal|canale|kanaal",
}
#: Less certain: taken only where nothing better maps to the field.
_WEAK: dict[str, str] = {
    "external_key": "id",
    "title": "name|task|nombre|nom|naam|nome",
    "description": "notes|note|acceptance criteria",
    "type": "category|categoría|issue category|worktype",
    "labels": "topics",
    "reporter": "creator|created by|creador|creada por|ersteller|créateur|criador|creatore|maker",
    "components": "project",
    "effort": "original estimate|time estimate|timeestimate|estimación original"
    "|ursprüngliche schätzung"
    "|estimation originale|estimativa original|stima originale|oorspronkelijke schatting",
    "url": "source|source url",
}
#: Columns of the trackers that say nothing about the work.
_NOISE = (
    "remaining estimate|project key|project name|project type|project lead|project lead id"
    "|project description|project url"
    "|last viewed|work ratio|time spent|security level|creator id|watchers id|parent summary"
    "|issue color"
    "|rank|development|epic color|epic status|global rank|rank (obsolete)|status category changed"
    "|last public comment date|attachment count|request language|team id|project id"
    "|project milestone id"
    "|cycle number|cycle start|cycle end|time in status (minutes)|triaged|archived|split mark"
    "|clave del proyecto|nombre del proyecto|tipo de proyecto|responsable del proyecto"
    "|id del responsable del proyecto|descripción del proyecto|id del creador|vista por última vez"
    "|trabajo restante estimado|tiempo trabajado|tiempo empleado|relación de trabajo"
    "|nivel de seguridad"
    "|id de los interesados|categoría de estado cambiada|clasificación|color de la incidencia"
    "|locked forms"
    "|projektschlüssel|projektname|projekttyp|projektleiter|zuletzt angezeigt|zuletzt angesehen"
    "|clé de projet|nom du projet|type de projet|responsable du projet|dernière consultation"
    "|chave do projeto|nome do projeto|tipo de projeto|última visualização|chiave progetto"
    "|nome progetto"
    "|tipo progetto|projectsleutel|projectnaam|projecttype|projectleider|laatst bekeken"
)

_CUSTOM = re.compile(
    r"^(?:custom fields?|campos? personalizados?|benutzerdefinierte?s? felde?r?"
    r"|champs? personnalises?"
    r"|campo personalizzato|aangepaste? velde?n?|eget falt|tilpasset felt)\s*\((.+)\)$"
)
_LINK = re.compile(
    r"^[^()]*(?:link|enlace|verknupfung|lien|koppeling|collegamento|vinculo|ligacao)[^()]*\((.+)\)$"
)
_OUTWARD = re.compile(r"outward|salient|externa|ausgehend|sortant|uitgaand|uscita|saida")
_INWARD = re.compile(r"inward|interna|entrant|eingehend|inkomend|binnenkomend|entrata|entrada")
_LINK_COLUMNS = {
    "issue links": ("", ""),
    "links": ("", ""),
    "related to": ("outward", "Relates"),
    "relates to": ("outward", "Relates"),
    "related": ("outward", "Relates"),
    "blocked by": ("inward", "Blocks"),
    "is blocked by": ("inward", "Blocks"),
    "depends on": ("inward", "Blocks"),
    "dependencies": ("inward", "Blocks"),
    "blocks": ("outward", "Blocks"),
    "blocking": ("outward", "Blocks"),
    "duplicate of": ("outward", "Duplicate"),
    "duplicates": ("outward", "Duplicate"),
}


@dataclass(frozen=True)
class HeaderGuess:
    """``field`` is empty when the name says nothing. ``custom`` is the inner name of a Jira custom
    field."""

    field: str = ""
    confidence: float = 0.0
    jira: bool = False
    custom: str = ""
    direction: str = ""
    link_type: str = ""
    seconds: bool = False


def plain(name: str) -> str:
    """A header for comparison: no accents, no case, words apart by single blanks (also
    ``dueDate``, ``due_date``)."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    name = unicodedata.normalize("NFKD", name).casefold()
    name = "".join(char for char in name if not unicodedata.combining(char))
    return " ".join(re.sub(r"[\s_\-\u2019´`]+", " ", name.strip(" :*\ufeff")).split())


def _index(table: dict[str, str]) -> dict[str, str]:
    index: dict[str, str] = {}
    for field, names in table.items():
        for name in names.split("|"):
            index.setdefault(plain(name), field)
    return index


_JIRA_INDEX, _NAME_INDEX, _WEAK_INDEX = _index(_JIRA), _index(_NAMES), _index(_WEAK)
_NOISE_NAMES = frozenset(plain(name) for name in _NOISE.split("|"))
#: In a custom field these words mean something else than the system field of that name.
_NOT_CUSTOM = frozenset(
    {"priority", "description", "title", "type", "status", "url", "created", "labels"}
)


@lru_cache(maxsize=4096)
def field_of(name: str) -> HeaderGuess:
    """What the column name alone says."""
    key = plain(name)
    custom = _CUSTOM.match(key)
    if custom:
        inner = custom.group(1)
        guess = _by_name(inner)
        if inner in _NOISE_NAMES:
            return HeaderGuess("ignore", 0.9, jira=True, custom=inner)
        if guess.field and guess.field not in _NOT_CUSTOM and guess.confidence >= 0.9:
            return HeaderGuess(guess.field, 0.85, jira=True, custom=inner)
        return HeaderGuess("extra", 0.5, jira=True, custom=inner)
    link = _LINK.match(key)
    outward = bool(link and _OUTWARD.search(key.split("(")[0]))
    if link and (outward or _INWARD.search(key.split("(")[0])):
        inner = name.strip().split("(", 1)[1].rstrip(") ")
        direction = "outward" if outward else "inward"
        return HeaderGuess("links", 1.0, jira=True, direction=direction, link_type=inner)
    return _by_name(key)


def _by_name(key: str) -> HeaderGuess:
    if key in _JIRA_INDEX:
        return HeaderGuess(_JIRA_INDEX[key], 1.0, jira=True)
    if key in _LINK_COLUMNS:
        direction, link_type = _LINK_COLUMNS[key]
        return HeaderGuess("links", 0.9, direction=direction, link_type=link_type)
    if key in _NOISE_NAMES or key.startswith("σ"):
        return HeaderGuess("ignore", 0.9)
    if key in _NAME_INDEX:
        return HeaderGuess(_NAME_INDEX[key], 0.95)
    if key in _WEAK_INDEX:
        field = _WEAK_INDEX[key]
        timed = field == "effort"
        return HeaderGuess(field, 0.5 if timed else 0.6, seconds=timed)
    return HeaderGuess()
