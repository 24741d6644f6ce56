"""Texts of which another is a part, or the other way round: a sentence and its paragraph."""

from typing import Dict, Iterable, List

from .text import ngrams, words_of

MIN_WORDS = 5  # of a sentence that is somebody's; shorter ones are everybody's


class Contained:
    """Texts by their words, to ask whether another one overlaps with them as a whole.

    What is shorter than MIN_WORDS is in nothing, and nothing is in it.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._by_run: Dict[str, List[str]] = {}
        self._by_start: Dict[str, List[str]] = {}
        for text in texts:
            words = words_of(text)
            joined = f" {' '.join(words)} "  # a space at both ends, so that words are found whole
            for i, run in enumerate(ngrams(words, MIN_WORDS)):
                self._by_run.setdefault(run, []).append(joined)
                if i == 0:
                    self._by_start.setdefault(run, []).append(joined)

    def hold(self, text: str) -> bool:
        """Whether it is one of the texts, or a part of one."""
        words = words_of(text)
        joined = f" {' '.join(words)} "
        starts = ngrams(words[:MIN_WORDS], MIN_WORDS)
        return any(joined in other for run in starts for other in self._by_run.get(run, ()))

    def are_in(self, text: str) -> bool:
        """Whether one of the texts is a part of it."""
        words = words_of(text)
        joined = f" {' '.join(words)} "
        runs = ngrams(words, MIN_WORDS)
        return any(own in joined for run in runs for own in self._by_start.get(run, ()))
