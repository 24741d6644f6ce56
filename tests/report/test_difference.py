"""`sciner diff` over files of an evaluation made by hand; a revision is in test_end_to_end."""

import json
import re
import shutil
import subprocess

import pytest
import yaml
from dvc.utils.serialize import dumps_yaml
from spacy.tokens import Doc
from spacy.vocab import Vocab
from tiny import ROOT

from spacy_sciner.cli.diff import diff
from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.errors import ScinerError

VOCAB = Vocab()
WORDS = ["we", "train", "BERT", "on", "SQuAD", "with", "care"]
GOLD = ["O", "O", "B-MethodName", "O", "B-DatasetName", "O", "O"]
NOTHING = ["O"] * len(WORDS)
WRONG = ["O", "O", "B-DatasetName", "O", "O", "O", "O"]


def docs(*tags):
    found = []
    for i, ents in enumerate(tags):
        doc = Doc(VOCAB, words=WORDS, ents=ents)
        doc.user_data.update(paper=f"P{i}", paragraph=3)
        found.append(doc)
    return found


def evaluated(k, right, tags, n_gold=2):
    counts = {"P0": [{"MethodName": [right, 2, n_gold]}], "P1": [{"MethodName": [1, 2, 2]}]}
    write_docs(f"evaluation/iteration-{k}.spacy", docs(*tags))
    with open(f"evaluation/iteration-{k}.json", "w") as file:
        json.dump({"papers": {"dev": counts, "test": counts}}, file)


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "params.yaml", "params.yaml")
    for folder in ("evaluation", "corpus/gold", "corpus/iteration-1", "corpus/iteration-2"):
        (tmp_path / folder).mkdir(parents=True)
    write_docs("corpus/gold/test.spacy", docs(GOLD, GOLD))
    write_docs("corpus/iteration-1/pseudo.spacy", docs(WRONG, NOTHING, GOLD))
    write_docs("corpus/iteration-2/pseudo.spacy", docs(GOLD, GOLD, GOLD))
    evaluated(0, 0, [NOTHING, WRONG])
    evaluated(1, 1, [GOLD, WRONG])
    evaluated(2, 2, [GOLD, GOLD])
    return tmp_path


def table(text, heading):
    """The rows below a heading, by their first cell."""
    block = text[text.index(heading) :].split("\n\n")[0].splitlines()[3:]
    rows = [re.split(r"  +", row) for row in block]
    return {row[0]: row[1:] for row in rows}


def test_scores_entities_and_settings(project, capsys):
    diff("1", "2", html=project / "diff.html", examples=1)
    out = capsys.readouterr().out
    assert out.startswith("iteration 1 → iteration 2\n")
    assert table(out, "F1 on 2 test papers")["all"][:4] == ["4", "0.500", "0.750", "+0.250"]
    test = table(out, "Entities predicted in the test papers")
    assert test["DatasetName"] == ["1", "1 (1 are)", "0", "1 (0 were, 1 are)", "0"]
    pool = table(out, "Entities of the pool that each learnt from (accepted labels)")
    assert pool["DatasetName"] == ["1", "2", "0", "1", "0"]
    assert "relabelled DatasetName → MethodName, right now (P1 ¶3): we train {[BERT]} on" in out
    assert 'prev: "0" → "1"' in out
    assert max(map(len, out.splitlines())) <= 100
    assert "<li>relabelled DatasetName → MethodName" in " ".join(
        (project / "diff.html").read_text(encoding="utf8").replace("<li>  ", "<li>").split("\n")
    )


def test_iteration_0_has_no_pool_and_is_trained_by_another_section(project, capsys):
    diff("0", "1")
    out = capsys.readouterr().out
    assert "iteration 0 learns from none, so there is nothing to compare" in out
    assert "training.epochs: 10 → 2" in out
    assert "training.config" not in out  # of both


def test_settings_are_those_that_the_stages_ran_with(project, capsys):
    params = yaml.safe_load((project / "params.yaml").read_text())
    ran = {
        "train": {"train": {**params["train"], "epochs": 7}},
        "retrain@1": {"retrain": {**params["retrain"], "epochs": 4}},
        "evaluate@1": {"evaluate.bootstrap": 50},
    }
    stages = {name: {"cmd": "x", "params": {"params.yaml": made}} for name, made in ran.items()}
    (project / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))
    diff("0", "1")
    out = capsys.readouterr().out
    assert "training.epochs: 7 → 4" in out
    assert "evaluate.bootstrap: 1000 → 50" in out
    # Of another release: what params.yaml says has to do.
    (project / "dvc.lock").write_text("stages: {train: {params: {params.yaml: {train: {old: 1}}}}}")
    diff("0", "1")
    assert "training.epochs: 10 → 2" in capsys.readouterr().out
    # As DVC writes a label that YAML 1.1 reads as false; and as Git leaves it in a conflict.
    corpora = {"sample": {"labels": ["NO"], "gold": [], "split": {"dev": 0.2}}}
    run = {"params": {"params.yaml": {"corpora": corpora, "train.epochs": 3}}}
    (project / "dvc.lock").write_text(dumps_yaml({"stages": {"train": run}}))
    assert "- NO\n" in (project / "dvc.lock").read_text()
    diff("0", "1")
    assert "training.epochs: 3 → 2" in capsys.readouterr().out
    (project / "dvc.lock").write_text("<<<<<<< HEAD\nstages: {}\n=======\n")
    with pytest.raises(ScinerError, match=r"SCINER-E502: dvc\.lock"):
        diff("0", "1")


