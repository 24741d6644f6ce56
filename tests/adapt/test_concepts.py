"""NuNER's pre-training: concepts of tokens."""

import json

import numpy as np
import pytest
import torch
from small_text import concept_lines, paragraphs, settings_of, write_project
from spacy.tokens import Doc
from stage_project import overlaid

from spacy_sciner.adapt.concept_rows import (
    choose_concepts,
    concept_text,
    encode_concepts,
    make_rows,
)
from spacy_sciner.adapt.concepts import FIT, FOLDER, ConceptTask
from spacy_sciner.adapt.encoder import make_encoder
from spacy_sciner.adapt.rows import Vocabulary
from spacy_sciner.corpus.annotated import make_tokenizer
from spacy_sciner.corpus.concepts import read_concepts
from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.errors import ScinerError
from spacy_sciner.models.concepts import ConceptModel
from spacy_sciner.models.head import load_encoder


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "assets/sample"
    folder.mkdir(parents=True)
    folder.joinpath("concepts.jsonl").write_text("\n".join(concept_lines(80)), encoding="utf8")
    return write_project(tmp_path, paragraphs(5))


@pytest.fixture
def rows(root, tiny_encoder):
    data = read_concepts(root / "assets/sample/concepts.jsonl")
    return make_rows(data, make_tokenizer(), Vocabulary(tiny_encoder), 64)


def concepts(**changes):
    base = {"files": ["concepts.jsonl"], "frozen_layers": 0, "shared": False}
    return overlaid({**base, "unannotated_weight": 1.0}, changes)


def test_mentions_are_words_of_their_row(rows, root):
    texts = [json.loads(line) for line in concept_lines(80)]
    assert rows.names == ["nothing", "paper", "train"]
    for one in rows.rows[:20]:
        found = sorted((one.row.tokens[start], rows.names[c]) for start, _, c in one.mentions)
        words = texts[one.row.doc]["text"].split()
        for token, name in found:
            assert any(
                mention.split()[0] == words[token] and concept == name
                for mention, concept, _ in texts[one.row.doc]["entities"]
            )
    assert rows.frequency.sum() == pytest.approx(1)


def test_a_batch_asks_its_own_concepts_and_others(rows):
    frequency = np.full(400, 1 / 400)
    found = choose_concepts(rows.rows[:2], frequency, np.random.default_rng(0))
    own = {concept for one in rows.rows[:2] for _, _, concept in one.mentions}
    assert own <= set(found)
    assert len(found) == len(set(found))
    assert len(found) >= len(own) + 64
    assert len(found) % 16 == 0
    assert set(choose_concepts(rows.rows, rows.frequency, np.random.default_rng(0))) == {0, 1, 2}


def test_the_description_is_added_to_half(rows):
    rng = np.random.default_rng(0)
    texts = [concept_text("method", "what is tried", rng) for _ in range(200)]
    assert 70 < texts.count("method: what is tried") < 130
    assert {concept_text("method", "", rng) for _ in range(20)} == {"method"}


def noting(method, told):
    def noting(self, *given):
        told.append(given[-1])
        return method(self, *given)

    return noting


def test_texts_of_papers_that_are_measured_on_never_enter(root, tiny_encoder, monkeypatch):
    path = root / "assets/sample/concepts.jsonl"
    records = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()]
    own = records[0]["text"]
    (held,) = paragraphs(1, prefix="t", per_paper=1)
    test = [Doc(held.vocab, words=own.split(), user_data={"paper": "t0", "paragraph": 0})]
    write_docs(root / "corpus/gold/test.spacy", test)
    records[1]["paper"] = "t0"
    records[1]["entities"] = [[*entity[:2], "HELD OUT"] for entity in records[1]["entities"]]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf8")
    told = []
    monkeypatch.setattr(ConceptTask, "__init__", noting(ConceptTask.__init__, told))
    facts = make_encoder(
        settings_of(tiny_encoder, ["concepts"], epochs=1, concepts=concepts()),
        out=root / "encoder",
        root=root,
    )
    (figures,) = facts["adapt"]["methods"]
    assert len(told) == 1
    assert "HELD OUT" not in told[0].values()
    assert figures["texts"]["equals a gold test paragraph"] == 1
    assert figures["texts"]["in an excluded paper"] == 1


