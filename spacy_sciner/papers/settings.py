"""Section `parse` of params.yaml, checked. Defaults are there, not here."""

from dataclasses import dataclass
from typing import Any, Dict, Mapping

from ..errors import Errors, ScinerError

ENGINES = {
    "embedded": "PDFs by their text layer, TEI, SciPDF JSON and JSONL as they are",
    "grobid": "PDFs by a GROBID server, TEI, SciPDF JSON and JSONL as they are",
    "tei": "TEI and JSONL only",
    "scipdf": "SciPDF JSON and JSONL only",
}


@dataclass(frozen=True)
class GrobidSettings:
    url: str
    timeout_s: float  # for one answer, > 0
    concurrency: int  # requests at a time, as many as the server's own `concurrency`
    retries: int  # of a busy answer, >= 0


@dataclass(frozen=True)
class ParseSettings:
    engine: str  # a key of ENGINES
    min_words: int  # shorter paragraphs are left out
    max_words: int  # longer ones are split at sentence ends
    workers: int  # processes for PDFs; 0: one for each core
    grobid: GrobidSettings


def make_settings(params: Mapping[str, Any]) -> ParseSettings:
    """Check a `parse` section.

    RAISES (ScinerError): SCINER-E101 unknown engine, E102 unknown or missing key, E103 bad value.
    """
    values = _section(params, "parse", ParseSettings)
    grobid = _section(values["grobid"], "parse.grobid", GrobidSettings)
    if values["engine"] not in ENGINES:
        known = "; ".join(f"{name} ({what})" for name, what in ENGINES.items())
        raise ScinerError(Errors.E101.format(engine=values["engine"], known=known))
    _check_int("parse.min_words", values["min_words"], 1)
    _check_int("parse.max_words", values["max_words"], max(20, values["min_words"]))
    _check_int("parse.workers", values["workers"], 0)
    _check_int("parse.grobid.concurrency", grobid["concurrency"], 1)
    _check_int("parse.grobid.retries", grobid["retries"], 0)
    seconds = grobid["timeout_s"]
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or seconds <= 0:
        _refuse("parse.grobid.timeout_s", "a number of seconds above 0", seconds)
    if not str(grobid["url"]).startswith(("http://", "https://")):
        _refuse("parse.grobid.url", "an address such as http://localhost:8070", grobid["url"])
    return ParseSettings(**{**values, "grobid": GrobidSettings(**grobid)})


def _section(values: Any, name: str, kind: Any) -> Dict[str, Any]:
    known = list(kind.__dataclass_fields__)
    if not isinstance(values, Mapping):
        _refuse(name, f"a section with {', '.join(known)}", values)
    unknown = [str(key) for key in values if key not in known]
    missing = [f"{key} (missing)" for key in known if key not in values]
    if unknown or missing:
        wrong = ", ".join(unknown + missing)
        raise ScinerError(Errors.E102.format(section=name, unknown=wrong, known=", ".join(known)))
    return dict(values)


def _check_int(key: str, value: Any, lowest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < lowest:
        _refuse(key, f"a whole number, {lowest} or more", value)


def _refuse(key: str, expected: str, value: Any) -> None:
    raise ScinerError(Errors.E103.format(key=key, expected=expected, value=value))
