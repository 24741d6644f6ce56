"""BIO tags and spans, the constraint between them, and the best legal path. Pure.

Tags of n labels, in this order: O, B-label0, I-label0, B-label1, I-label1, … (2n + 1 of them), so
tag 0 is O, odd tags begin an entity and even tags above 0 continue one.
"""

from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from .types import Floats2d, Ints1d, ScoredSpan

OUTSIDE = 0
UNKNOWN = -1  # neither O nor entity: ignored by the loss and by every count


def labels_to_tags(labels: Sequence[str]) -> List[str]:
    """The tag names of some labels: ["A"] → ["O", "B-A", "I-A"]."""
    return ["O"] + [f"{prefix}-{label}" for label in labels for prefix in "BI"]


def inside_of(tags: Ints1d) -> Ints1d:
    """B-X → I-X; every other tag stays. What a word's continuation pieces are tagged with."""
    return np.where(tags % 2 == 1, tags + 1, tags)


def is_legal(tags: Ints1d) -> bool:
    """Whether a tag sequence keeps the BIO rules (I-X only after B-X or I-X)."""
    if len(tags) == 0:
        return True
    previous = np.concatenate([[OUTSIDE], tags[:-1]])
    continues = (tags > 0) & (tags % 2 == 0)
    return bool(np.all(~continues | (previous == tags) | (previous == tags - 1)))


def decode(scores: Floats2d) -> Ints1d:
    """The legal tag sequence with the highest sum of scores (Viterbi under the BIO mask).

    scores (Floats2d): Log-scores, shape (n_tokens, n_tags); any constant per row cancels.
    RETURNS (Ints1d): Tag ids, shape (n_tokens,). Ties go to the lower tag id.
    """
    return decode_all([scores])[0]


def decode_all(scores: Sequence[Floats2d]) -> List[Ints1d]:
    """`decode` of many documents, in order; faster than one after the other.

    The row-wise best tags are the best path whenever they are legal, since the constraint only
    takes paths away. Most documents stop there; the rest walk the lattice together. Tokens without
    content (`are_words`) have no part in it: they are inside an entity that goes on behind them,
    else outside.
    """
    words = [are_words(rows) for rows in scores]
    if all(of_doc.all() for of_doc in words):
        return _best_paths(scores)
    paths = _best_paths([rows[of_doc] for rows, of_doc in zip(scores, words)])
    return [_spread(path, of_doc) for path, of_doc in zip(paths, words)]


def are_words(scores: Floats2d) -> np.ndarray:
    """Which tokens have content: bool, shape (n_tokens,). The others' log-scores are all 0.

    No word has such a row: its first piece's probabilities sum to 1, so not all of them are 1.
    """
    return np.any(scores, axis=1)


def tags_of_words(tags: Ints1d, words: np.ndarray) -> Ints1d:
    """The tags of the tokens with content: an entity begins with its first of them.

    words (np.ndarray): bool, shape (n_tokens,): which tokens have content.
    """
    if words.all():
        return tags
    found = tags.copy()
    for i in np.flatnonzero(~words[:-1] & (tags[:-1] > 0) & (tags[:-1] % 2 == 1)).tolist():
        begin = tags[i]
        inside = i + 1
        while inside < len(tags) and tags[inside] == begin + 1 and not words[inside]:
            inside += 1
        if inside < len(tags) and tags[inside] == begin + 1:
            found[inside] = begin
    return found[words]


def _spread(path: Ints1d, words: np.ndarray) -> Ints1d:
    """Tags of all tokens from those of the words."""
    following = np.append(path, OUTSIDE)[np.cumsum(words) - words]  # the tag of the next word
    goes_on = (following > 0) & (following % 2 == 0)
    return np.where(words | goes_on, following, OUTSIDE)


def _best_paths(scores: Sequence[Floats2d]) -> List[Ints1d]:
    paths = [rows.argmax(axis=1).astype(np.int64) for rows in scores]
    illegal = [i for i, path in enumerate(paths) if not is_legal(path)]
    illegal.sort(key=lambda i: -len(paths[i]))
    for i, path in zip(illegal, _viterbi([scores[i] for i in illegal])):
        paths[i] = path
    return paths


