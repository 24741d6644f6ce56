"""Section names: which open a section, which close the part worth reading. Pure."""

import re

_NUMBER = r"(?:(?:\d+(?:\.\d+)*|[IVX]+|[A-Z](?:\.\d+)*)[.:)]?\s+)?"
_NUMBERED = re.compile(r"(?:\d{1,2}(?:\.\d{1,2})*|[IVX]+|[A-Z](?:\.\d{1,2})*)[.:)]?\s+(?=[A-Z])")


def _names(*names: str) -> "re.Pattern[str]":
    return re.compile(rf"{_NUMBER}(?:{'|'.join(names)})\s*[.:]?$", re.IGNORECASE)


ABSTRACT = _names("abstract", "summary", "a b s t r a c t")
RUN_IN_ABSTRACT = re.compile(r"(?i:abstract|summary)\s*[.:—–-]+\s*(?=\S)")
REFERENCES = _names(
    "references", "references and notes", "references cited", "bibliography", "literature cited",
    "works cited", "literature", "r e f e r e n c e s",
)  # fmt: skip
KNOWN = _names(
    "introduction", "background", "related works?", "related work and .*", "methods?", "results",
    "methodology", "materials and methods", "methods and materials", "experiments?", "evaluation",
    "experimental (?:setup|results|settings?)", "results and discussions?", "discussions?",
    "conclusions?", "conclusions? and .*", "discussions? and .*", "limitations?", "analysis",
    "appendix", "appendices", "data", "datasets?", "models?", "approach", "overview",
)  # fmt: skip
# What stands at a paper's end and reports no science: GROBID keeps it apart from the body, too.
BACK_MATTER = _names(
    "acknowledge?ments?", "funding(?: (?:information|sources?|statement))?",
    "authors?[’'`´]*s?[’'`´]* contributions?", "contributions", "contributors",
    "credit author(?:ship)?.*", "competing (?:financial )?interests?.*",
    "conflicts? of interests?.*", "declarations? of .*interests?", "declarations",
    "authors?[’'`´]* (?:details|information|affiliations?)", "about the authors?",
    "publisher[’'`´]s note", "additional (?:files?|information)", "abbreviations",
    "disclosures?", "availability of (?:data|supporting data).*", "received.*",
)  # fmt: skip
APPENDIX = re.compile(
    r"(?i:(?:technical |online )?appendi(?:x|ces)\b|supplement|supporting information)|"
    r"[A-Z](?:\.\d{1,2})*[.:]?\s+[A-Z]"
)
# These begin a block that is no sentence of the paper; they need no line of their own.
FRONT_MATTER = re.compile(
    r"(?:key ?words?(?: and phrases)?|index terms|ccs concepts?|categories and subject|"
    r"general terms|acm reference format|article (?:info|history)|corresponding author)\b",
    re.IGNORECASE,
)
CAPTION = re.compile(
    r"(?:supplementary |extended data |suppl?\. )?"
    r"(figure|fig\.?|table|tab\.|algorithm|listing|scheme|chart|box|plate|exhibit)\s*"
    r"([A-Z]?\.?\d+(?:\.\d+)*[a-z]?|[IVX]+\b)\s*([:.|)–—-]?)",
    re.IGNORECASE,
)


def is_numbered(text: str) -> bool:
    """`3.2 Models`, `IV. Results`, `A Proofs`; not `A model` and not `12 patients`."""
    return bool(_NUMBERED.match(text))


def strip_number(text: str) -> str:
    """The heading without its number, as GROBID gives it."""
    return _NUMBERED.sub("", text, count=1) or text
