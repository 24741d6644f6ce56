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
nlp = spacy.load(sys.argv[1])
found = []
for words in json.load(sys.stdin):
    doc = nlp(spacy.tokens.Doc(nlp.vocab, words=words))
    ents = [[e.start, e.end, e.label_] for e in doc.ents]
    scores = doc.spans["sciner"].attrs["scores"].tolist()
    found.append([ents, scores, doc._.sciner_confidence.tolist()])
print(json.dumps(found))
"""


@pytest.mark.parametrize("build", [build_wordpiece_encoder, build_bpe_encoder])
def test_entities_and_confidences_in_another_process(tmp_path: Path, build):
    encoder = build(tmp_path / "encoder")
    nlp = spacy.blank("en")
    nlp.add_pipe("sciner", config=model_config(encoder))
    overfit(nlp, steps=40)
    nlp.to_disk(tmp_path / "model")
    shutil.rmtree(encoder)
    docs = [nlp(plain(nlp, gold)) for gold in gold_docs(nlp.vocab)]
    assert any(doc.ents for doc in docs)
    result = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path / "model")],
        input=json.dumps([[t.text for t in doc] for doc in docs]),
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "empty")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    for doc, (ents, scores, confidence) in zip(docs, json.loads(result.stdout)):
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
    for name, value in [("batch_pieces", 512), ("batch_pieces", 32), ("word_confidence", "mean")]:
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
    assert (found[512][0], found[32][0]) == (8, 1)
    np.testing.assert_allclose(found[512][1], found[32][1], atol=1e-5)
    assert not np.allclose(found[512][1], found["mean"][1], atol=1e-3)
