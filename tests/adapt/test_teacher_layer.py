"""Which of a teacher's layers is learnt."""

import json
import shutil

import pytest
import torch
from small_text import VOCAB, paragraphs, settings_of, write_project
from spacy.tokens import Doc
from tiny import SENTENCES, build_wordpiece_encoder
from transformers import BertModel

from spacy_sciner.adapt.encoder import make_encoder
from spacy_sciner.adapt.narrate import AdaptNarrator
from spacy_sciner.adapt.rows import Vocabulary, cut_rows
from spacy_sciner.adapt.teacher_layer import choose_layer
from spacy_sciner.errors import ScinerError

WORDS = sorted({word for text, _ in SENTENCES for word in text.split()})[:12]


def repeating(n_papers):
    """Each paragraph is one word over and over: its neighbours tell what a mask hides."""
    docs = []
    for paper in range(n_papers):
        doc = Doc(VOCAB, words=[WORDS[paper % len(WORDS)]] * 20)
        doc.user_data.update(paper=f"p{paper}", paragraph=0, source="pool")
        docs.append(doc)
    return docs


@pytest.fixture
def teacher(tmp_path):
    """Three layers, of which the last two make all tokens alike."""
    folder = build_wordpiece_encoder(tmp_path / "teacher", num_hidden_layers=3)
    encoder = BertModel.from_pretrained(folder)
    with torch.no_grad():
        for layer in encoder.encoder.layer[1:]:
            layer.output.LayerNorm.weight.zero_()
    encoder.save_pretrained(folder)
    return folder


def chosen(teacher, n_train, n_held):
    vocabulary = Vocabulary(teacher)
    rows = cut_rows(repeating(n_train + n_held), vocabulary, window=64)
    settings = settings_of(teacher, [])
    return choose_layer(teacher, vocabulary, rows[:n_train], rows[n_train:], settings=settings)


def test_the_layer_that_tells_masked_words_is_chosen(teacher):
    layer, explained = chosen(teacher, 100, 60)
    assert layer == 1
    assert explained[0] > 0.15
    assert explained[1:] == [pytest.approx(0, abs=0.05)] * 2


def test_the_same_text_chooses_the_same(teacher):
    assert chosen(teacher, 60, 30) == chosen(teacher, 60, 30)


@pytest.mark.parametrize(("n_train", "n_held"), [(100, 2), (1, 100), (0, 0)])
def test_of_too_little_text_the_last_is_taken(teacher, n_train, n_held):
    assert chosen(teacher, n_train, n_held) == (3, [])


def test_what_is_not_masked_tells_nothing(tmp_path):
    """Of ten words to predict one stays as it is: a layer without attention could tell that."""
    folder = build_wordpiece_encoder(tmp_path / "deaf", num_hidden_layers=1)
    encoder = BertModel.from_pretrained(folder)
    with torch.no_grad():
        encoder.encoder.layer[0].attention.output.dense.weight.zero_()
    encoder.save_pretrained(folder)
    _, explained = chosen(folder, 100, 60)
    assert explained[0] < 0.03


def test_no_other_layer_above_is_learnt_and_it_is_said_which(
    teacher, tiny_encoder, tmp_path, capsys
):
    root = write_project(tmp_path / "project", repeating(120))
    source = {"name": str(teacher), "keep_layers": 0}
    figures = {}
    for layer in ("auto", "last"):
        distil = {"teacher": source, "layer": layer}
        settings = settings_of(tiny_encoder, ["distil"], distil=distil, epochs=1)
        facts = make_encoder(settings, out=root / layer, root=root, narrate=AdaptNarrator)
        (figures[layer],) = facts["adapt"]["methods"]
    assert capsys.readouterr().err.count("layer 1 is learnt\n") == 1
    assert figures["auto"]["layer"] == 1
    assert len(figures["auto"]["explained"]) == 3
    assert "layer" not in figures["last"]
    distil = {"teacher": source, "match": "relations"}
    settings = settings_of(tiny_encoder, ["distil"], distil=distil, epochs=1)
    facts = make_encoder(settings, out=root / "relations", root=root)
    assert "layer" not in facts["adapt"]["methods"][0]
    alone = {"teacher": {"name": str(teacher), "keep_layers": 1}, "layer": "last"}
    settings = settings_of(tiny_encoder, ["distil"], distil=alone, epochs=1)
    make_encoder(settings, out=root / "alone", root=root)
    weights = [root / name / "model.safetensors" for name in ("auto", "alone", "last")]
    assert weights[0].read_bytes() == weights[1].read_bytes() != weights[2].read_bytes()


def test_e574_for_a_teacher_without_a_mask(tiny_encoder, tmp_path):
    folder = tmp_path / "no-mask"
    shutil.copytree(tiny_encoder, folder)
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        settings = json.loads((folder / name).read_text(encoding="utf8"))
        (folder / name).write_text(json.dumps({**settings, "mask_token": None}), encoding="utf8")
    root = write_project(tmp_path / "project", paragraphs(20))
    distil = {"teacher": {"name": str(folder)}}
    with pytest.raises(ScinerError, match=r"SCINER-E574: .*no mask token.*layer: last"):
        make_encoder(
            settings_of(tiny_encoder, ["distil"], distil=distil), out=root / "encoder", root=root
        )
    last = settings_of(tiny_encoder, ["distil"], distil={**distil, "layer": "last"}, epochs=1)
    assert make_encoder(last, out=root / "encoder", root=root)["adapt"]["methods"]