@pytest.mark.parametrize("shared", [False, True])
def test_tokens_learn_their_concepts(root, tiny_encoder, shared):
    settings = settings_of(
        tiny_encoder, ["concepts"], epochs=12, concepts=concepts(shared=shared), learn_rate=0.005
    )
    out = root / "encoder"
    facts = make_encoder(settings, out=out, root=root)
    (figures,) = facts["adapt"]["methods"]
    assert (figures["concepts"], figures["cut_descriptions"]) == (3, 0)
    assert figures["held_out"] < 0.6 * figures["held_out_before"]
    ranks = figures["reciprocal_rank"]
    assert ranks["before"] < 0.9 < ranks["after"] <= 1
    # What is kept tells the concepts apart, without any gold.
    text = load_encoder(str(out))
    concept = text if shared else load_encoder(str(out / FOLDER))
    module = ConceptModel(text, concept).eval()
    fit = json.loads((out / FOLDER / FIT).read_text(encoding="utf8"))
    module.load_state_dict({k: torch.tensor(v) for k, v in fit.items()}, strict=False)
    pieces = Vocabulary(tiny_encoder)
    ids, of = [], {"bert": "train", "glue": "paper", "accuracy": "nothing"}
    for word in (*of, *of.values()):
        (own,) = pieces.wordpieces([word])
        ids.append([*pieces.prefix, *own, *pieces.suffix])
    with torch.inference_mode():
        each = [torch.tensor([i]) for i in ids]
        tokens = torch.cat(
            [module.embed_tokens(i, torch.tensor([i.shape[1]]))[:, 1] for i in each[:3]]
        )
        names = torch.cat([module.embed_concepts(i, torch.tensor([i.shape[1]])) for i in each[3:]])
        assert module.fits(tokens, names).argmax(1).tolist() == [0, 1, 2]


def test_it_begins_at_how_few_of_many_concepts_fit(root, tiny_encoder):
    """From even odds, both encoders learn to say no to everything before they learn anything."""
    others = [
        json.dumps({"text": f"we train word{i} .", "entities": [[f"word{i}", f"kind {i}"]]})
        for i in range(150)
    ]
    lines = "\n".join([*concept_lines(80), *others])
    (root / "assets/sample/concepts.jsonl").write_text(lines, encoding="utf8")
    settings = settings_of(tiny_encoder, ["concepts"], concepts=concepts())
    facts = make_encoder(settings, out=root / "encoder", root=root)
    (figures,) = facts["adapt"]["methods"]
    assert figures["held_out_before"] < 0.2  # from even odds: 0.69


def test_more_frozen_layers_than_there_are_are_refused_before_any_method(root, tiny_encoder):
    told = []
    settings = settings_of(tiny_encoder, ["mlm", "concepts"], concepts=concepts(frozen_layers=3))
    with pytest.raises(ScinerError, match=r"E315: adapt\.concepts\.frozen_layers is 3.* has 2"):
        make_encoder(settings, out=root / "encoder", root=root, narrate=told.append)
    assert told == []


def test_frozen_layers_stay_as_they_were(root, tiny_encoder):
    settings = settings_of(tiny_encoder, ["concepts"], concepts=concepts(frozen_layers=1))
    make_encoder(settings, out=root / "encoder", root=root)
    before, after = (load_encoder(str(p)).state_dict() for p in (tiny_encoder, root / "encoder"))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.startswith("encoder.layer.1.") for name in changed)


def test_what_an_unannotated_token_does_not_fit_can_count_less(tiny_encoder):
    torch.manual_seed(0)
    module = ConceptModel(*[load_encoder(str(tiny_encoder))] * 2).eval()
    ids = torch.tensor([[2, 7, 8, 3]])
    positives = torch.tensor([[0], [0]])

    def loss(weight):
        weights = torch.tensor([1.0, weight])
        lengths = torch.tensor([4, 4])
        return module(ids, ids, torch.tensor([1, 2]), positives, weights, lengths)

    (full, n_full), (less, n_less) = loss(1.0), loss(0.0)
    assert full > less
    assert (int(n_full), int(n_less)) == (2, 1)


def test_files_without_a_mention_are_refused(root, tiny_encoder):
    path = root / "assets/sample/none.jsonl"
    path.write_text('{"text": "We train it.", "entities": []}\n', encoding="utf8")
    settings = settings_of(tiny_encoder, ["concepts"], concepts=concepts(files=["none.jsonl"]))
    with pytest.raises(ScinerError, match=r"SCINER-E337.*none\.jsonl"):
        make_encoder(settings, out=root / "encoder", root=root)


def test_a_long_meaning_is_cut_in_training_and_whole_where_it_is_all_there_is(tiny_encoder):
    vocabulary, text = Vocabulary(tiny_encoder), "train " * 50
    for settings, n_pieces in (({}, 30), ({"at_most": 62}, 50)):
        _, lengths = encode_concepts([text], vocabulary, **settings)
        assert lengths.tolist() == [n_pieces + vocabulary.n_around]
