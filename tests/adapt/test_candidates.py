"""Tri-Train's pre-fine-tuning: candidates and their boundaries."""

import numpy as np
import pytest
from small_text import VOCAB, paragraphs, settings_of, write_project
from spacy.tokens import Doc

from spacy_sciner.adapt.candidates import boundaries, mask_candidates, sentence_rows
from spacy_sciner.adapt.encoder import make_encoder
from spacy_sciner.adapt.masking import mask_batch
from spacy_sciner.adapt.rows import Vocabulary, cut_rows
from spacy_sciner.errors import ScinerError
from spacy_sciner.models.head import load_encoder
from spacy_sciner.phrases.find import Marked, Sentence

WORDS = ["we", "train", "a", "Random", "Forest", "on", "SQuAD", "and", "BERT", "drops"]


@pytest.fixture
def row(tiny_encoder):
    doc = Doc(VOCAB, words=["GLUE", ".", *WORDS])
    marked = Marked(Sentence(doc, 2, 12), [(5, 7), (8, 9)], 2)
    (row,) = sentence_rows([marked], Vocabulary(tiny_encoder), window=64)
    return row


def test_spans_of_a_sentence_are_words_of_its_row(row):
    assert row.spans == ((3, 5), (6, 7))
    assert len(row.words) - 1 == len(WORDS)


def test_whole_candidates_are_masked_and_beside_them_their_boundaries(row):
    inside, around = mask_candidates(0.9)(row, np.random.default_rng(0))
    assert inside == [(3, 5), (6, 7)]
    assert around == [(2, 3), (5, 6), (7, 8)]
    for seed in range(5):  # at least one candidate, however little is to be masked
        views = mask_candidates(0.01)(row, np.random.default_rng(seed))
        assert views in ([[(3, 5)], [(2, 3), (5, 6)]], [[(6, 7)], [(5, 6), (7, 8)]])


def test_a_side_that_is_missing_is_skipped():
    assert boundaries([(0, 2)], 4) == [(2, 3)]
    assert boundaries([(2, 4)], 4) == [(1, 2)]
    assert boundaries([(0, 4)], 4) == []
    # No word of a neighbour, which is to be seen whole.
    assert boundaries([(1, 3), (3, 5)], 7) == [(0, 1), (5, 6)]


def test_the_boundaries_view_shows_the_candidate(row, tiny_encoder):
    vocabulary = Vocabulary(tiny_encoder)
    rng = np.random.default_rng(3)
    batch = mask_batch([row], mask_candidates(0.9), vocabulary, rng)
    ids, lengths = batch.input_ids.numpy(), batch.lengths.tolist()
    assert len(ids) == 2
    second = ids[1, 1 : lengths[1] - 1]
    for start, end in row.spans:
        place = slice(row.words[start], row.words[end])
        assert second[place].tolist() == row.ids[place].tolist()


def with_gold(tmp_path):
    gold = paragraphs(8, prefix="g", seed=5)
    for doc in gold:
        spans = [doc[i : i + 1] for i, token in enumerate(doc) if token.text in ("BERT", "SQuAD")]
        doc.set_ents([Doc.char_span(doc, s.start_char, s.end_char, label="Method") for s in spans])
    return write_project(tmp_path, paragraphs(40), train=gold)


def of(encoder, **changes):
    base = {"kinds": ["existing"], "min_count": 3, "sentences": 0, "choose": "top"}
    return settings_of(encoder, ["candidates"], candidates={**base, **changes}, epochs=6)


def test_held_out_loss_of_candidates_falls(tiny_encoder, tmp_path):
    root = with_gold(tmp_path)
    facts = make_encoder(of(tiny_encoder), out=root / "encoder", root=root)
    (figures,) = facts["adapt"]["methods"]
    assert figures["held_out"] < 0.9 * figures["held_out_before"]
    assert (figures["candidates"], figures["sentences"] > 20) == (2, True)
    assert load_encoder(str(root / "encoder")).config.num_hidden_layers == 2


def test_phrases_of_little_text_need_fewer_occurrences(tiny_encoder, tmp_path):
    root = with_gold(tmp_path)
    every = {"kinds": ["existing", "phrase"], "sentences": 7}
    with pytest.raises(ScinerError, match=r"E342.*adapt\.candidates\.min_count"):
        make_encoder(of(tiny_encoder, **every, min_count=40), out=root / "e", root=root)
    with pytest.raises(ScinerError, match=r"E342.* found 2 times or more"):
        make_encoder(of(tiny_encoder, **every, min_count=None), out=root / "e", root=root)


def test_fewer_sentences_can_be_asked_for(tiny_encoder, tmp_path):
    root = with_gold(tmp_path)
    facts = make_encoder(of(tiny_encoder, sentences=7), out=root / "encoder", root=root)
    assert facts["adapt"]["methods"][0]["sentences"] == 7


def test_without_a_candidate_it_says_so(tiny_encoder, tmp_path):
    root = write_project(tmp_path, paragraphs(5), train=paragraphs(2, prefix="g"))
    with pytest.raises(ScinerError, match=r"SCINER-E339.*existing"):
        make_encoder(of(tiny_encoder), out=root / "encoder", root=root)


def test_rows_of_long_sentences_keep_the_spans_that_are_whole(tiny_encoder):
    doc = Doc(VOCAB, words=["BERT"] * 80)
    vocabulary = Vocabulary(tiny_encoder)
    n_rows = len(cut_rows([doc], vocabulary, window=64))
    rows = sentence_rows(
        [Marked(Sentence(doc, 0, 80), [(0, 1), (30, 50)], 2)], vocabulary, window=64
    )
    assert n_rows > 1
    assert len(rows) < n_rows
