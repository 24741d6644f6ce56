"""`candidates`: masked entity candidates and their boundaries (Tri-Train's pre-fine-tuning).

Of each sentence there are two copies. In the first whole candidates are masked; in the second the
words beside these candidates are, which then stand there to be seen: were they not masked, their
loss would be that of copying.
SOURCE: Tri-Train, Findings of EMNLP 2020, section 3.2.
"""

from typing import List, Sequence

import numpy as np
from spacy.tokens import Doc

from ..errors import Errors, ScinerError
from ..phrases.find import Candidates, Marked, choose_sentences, find_candidates
from ..phrases.mine import min_count_of
from ..phrases.sentences import split_sentences
from .job import Job, Result, train_task
from .masked import MaskedTask
from .masking import Group, Masker, View, n_to_mask
from .rows import Row, Vocabulary, cut_rows

VIEWS = 2
MAX_ASIDE = 2000  # sentences to measure on, at most


def mask_candidates(share: float) -> Masker:
    """share (float): Of a row's pieces, about; at least one candidate."""

    def masker(row: Row, rng: np.random.Generator) -> List[View]:
        chosen: List[Group] = []
        left = n_to_mask(row, share)
        for i in rng.permutation(len(row.spans)):
            start, end = row.spans[i]
            size = int(row.words[end] - row.words[start])
            if chosen and size > left:
                continue
            chosen.append((start, end))
            left -= size
        views = [sorted(chosen), boundaries(chosen, len(row.words) - 1)]
        return [view for view in views if view]

    return masker


def boundaries(spans: Sequence[Group], n_words: int) -> List[Group]:
    """The word before each span and the word after it, where there is one that is in no span: the
    spans have to be seen."""
    words = {start - 1 for start, _ in spans} | {end for _, end in spans}
    words -= {word for start, end in spans for word in range(start, end)}
    return [(word, word + 1) for word in sorted(words) if 0 <= word < n_words]


def run(job: Job) -> Result:
    """RAISES (ScinerError): SCINER-E339 without a candidate, SCINER-E342."""
    settings = job.settings.adapt
    n_words = sum(map(len, job.text.train))
    found = find_candidates(
        job.text.train,
        job.text.gold,
        kinds=settings.candidates.kinds,
        seed=settings.seed,
        min_count=settings.candidates.min_count or min_count_of(n_words),
    )
    marked = _with_candidates([found.mark(sentence) for sentence in found.split.sentences])
    chosen = choose_sentences(
        marked,
        job.text.gold,
        n=settings.candidates.sentences or max(1, len(marked)),
        how=settings.candidates.choose,
        seed=settings.seed,
    )
    vocabulary = Vocabulary(job.encoder)
    rows = sentence_rows(chosen, vocabulary, window=settings.window)
    if not rows:
        kinds, n = ", ".join(settings.candidates.kinds), len(found.split.sentences)
        raise ScinerError(Errors.E339.format(kinds=kinds, n=n))
    held = sentence_rows(_aside(found, job.text.held_out), vocabulary, window=settings.window)
    masker = mask_candidates(settings.mask_share)
    task = MaskedTask(job, vocabulary, rows, held, masker, views=VIEWS)
    result = train_task(job, task)
    task.write(job)
    result.figures.update(candidates=len(found.phrases), sentences=len(rows))
    return result


def _aside(found: Candidates, docs: Sequence[Doc]) -> List[Marked]:
    sentences = split_sentences(docs).sentences
    return _with_candidates([found.mark(sentence) for sentence in sentences])[:MAX_ASIDE]


def _with_candidates(marked: Sequence[Marked]) -> List[Marked]:
    return [one for one in marked if one.spans]


def sentence_rows(marked: Sequence[Marked], vocabulary: Vocabulary, *, window: int) -> List[Row]:
    """A row for each sentence, or more if it is longer than a window; those with a candidate."""
    docs = [one.sentence.doc[one.sentence.start : one.sentence.end].as_doc() for one in marked]
    rows = []
    for row in cut_rows(docs, vocabulary, window=window):
        first, spans = marked[row.doc].sentence.start, marked[row.doc].spans
        place = {int(token): word for word, token in enumerate(row.tokens)}
        inside = [
            (place[start - first], place[end - 1 - first] + 1)
            for start, end in spans
            if start - first in place and end - 1 - first in place
        ]
        if inside:
            rows.append(row._replace(spans=tuple(inside)))
    return rows
