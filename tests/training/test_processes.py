"""Training in two processes: the same steps as one process with twice the batch."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import pytest
import spacy
import srsly
from spacy.training import Example
from tiny import CONFIGS, ents_of, gold_docs, make_doc, plain
from torch import distributed
from warm_python import warm_python

from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.corpus.soft import set_soft
from spacy_sciner.pipeline.objective import Objective
from spacy_sciner.training.processes import Group

from .helpers import files_of

SCRIPT = """
import json, os, signal, sys
from pathlib import Path
from spacy_sciner.training.recipe import Recipe
from spacy_sciner.training.train import train_pipeline
def killed(done):
    if done.epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)

for settings in json.loads(sys.argv[1]):
    recipe = Recipe(Path(settings["config"]), 4, 0.01, settings["batch"], device="cpu",
                    precision="fp32", encoder=settings["encoder"])
    train_pipeline(recipe, train=Path("train.spacy"), dev=Path("dev.spacy"),
                   out=Path(settings["out"]), resume=Path("work") if settings["resume"] else None,
                   report=killed if settings["resume"] == "killed" else lambda done: None)
print("imported:", *{"sympy", "torch._dynamo"}.intersection(sys.modules))
"""
NAMES = ("tiny.cfg", "transformer.cfg")


def make_config(path: Path, name: str, *, dropout: float = 0.0) -> Path:
    """Batches by number of sentences, and the losses of every epoch in a file."""
    config = spacy.util.load_config(CONFIGS / name)
    config["training"]["dropout"] = dropout
    config["training"]["batcher"] = {
        "@batchers": "spacy.batch_by_sequence.v1",
        "size": 2,
        "get_length": None,
    }
    config["training"]["logger"] = {
        "@loggers": "spacy.ConsoleLogger.v3",
        "console_output": False,
        "output_file": str(path.with_suffix(".jsonl")),
        "progress_bar": None,
    }
    if name == "transformer.cfg":
        config["components"]["sciner"]["model"]["window"] = 32
    config.to_disk(path)
    return path


def train_in_processes(
    folder: Path, n: int, trainings: List[Dict[str, Any]]
) -> "subprocess.CompletedProcess[str]":
    """One after the other in the same processes, as callers of the API may want."""
    (folder / "script.py").write_text(SCRIPT)
    start = [sys.executable]
    if n > 1:
        start = [warm_python(), "-m", "torch.distributed.run"]
        start += ["--standalone", f"--nproc_per_node={n}"]
    return subprocess.run(
        [*start, "script.py", json.dumps(trainings)],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        encoding="utf8",
    )


@pytest.fixture(scope="module")
def trained(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each config's pipelines and losses, of one process and of two with half of
    its batch each, these twice."""
    folder = tmp_path_factory.mktemp("processes")
    docs = gold_docs()
    # Batches with different numbers of known tokens, and an odd number of batches.
    docs.append(make_doc(["BERT", "on", "it"], ["B-Method", None, None], vocab=docs[0].vocab))
    docs.append(make_doc(["nothing", "known"], [None, None], vocab=docs[0].vocab))
    write_docs(folder / "train.spacy", docs)
    write_docs(folder / "dev.spacy", docs[:4])
    for n in (1, 2):
        trainings = []
        for name in NAMES:
            config = make_config(folder / f"{n}-{name}", name)
            settings = {"config": str(config), "batch": 4 // n, "encoder": str(tiny_encoder)}
            settings["resume"] = ""
            outs = [f"before-{name}", f"2-{name}.out"] if n == 2 else [f"1-{name}.out"]
            trainings += [{**settings, "out": out} for out in outs]
        done = train_in_processes(folder, n, trainings)
        assert done.returncode == 0, done.stderr
        # torch's compiler would take seconds of every training; torch.distributed.run wants it.
        assert n > 1 or done.stdout.splitlines()[-1] == "imported:"
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_two_processes_have_the_loss_curve_of_one_with_twice_the_batch(name, trained):
    one, two = (
        [
            (row["step"], row["losses"]["sciner"], row["score"])
            for row in srsly.read_jsonl((trained / f"{n}-{name}").with_suffix(".jsonl"))
        ]
        for n in (1, 2)
    )
    assert len(one) == 4
    assert [step for step, _, _ in two] == [step for step, _, _ in one]
    assert [loss for _, loss, _ in two] == pytest.approx([loss for _, loss, _ in one], rel=1e-4)
    assert one[-1][1] < 0.9 * one[0][1]  # it does learn
    nlps = [spacy.load(trained / f"{n}-{name}.out") for n in (1, 2)]
    for gold in gold_docs(nlps[0].vocab):
        found = [ents_of(nlp(plain(nlp, gold))) for nlp in nlps]
        assert found[0] == found[1]


def test_processes_leave_their_pipelines_and_nothing_else(trained):
    expected = {"train.spacy", "dev.spacy", "script.py"}
    for name in NAMES:
        expected |= {f"before-{name}", f"1-{name}.out", f"2-{name}.out", f"1-{name}", f"2-{name}"}
        expected |= {str(Path(f"{n}-{name}").with_suffix(".jsonl")) for n in (1, 2)}
    assert {path.name for path in trained.iterdir()} == expected


def test_killed_processes_go_on_and_end_with_the_same_bytes(trained, tmp_path, tiny_encoder):
    """Each has its own dropout."""
    for name in ("train.spacy", "dev.spacy"):
        shutil.copy(trained / name, tmp_path)
    config = make_config(tmp_path / "some.cfg", "transformer.cfg", dropout=0.3)
    settings = {"config": str(config), "batch": 2, "encoder": str(tiny_encoder)}
    undisturbed = {**settings, "out": "undisturbed", "resume": ""}
    killed = {**settings, "out": "killed", "resume": "killed"}
    assert train_in_processes(tmp_path, 2, [undisturbed, killed]).returncode != 0
    assert not (tmp_path / "killed").exists()
    log = config.with_suffix(".jsonl")
    log.unlink()  # else spaCy writes none
    done = train_in_processes(tmp_path, 2, [{**killed, "resume": "goes on"}])
    assert done.returncode == 0, done.stderr
    assert [row["epoch"] for row in srsly.read_jsonl(log)] == [3, 4]
    assert files_of(tmp_path / "killed") == files_of(tmp_path / "undisturbed")


def test_every_batch_goes_to_one_process():
    docs = gold_docs()
    examples = [Example(plain_of(doc), doc) for doc in docs[:5]]
    batches = [(0, [eg]) for eg in examples] + [(1, [examples[0]]), (1, [examples[4]])]
    taken = [list(Group(rank, 2).share(batches)) for rank in range(2)]
    assert taken[0] == [batches[0], batches[2], batches[4], batches[5]]
    assert taken[1] == [batches[1], batches[3], (0, []), batches[6]]


def test_a_process_weighs_what_its_loss_is_a_mean_of(monkeypatch):
    """Of two; the other's loss is about 30 tokens, then both about none."""
    monkeypatch.setattr(distributed, "all_reduce", lambda total: total.add_(30))
    group = Group(0, 2)
    group.weigh(10)
    assert group.weight == 0.25
    monkeypatch.setattr(distributed, "all_reduce", lambda total: None)
    group.weigh(0)
    assert group.weight == 0.5


@pytest.mark.parametrize(("soft", "n_known"), [(False, 2), (True, 5)])
def test_a_loss_is_a_mean_of_what_has_a_target(tiny_model, soft, n_known):
    """Soft labels say something of what γ left unknown, too."""
    nlp = spacy.load(tiny_model)
    sciner: Any = nlp.get_pipe("sciner")
    sciner.objective = Objective(soft_labels=soft, soft_min=0)
    words = ["we", "train", "BERT", "on", "GLUE"]
    doc = make_doc(words, ["O", None, "B-Method", None, None], vocab=nlp.vocab)
    doc.user_data.update(paper="pool", source="pseudo")
    set_soft(doc, np.full((5, 7), 1 / 7, dtype="f"), sciner.labels)
    sciner.update([Example(plain_of(doc), doc)], sgd=None)
    assert sciner.n_known == n_known


def plain_of(doc):
    return make_doc([token.text for token in doc], None, vocab=doc.vocab)


def test_alone_nothing_changes():
    group = Group(0, 1)
    batches = [(0, [1]), (0, [2]), (1, [3])]
    assert list(group.share(batches)) == batches
    assert group.first_only(lambda: "score") == "score"
    for loss in (1.0, 1.5):  # growing over an epoch
        group.count_losses({"sciner": loss})
    assert group.total_losses() == {"sciner": 1.5}
    group.count_losses({"sciner": 0.25})
    assert group.total_losses() == {"sciner": 0.25}
