"""Training for epochs with spaCy's loop: what it writes, when it stops, what it refuses."""

import re
import shutil
from pathlib import Path
from typing import Any, List

import pytest
import spacy
from spacy.util import registry
from thinc.api import Config
from tiny import CONFIGS, LABELS, ents_of, gold_docs, make_doc, make_examples, plain

from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.errors import ScinerError
from spacy_sciner.pipeline.sciner import SciNER
from spacy_sciner.training.loop import EpochDone
from spacy_sciner.training.recipe import Recipe, configure
from spacy_sciner.training.schedule import add_schedule, batch_size
from spacy_sciner.training.train import train_pipeline

from .helpers import Corpus, files_of, make_recipe, train

# spans.cfg has no sciner: spaCy's own loop trains it, see tests/pipeline/test_spans.py.
CONFIG_NAMES = sorted({path.name for path in CONFIGS.glob("*.cfg")} - {"spans.cfg"})


@pytest.fixture(scope="module")
def trained(tiny_corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained") / "model-best"
    assert train(tiny_corpus, out)["score"] == 1.0
    return out


@pytest.mark.parametrize("config", CONFIG_NAMES)
def test_every_config_trains_a_pipeline(config, tiny_corpus, tiny_encoder, tmp_path):
    shutil.copytree(tiny_encoder, tmp_path / "encoder")
    path = tmp_path / config
    # The tiny encoder has 64 positions.
    path.write_text((CONFIGS / config).read_text().replace("window = 256", "window = 32"))
    recipe = make_recipe(epochs=30, encoder=str(tmp_path / "encoder"))._replace(config=path)
    out = tmp_path / "model-best"
    result = train_pipeline(recipe, train=tiny_corpus[0], dev=tiny_corpus[1], out=out)
    assert result["score"] > 0.8
    shutil.rmtree(tmp_path / "encoder")
    nlp = spacy.load(out)
    assert nlp.get_pipe("sciner").labels == tuple(LABELS)
    scores = nlp.evaluate(make_examples(nlp))
    assert scores["ents_f"] > 0.8
    assert nlp.meta["performance"]["ents_f"] == pytest.approx(result["score"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "[components]\n[components.spancat]\nfactory = 'x'\n",
            "no component sciner (components: spancat)",
        ),
        ("[components]\n[components.sciner]\nfactory = 'sciner'\n", "no section [nlp]"),
        ("labels: [A, B]\n", "it is no config"),
        ("[nlp]\nlang = 'en'\n", "no component sciner (components: none)"),
    ],
)
def test_a_config_that_trains_no_sciner_is_refused(text, reason, tiny_corpus, tmp_path):
    path = tmp_path / "own.cfg"
    path.write_text(text)
    recipe = make_recipe()._replace(config=path)
    with pytest.raises(ScinerError, match=f"E561: train.config is {path}.*{re.escape(reason)}"):
        train_pipeline(recipe, train=tiny_corpus[0], dev=tiny_corpus[1], out=tmp_path / "model")


def test_steps_are_epochs_times_batches(tiny_corpus: Corpus, tmp_path: Path):
    n_words = sum(map(len, gold_docs()))
    steps = {
        (epochs, words): train(tiny_corpus, tmp_path / "m", epochs=epochs, batch_words=words)
        for epochs, words in [(1, 32), (3, 32), (1, 7), (1, 10 * n_words)]
    }
    found = {key: result["steps"] for key, result in steps.items()}
    # 8 sentences of 5 to 7 words: two batches of 32 padded words, one each, one for all.
    assert found == {(1, 32): 2, (3, 32): 6, (1, 7): 8, (1, 10 * n_words): 1}
    assert [result["epochs"] for result in steps.values()] == [1, 3, 1, 1]


def test_batches_grow_with_the_data(tiny_corpus: Corpus, tmp_path: Path):
    """The sample's 6,557 words, SciERC's 45,412 and acl's 83,107, and what a person asks for."""
    sizes = [batch_size("auto", n, epochs=10) for n in (0, 6557, 45412, 83107, 10**7)]
    assert sizes == [256, 256, 568, 1024, 1024]
    assert batch_size("auto", 83107, epochs=10, n_processes=2) == 519  # 1,038 of both
    assert batch_size(64, 10**7, epochs=10) == 64
    told: List[EpochDone] = []
    result = train(tiny_corpus, tmp_path / "m", epochs=3, batch_words="auto", report=told.append)
    assert (result["steps"], {one.batch_words for one in told}) == (3, {256})


