"""Looking tokens up in whole arrays gives what tokenising them one by one does."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import List

import pytest
import spacy
from spacy.tokens import Doc

from spacy_sciner.models import piece_table
from spacy_sciner.models.piece_table import PieceTable
from spacy_sciner.models.shapes import word_shape
from spacy_sciner.models.wordpieces import WordPieces

TEXTS = [["Random", "Forest", "91"], [], ["SQuAD", "un-known", "Random"], ["."]]


@pytest.fixture
def words_to_pieces(tiny_encoder: Path) -> WordPieces:
    return WordPieces.from_pretrained(str(tiny_encoder))


def docs_of(texts: List[List[str]]) -> List[Doc]:
    vocab = spacy.blank("en").vocab
    return [Doc(vocab, words=words) for words in texts]


def check(table: PieceTable, texts: List[List[str]], words_to_pieces: WordPieces) -> None:
    words = [word for text in texts for word in text]
    expected = words_to_pieces(words)
    found = table(docs_of(texts))
    assert found.ids.tolist() == [i for ids in expected for i in ids]
    assert found.counts.tolist() == [len(ids) for ids in expected]
    shapes = [[word_shape(word)] * len(ids) for word, ids in zip(words, expected)]
    assert found.shapes.tolist() == [shape for row in shapes for shape in row]


def test_same_pieces_whether_new_or_known(words_to_pieces: WordPieces):
    table = PieceTable(words_to_pieces)
    check(table, TEXTS[:2], words_to_pieces)
    check(table, TEXTS, words_to_pieces)
    check(table, TEXTS[::-1], words_to_pieces)


def test_nothing_for_no_words(words_to_pieces: WordPieces):
    assert all(len(part) == 0 for part in PieceTable(words_to_pieces)(docs_of([[], []])))


def test_a_full_table_starts_over(words_to_pieces: WordPieces, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(piece_table, "MAX_TOKENS", 4)
    table = PieceTable(words_to_pieces)
    for _ in range(2):
        check(table, TEXTS[:1], words_to_pieces)
        check(table, TEXTS[2:], words_to_pieces)
        assert len(table._row_of) <= 4


def test_threads_may_share_it(words_to_pieces: WordPieces):
    table = PieceTable(words_to_pieces)
    texts = [[f"w{n}-{i}" for i in range(40)] for n in range(64)]
    docs = docs_of(texts)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda doc: table([doc]), docs))
    for text, doc in zip(texts, docs):
        expected = [i for ids in words_to_pieces(text) for i in ids]
        assert table([doc]).ids.tolist() == expected
