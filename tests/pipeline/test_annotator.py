"""The sciner_annotator component: what stays, what becomes unknown, what it leaves alone."""

from pathlib import Path
from typing import Any, List, Optional, Sequence

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from tiny import cnn_config, ents_of, make_doc, make_examples, overfit

from spacy_sciner.errors import ScinerError
from spacy_sciner.pipeline.annotator import SciNERAnnotator

WORDS = ["we", "train", "Random", "Forest", "on", "SQuAD"]
TAGS = ["O", "O", "B-Method", "I-Method", "O", "B-Dataset"]
CONFIDENCE = [0.99, 0.3, 0.9, 0.6, 0.95, 0.7]


@pytest.fixture(scope="module")
def nlp() -> Language:
    return spacy.blank("en")


def predicted(
    nlp: Language, tags: Sequence[str] = TAGS, confidence: Optional[List[float]] = None
) -> Doc:
    """What sciner would have written."""
    doc = make_doc(WORDS, list(tags), vocab=nlp.vocab)
    doc._.sciner_confidence = np.array(confidence or CONFIDENCE, dtype=np.float32)
    doc.user_data.update(paper="P1", paragraph=3)
    return doc


def iobs(doc: Doc) -> str:
    """One letter per token, "?" where it is unknown."""
    return "".join(token.ent_iob_ or "?" for token in doc)


@pytest.mark.parametrize(
    ("settings", "ents", "known"),
    [
        ({"gamma": 0.5}, [(2, 4, "Method"), (5, 6, "Dataset")], "O?BIOB"),
        ({"gamma": 0.8}, [(2, 3, "Method")], "O?B?O?"),
        ({"gamma": 0.8, "accept": "entity"}, [], "O?????"),
        ({"gamma": 0.8, "gamma_o": 0.2}, [(2, 3, "Method")], "OOB?O?"),
        ({"gamma": {"Method": 0.5, "Dataset": 0.8}}, [(2, 4, "Method")], "O?BIO?"),
        ({"gamma": 0.0}, [(2, 4, "Method"), (5, 6, "Dataset")], "OOBIOB"),
        ({"gamma": 1.0}, [], "??????"),
    ],
)
def test_what_gamma_keeps(nlp: Language, settings, ents, known):
    doc = SciNERAnnotator(**settings)(predicted(nlp))
    assert ents_of(doc) == ents
    assert iobs(doc) == known


def test_accepted_entities_keep_their_scores(nlp: Language):
    doc = SciNERAnnotator(gamma=0.65)(predicted(nlp))
    group = doc.spans["sciner"]
    assert [(s.start, s.end, s.label_) for s in group] == ents_of(doc)
    np.testing.assert_allclose(group.attrs["scores"], [0.9, 0.7])


def test_spans_key_says_where_they_go(nlp: Language):
    doc = SciNERAnnotator(gamma=0.5, spans_key="elsewhere")(predicted(nlp))
    assert list(doc.spans) == ["elsewhere"]


def test_provenance(nlp: Language):
    annotator = SciNERAnnotator(gamma=0.8, iteration=2, fingerprint="abc")
    doc = annotator(predicted(nlp))
    assert doc.user_data["source"] == "pseudo"
    assert doc.user_data["sciner"] == {
        "iteration": 2,
        "gamma": 0.8,
        "fingerprint": "abc",
        "accepted_entities": 1,
        "accepted_tokens": 3,
        "unknown_tokens": 3,
    }
    assert (doc.user_data["paper"], doc.user_data["paragraph"]) == ("P1", 3)


def test_gold_is_never_touched(nlp: Language):
    doc = predicted(nlp)
    doc.user_data["source"] = "gold"
    SciNERAnnotator(gamma=1.0)(doc)
    assert iobs(doc) == "OOBIOB"
    assert doc.user_data["source"] == "gold"
    assert "sciner" not in doc.user_data
    assert not doc.spans


def test_unknown_tokens_survive_a_docbin_and_alignment(nlp: Language):
    doc = SciNERAnnotator(gamma=0.8)(predicted(nlp))
    doc_bin = DocBin(attrs=["ENT_IOB", "ENT_TYPE"], docs=[doc], store_user_data=True)
    again = next(DocBin().from_bytes(doc_bin.to_bytes()).get_docs(nlp.vocab))
    assert iobs(again) == "O?B?O?"
    example = Example(Doc(nlp.vocab, words=WORDS), again)
    assert example.get_aligned_ner() == ["O", None, "U-Method", None, "O", None]


def test_provenance_survives_a_docbin_with_a_gamma_for_each_label(nlp: Language):
    gamma = {"Method": 0.5, "Dataset": 0.8}
    doc = SciNERAnnotator(gamma=gamma)(predicted(nlp))
    doc_bin = DocBin(docs=[doc], store_user_data=True).to_bytes()
    again = next(DocBin(store_user_data=True).from_bytes(doc_bin).get_docs(nlp.vocab))
    assert again.user_data["sciner"]["gamma"] == gamma


def test_an_empty_document(nlp: Language):
    doc = Doc(nlp.vocab, words=[])
    doc._.sciner_confidence = np.zeros(0, dtype=np.float32)
    SciNERAnnotator()(doc)
    assert doc.user_data["sciner"]["unknown_tokens"] == 0
    assert len(doc.spans["sciner"].attrs["scores"]) == 0