def test_little_data_is_gone_through_until_there_are_enough_steps(
    tiny_corpus: Corpus, tmp_path: Path
):
    # Two batches an epoch: 3 epochs of 4 passes are the fewest with 20 steps.
    told: List[EpochDone] = []
    result = train(
        tiny_corpus, tmp_path / "m", epochs=3, batch_words=32, min_steps=20, report=told.append
    )
    assert (result["epochs"], result["steps"]) == (3, 24)
    assert [(one.epoch, one.n_epochs, one.steps) for one in told] == [(k, 3, 8) for k in (1, 2, 3)]
    assert result["score"] == max(one.score for one in told) == told[-1].best
    enough = train(tiny_corpus, tmp_path / "m", epochs=3, batch_words=32, min_steps=6)
    assert enough["steps"] == 6


def test_the_learning_rate_is_the_recipes(tiny_corpus: Corpus, tmp_path: Path):
    slow = train(tiny_corpus, tmp_path / "slow", learn_rate=1e-6)
    assert slow["score"] < 0.5  # `trained` reaches 1.0 with 0.02


def test_a_constant_rate_stays_constant(tiny_corpus: Corpus, tmp_path: Path):
    config = Config().from_disk(CONFIGS / "tiny.cfg", interpolate=False)
    config["training"]["optimizer"]["learn_rate"] = {"@schedules": "constant.v1", "rate": 1.0}
    config.to_disk(tmp_path / "constant.cfg")
    rates = {}
    for path in (tmp_path / "constant.cfg", CONFIGS / "tiny.cfg"):
        recipe = make_recipe(learn_rate=0.01)._replace(config=path)
        planned = configure(recipe, train=tiny_corpus[0], dev=tiny_corpus[1], start=None)
        add_schedule(planned, recipe)
        schedule = registry.resolve({"a": planned["training"]["optimizer"]["learn_rate"]})["a"]
        rates[path.stem] = [next(schedule) for _ in range(4)]
    assert rates["constant"] == [0.01] * 4
    assert len(set(rates["tiny"])) == 4


def test_nothing_but_the_pipeline_is_left_behind(trained: Path):
    assert [p.name for p in trained.parent.iterdir()] == ["model-best"]
    assert spacy.load(trained).pipe_names == ["sciner"]


