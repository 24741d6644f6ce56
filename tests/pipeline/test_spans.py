"""The span classifier: its config, the vector of a span, and how spans become entities."""

import json
import warnings
from io import StringIO
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.cli.package import package
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import load_config
from thinc.api import get_current_ops
from thinc.types import Ragged
from tiny import CONFIGS, LABELS, gold_docs

from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.corpus.reader import make_corpus
from spacy_sciner.errors import ScinerWarning
from spacy_sciner.models.span_reducer import build_max_pool_width_v1
from spacy_sciner.pipeline.span_resolver import SpanResolver


def ragged(rows, lengths):
    ops = get_current_ops()
    return Ragged(ops.asarray2f(rows), ops.asarray1i(lengths))


def test_a_spans_vector_is_its_tokens_maximum_and_its_width():
    model = build_max_pool_width_v1(width=3, longest=2)
    spans = ragged([[1.0, 5.0], [4.0, 2.0], [0.0, 1.0], [7.0, 7.0], [1.0, 1.0]], [2, 1, 1, 1])
    model.initialize(X=spans)
    vectors, backprop = model.begin_update(spans)
    assert vectors.shape == (4, 5)
    assert vectors[:, :2].tolist() == [[4, 5], [0, 1], [7, 7], [1, 1]]
    widths = vectors[:, 2:]
    assert (widths[1] == widths[2]).all()
    assert (widths[0] != widths[1]).any()
    d_spans = backprop(np.ones_like(vectors))
    assert d_spans.dataXd.tolist() == [[0, 1], [1, 0], [1, 1], [1, 1], [1, 1]]


def test_spans_longer_than_the_longest_share_its_width():
    model = build_max_pool_width_v1(width=3, longest=2)
    spans = ragged([[1.0]] * 9, [2, 3, 4])
    model.initialize(X=spans)
    vectors = model.predict(spans)
    assert (vectors[0] == vectors[1]).all()
    assert (vectors[1] == vectors[2]).all()


@pytest.fixture
def resolve():
    resolver = SpanResolver("resolver", from_key="sc", spans_key="sciner")

    def resolve(*spans):
        doc = Doc(spacy.blank("en").vocab, words=["a", "b", "c", "d", "e", "f"])
        found = [Span(doc, start, end, label=label) for start, end, label, _ in spans]
        scores = np.array([[score] for *_, score in spans])  # as spaCy gives them
        doc.spans["sc"] = SpanGroup(doc, name="sc", spans=found, attrs={"scores": scores})
        doc = resolver(doc)
        assert [e.start for e in doc.spans["sciner"]] == [e.start for e in doc.ents]
        chosen = zip(doc.ents, doc.spans["sciner"].attrs["scores"])
        return [(e.start, e.end, e.label_, score) for e, score in chosen]

    return resolve


def test_of_overlapping_spans_the_surest_is_the_entity(resolve):
    assert resolve((0, 3, "A", 0.6), (2, 4, "B", 0.9), (4, 5, "A", 0.5)) == [
        (2, 4, "B", 0.9),
        (4, 5, "A", 0.5),
    ]
    assert resolve((0, 1, "A", 0.7), (0, 3, "B", 0.7)) == [(0, 3, "B", 0.7)]
    assert resolve((1, 3, "A", 0.7), (0, 2, "B", 0.7)) == [(0, 2, "B", 0.7)]
    assert resolve() == []


@pytest.mark.parametrize(
    ("overwrite", "entities"), [(False, [(0, 2), (3, 4)]), (True, [(1, 3), (3, 4)])]
)
def test_entities_that_are_there_already_stay(overwrite, entities):
    doc = Doc(spacy.blank("en").vocab, words=list("abcde"), ents=["B-X", "I-X", "O", "O", "O"])
    found = [Span(doc, 1, 3, label="A"), Span(doc, 3, 4, label="B")]
    doc.spans["sc"] = SpanGroup(doc, name="sc", spans=found, attrs={"scores": [0.9, 0.8]})
    resolver = SpanResolver("r", from_key="sc", spans_key="s", overwrite=overwrite)
    assert [(e.start, e.end) for e in resolver(doc).ents] == entities
    assert [(s.start, s.end) for s in doc.spans["s"]] == [(1, 3), (3, 4)]


