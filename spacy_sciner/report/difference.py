"""What lies between two iterations: scores with paired intervals, entities, settings."""

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..corpus.docbin import iter_docs, read_docs
from ..corpus.soft import get_soft, soft_logs
from ..scoring.changes import Entity, Paragraph, count_changes
from ..scoring.compare import Change, PaperCounts, compare
from ..tagging import decode, tags_to_spans
from .build import read_papers
from .sides import Side, settings_that_differ

SPLITS = ("test", "dev")
Difference = Dict[str, Any]


def difference_of(before: Side, after: Side, *, examples: int) -> Difference:
    """Everything `sciner diff` shows.

    examples (int): Of each kind of change, at most.
    RETURNS (dict): "before", "after" (names), "settings" (name, before, after), "scores" by split:
        "papers", "left_out" (papers whose gold differs), "changes" by name; "test" and "pool":
        `count_changes`, None where there is nothing to compare; "pool_of": "accepted" or
        "likeliest" labels.
    """
    scores = {split: _scores(before, after, split) for split in SPLITS}
    likeliest = all(_has_soft(side) for side in (before, after))
    return {
        "before": before.name,
        "after": after.name,
        "settings": settings_that_differ(before, after),
        "scores": scores,
        "test": count_changes(_test_paragraphs(before, after), examples=examples),
        "pool": count_changes(_pool_paragraphs(before, after, likeliest), examples=examples)
        if before.iteration and after.iteration
        else None,
        "pool_of": "likeliest" if likeliest else "accepted",
    }


def to_json(difference: Difference) -> str:
    plain = dict(difference)
    for section in ("test", "pool"):
        if plain[section]:
            examples = [change.to_dict() for change in plain[section]["examples"]]
            plain[section] = {**plain[section], "examples": examples}
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def _scores(before: Side, after: Side, split: str) -> Dict[str, Any]:
    """Changes of the scores on the papers whose gold is the same on both sides; else none."""
    paths = (s.root / f"evaluation/iteration-{s.iteration}.json" for s in (before, after))
    counts = [read_papers(path)[split] for path in paths]
    shared = [p for p in counts[0] if p in counts[1] and _gold(counts[0][p]) == _gold(counts[1][p])]
    kept: List[PaperCounts] = [{p: of[p] for p in shared} for of in counts]
    n_all = len({*counts[0], *counts[1]})
    settings = after.settings.evaluate
    scores, types = compare(*kept, n_bootstrap=settings.bootstrap, seed=settings.seed)
    changes: Dict[str, Change] = {**scores, **types}
    return {
        "papers": len(shared),
        "left_out": n_all - len(shared),
        "changes": {name: change.to_dict() for name, change in changes.items() if shared},
    }


def _gold(rows: Any) -> List[Dict[str, int]]:
    """Gold entities of each type in each paragraph."""
    return [{name: row[name][2] for name in row if row[name][2]} for row in rows]


def _test_paragraphs(before: Side, after: Side) -> Iterator[Optional[Paragraph]]:
    golds = _by_place(after.root / "corpus/gold/test.spacy")
    sides = (before, after)
    docs = [_by_place(s.root / f"evaluation/iteration-{s.iteration}.spacy") for s in sides]
    for place in {**docs[0], **docs[1], **golds}:
        one, other, gold = docs[0].get(place), docs[1].get(place), golds.get(place)
        if one is None or other is None or gold is None or not _same_words(one, other, gold):
            yield None
            continue
        known = [token.ent_iob != 0 for token in gold]
        yield _paragraph(one, _entities(one), _entities(other), _entities(gold), known)


def _pool_paragraphs(before: Side, after: Side, likeliest: bool) -> Iterator[Optional[Paragraph]]:
    paths = [s.root / f"corpus/iteration-{s.iteration}/pseudo.spacy" for s in (before, after)]
    of = _likeliest if likeliest else _entities
    vocab = Vocab()
    places: Dict[Tuple[Any, Any], Doc] = {}
    docs = iter_docs(paths[0], vocab)
    for doc in iter_docs(paths[1], vocab):
        place = _place(doc)
        # The same pool has the same order, so that one paragraph at a time is held.
        while place not in places:
            one = next(docs, None)
            if one is None:
                break
            places[_place(one)] = one
        found = places.pop(place, None)
        if found is None or not _same_words(found, doc):
            yield None
        else:
            yield _paragraph(doc, of(found), of(doc), None, ())
    yield from (None for _ in (*places, *docs))


def _by_place(path: Path) -> Dict[Tuple[Any, Any], Doc]:
    return {_place(doc): doc for doc in read_docs(path, Vocab())}


def _place(doc: Doc) -> Tuple[Any, Any]:
    return doc.user_data.get("paper"), doc.user_data.get("paragraph")


def _same_words(first: Doc, *others: Doc) -> bool:
    words = [t.text for t in first]
    return all(words == [t.text for t in other] for other in others)


def _entities(doc: Doc) -> Set[Entity]:
    return {Entity(e.start, e.end, e.label_) for e in doc.ents}


def _likeliest(doc: Doc) -> Set[Entity]:
    """Of the soft labels, which is what a student learns to say."""
    soft = get_soft(doc)
    if soft is None or not len(soft[1]):
        return set()
    tags = decode(soft_logs(soft[1]))
    return {Entity(span.start, span.end, span.label) for span in tags_to_spans(tags, soft[0])}


def _has_soft(side: Side) -> bool:
    if not side.iteration:
        return False
    path = side.root / f"corpus/iteration-{side.iteration}/pseudo.spacy"
    first = next(iter_docs(path, Vocab()), None)
    return first is not None and get_soft(first) is not None


def _paragraph(
    doc: Doc, before: Set[Entity], after: Set[Entity], gold: Optional[Set[Entity]], known: Any
) -> Paragraph:
    words = [t.text_with_ws for t in doc]
    place = _place(doc)
    return Paragraph(str(place[0]), place[1], words, before, after, gold, known)
