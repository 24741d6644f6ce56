"""Sciner beside other pipes: entities that are there already, tokens merged and split after it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.pipeline import EntityRuler
from spacy.tokens import Doc, Span
from spacy.tokens.underscore import Underscore
from spacy.training import Example
from thinc.api import Model
from tiny import cnn_config, ents_of, model_config, overfit

from spacy_sciner.errors import ScinerError, ScinerWarning
from spacy_sciner.pipeline.upstream import missing_upstream

TEXT = "a Random Forest on SQuAD"


def make_nlp(encoder: Path, **settings: Any) -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("sciner", config={**model_config(encoder), **settings})
    overfit(nlp, steps=60)
    return nlp


@pytest.fixture(scope="module")
def nlp(tiny_encoder: Path) -> Language:
    return make_nlp(tiny_encoder)


def ruled(nlp: Language, text: str) -> Doc:
    """The text with an entity of another pipe."""
    ruler = EntityRuler(nlp)
    ruler.add_patterns([{"label": "RULE", "pattern": "Forest on"}])
    return ruler(nlp.make_doc(text))


def test_entities_that_are_there_stay_and_gaps_are_filled(nlp: Language):
    assert ents_of(nlp(TEXT)) == [(1, 3, "Method"), (4, 5, "Dataset")]
    doc = nlp(ruled(nlp, TEXT))
    assert ents_of(doc) == [(2, 4, "RULE"), (4, 5, "Dataset")]
    # All that sciner found, with its scores, is in the span group.
    group = doc.spans["sciner"]
    assert [(s.start, s.end, s.label_) for s in group] == [(1, 3, "Method"), (4, 5, "Dataset")]
    assert len(group.attrs["scores"]) == 2


def test_blocked_tokens_stay_free_of_entities(nlp: Language):
    """spaCy's way to say that none may be there; in training they are O."""
    doc = nlp.make_doc(TEXT)
    doc.set_ents([], blocked=[doc[1:2]], default="missing")
    assert ents_of(nlp(doc)) == [(4, 5, "Dataset")]
    assert [token.ent_iob for token in doc][1] == 3
    reference = nlp.make_doc(TEXT)
    reference.set_ents([Span(reference, 4, 5, label="Dataset")], blocked=[reference[1:3]])
    sciner: Any = nlp.get_pipe("sciner")
    other = Doc(nlp.vocab, words=["a", "Random", "For", "est", "on", "SQuAD"])  # cut otherwise
    for doc, n in ((nlp.make_doc(TEXT), 3), (other, 4)):
        assert sciner._gold_tags(Example(doc, reference))[:n].tolist() == [0] * n


def test_overwrite_replaces_them(tiny_encoder: Path, tmp_path: Path):
    nlp = make_nlp(tiny_encoder, overwrite=True)
    nlp.to_disk(tmp_path)
    for pipeline in (nlp, spacy.load(tmp_path)):
        doc = pipeline(ruled(nlp, TEXT))
        assert ents_of(doc) == [(1, 3, "Method"), (4, 5, "Dataset")]


def test_merged_tokens_are_as_sure_as_the_least_sure_of_them(nlp: Language):
    doc = nlp(TEXT)
    values = doc._.sciner_confidence
    doc = spacy.blank("en").add_pipe("merge_entities")(doc)
    assert [t.text for t in doc] == ["a", "Random Forest", "on", "SQuAD"]
    merged = [values[0], values[1:3].min(), values[3], values[4]]
    assert doc._.sciner_confidence.tolist() == pytest.approx(merged, abs=0)
    assert doc._.sciner_confidence.dtype == np.float32


def test_parts_of_a_token_are_as_sure_as_it_was(nlp: Language):
    doc = nlp(TEXT)
    values = doc._.sciner_confidence
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
        retokenizer.split(doc[4], ["SQ", "uAD"], heads=[(doc[4], 1), doc[3]])
    assert len(doc) == 5  # as before: a length tells nothing
    parts = [min(values[:2]), values[2], values[3], values[4], values[4]]
    assert doc._.sciner_confidence.tolist() == parts


def test_the_annotator_works_on_merged_tokens(nlp: Language):
    doc = spacy.blank("en").add_pipe("merge_entities")(nlp(TEXT))
    annotate = spacy.blank("en").create_pipe("sciner_annotator", config={"gamma": 0.0})
    scores = doc.spans["sciner"].attrs["scores"].tolist()
    doc = annotate(doc)
    assert doc.spans["sciner"].attrs["scores"].tolist() == scores
    assert ents_of(doc) == [(1, 2, "Method"), (3, 4, "Dataset")]


def listening(upstream: str) -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": cnn_config()["model"]["tok2vec"]})
    listener = {
        "@architectures": "spacy.Tok2VecListener.v1",
        "width": 16,
        "upstream": upstream,
    }
    nlp.add_pipe("sciner", config=cnn_config(tok2vec=listener))
    overfit(nlp, steps=60)
    return nlp


@pytest.mark.parametrize("upstream", ["tok2vec", "*"])
def test_a_listener_names_the_component_that_it_misses(upstream: str):
    nlp = listening(upstream)
    assert nlp(TEXT).ents  # without a warning
    alone = spacy.blank("en")
    alone.add_pipe("sciner", source=nlp)
    with pytest.warns(ScinerWarning, match="SCINER-W225: sciner listens to .*'tok2vec'"):
        alone(TEXT)
    assert len(alone("")) == 0
    alone.add_pipe("tok2vec", source=nlp, first=True)
    assert ents_of(alone(TEXT)) == ents_of(nlp(TEXT))


def test_a_listener_of_a_transformer_names_it(monkeypatch: pytest.MonkeyPatch):
    class Listener(Model):
        upstream_name = "transformer"

    model = Listener("transformer-listener", lambda *_: None)
    doc = Doc(spacy.blank("en").vocab, words=["BERT"])
    with_vectors = Doc(doc.vocab, words=["BERT"])
    monkeypatch.setattr(Underscore, "doc_extensions", {"trf_data": (None, None, None, None)})
    with_vectors._.trf_data = [1.0]
    assert missing_upstream(model, [with_vectors]) is None
    assert missing_upstream(model, [with_vectors, doc]) == "transformer"


def test_confidences_of_another_text_are_refused(nlp: Language):
    doc = nlp(TEXT)
    part = doc[1:4].as_doc(copy_user_data=True)
    part.user_data.update(doc.user_data)
    with pytest.raises(ScinerError, match=r"SCINER-E332.*not those of this document"):
        _ = part._.sciner_confidence
    with pytest.raises(ScinerError, match=r"SCINER-E332.*2 values for 5 tokens"):
        doc._.sciner_confidence = np.ones(2, dtype=np.float32)
