"""Which paragraphs a person gets: the best by their scores, but not the same thing twice."""

from typing import Dict, List, Sequence, Set

from spacy.tokens import Doc

from ..corpus.text import words_of

NEAR = 0.5  # share of a paragraph's runs of words that an earlier one has: nothing new
RUN = 3  # words


def choose(
    docs: Sequence[Doc],
    scores: Sequence[float],
    *,
    tokens: int,
    per_paper: int = 0,
    near: float = NEAR,
) -> List[int]:
    """Take paragraphs from the highest score down until their tokens are spent.

    tokens (int): Of all that are taken, at most; the first is taken in any case.
    per_paper (int): Most paragraphs of one paper; 0: no cap.
    near (float): A paragraph of which an earlier one has this share of its runs of three words is
        passed over; 1 or more: none is.
    RETURNS (List[int]): In the order of their scores; of equal ones the first comes first.
    """
    chosen: List[int] = []
    of_paper: Dict[str, int] = {}
    seen: Set[str] = set()
    left = tokens
    for i in sorted(range(len(docs)), key=lambda i: (-scores[i], i)):
        if not len(docs[i]) or (chosen and len(docs[i]) > left):
            continue
        paper = str(docs[i].user_data.get("paper", i))
        if per_paper and of_paper.get(paper, 0) >= per_paper:
            continue
        runs = _runs(docs[i])
        if runs and len(runs & seen) >= near * len(runs):
            continue
        chosen.append(i)
        of_paper[paper] = of_paper.get(paper, 0) + 1
        seen |= runs
        left -= len(docs[i])
    return chosen


def _runs(doc: Doc) -> Set[str]:
    words = words_of(doc.text)
    return {" ".join(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}
