"""C-value: a ranking of the same n-grams by counts alone, to compare the forest's with.

A long phrase counts more than a short one, and one that is found mostly inside longer ones less.

SOURCE: Frantzi, Ananiadou and Mima, Automatic Recognition of Multi-word Terms, 2000. Of one word
too, with log2(n + 1) in the place of log2(n), as Barron-Cedeno et al. (2009) have it.
"""

from typing import Any, List, Sequence

import numpy as np

from .mining import BREAK, Level, Ngrams

Array = Any


def c_values(levels: Sequence[Level], ngrams: Sequence[Ngrams]) -> Array:
    """float (n_ngrams,), in the order of the n-grams of all levels."""
    sums = [np.zeros(len(level.counts)) for level in levels]  # of counts of longer n-grams
    holders = [np.zeros(len(level.counts)) for level in levels]  # number of longer n-grams
    for longer in ngrams:
        places = longer.level.first[longer.numbers]
        counts = longer.level.counts[longer.numbers]
        for n in range(1, longer.level.n):
            for offset in range(longer.level.n - n + 1):
                parts = levels[n - 1].at[places + offset]
                inside = parts != BREAK
                np.add.at(sums[n - 1], parts[inside], counts[inside])
                np.add.at(holders[n - 1], parts[inside], 1)
    values: List[Array] = [np.zeros(0)]
    for some in ngrams:
        n, numbers = some.level.n, some.numbers
        counts = some.level.counts[numbers]
        nested = sums[n - 1][numbers] / np.maximum(1, holders[n - 1][numbers])
        values.append(np.log2(n + 1) * (counts - nested))
    return np.concatenate(values)