def test_rules_are_sure():
    """A span_ruler gives no scores."""
    nlp = spacy.blank("en")
    ruler: Any = nlp.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns([{"label": "A", "pattern": "BERT base"}, {"label": "B", "pattern": "BERT"}])
    nlp.add_pipe("sciner_span_resolver")
    assert [(e.text, e.label_) for e in nlp("We use BERT base").ents] == [("BERT base", "A")]


def test_a_document_without_spans_has_no_entities():
    doc = Doc(spacy.blank("en").vocab, words=["a"])
    assert SpanResolver("r", from_key="sc", spans_key="s")(doc).ents == ()


def test_the_reader_gives_entities_as_spans(tmp_path):
    write_docs(tmp_path / "gold.spacy", gold_docs())
    nlp = spacy.blank("en")
    for example in make_corpus(tmp_path / "gold.spacy", spans_key="sc")(nlp):
        assert list(example.reference.spans["sc"]) == list(example.reference.ents)
    assert all("sc" not in eg.y.spans for eg in make_corpus(tmp_path / "gold.spacy")(nlp))


def test_what_is_partly_unknown_is_left_out_and_told(tmp_path):
    docs = gold_docs()
    docs[0].set_ents([], missing=[docs[0][0:1]], default="outside")
    write_docs(tmp_path / "gold.spacy", docs)
    read = make_corpus(tmp_path / "gold.spacy", spans_key="sc")
    with pytest.warns(ScinerWarning, match=r"SCINER-W220: 1 of the 8 paragraphs"):
        examples = list(read(spacy.blank("en")))
    assert len(examples) == 7
    assert len(list(make_corpus(tmp_path / "gold.spacy")(spacy.blank("en")))) == 8


def test_the_config_trains_scores_saves_packages_and_loads(tmp_path, tiny_encoder):
    write_docs(tmp_path / "gold.spacy", gold_docs() * 6)
    config = load_config(CONFIGS / "spans.cfg")
    path = str(tmp_path / "gold.spacy")
    config["paths"].update(train=path, dev=path, encoder=str(tiny_encoder))
    training = config["training"]
    training.update(max_steps=60, eval_frequency=20, logger={"@loggers": "spacy.ConsoleLogger.v1"})
    training["batcher"]["size"] = 64
    training["optimizer"]["learn_rate"].update(initial_rate=0.02, warmup_steps=5)
    nlp = init_nlp(config)
    assert set(nlp.get_pipe("spancat").labels) == set(LABELS)
    (tmp_path / "out").mkdir()
    train(nlp, tmp_path / "out", stdout=StringIO(), stderr=StringIO())
    nlp = spacy.load(tmp_path / "out" / "model-best")
    examples = list(make_corpus(path, spans_key="sc")(nlp))
    assert nlp.evaluate(examples)["ents_f"] == 1.0
    doc = nlp("we train BERT on SQuAD .")
    assert [(e.text, e.label_) for e in doc.ents] == [("BERT", "Method"), ("SQuAD", "Dataset")]
    assert all(0.5 < score <= 1 for score in doc.spans["sciner"].attrs["scores"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # spaCy leaves what it wrote open
        package(tmp_path / "out/model-best", tmp_path, create_sdist=False, create_wheel=False)
    (packaged,) = tmp_path.glob("en_pipeline-*")
    asked = json.loads((packaged / "meta.json").read_text())["requirements"]
    assert {r.split(">=")[0] for r in asked} >= {"spacy-sciner", "spacy-transformers"}
    (inside,) = packaged.glob("en_pipeline/en_pipeline-*")
    assert spacy.load(inside)("we train BERT on SQuAD .").to_json() == doc.to_json()