@pytest.mark.parametrize("config", ["tiny.cfg", "transformer.cfg", "crf.cfg"])
def test_the_same_seed_gives_the_same_files(config, tiny_corpus, tiny_encoder, tmp_path):
    path = tmp_path / config
    path.write_text((CONFIGS / config).read_text().replace("window = 256", "window = 32"))
    found = {}
    for name, seed in [("a", 1), ("b", 1), ("c", 2)]:
        recipe = make_recipe(epochs=2, encoder=str(tiny_encoder), seed=seed)
        train_pipeline(
            recipe._replace(config=path),
            train=tiny_corpus[0],
            dev=tiny_corpus[1],
            out=tmp_path / name,
        )
        found[name] = files_of(tmp_path / name)
    assert list(found["a"]) == list(found["b"])
    for name, content in found["a"].items():
        assert content == found["b"][name], name
    assert found["a"]["sciner/model"] != found["c"]["sciner/model"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("existing", [False, True])
def test_interrupted_training_leaves_what_was_there(
    tiny_corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error, existing
):
    out = tmp_path / "models" / "model-best"
    if existing:
        train(tiny_corpus, out, epochs=1)
    before = files_of(out)
    calls = []
    get_loss = SciNER.get_loss

    def interrupted(self: SciNER, *args: Any) -> Any:
        calls.append(1)
        if len(calls) == 5:  # in the third epoch, with a best model already on disk
            raise error
        return get_loss(self, *args)

    monkeypatch.setattr(SciNER, "get_loss", interrupted)
    with pytest.raises(error):
        train(tiny_corpus, out, epochs=5)
    assert files_of(out) == before
    assert [p.name for p in out.parent.iterdir()] == (["model-best"] if existing else [])


@pytest.mark.parametrize("config", ["tiny.cfg", "transformer.cfg", "listener.cfg"])
def test_a_warm_start_goes_on_from_a_trained_pipeline(config, tiny_corpus, tiny_encoder, tmp_path):
    path = tmp_path / config
    path.write_text((CONFIGS / config).read_text().replace("window = 256", "window = 32"))
    corpus = {"train": tiny_corpus[0], "dev": tiny_corpus[1]}
    recipe = make_recipe(epochs=30, encoder=str(tiny_encoder))._replace(config=path)
    train_pipeline(recipe, **corpus, out=tmp_path / "first")
    short = recipe._replace(epochs=1, learn_rate=1e-4, encoder="no/longer/needed")
    warm = train_pipeline(short, **corpus, out=tmp_path / "warm", start=tmp_path / "first")
    fresh = train_pipeline(
        short._replace(encoder=str(tiny_encoder)), **corpus, out=tmp_path / "fresh"
    )
    assert warm["score"] > 0.8 > fresh["score"]
    nlp = spacy.load(tmp_path / "warm")
    assert nlp.meta["performance"]["sciner_loss"] < 1.0
    # It did train: the weights are not those it began with.
    before, after = files_of(tmp_path / "first"), files_of(tmp_path / "warm")
    assert before["sciner/model"] != after["sciner/model"]


def test_pseudo_labels_with_unknown_tokens_train(tmp_path: Path, tiny_corpus: Corpus):
    docs = gold_docs()
    docs[2] = make_doc(
        ["on", "GLUE", "the", "F1", "of", "BERT", "drops"],
        [None, "B-Dataset", None, None, None, None, "O"],
        vocab=docs[0].vocab,
    )
    docs.append(make_doc(["all", "unknown"], None, vocab=docs[0].vocab))
    write_docs(tmp_path / "merged.spacy", docs)
    train((tmp_path / "merged.spacy", tiny_corpus[1]), tmp_path / "model")
    nlp = spacy.load(tmp_path / "model")
    gold = gold_docs(nlp.vocab)[2]
    assert ents_of(nlp(plain(nlp, gold))) == ents_of(gold)  # learnt from the other sentences


def test_device_and_precision_are_the_recipes(tiny_corpus, tiny_encoder, tmp_path):
    path = tmp_path / "transformer.cfg"
    text = (CONFIGS / "transformer.cfg").read_text()
    path.write_text(text.replace("window = 256", "window = 32"))
    recipe = make_recipe(epochs=1, encoder=str(tiny_encoder), precision="bf16")
    train_pipeline(
        recipe._replace(config=path), train=tiny_corpus[0], dev=tiny_corpus[1], out=tmp_path / "m"
    )
    model = spacy.load(tmp_path / "m").config["components"]["sciner"]["model"]
    assert (model["device"], model["precision"]) == ("cpu", "bf16")


def test_e313_without_examples(tiny_corpus: Corpus, tmp_path: Path):
    write_docs(tmp_path / "empty.spacy", [make_doc([], [], vocab=spacy.blank("en").vocab)])
    with pytest.raises(ScinerError, match=r"SCINER-E313.*empty\.spacy"):
        train((tmp_path / "empty.spacy", tiny_corpus[1]), tmp_path / "m")


def test_e313_without_dev_examples(tiny_corpus: Corpus, tmp_path: Path):
    write_docs(tmp_path / "empty.spacy", [])
    with pytest.raises(ScinerError, match=r"SCINER-E313.*empty\.spacy"):
        train((tiny_corpus[0], tmp_path / "empty.spacy"), tmp_path / "m")


def test_e201_without_a_training_file(tiny_corpus: Corpus, tmp_path: Path):
    with pytest.raises(ScinerError, match=r"SCINER-E201.*nothing\.spacy"):
        train((tmp_path / "nothing.spacy", tiny_corpus[1]), tmp_path / "m")


def test_e314_without_the_pipeline_of_a_warm_start(tiny_corpus: Corpus, tmp_path: Path):
    with pytest.raises(ScinerError, match=r"SCINER-E314.*nothing/config\.cfg"):
        train(tiny_corpus, tmp_path / "m", start=tmp_path / "nothing")


def test_e561_without_a_training_config(tiny_corpus: Corpus, tmp_path: Path):
    with pytest.raises(ScinerError, match=r"SCINER-E561.*nothing\.cfg.* no such file"):
        train(tiny_corpus, tmp_path / "m", config="nothing.cfg")


def test_a_warm_start_that_makes_it_worse_does_not_pass_for_no_change(
    tiny_model: Path, tiny_corpus: Corpus, tmp_path: Path
):
    """The pipeline it starts from is no candidate for the best epoch."""
    nothing = gold_docs()
    for doc in nothing:
        doc.set_ents([])
    write_docs(tmp_path / "train.spacy", nothing)
    recipe = Recipe(CONFIGS / "tiny.cfg", epochs=3, learn_rate=0.05, batch_words=32)
    out = tmp_path / "out"
    result = train_pipeline(
        recipe, train=tmp_path / "train.spacy", dev=tiny_corpus[1], out=out, start=tiny_model
    )
    before, after = spacy.load(tiny_model), spacy.load(out)
    assert len(before("we train BERT on SQuAD .").ents) == 2
    assert len(after("we train BERT on SQuAD .").ents) == 0
    assert result["score"] < 0.5
