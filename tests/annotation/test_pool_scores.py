"""The pool's scores on disk: what they hold, what makes them anew, which pipelines they serve."""

import shutil
from pathlib import Path
from typing import List

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from tiny import CONFIGS, gold_docs, plain

from spacy_sciner.annotation.pool_scores import predict_pool, set_scores
from spacy_sciner.annotation.shards import to_half
from spacy_sciner.corpus.docbin import iter_docs, write_docs
from spacy_sciner.errors import ScinerError
from spacy_sciner.pipeline.sciner import find_sciner
from spacy_sciner.training.recipe import Recipe
from spacy_sciner.training.train import train_pipeline


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """The sentences and an empty paragraph: nine documents."""
    nlp = spacy.blank("en")
    docs: List[Doc] = [plain(nlp, doc) for doc in gold_docs(nlp.vocab)]
    docs.insert(3, Doc(nlp.vocab, words=[]))
    write_docs(tmp_path / "pool.spacy", docs)
    return tmp_path / "pool.spacy"


def files_of(folder: Path) -> List[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_scores_are_the_models_in_the_pools_order(tiny_model, pool, tmp_path):
    scores = predict_pool(tiny_model, pool, tmp_path / "cache", shard=4)
    nlp = spacy.load(tiny_model)
    direct = nlp.get_pipe("sciner").predict(list(iter_docs(pool, nlp.vocab)))
    found = list(scores)
    assert len(scores) == len(found) == 9
    assert found[3].shape == (0, 7)
    for cached, exact in zip(found, direct):
        assert cached.dtype == np.float32
        np.testing.assert_allclose(cached, exact, rtol=1e-3, atol=1e-6)
    assert [len(scores) for scores in found] == [len(doc) for doc in iter_docs(pool, nlp.vocab)]


def test_half_precision_is_finite_and_keeps_the_order_of_magnitude():
    half = to_half(np.array([[-np.inf, -1e9, -0.02, 0.0]], dtype=np.float32))
    assert half.dtype == np.float16
    assert np.isfinite(half).all()
    assert np.exp(half[0, 2].astype(np.float32)) == pytest.approx(np.exp(-0.02), abs=2e-5)
    assert half[0, 3] == 0.0


@pytest.mark.parametrize("changed", ["model", "pool", "shard"])
def test_what_the_scores_depend_on_makes_them_anew(changed, tiny_model, pool, tmp_path):
    cache, model = tmp_path / "cache", tmp_path / "model"
    shutil.copytree(tiny_model, model)
    first = predict_pool(model, pool, cache, shard=4)
    (first.folder / ".00000.safetensors.1.part").write_bytes(b"left by a kill")
    assert predict_pool(model, pool, cache, shard=4).folder == first.folder
    assert files_of(cache) == [f"{first.folder.name}/0000{i}.safetensors" for i in range(3)]
    if changed == "model":
        (model / "meta.json").write_text((model / "meta.json").read_text() + "\n")
    if changed == "pool":
        nlp = spacy.blank("en")
        write_docs(pool, [plain(nlp, doc) for doc in gold_docs(nlp.vocab)])
    second = predict_pool(model, pool, cache, shard=5 if changed == "shard" else 4)
    assert second.folder != first.folder
    assert [path.name for path in cache.iterdir()] == [second.folder.name]  # the old ones are gone


def test_only_missing_shards_are_made(tiny_model, pool, tmp_path):
    scores = predict_pool(tiny_model, pool, tmp_path / "cache", shard=2)
    before = [path.read_bytes() for path in scores.paths]
    scores.paths[1].unlink()
    assert scores.missing == [1]
    kept = scores.paths[0].stat().st_mtime_ns
    predict_pool(tiny_model, pool, tmp_path / "cache", shard=2)
    assert [path.read_bytes() for path in scores.paths] == before
    assert scores.paths[0].stat().st_mtime_ns == kept


def test_an_empty_pool_has_no_scores(tiny_model, tmp_path):
    write_docs(tmp_path / "pool.spacy", [])
    assert list(predict_pool(tiny_model, tmp_path / "pool.spacy", tmp_path / "cache")) == []


def test_a_shared_encoder_before_the_sciner(tiny_corpus, tiny_encoder, pool, tmp_path):
    """configs/listener.cfg: the transformer runs first, and pipes after the sciner run too."""
    recipe = Recipe(CONFIGS / "listener.cfg", 30, 0.02, 32, encoder=str(tiny_encoder))
    model = tmp_path / "model"
    train_pipeline(recipe, train=tiny_corpus[0], dev=tiny_corpus[1], out=model)
    nlp = spacy.load(model)
    ruler = nlp.add_pipe("entity_ruler", last=True)
    ruler.add_patterns([{"label": "Task", "pattern": "nothing"}])
    nlp.to_disk(model)
    docs = set_scores(
        nlp,
        find_sciner(nlp),
        iter_docs(pool, nlp.vocab),
        predict_pool(model, pool, tmp_path / "cache", shard=4),
    )
    expected = list(nlp.pipe(iter_docs(pool, nlp.vocab)))
    for doc, wanted in zip(docs, expected):
        assert [(e.text, e.label_) for e in doc.ents] == [(e.text, e.label_) for e in wanted.ents]
        np.testing.assert_allclose(doc._.sciner_confidence, wanted._.sciner_confidence, atol=1e-3)
    assert {ent.label_ for doc in expected for ent in doc.ents} == {
        "Dataset",
        "Method",
        "Metric",
        "Task",
    }


def test_e316_without_a_sciner(pool, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(tmp_path / "model")
    with pytest.raises(ScinerError, match=r"SCINER-E316.*components: sentencizer"):
        predict_pool(tmp_path / "model", pool, tmp_path / "cache")
