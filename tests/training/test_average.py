"""The moving average of weights: its arithmetic, and that it is what is evaluated and saved."""

from pathlib import Path

import numpy as np
import pytest
import spacy
from thinc.api import Adam
from tiny import CONFIGS, cnn_config, make_examples, model_config

from spacy_sciner.training.average import Average
from spacy_sciner.training.recipe import Recipe
from spacy_sciner.training.train import train_pipeline


def weights_of(model):
    """Torch's and Thinc's, flat."""
    found = []
    for node in model.walk():
        found += [node.get_param(name).ravel().copy() for name in node.param_names]
        for shim in node.shims:
            found += [p.detach().numpy().ravel().copy() for p in shim.module.parameters()]
    return np.concatenate(found)


@pytest.fixture(params=["cnn", "transformer"])
def nlp(request, tiny_encoder):
    nlp = spacy.blank("en")
    config = cnn_config() if request.param == "cnn" else model_config(tiny_encoder)
    nlp.add_pipe("sciner", config=config)
    nlp.initialize(lambda: make_examples(nlp))
    return nlp


def test_average_by_hand(nlp):
    model = nlp.get_pipe("sciner").model
    average = Average([model], decay=0.25)
    expected = weights_of(model)
    optimizer = Adam(0.01)
    for step in range(1, 4):
        nlp.update(make_examples(nlp), sgd=optimizer, drop=0.0)
        average.update()
        decay = min(0.25, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * weights_of(model)
    last = weights_of(model)
    with average.applied():
        np.testing.assert_allclose(weights_of(model), expected, atol=1e-6)
        assert not np.allclose(expected, last, atol=1e-4)
    np.testing.assert_array_equal(weights_of(model), last)


def test_weights_come_back_after_an_error(nlp):
    model = nlp.get_pipe("sciner").model
    average = Average([model], decay=0.9)
    nlp.update(make_examples(nlp), sgd=Adam(0.01))
    before = weights_of(model)
    with pytest.raises(KeyboardInterrupt), average.applied():
        raise KeyboardInterrupt
    np.testing.assert_array_equal(weights_of(model), before)


def test_what_is_saved_is_the_average(tiny_corpus, tmp_path: Path):
    recipe = Recipe(CONFIGS / "tiny.cfg", epochs=20, learn_rate=0.02, batch_words=32)
    models = {}
    for name, ema in (("none", 0.0), ("some", 0.5), ("again", 0.5), ("much", 0.99)):
        out = tmp_path / name
        train_pipeline(recipe._replace(ema=ema), train=tiny_corpus[0], dev=tiny_corpus[1], out=out)
        models[name] = (out / "sciner/model").read_bytes()
    assert models["some"] == models["again"]
    assert len({models["none"], models["some"], models["much"]}) == 3
    nlp = spacy.load(tmp_path / "some")
    scores = nlp.evaluate(make_examples(nlp))
    assert scores["ents_f"] > 0.9
