"""Section `parse` for the tests of papers."""

from typing import Any, Dict

from spacy_sciner.settings.tree import Parse


def params(**changes: Any) -> Dict[str, Any]:
    grobid = {"url": "http://localhost:8070", "timeout_s": 120, "concurrency": 4, "retries": 5}
    values = {"engine": "embedded", "min_words": 10, "max_words": 400, "workers": 0}
    grobid.update({key[7:]: value for key, value in changes.items() if key.startswith("grobid_")})
    values.update({key: value for key, value in changes.items() if not key.startswith("grobid_")})
    return {**values, "grobid": values.get("grobid", grobid)}


def make_settings(values: Dict[str, Any]) -> Parse:
    return Parse.model_validate(values)
