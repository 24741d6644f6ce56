import pytest

from spacy_sciner.errors import ScinerError
from spacy_sciner.papers import make_settings


def params(**changes):
    grobid = {"url": "http://localhost:8070", "timeout_s": 120, "concurrency": 4, "retries": 5}
    values = {"engine": "embedded", "min_words": 10, "max_words": 400, "workers": 0}
    grobid.update({key[7:]: value for key, value in changes.items() if key.startswith("grobid_")})
    values.update({key: value for key, value in changes.items() if not key.startswith("grobid_")})
    return {**values, "grobid": values.get("grobid", grobid)}


def test_settings():
    settings = make_settings(params())
    assert settings.engine == "embedded"
    assert settings.grobid.retries == 5


def test_unknown_engine():
    with pytest.raises(ScinerError, match=r"SCINER-E101: Unknown parse engine 'pdfminer'.*grobid"):
        make_settings(params(engine="pdfminer"))


@pytest.mark.parametrize("changes", [{"max_word": 3}, {"grobid_urls": ""}])
def test_unknown_key(changes):
    with pytest.raises(ScinerError, match=r"SCINER-E102: .*(max_word|urls).* Known: "):
        make_settings(params(**changes))


def test_missing_key():
    values = params()
    del values["workers"]
    with pytest.raises(ScinerError, match=r"SCINER-E102: .*workers \(missing\)"):
        make_settings(values)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("min_words", 0),
        ("min_words", True),
        ("max_words", 5),
        ("workers", -1),
        ("workers", "all"),
        ("grobid", None),
        ("grobid_url", "localhost:8070"),
        ("grobid_timeout_s", 0),
        ("grobid_timeout_s", "1 min"),
        ("grobid_concurrency", 0),
        ("grobid_retries", -1),
    ],
)
def test_bad_value(key, value):
    with pytest.raises(ScinerError, match=r"SCINER-E103: parse"):
        make_settings(params(**{key: value}))


@pytest.mark.parametrize("section", [None, [], "embedded"])
def test_no_section(section):
    with pytest.raises(ScinerError, match=r"SCINER-E103: parse must be a section"):
        make_settings(section)
