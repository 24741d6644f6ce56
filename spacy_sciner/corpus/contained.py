"""Texts of which another is a part, or the other way round: a sentence and its paragraph."""

from typing import Dict, Iterable, List

from .text import ngrams, words_of

MIN_WORDS = 5  # of a sentence that is somebody's; shorter ones are everybody's


class Contained:
    """Texts by their words, to ask whether another one overlaps with them as a whole.

    What is shorter than MIN_WORDS is in nothing, and nothing is in it.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        # A space around each, so that words are found whole.
        all_words = [words_of(text) for text in texts]
        self._runs = {run for words in all_words for run in ngrams(words, MIN_WORDS)}
        self._joined = "\n".join(f" {' '.join(words)} " for words in all_words)
        self._by_start: Dict[str, List[str]] = {}
        for words in all_words:
            for start in ngrams(words[:MIN_WORDS], MIN_WORDS):
                self._by_start.setdefault(start, []).append(f" {' '.join(words)} ")

    def hold(self, text: str) -> bool:
        """Whether it is one of the texts, or a part of one."""
        words = words_of(text)
        starts = ngrams(words[:MIN_WORDS], MIN_WORDS)
        return any(run in self._runs for run in starts) and f" {' '.join(words)} " in self._joined

    def are_in(self, text: str) -> bool:
        """Whether one of the texts is a part of it."""
        words = words_of(text)
        joined = f" {' '.join(words)} "
        runs = ngrams(words, MIN_WORDS)
        return any(own in joined for run in runs for own in self._by_start.get(run, ()))
