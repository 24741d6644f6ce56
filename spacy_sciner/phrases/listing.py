"""Candidates as lines, as rows of a table and as TSV. Pure."""

import csv
import io
from typing import Collection, List, Sequence

from .find import Candidates
from .mine import Mined, precision_at
from .tally import Phrase
from .words import Key

Row = List[str]
HEAD = ("rank", "phrase", "kinds", "score", "count", "papers", "example")


def summary_lines(found: Candidates, kinds: Sequence[str]) -> List[str]:
    """What was read, and how many candidates of each kind are in it."""
    split = found.split
    papers = len({sentence.paper for sentence in split.sentences})
    lines = [
        f"pool: {papers} papers, {len(split.sentences)} sentences; left out: {split.n_repeated} "
        f"repeated, {split.n_long} of more than {split.max_words} words"
    ]
    for kind in kinds:
        n = sum(kind in phrase.kinds for phrase in found.phrases)
        alone = sum(phrase.kinds == (kind,) for phrase in found.phrases)
        lines.append(f"{kind}: {n} candidates, {alone} of them of no other kind")
    return lines


def first_of(phrases: Sequence[Phrase], kind: str, n: int) -> List[Phrase]:
    """The first n of a kind, by their score and count as that kind."""
    some = [phrase for phrase in phrases if kind in phrase.kinds]
    return sorted(some, key=lambda phrase: phrase.of_kind[kind], reverse=True)[:n]


def phrase_rows(phrases: Sequence[Phrase], kind: str) -> List[Row]:
    """Their score and count as that kind, and how often all kinds found them."""
    rows = [[kind, "score", "count", "of all kinds", "papers"]]
    for phrase in phrases:
        score, count = phrase.of_kind[kind]
        rows.append(
            [phrase.text, f"{score:.2f}", str(count), str(phrase.count), str(phrase.n_papers)]
        )
    return rows


def baseline_rows(mined: Mined, dev: Collection[Key]) -> List[Row]:
    """Precision of the forest's ranking of the n-grams beside C-value's.

    dev (Collection[Key]): Entities of gold that neither ranking knows.
    """
    ours, theirs = mined.ranked(mined.scores), mined.ranked(mined.baseline)
    known = {key for key, is_known in zip(mined.keys, mined.is_known, strict=True) if is_known}
    rows = [["precision", "forest", "C-value"]]
    for least, of in ((1, "all"), (2, "of several words")):
        rankings = [[key for key in some if len(key) >= least] for some in (ours, theirs)]
        for name, right in (("known", known), ("dev", dev)):
            for n in (100, 500):
                both = [f"{precision_at(n, ranking, right):.3f}" for ranking in rankings]
                rows.append([f"{of}, first {n}, {name}", *both])
    return rows


def side_by_side(mined: Mined, n: int) -> List[Row]:
    """The first n of several words in both rankings."""
    ranked = (mined.ranked(values) for values in (mined.scores, mined.baseline))
    rankings = [[key for key in some if len(key) > 1][:n] for some in ranked]
    rows = [["rank", "forest", "C-value"]]
    for rank, pair in enumerate(zip(*rankings, strict=True), start=1):
        rows.append([str(rank), *(" ".join(key) for key in pair)])
    return rows


def to_tsv(phrases: Sequence[Phrase]) -> str:
    """All, ranked from 1; no cell holds a tab or a line end, and one with quotes is quoted."""
    rows = [list(HEAD)]
    for rank, phrase in enumerate(phrases, start=1):
        figures = [f"{phrase.score:.4f}", str(phrase.count), str(phrase.n_papers)]
        rows.append([str(rank), phrase.text, "+".join(phrase.kinds), *figures, phrase.example])
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows(rows)
    return text.getvalue()