def test_json_has_it_all(project, capsys):
    diff("1", "2", as_json=True, examples=2)
    found = json.loads(capsys.readouterr().out)
    assert found["scores"]["dev"]["changes"]["f1"]["change"] == pytest.approx(0.25)
    assert found["test"]["types"]["DatasetName"]["relabelled"]["is_right"] == 1
    assert found["test"]["examples"][0]["text"] == "we train BERT on [SQuAD] with care"


def test_papers_whose_gold_changed_are_left_out_and_counted(project, capsys):
    evaluated(2, 2, [GOLD, GOLD], n_gold=3)
    diff("1", "2")
    out = capsys.readouterr().out
    assert "F1 on 1 test papers (1 left out: their gold is not the same)" in out


def test_without_a_paper_in_common_no_score_is_shown(project, capsys):
    counts = {"Q0": [{"MethodName": [1, 2, 2]}]}
    path = project / "evaluation/iteration-2.json"
    path.write_text(json.dumps({"papers": {"dev": counts, "test": counts}}))
    diff("1", "2", html=project / "diff.html")
    out = capsys.readouterr().out
    assert table(out, "F1 on 0 test papers (3 left out: their gold is not the same)") == {}
    assert "0.000" not in out


def test_what_cannot_be_compared(project):
    with pytest.raises(ScinerError, match=r"E401: evaluation/iteration-7\.json is missing"):
        diff("1", "7")
    with pytest.raises(ScinerError, match=r"E517: 'no-such-tag' is no iteration's number"):
        diff("no-such-tag", "1")


def test_paragraphs_that_are_not_on_both_sides_are_counted(project, capsys):
    write_docs("corpus/iteration-2/pseudo.spacy", docs(GOLD, GOLD)[1:])
    write_docs("evaluation/iteration-2.spacy", docs(GOLD))
    diff("1", "2", html=project / "diff.html")
    out = " ".join(capsys.readouterr().out.split())
    said = "paragraphs left out: not on both sides, word for word"
    assert f"are right); 1 {said}" in out
    assert f"(accepted labels); 2 {said}" in out
    assert said in (project / "diff.html").read_text(encoding="utf8")
    write_docs("corpus/gold/test.spacy", docs())
    diff("1", "1")
    assert f"are right); 2 {said}" in " ".join(capsys.readouterr().out.split())


def test_an_evaluation_that_was_cut_short(project):
    (project / "evaluation/iteration-2.json").write_text('{"papers": ')
    with pytest.raises(ScinerError, match=r"E558: evaluation/iteration-2\.json is not the JSON"):
        diff("1", "2")


def git(*arguments):
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("path", "text", "match"),
    [
        ("metrics/iterations.json", "[]", r"E557: Revision HEAD .*is no list of iterations"),
        ("metrics/iterations.json", "{", r"E557: Revision HEAD .*is no list of iterations"),
        ("metrics/iterations.json", "[{}]", r"E557: Revision HEAD .*is no list of iterations"),
        ("dvc.yaml", "a: [", r"E557: Revision HEAD cannot be compared: .*dvc\.yaml"),
        ("params.yaml", "a: [", r"E557: Revision HEAD cannot be compared: .*params\.yaml"),
    ],
)
def test_a_revision_whose_files_are_broken(project, monkeypatch, path, text, match):
    (project / "metrics").mkdir()
    (project / "metrics/iterations.json").write_text('[{"iteration": 1}]')
    (project / "dvc.yaml").write_text("stages: {}\n")
    (project / ".dvc").mkdir()
    (project / path).write_text(text)
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "broken")
    shutil.copy(ROOT / "params.yaml", "params.yaml")
    with pytest.raises(ScinerError, match=match):
        diff("1", "HEAD")


@pytest.fixture
def committed(project):
    """Iteration 1 in Git, which DVC reads as it reads its cache; and as two experiments of DVC."""
    (project / "metrics").mkdir()
    (project / "metrics/iterations.json").write_text('[{"iteration": 1}]')
    (project / ".dvc").mkdir()
    (project / ".dvc/config").touch()
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "measured")
    git("update-ref", f"refs/exps/ab/{'c' * 38}/four", "HEAD")
    git("update-ref", f"refs/exps/ab/{'c' * 38}/twenty-four", "HEAD")
    return project


def test_an_experiment_of_dvc_is_a_side_by_its_name(committed, capsys):
    diff("1", "four")
    assert capsys.readouterr().out.startswith("iteration 1 → four (iteration 1)\n")
    for name in ("our", "*", "ab/four"):
        with pytest.raises(ScinerError, match=r"E517: .* no experiment of DVC: .*`dvc exp"):
            diff("1", name)


def test_a_revision_may_be_digits_alone(committed, capsys):
    """As the first seven of a hash in 27 are, and `dvc exp show` names an experiment by them."""
    git("tag", "7302930")
    diff("1", "7302930")
    assert capsys.readouterr().out.startswith("iteration 1 → 7302930 (iteration 1)\n")
