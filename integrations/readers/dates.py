"""Instants as trackers and spreadsheets write them, in many languages.

A file has one order of day and month. :class:`DateEvidence` watches the numeric dates of a file and
decides it; :class:`DateReader` then reads every cell the same way. Everything comes out in UTC;
a cell without a zone is taken in the reader's zone.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from integrations.readers.source import ReadError

DAY_FIRST, MONTH_FIRST = "day_first", "month_first"
ORDERS = (DAY_FIRST, MONTH_FIRST)

#: January to December without accents: English, Spanish, Dutch, German, French, Portuguese, Italian,
#: Catalan, the Scandinavian languages, Finnish, Polish, Czech, Romanian, Hungarian, Turkish, Russian,
#: Ukrainian, Hebrew, Chinese and Japanese.
_MONTH_NAMES = (
    "january enero ene januari januar janvier janv janeiro gennaio gen gener tammikuu tammi "
    "styczen stycznia sty leden ledna led ianuarie ian ocak oca январь января янв січень "
    "січня січ ינואר ינו 一月 1月",
    "february febrero februari februar fevrier fevr fev fevereiro febbraio febrer helmikuu "
    "helmi luty lutego lut unor unora uno februarie subat sub февраль февраля фев лютий "
    "лютого лют פברואר פבר 二月 2月",
    "march marzo maart mrt marz maerz mrz mars marco marc marts maaliskuu maalis marzec marca "
    "brezen brezna bre martie marcius mart март марта мар березень березня бер מרץ 三月 3月",
    "april abril abr avril avr aprile huhtikuu huhti kwiecien kwietnia kwi duben dubna dub "
    "aprilie aprilis nisan nis апрель апреля апр квітень квітня кві אפריל אפר 四月 4月",
    "may mayo mei mai maio maggio mag maig maj toukokuu touko maja kveten kvetna kve majus "
    "mayis май мая травень травня тра מאי 五月 5月",
    "june junio juni juin junho giugno giu juny kesakuu kesa czerwiec czerwca cze cerven "
    "cervna cer iunie iun junius haziran haz июнь июня июн червень червня чер יוני יונ 六月 6月",
    "july julio juli juillet juil julho luglio lug juliol heinakuu heina lipiec lipca lip "
    "cervenec cervence cvc iulie iul julius temmuz tem июль июля июл липень липня лип יולי "
    "יול 七月 7月",
    "august agosto ago augustus aout aou agost augusti elokuu elo sierpien sierpnia sie srpen "
    "srpna srp augusztus agustos agu август августа авг серпень серпня сер אוגוסט אוג 八月 8月",
    "september sept septiembre setiembre set septembre setembro settembre setembre syyskuu "
    "syys wrzesien wrzesnia wrz zari zar septembrie szeptember szept eylul eyl сентябрь "
    "сентября сен сент вересень вересня вер ספטמבר ספט 九月 9月",
    "october octubre oktober okt octobre outubro out ottobre ott lokakuu loka pazdziernik "
    "pazdziernika paz rijen rijna rij octombrie ekim eki октябрь октября окт жовтень жовтня "
    "жов אוקטובר אוק 十月 10月",
    "november noviembre novembre novembro marraskuu marras listopad listopada noiembrie noi "
    "kasim kas ноябрь ноября ноя нояб листопад листопада лис נובמבר נוב 十一月 11月",
    "december diciembre dic dezember dez decembre dezembro dicembre desembre des desember "
    "joulukuu joulu grudzien grudnia gru prosinec prosince pro decembrie aralik ara декабрь "
    "декабря дек грудень грудня гру דצמבר דצמ 十二月 12月",
)

_TIME = (
    r"(?P<h>\d{1,2})[:.h](?P<mi>\d{2})(?:[:.](?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"(?:\s*(?P<ap>[ap]\.?\s?m\.?|上午|下午|午前|午後|vorm\.?|nachm\.?))?"
    r"(?:\s*(?P<z>Z|[A-Z]{2,4}(?:[+-]\d{2}:?\d{2})?|[+-]\d{2}:?\d{2}))?(?:\s*\([^)]*\))?"
)
_WORD = r"(?P<m>[^\W\d_]{3,12}|\d{0,2}[一二三四五六七八九十]{0,2}月)"
_DAY_MONTH = re.compile(
    rf"(?P<d>\d{{1,2}})(?:\.|st|nd|rd|th)?[\s./-]+(?:de\s)?{_WORD}\.?,?[\s./-]+(?:de[l]?\s)?(?P<y>\d{{4}}|\d{{2}})"
    rf"(?:,?\s+(?:at\s|um\s|à\s|a las\s)?{_TIME})?",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(
    rf"{_WORD}\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})(?:,?\s+(?:at\s)?{_TIME})?",
    re.IGNORECASE,
)
_UNIX = re.compile(
    rf"{_WORD}\s+(?P<d>\d{{1,2}})\s+(?P<h>\d\d):(?P<mi>\d\d):(?P<s>\d\d)\s+(?P<z>[A-Z]{{1,5}}|[+-]\d{{4}})\s+(?P<y>\d{{4}})",
    re.IGNORECASE,
)
_NUMERIC = re.compile(
    rf"(?P<a>\d{{1,2}})(?P<sep>[/.\-])(?P<b>\d{{1,2}})(?P=sep)(?P<y>\d{{4}}|\d{{2}})(?:,?\s+{_TIME})?",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(
    rf"(?P<y>\d{{4}})[/.\-](?P<m>\d{{1,2}})[/.\-](?P<d>\d{{1,2}})(?:[T,]?\s*{_TIME})?",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"^[^\W\d_]{2,12}\.?,?\s+(?=[^\W\d_]{3,12}\.?\s+\d|\d)", re.IGNORECASE)
_BLANKS = re.compile("[\u00a0\u202f\u2007\u2009]")
_ZONES = {
    "Z": 0, "UT": 0, "UTC": 0, "GMT": 0, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300,
    "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "CET": 60, "CEST": 120, "MEZ": 60,
    "MESZ": 120, "WET": 0, "WEST": 60, "EET": 120, "EEST": 180, "MSK": 180,
}  # fmt: skip
_UNKNOWN = 9999
#: Words for the second half of the day.
_AFTERNOON = ("p", "下午", "午後", "nachm")
#: Spreadsheets count days from here.
_SHEET_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)


def _plain(word: str) -> str:
    word = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in word if not unicodedata.combining(char))


def _month_table() -> dict[str, int]:
    """Every form and, from three letters on, every beginning that means one month in all
    languages."""
    forms: dict[str, int] = {}
    begins: dict[str, set[int]] = {}
    for month, names in enumerate(_MONTH_NAMES, start=1):
        for name in map(_plain, names.split()):
            forms.setdefault(name, month)
            for length in range(3, len(name)):
                begins.setdefault(name[:length], set()).add(month)
    table = {begin: months.pop() for begin, months in begins.items() if len(months) == 1}
    # English, Romance and Germanic abbreviations that begin another language's other month.
    table.update(
        {"mar": 3, "dec": 12, "jul": 7, "jun": 6, "sep": 9, "nov": 11, "oct": 10, "feb": 2}
    )
    return {**table, **forms}


MONTHS = _month_table()


def month_number(word: str) -> int | None:
    return MONTHS.get(_plain(word).rstrip("."))


@dataclass
class DateEvidence:
    """What the numeric dates (``11/01/2023``) of a file say about the order of day and month."""

    day_first: int = 0
    month_first: int = 0
    open: int = 0
    twelve_hours: int = 0
    example: str = ""

    def observe(self, cell: str) -> None:
        match = _NUMERIC.fullmatch(_tidy(cell))
        if not match:
            return
        first, second = int(match["a"]), int(match["b"])
        self.example = self.example or cell.strip()
        if first > 12 >= second:
            self.day_first += 1
        elif second > 12 >= first:
            self.month_first += 1
        elif match["sep"] == ".":
            self.day_first += 1  # no language writes the month first with full stops
        else:
            self.open += 1
            self.twelve_hours += bool(match["ap"])

    def decide(self) -> DateOrder:
        if self.day_first or self.month_first:
            order = DAY_FIRST if self.day_first >= self.month_first else MONTH_FIRST
            against = min(self.day_first, self.month_first)
            sure = (
                1.0
                if not against
                else max(self.day_first, self.month_first) / (self.day_first + self.month_first)
            )
            warning = ""
            if against:
                warning = (
                    f"Dates are written in two ways: {self.day_first} can only be day first, "
                    f"{self.month_first} only month first. {_spelled(order)} was taken; "
                    "those that do not fit are left out and reported."
                )
            return DateOrder(order, round(sure, 2), warning)
        if not self.open:
            return DateOrder(DAY_FIRST, 1.0)
        order = MONTH_FIRST if self.twelve_hours > self.open / 2 else DAY_FIRST
        return DateOrder(
            order,
            0.6,
            f"Dates such as {self.example!r} can be read in two ways, and no date in the file "
            f"settles it. {_spelled(order)} was taken; choose the order if that is wrong.",
        )


@dataclass(frozen=True)
class DateOrder:
    order: str
    confidence: float
    warning: str = ""


def _spelled(order: str) -> str:
    return "Day first" if order == DAY_FIRST else "Month first"


def zone_named(name: str) -> tzinfo:
    """Raises :class:`ReadError` for a name that is not in the time zone database."""
    if name.upper() in ("UTC", "Z", ""):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ReadError(
            f"There is no time zone named {name!r}. Use a name such as Europe/Berlin.",
            code="unknown_zone",
        ) from error


class DateReader:
    """Reads cells; ``None`` means that the cell is not understood."""

    def __init__(self, order: str = DAY_FIRST, zone: str = "UTC") -> None:
        self._day_first = order != MONTH_FIRST
        self._zone = zone_named(zone)
        self.instant = lru_cache(maxsize=4096)(self._instant)

    def day(self, cell: str) -> date | None:
        """The calendar day in the reader's zone."""
        instant = self.instant(cell)
        return instant.astimezone(self._zone).date() if instant else None

    def _instant(self, cell: str) -> datetime | None:
        try:
            # The standard library also reads digits without hyphens, milliseconds since 1970 among
            # them.
            found = datetime.fromisoformat(cell) if cell[4:5] == "-" else self._written(_tidy(cell))
        except (ValueError, OverflowError):
            found = None
        if found is None and cell[4:5] == "-":
            try:
                found = self._written(_tidy(cell))
            except (ValueError, OverflowError):
                return None
        if found is None:
            return None
        if found.tzinfo is None:
            found = found.replace(tzinfo=self._zone)
        try:
            return found.astimezone(UTC)
        except OverflowError:
            return None

    def _written(self, cell: str) -> datetime | None:
        if len(cell) > 80:
            return None
        if cell.replace(".", "", 1).isdigit():
            return _counted(cell)
        match = _NUMERIC.fullmatch(cell)
        if match:
            first, second = int(match["a"]), int(match["b"])
            if not self._day_first:
                first, second = second, first
            return _built(match, second, first)
        match = _YEAR_FIRST.fullmatch(cell)
        if match:
            return _built(match, int(match["m"]), int(match["d"]))
        for text in (cell, _WEEKDAY.sub("", cell, count=1)):
            for pattern in (_DAY_MONTH, _MONTH_DAY, _UNIX):
                match = pattern.fullmatch(text)
                month = month_number(match["m"]) if match else None
                if match and month:
                    return _built(match, month, int(match["d"]))
        return None


