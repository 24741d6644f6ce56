"""Which sentences become the corpus: near to the gold, and full of candidates.

SOURCE: Tri-Train, Findings of EMNLP 2020, section 3.3; how the two are joined is our choice.
"""

from typing import Any, List, Literal, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc

from .sentences import Sentence
from .words import folded, may_be_edge


class Marked(NamedTuple):
    """A sentence with its candidates."""

    sentence: Sentence
    spans: List[Tuple[int, int]]  # tokens of the doc, end exclusive, in order, without overlaps
    n_distinct: int  # different ones among them


def choose_sentences(
    marked: Sequence[Marked],
    gold: Sequence[Doc],
    *,
    n: int,
    how: Literal["top", "random", "bottom"],
    seed: int,
) -> List[Marked]:
    """Choose n of the sentences that have a candidate, all if there are not so many.

    They are ranked: those nearer to the gold than the median before the others, in each half by the
    number of distinct candidates, then by nearness.

    gold (Sequence[Doc]): Training docs.
    how (str): top or bottom of that ranking, or a random draw, with which the ranking is compared.
    seed (int): Of the draw.
    RETURNS (List[Marked]): In the order of `marked`.
    """
    usable = [i for i, one in enumerate(marked) if one.n_distinct]
    if how == "random":
        rng = np.random.default_rng(seed)
        chosen = rng.permutation(usable)[:n].tolist()
    else:
        near = nearness([one.sentence for one in marked], gold)
        median = float(np.median(near)) if len(near) else 0.0
        ranking = sorted(
            usable, key=lambda i: (near[i] <= median, -marked[i].n_distinct, -near[i], i)
        )
        chosen = ranking[:n] if how == "top" else ranking[-n:]
    return [marked[i] for i in sorted(chosen)]


def nearness(sentences: Sequence[Sentence], gold: Sequence[Doc]) -> Any:
    """Cosine of each sentence's TF-IDF to the mean of the gold's, float (n_sentences,).

    Words weigh by their rarity in the sentences; stop words don't count. Without gold all are 0.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [_content(s.doc, s.start, s.end) for s in sentences]
    if not any(texts) or not gold:
        return np.zeros(len(texts))
    vectorizer = TfidfVectorizer(analyzer=str.split, sublinear_tf=True, dtype=np.float32)
    vectors = vectorizer.fit_transform(texts)
    of_gold = vectorizer.transform([_content(doc, 0, len(doc)) for doc in gold])
    mean = np.asarray(of_gold.sum(axis=0)).ravel()
    length = float(np.linalg.norm(mean))
    return np.asarray(vectors @ (mean / length if length else mean)).ravel()


def _content(doc: Doc, start: int, end: int) -> str:
    return " ".join(word for word in folded(doc, start, end) if may_be_edge(word))
