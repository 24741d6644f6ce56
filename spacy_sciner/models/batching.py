"""Training batches of documents of similar length, within a budget of padded words."""

import random
from typing import Callable, Iterable, Iterator, List

from spacy.training import Example


def make_length_batcher(
    size: int, *, buffer: int = 4096, seed: int = 0
) -> Callable[[Iterable[Example]], Iterator[List[Example]]]:
    """Sort a buffer by length, cut it into batches, and give these in random order.

    size (int): Words in a batch once every document is padded to the longest.
    buffer (int): Documents sorted at a time; memory is bounded by it.
    seed (int): Of the order of batches; every epoch has its own order.
    RETURNS (Callable): Examples → batches. A document longer than `size` is a batch of its own.
    """
    rng = random.Random(seed)

    def batch_by_length(examples: Iterable[Example]) -> Iterator[List[Example]]:
        held: List[Example] = []
        for example in examples:
            held.append(example)
            if len(held) == buffer:
                yield from _shuffled_batches(held, size, rng)
                held = []
        yield from _shuffled_batches(held, size, rng)

    return batch_by_length


def _shuffled_batches(
    examples: List[Example], size: int, rng: random.Random
) -> Iterator[List[Example]]:
    batches: List[List[Example]] = []
    longest = 0
    for example in sorted(examples, key=lambda eg: len(eg.predicted)):
        longest = max(longest, len(example.predicted))
        if not batches or longest * (len(batches[-1]) + 1) > size:
            batches.append([])
            longest = len(example.predicted)
        batches[-1].append(example)
    rng.shuffle(batches)
    yield from batches
