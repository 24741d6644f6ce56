"""An ensemble of seeds as the teacher: trained beside model-best, averaged over the pool.

Models that differ by their seed alone err differently; their mean is right more often than each,
and unsure where they disagree (RoSTER, EMNLP 2021). The others may have a larger encoder, of which
the student learns what its own would not find. model-best alone is evaluated and published.
"""

from functools import reduce
from pathlib import Path
from typing import Iterable, Iterator, Sequence

import numpy as np

from ..files import fingerprint
from ..tagging import are_words
from ..types import Floats2d


def mean_scores(members: Sequence[Iterable[Floats2d]]) -> Iterator[Floats2d]:
    """Log of the members' mean probabilities, document by document; of one member, its own."""
    if len(members) == 1:
        yield from members[0]
        return
    for rows in zip(*members):
        total = reduce(np.logaddexp, [row.astype(np.float64) for row in rows])
        # What has no content to one of the tokenizers has none to all.
        words = np.all([are_words(row) for row in rows], axis=0)
        mean = np.where(words[:, None], total - np.log(len(rows)), 0.0)
        yield mean.astype(np.float32)


def describe(model: Path, teachers: Sequence[Path]) -> str:
    """Fingerprint of all members, for the provenance of what they annotate."""
    return "+".join(fingerprint(path) for path in (model, *teachers))
