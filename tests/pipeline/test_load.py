"""A trained pipeline loads with nothing but its own folder, in a process of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, List

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from tiny import (
    build_bpe_encoder,
    build_wordpiece_encoder,
    ents_of,
    gold_docs,
    model_config,
    overfit,
    plain,
)

LOAD = """
import json, sys
import spacy

assert "spacy_sciner" not in sys.modules
found = []
for path in sys.argv[1:]:
    nlp = spacy.load(path)
    for words in json.loads(WORDS):
        doc = nlp(spacy.tokens.Doc(nlp.vocab, words=words))
        ents = [[e.start, e.end, e.label_] for e in doc.ents]
        scores = doc.spans["sciner"].attrs["scores"].tolist()
        found.append([ents, scores, doc._.sciner_confidence.tolist()])
print(json.dumps(found))
"""


def test_entities_and_confidences_in_another_process(tmp_path: Path):
    """Of a WordPiece and of a byte-level model, both without their encoders' folders."""
    docs: List[Doc] = []
    words = [[t.text for t in gold] for gold in gold_docs()]
    for build in (build_wordpiece_encoder, build_bpe_encoder):
        encoder = build(tmp_path / "encoder")
        nlp = spacy.blank("en")
        nlp.add_pipe("sciner", config=model_config(encoder))
        overfit(nlp, steps=40)
        nlp.to_disk(tmp_path / build.__name__)
        shutil.rmtree(encoder)
        docs += [nlp(Doc(nlp.vocab, words=w)) for w in words]
    assert sum(len(doc.ents) for doc in docs) > 20
    code = f"WORDS = {json.dumps(words)!r}\n{LOAD}"
    models = [str(tmp_path / f"build_{kind}_encoder") for kind in ("wordpiece", "bpe")]
    result = subprocess.run(
        [sys.executable, "-c", code, *models],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "empty")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(result.stdout)
    assert len(found) == len(docs)
    for doc, (ents, scores, confidence) in zip(docs, found):
        assert [tuple(e) for e in ents] == ents_of(doc)
        assert scores == pytest.approx(doc.spans["sciner"].attrs["scores"].tolist(), abs=1e-5)
        assert confidence == pytest.approx(doc._.sciner_confidence.tolist(), abs=1e-5)


def test_what_may_be_set_where_a_pipeline_is_loaded(
    tmp_path: Path, tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
):
    """How much goes at once is this machine's matter, how pieces make a word is the reader's."""
    nlp = spacy.blank("en")
    nlp.add_pipe("sciner", config=model_config(tiny_encoder))
    overfit(nlp, steps=0)
    nlp.to_disk(tmp_path / "model")
    found = {}
    for name, value in [("batch_pieces", 512), ("batch_pieces", 16), ("word_confidence", "mean")]:
        setting = {f"components.sciner.model.{name}": value}
        loaded = spacy.load(tmp_path / "model", config=setting)
        shim = loaded.get_pipe("sciner").model.shims[0]
        sizes: List[int] = []
        predict = shim.predict

        def count(batch: Any, predict: Any = predict, sizes: List[int] = sizes) -> Any:
            sizes.append(len(batch[0]))
            return predict(batch)

        monkeypatch.setattr(shim, "predict", count)
        docs = list(loaded.pipe([plain(loaded, gold) for gold in gold_docs(loaded.vocab)]))
        found[value] = max(sizes), np.concatenate([doc._.sciner_confidence for doc in docs])
    assert (found[512][0], found[16][0]) == (8, 1)
    np.testing.assert_allclose(found[512][1], found[16][1], atol=1e-5)
    assert not np.allclose(found[512][1], found["mean"][1], atol=1e-3)


def test_saving_twice_gives_the_same_files(tiny_encoder: Path, tmp_path: Path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sciner", config=model_config(tiny_encoder))
    overfit(nlp, steps=1)
    nlp.to_disk(tmp_path / "a")
    nlp("we train BERT")
    nlp.to_disk(tmp_path / "b")
    spacy.load(tmp_path / "a").to_disk(tmp_path / "c")
    names = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a" / "sciner").rglob("*"))
    assert names
    for name in names:
        content = (tmp_path / "a" / name).read_bytes()
        assert content == (tmp_path / "b" / name).read_bytes(), name
        assert content == (tmp_path / "c" / name).read_bytes(), name