def test_one_token(nlp: Language):
    doc = Doc(nlp.vocab, words=["BERT"], ents=["B-Method"])
    doc._.sciner_confidence = np.array([0.4], dtype=np.float32)
    assert iobs(SciNERAnnotator(gamma=0.5)(doc)) == "?"


def test_e308_names_the_paper(nlp: Language):
    doc = make_doc(WORDS, TAGS, vocab=nlp.vocab)
    with pytest.raises(ScinerError, match=r"SCINER-E308.*'we train Random"):
        SciNERAnnotator()(doc)
    doc.user_data["paper"] = "P18-1001"
    with pytest.raises(ScinerError, match=r"SCINER-E308.*P18-1001"):
        SciNERAnnotator()(doc)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"gamma": 98}, "gamma: 98 is not"),
        ({"gamma": "high"}, "gamma: 'high' is not"),
        ({"gamma": float("nan")}, "gamma: nan is not"),
        ({"gamma": None}, "gamma: null is not"),
        ({"gamma": {"Method": -1}}, r"gamma.Method: -1 is not in \[0, 1\]"),
        ({"gamma_o": 1.5}, r"gamma_o: 1.5 is not in \[0, 1\] or null"),
        ({"accept": "sentence"}, "accept: 'sentence' is not one of token, entity"),
    ],
)
def test_wrong_settings_are_said_at_once(settings, reason):
    with pytest.raises(ScinerError, match=f"SCINER-E521.*component sciner_annotator:\n  {reason}"):
        SciNERAnnotator(**settings)


def test_e002_for_a_label_without_a_gamma(nlp: Language):
    with pytest.raises(ScinerError, match=r"SCINER-E002.*Dataset"):
        SciNERAnnotator(gamma={"Method": 0.5})(predicted(nlp))


# --- in a pipeline ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pipeline() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("sciner", config=cnn_config())
    overfit(nlp, steps=30)
    return nlp


def with_annotator(pipeline: Language, **settings: Any) -> Language:
    nlp = spacy.blank("en").from_config(pipeline.config)
    nlp.from_bytes(pipeline.to_bytes())
    nlp.add_pipe("sciner_annotator", config=settings)
    return nlp


def test_e308_without_a_sciner_before_it():
    nlp = spacy.blank("en")
    nlp.add_pipe("sciner_annotator")
    with pytest.raises(ScinerError, match=r"SCINER-E308.*Put a trained sciner before"):
        nlp("we train BERT")
    with pytest.raises(ScinerError, match="SCINER-E308"):
        list(nlp.pipe(["we train BERT"]))


def test_every_argument_reaches_the_component(pipeline: Language):
    settings = {
        "gamma": {"Dataset": 0.5, "Method": 0.6, "Metric": 0.7},
        "gamma_o": 0.4,
        "accept": "entity",
        "iteration": 3,
        "fingerprint": "abc",
        "spans_key": "elsewhere",
    }
    annotator = with_annotator(pipeline, **settings).get_pipe("sciner_annotator")
    assert {name: getattr(annotator, name) for name in settings} == settings


@pytest.mark.parametrize("how", ["disk", "bytes"])
def test_saved_with_its_settings(pipeline: Language, tmp_path: Path, how: str):
    nlp = with_annotator(pipeline, gamma=0.9, iteration=1)
    if how == "disk":
        nlp.to_disk(tmp_path / "model")
        again = spacy.load(tmp_path / "model")
    else:
        again = spacy.blank("en").from_config(nlp.config).from_bytes(nlp.to_bytes())
    text = "we train Random Forest on GLUE"
    a, b = nlp(text), again(text)
    assert (ents_of(a), iobs(a)) == (ents_of(b), iobs(b))
    assert b.user_data["sciner"]["gamma"] == 0.9
    assert b.user_data["sciner"]["iteration"] == 1


def test_pipe_equals_call(pipeline: Language):
    nlp = with_annotator(pipeline, gamma=0.9)
    texts = ["", "we", "we train Random Forest on GLUE", "unknown words everywhere"] * 3
    piped = list(nlp.pipe(texts, batch_size=5))
    assert [iobs(doc) for doc in piped] == [iobs(nlp(text)) for text in texts]


def test_a_stricter_gamma_never_accepts_more(pipeline: Language):
    text = "we train some Forest on Random data and GLUE reaches BERT"
    counts = []
    for gamma in (0.0, 0.5, 0.9, 0.99, 1.0):
        doc = with_annotator(pipeline, gamma=gamma)(text)
        counts.append(doc.user_data["sciner"]["accepted_tokens"])
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 11
    assert counts[0] > counts[-1]


def test_its_scorer_counts_what_it_kept(pipeline: Language):
    nlp = with_annotator(pipeline, gamma=1.0)
    scores = nlp.evaluate(make_examples(nlp))
    assert scores["ents_r"] == 0.0
    without = with_annotator(pipeline, gamma=1.0, scorer=None)
    without.get_pipe("sciner").scorer = None
    assert "ents_f" not in without.evaluate(make_examples(without))