def _viterbi(scores: Sequence[Floats2d]) -> List[Ints1d]:
    """Best legal paths of documents of one token or more, the longest first."""
    if not scores:
        return []
    # All documents' tokens stand one after the other; those long enough for token i are the first.
    lengths = np.array([len(rows) for rows in scores])
    rows = np.concatenate(scores)
    starts = np.cumsum(lengths) - lengths
    n_active = [int((lengths > token_i).sum()) for token_i in range(lengths[0])]
    total = rows[starts].astype(np.float64)
    total[:, 2::2] = -np.inf  # no entity goes on from before the first token
    begins = np.arange(1, total.shape[1], 2)
    back: List[np.ndarray] = []  # of token 1, 2, …: each tag's best predecessor, (n_active, n_tags)
    for token_i, n in enumerate(n_active[1:], start=1):
        before = total[:n]
        best = np.repeat(before.argmax(axis=1)[:, None], before.shape[1], axis=1)
        # I-X follows B-X or I-X alone.
        best[:, 2::2] = begins + (before[:, 2::2] > before[:, 1::2])
        back.append(best)
        total[:n] = np.take_along_axis(before, best, axis=1) + rows[starts[:n] + token_i]
    tags = total.argmax(axis=1)
    path = np.empty(len(rows), dtype=np.int64)
    for token_i in range(lengths[0] - 1, -1, -1):
        n = n_active[token_i]
        path[starts[:n] + token_i] = tags[:n]
        if token_i:
            tags[:n] = back[token_i - 1][np.arange(n), tags[:n]]
    return np.split(path, starts[1:])


def tags_to_spans(tags: Ints1d, labels: Sequence[str]) -> List[ScoredSpan]:
    """The entities of a legal tag sequence, in token order, without scores.

    UNKNOWN ends an entity. An I-X that continues nothing begins one, so nothing is lost.
    """
    label_ids = (np.asarray(tags) - 1) // 2  # below 0: O and UNKNOWN
    bounds = span_bounds(label_ids, begins=tags % 2 == 1)
    return [ScoredSpan(start, end, labels[label_ids[start]]) for start, end in bounds]


def names_to_spans(tags: Sequence[str]) -> List[Tuple[int, int, str]]:
    """`tags_to_spans` of tags by name: ["B-A", "I-A", "O"] → [(0, 2, "A")]."""
    labels = [tag[2:] for tag in tags]  # of O: ""
    bounds = span_bounds(labels_to_ids(labels), begins=[tag[0] == "B" for tag in tags])
    return [(start, end, labels[start]) for start, end in bounds]


def labels_to_ids(labels: Sequence[str]) -> Ints1d:
    """One number a label, in order of appearance; -1 for ""."""
    ids = {"": -1}
    return np.array([ids.setdefault(label, len(ids)) for label in labels], dtype=np.int64)


def span_bounds(
    label_ids: Ints1d, *, begins: Any, ends: Optional[Any] = None
) -> List[Tuple[int, int]]:
    """What every reader of tags comes down to: where entities begin and end.

    An entity goes on while the label stays, unless a token begins the next or ended this one.

    label_ids (Ints1d): Of each token; below 0 outside of entities. Shape (n_tokens,).
    begins, ends: Whether a token surely begins or ends its entity, bool (n_tokens,).
    RETURNS (List[Tuple[int, int]]): (start, end), end exclusive, in token order.
    """
    inside = label_ids >= 0
    goes_on = inside[1:] & (label_ids[1:] == label_ids[:-1]) & ~np.asarray(begins, dtype=bool)[1:]
    if ends is not None:
        goes_on &= ~np.asarray(ends, dtype=bool)[:-1]
    first, last = inside.copy(), inside.copy()
    first[1:] &= ~goes_on
    last[:-1] &= ~goes_on
    return list(zip(np.flatnonzero(first).tolist(), (np.flatnonzero(last) + 1).tolist()))


def spans_to_tags(
    spans: Sequence[Tuple[int, int, str]], n_tokens: int, labels: Sequence[str]
) -> Ints1d:
    """Tag ids of non-overlapping (start, end, label) spans, end exclusive; shape (n_tokens,)."""
    tags = np.zeros(n_tokens, dtype=np.int64)
    begin = {label: 2 * label_i + 1 for label_i, label in enumerate(labels)}
    for start, end, label in spans:
        tags[start:end] = begin[label] + 1
        tags[start] = begin[label]
    return tags
