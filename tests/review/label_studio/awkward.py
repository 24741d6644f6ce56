"""Paragraphs that are hard to carry, with proposals, and a person who corrects them."""

import random
from dataclasses import replace
from typing import Dict, List, NamedTuple, Tuple

from spacy_sciner.content import has_content
from spacy_sciner.corpus.annotated import make_tokenizer
from spacy_sciner.corpus.formats.label_studio_tasks import task_result
from spacy_sciner.corpus.formats.writing import Losses, prepare
from spacy_sciner.types import ScoredSpan

LABELS = ["Dataset", "Method", "Metric"]
VERSION = "best-0a1b2c3d"
WORDS = ["we", "train", "a", "parser", "on", "tree", "banks", "with", "its", "accuracy"]
HARD = [
    *("𝑥", "𝑓(𝑥)", "😀", "👩\u200d🔬", "🇫🇷", "e\u0301tude", "n\u0303", "a\u00a0b", "50\u202f%"),
    *("line\r\nend", "line\nend", "\r", "tab\tstop", "&lt;", "&amp;lt;", "<b>bold</b>", "<unk>"),
    *('"said"', "back\\slash", "new\\nline", "ﬁt", "שלום", "日本語", "{{x}}", "$text", "x\u200by"),
]

Place = Tuple[int, int, str]  # code points [start, end) and the label


def shown_paragraphs(n: int, seed: int = 0):
    """Written paragraphs of as many tasks, each with hard characters before and in its entities."""
    rng, tokenizer = random.Random(seed), make_tokenizer()
    docs = []
    for i in range(n):
        words = rng.choices(WORDS, k=rng.randint(4, 20))
        for _ in range(rng.randint(1, 5)):
            words.insert(rng.randint(0, len(words)), rng.choice(HARD))
        doc = tokenizer(" ".join(words))
        doc.user_data.update(paper=f"P{i // 8}", paragraph=i, section="1 Ö", source=VERSION)
        ents = _ents(doc, rng)
        doc.set_ents([doc.char_span(*p[:2], label=p[2]) for p in places(doc, ents)])
        docs.append((doc, ents))
    losses = Losses()
    written = prepare(docs, default_paper="", keep_unknown=True, losses=losses)
    shown = [
        replace(one, more={"score": 0.5, "rank": rank, "of_pool": True})
        for rank, one in enumerate(written, start=1)
    ]
    assert (len(shown), losses.lines()) == (n, [])
    return shown


def places(doc, ents) -> List[Place]:
    return [(doc[e.start].idx, doc[e.start : e.end].end_char, e.label) for e in ents]


def _ents(doc, rng) -> List[ScoredSpan]:
    found, i = [], rng.randint(0, 2)
    while i < len(doc):
        end = min(len(doc), i + rng.randint(1, 3))
        if has_content(doc[i].text) and has_content(doc[end - 1].text):
            found.append(ScoredSpan(i, end, rng.choice(LABELS), round(rng.random(), 4)))
            i = end
        i += rng.randint(1, 4)
    return found


class Corrected(NamedTuple):
    """What a person leaves of a task."""

    places: List[Place]
    is_skipped: bool = False


def corrections(shown, seed: int = 1) -> Dict[str, Corrected]:
    """By text: most are corrected, every 20th is skipped, every 21st is not looked at."""
    rng, found = random.Random(seed), {}
    for i, one in enumerate(shown):
        if i % 21 == 20:
            continue
        kept = [(s.start, s.end, s.label) for s in one.ents]
        if kept and i % 4 == 1:
            kept.pop(rng.randrange(len(kept)))
        if kept and i % 4 == 2:
            start, end, label = kept[0]
            kept[0] = start, end, LABELS[LABELS.index(label) - 1]
        ends = [(k.start, k.end) for k in one.ents]
        free = [t for t in one.doc if all(t.idx >= b or t.idx + len(t) <= a for a, b in ends)]
        words = [token for token in free if has_content(token.text)]
        if words and i % 4 == 3:
            token = rng.choice(words)
            kept = sorted([*kept, (token.idx, token.idx + len(token), "Metric")])
        found[one.doc.text] = Corrected(kept, is_skipped=i % 20 == 19)
    return found


def as_submitted(text: str, corrected: Corrected):
    """An annotation as the front end of 1.23 sends it: code points, and a line end in a region's
    own text as a backslash and an n."""
    regions = []
    for n, (start, end, label) in enumerate(corrected.places):
        region = task_result(text, start, end, label, name=f"r{n}")
        own = text[start:end].replace("\r", "\\n").replace("\n", "\\n")
        regions.append({**region, "value": {**region["value"], "text": own}, "origin": "manual"})
    return {"result": regions, "was_cancelled": corrected.is_skipped, "lead_time": 4.2}