def _tidy(cell: str) -> str:
    return " ".join(_BLANKS.sub(" ", cell).split())


def _counted(cell: str) -> datetime | None:
    """Seconds or milliseconds since 1970, a spreadsheet's days since 1900, or ``20230817``."""
    number = float(cell)
    whole = len(cell.split(".")[0])
    if len(cell) == 8 == whole:
        return datetime(int(cell[:4]), int(cell[4:6]), int(cell[6:]))  # noqa: DTZ001  zoned later
    if whole == 13:
        return datetime.fromtimestamp(number / 1000, UTC)
    if whole == 10:
        return datetime.fromtimestamp(number, UTC)
    if whole == 5 and 20_000 < number < 80_000:
        found = _SHEET_EPOCH + timedelta(days=number)
        rounded = (found + timedelta(milliseconds=500)).replace(microsecond=0)
        return rounded.replace(tzinfo=None)  # a wall clock's time, zoned later
    return None


def _built(match: re.Match[str], month: int, day: int) -> datetime | None:
    parts = match.groupdict()
    year = int(parts["y"])
    if year < 100:
        year += 2000 if year < 70 else 1900
    hour = int(parts.get("h") or 0)
    half = (parts.get("ap") or "").casefold()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.startswith(_AFTERNOON) else 0)
    zone = _offset(parts.get("z"))
    if zone is False:
        return None
    fraction = (parts.get("f") or "0")[:6].ljust(6, "0")
    return datetime(
        year,
        month,
        day,
        hour,
        int(parts.get("mi") or 0),
        int(parts.get("s") or 0),
        int(fraction),
        tzinfo=zone,
    )


def _offset(text: str | None) -> tzinfo | Literal[False] | None:
    """None without a zone; False for one that is not known."""
    if not text:
        return None
    name = text.upper()
    found = re.search(r"([+-])(\d{2}):?(\d{2})$", name)
    if found:
        minutes = int(found[2]) * 60 + int(found[3])
        return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes))
    minutes = _ZONES.get(name, _UNKNOWN)
    return False if minutes == _UNKNOWN else timezone(timedelta(minutes=minutes))
