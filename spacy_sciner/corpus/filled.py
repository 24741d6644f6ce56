"""A person's paragraph with a language model's labels where the person left tokens unknown.

Gold wins: what a person told stays, and no entity of the model touches it. Which tokens the model
told stays known (`told`): they weigh as the model's, and are unknown wherever a person's work is
written or used as such.
"""

from typing import Dict, Iterable, List, Sequence, Set, Tuple

import numpy as np
from spacy.tokens import Doc

from .annotated import LLM
from .duplicates import Found
from .projection import with_tags
from .reader import iob_tags
from .told import TOLD, without_model


def fill_unknown(docs: Sequence[Doc], others: Sequence[Doc], *, found: Found) -> List[Doc]:
    """The docs, filled where one of the others has the same text, white space aside.

    others (Sequence[Doc]): A language model's.
    """
    of_text: Dict[str, Doc] = {}
    for other in others:
        of_text.setdefault(_without_space(other.text), other)
    same = [of_text.get(_without_space(doc.text)) if _lacks_words(doc) else None for doc in docs]
    return [
        doc if other is None else _filled(doc, other, found)
        for doc, other in zip(docs, same, strict=True)
    ]


def persons(docs: Iterable[Doc]) -> List[Doc]:
    """Those that a person annotated, with what the person told."""
    return [without_model(doc) for doc in docs if doc.user_data.get("source") != LLM]


def _lacks_words(doc: Doc) -> bool:
    return doc.user_data.get("source") != LLM and any(
        not (token.ent_iob_ or token.is_space) for token in doc
    )


def _filled(doc: Doc, other: Doc, found: Found) -> Doc:
    tags = iob_tags(doc)
    is_unknown = np.array([tag is None for tag in tags])
    starts, ends = _places(doc)
    told = _outside(other, list(zip(starts, ends, strict=True)))
    told &= set(np.flatnonzero(is_unknown).tolist())
    for i in told:
        tags[i] = "O"
    n_entities = 0
    firsts = {start: i for i, start in enumerate(starts) if start < ends[i]}
    lasts = {end: i for i, end in enumerate(ends) if starts[i] < end}
    others_starts, others_ends = _places(other)
    for ent in other.ents:
        first = firsts.get(others_starts[ent.start], len(doc))
        last = lasts.get(others_ends[ent.end - 1], -1)
        if first <= last and is_unknown[first : last + 1].all():
            told.update(range(first, last + 1))
            inside = [f"I-{ent.label_}"] * (last - first)
            tags[first : last + 1] = [f"B-{ent.label_}", *inside]
            n_entities += 1
    if not told:
        return doc
    found.filled.update(paragraphs=1, tokens=len(told), entities=n_entities)
    filled = with_tags(doc, tags)
    filled.user_data[TOLD] = _runs(sorted(told))
    return filled


def _outside(other: Doc, tokens: Sequence[Tuple[int, int]]) -> Set[int]:
    """The tokens, by where they begin and end, of which all characters are in no entity."""
    starts, ends = _places(other)
    is_outside = np.zeros(ends[-1], dtype=bool)
    for token, start, end in zip(other, starts, ends, strict=True):
        is_outside[start:end] = token.ent_iob_ == "O"
    return {i for i, (start, end) in enumerate(tokens) if is_outside[start:end].all()}


def _places(doc: Doc) -> Tuple[List[int], List[int]]:
    """Where each token begins and ends in the text without white space."""
    lengths = [len(_without_space(token.text)) for token in doc]
    ends = np.cumsum(lengths).tolist()
    return [end - length for end, length in zip(ends, lengths, strict=True)], ends


def _without_space(text: str) -> str:
    """Not `squeezed`, which composes characters: here they are counted."""
    return "".join(text.split())


def _runs(places: Sequence[int]) -> List[List[int]]:
    runs: List[List[int]] = []
    for i in places:
        if runs and runs[-1][1] == i:
            runs[-1][1] = i + 1
        else:
            runs.append([i, i + 1])
    return runs
