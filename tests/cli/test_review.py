"""`sciner review export` and `import`: a person's path, with a tool's export made by hand."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from console import call_sciner
from tiny import gold_docs

from spacy_sciner.cli.review.params import entry_around, with_gold_file
from spacy_sciner.corpus.annotated import standard_tokenizer
from spacy_sciner.corpus.docbin import read_docs
from spacy_sciner.corpus.formats.label_studio_tasks import task_result
from spacy_sciner.settings import GoldFile


def task(doc, paper):
    results = [
        task_result(doc.text, ent.start_char, ent.end_char, ent.label_, name=f"s{n}")
        for n, ent in enumerate(doc.ents)
    ]
    data = {"text": doc.text, "paper": paper}
    return {"data": data, "annotations": [{"completed_by": 1, "result": results}]}


@pytest.fixture
def mine(project, monkeypatch):
    """A corpus of three gold papers and two of the pool, with a trained pipeline."""
    docs = gold_docs()
    folder = project / "assets/mine"
    (folder / "gold").mkdir(parents=True)
    tasks = [task(doc, paper) for doc, paper in zip(docs[:3], ("T", "D", "E"), strict=True)]
    (folder / "gold/tasks.json").write_text(json.dumps(tasks), encoding="utf8")
    (project / "data/parsed").mkdir(parents=True)
    for paper, some in (("P", docs[3:6]), ("Q", docs[6:])):
        lines = [
            {"paper": paper, "paragraph": n, "section": "", "text": doc.text}
            for n, doc in enumerate(some)
        ]
        path = project / f"data/parsed/{paper}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf8")
    text = (project / "params.yaml").read_text()
    text = text.replace("corpus: sample\n", "corpus: mine\n", 1)
    text = text.replace("corpora:\n", CORPUS, 1)
    (project / "params.yaml").write_text(text)
    monkeypatch.chdir(project)
    return project


CORPUS = """\
corpora:
  mine:
    labels: [Dataset, Method, Metric]
    gold:
      - {path: gold/tasks.json, format: label-studio}  # ours
    split: {train: [T], dev: [D], test: [E]}
"""


@pytest.fixture
def sciner(monkeypatch, capfd):
    def sciner(*options):
        return call_sciner(monkeypatch, "review", *options), capfd.readouterr()

    return sciner


def submit(path, change=lambda results: results):
    """What Label Studio exports after a person went through the tasks."""
    tasks = json.loads(Path(path).read_text(encoding="utf8"))
    for n, one in enumerate(tasks):
        results = change(one.pop("predictions")[0]["result"])
        one.update(id=n, annotations=[{"completed_by": 1, "result": results}])
    Path("export.json").write_text(json.dumps(tasks), encoding="utf8")


def texts_in(path):
    return [doc.text for doc in read_docs(path, standard_tokenizer().vocab)]


def test_from_the_pool_to_a_person_and_into_gold(mine, sciner, run_script):
    assert run_script("convert", "--corpus", "mine", cwd=mine).returncode == 0
    pool = texts_in("corpus/pool.spacy")
    pipeline = ("--pipeline", "training/0/model-best")
    code, said = sciner("export", "--n", "2", "--per-paper", "1", *pipeline)
    assert code == 0, said.err
    assert said.out.startswith("✔ 2 paragraphs of 2 papers, ")
    assert "sciner review import EXPORT" in said.out
    shown = json.loads(Path("review/round-1/tasks.json").read_text(encoding="utf8"))
    version = shown[0]["predictions"][0]["model_version"]
    assert version.startswith("iteration-0-")
    assert f"proposed by {version}, in review/round-1/tasks.json" in said.out

    submit("review/round-1/tasks.json", change=lambda results: results[1:])
    code, said = sciner("import", "export.json")
    assert code == 0, said.err
    assert "✔ 2 paragraphs reviewed: 2 new" in said.out
    report = json.loads(Path("review/import.json").read_text(encoding="utf8"))
    n_shown = sum(len(one["predictions"][0]["result"]) for one in shown)
    assert report["entities"]["all"]["kept"] + report["entities"]["all"]["removed"] == n_shown
    assert report["entities"]["all"]["removed"] == 2
    gold = yaml.safe_load(Path("params.yaml").read_text())["corpora"]["mine"]["gold"]
    assert gold[1] == {"path": "review/gold.json", "format": "label-studio", "split": "train"}
    assert "# ours" in Path("params.yaml").read_text()

    done = run_script("convert", "--corpus", "mine", cwd=mine)
    assert done.returncode == 0, done.stderr
    reviewed = {one["data"]["text"] for one in shown}
    assert set(texts_in("corpus/gold/train.spacy")) == {gold_docs()[0].text, *reviewed}
    # The rest of the two papers stays in the pool.
    assert texts_in("corpus/pool.spacy") == [text for text in pool if text not in reviewed]

    code, said = sciner("export", "--n", "9", *pipeline)
    assert code == 0, said.err
    second = json.loads(Path("review/round-2/tasks.json").read_text(encoding="utf8"))
    assert not reviewed & {one["data"]["text"] for one in second}
    submit("review/round-2/tasks.json")
    code, said = sciner("import", "export.json")
    assert f"; {2 + len(second)} in assets/mine/review/gold.json" in said.out
    assert Path("params.yaml").read_text().count("review/gold.json") == 1


def test_what_was_shown_is_shown_again_only_when_asked(mine, sciner, run_script):
    run_script("convert", "--corpus", "mine", cwd=mine)
    options = ("export", "--strategy", "random", "--pipeline", "training/0/model-best")
    assert sciner(*options)[0] == 0
    code, said = sciner(*options)
    assert code == 1
    assert "SCINER-E541: Nothing left to show" in said.err
    assert not Path("review/round-2").exists()
    assert sciner(*options, "--again")[0] == 0
    assert sciner(*options, "--again", "--out", "review/round-1")[1].err.startswith("✘ SCINER-E241")
    code, said = sciner(*options, "--again", "--out", "corpus", "--force")
    assert said.err.startswith("✘ SCINER-E543")
    assert Path("corpus/pool.spacy").exists()
    before = Path("review/round-1/tasks.json").read_bytes()
    assert sciner(*options, "--out", "review/round-1", "--force", "--again")[0] == 0
    assert Path("review/round-1/tasks.json").read_bytes() == before


@pytest.mark.parametrize("file_format", ["prodigy", "doccano"])
def test_other_tools(mine, sciner, run_script, file_format):
    run_script("convert", "--corpus", "mine", cwd=mine)
    options = (
        "--pipeline",
        "training/0/model-best",
        "--format",
        file_format,
        "--out",
        "away/first",
    )
    code, said = sciner("export", *options)
    assert code == 0, said.err
    assert "sciner review import EXPORT --records away" in said.out
    lines = Path("away/first/tasks.jsonl").read_text(encoding="utf8").splitlines()
    answer = {"answer": "accept", "_view_id": "ner_manual"} if file_format == "prodigy" else {}
    exported = [json.dumps({**json.loads(line), **answer, "id": n}) for n, line in enumerate(lines)]
    Path("export.jsonl").write_text("\n".join(exported), encoding="utf8")
    code, said = sciner(
        "import", "export.jsonl", "--records", "away", "--annotator", "ann", "--no-params"
    )
    assert code == 0, said.err
    assert f"✔ {len(lines)} paragraphs reviewed" in said.out
    unopened = "does not say which lines a person has opened"
    assert (unopened in said.err) == (file_format == "doccano")
    assert "Next: add to corpora.mine.gold in params.yaml" in said.out
    assert "review/gold.json" not in Path("params.yaml").read_text()
    entities = json.loads(Path("away/import.json").read_text())["entities"]["all"]
    assert entities["kept"] == sum(entities.values()) > 0
    assert '"completed_by": "ann"' in Path("assets/mine/review/gold.json").read_text()
    # A round elsewhere passes over what those in review/ have shown.
    assert sciner("export", *options[:2], "--out", "else/where")[0] == 0
    shutil.copytree("away", "review")
    assert "SCINER-E541" in sciner("export", *options[:2], "--out", "else/where", "--force")[1].err


@pytest.mark.parametrize("option", ["--strategy", "--format"])
def test_unknown_names(mine, sciner, option):
    code, said = sciner("export", option, "best")
    assert code == 1
    assert f"SCINER-E540: {option} 'best'" in said.err


def test_a_pipeline_of_another_corpus_is_refused(mine, sciner, run_script):
    run_script("convert", "--corpus", "mine", cwd=mine)
    text = Path("params.yaml").read_text().replace("[Dataset, Method, Metric]", "[Method, Task]")
    Path("params.yaml").write_text(text)
    code, said = sciner("export", "--pipeline", "training/0/model-best")
    assert code == 1
    assert "SCINER-E542" in said.err
    assert "does not have: Dataset, Metric" in said.err
    assert not Path("review").exists()


def test_a_pool_of_another_corpus_is_refused(mine, sciner, run_script):
    run_script("convert", "--corpus", "mine", cwd=mine)
    text = Path("params.yaml").read_text().replace("corpus: mine", "corpus: sample", 1)
    Path("params.yaml").write_text(text)
    assert "SCINER-E529" in sciner("export", "--pipeline", "training/0/model-best")[1].err


def test_disagreement_needs_others(mine, sciner, run_script):
    run_script("convert", "--corpus", "mine", cwd=mine)
    options = ("--strategy", "disagreement", "--pipeline", "training/0/model-best")
    assert "SCINER-E539" in sciner("export", *options)[1].err


def test_records_that_are_not_there(mine, sciner):
    Path("export.json").write_text("[]")
    code, said = sciner("import", "export.json", "--records", "reveiw")
    assert code == 1
    assert "SCINER-E563: --records reveiw is no folder" in said.err
    assert not Path("reveiw").exists()


def test_without_a_record_it_is_said_and_there_is_no_table(mine, sciner):
    data = {"text": "We train BERT.", "paper": "Z", "paragraph": 0, "of_pool": True}
    one = {"id": 1, "data": data, "annotations": [{"completed_by": 1, "result": []}]}
    Path("export.json").write_text(json.dumps([one]), encoding="utf8")
    code, said = sciner("import", "export.json")
    assert code == 0
    assert "no round in --records has shown it: 1 (Z/0: 'We train BERT.')" in said.err
    assert "relabelled" not in said.out


def test_an_export_that_was_cut_short(mine, sciner):
    Path("export.json").write_text('[{"id": 1, "data": {"text": "We train BERT."}, "annot')
    code, said = sciner("import", "export.json")
    assert code == 1
    assert "SCINER-E205" in said.err


PARAMS = """\
corpora:
  a:
    gold:
    - path: x.json   # first
      format: conll
    # about the split
    split: {}
  b:
    gold: [{path: y, format: brat}]
  c:
    gold:
        - {path: z, format: brat}"""


def test_an_entry_is_added_and_nothing_else_changes():
    entry = "{path: r.json, format: label-studio, split: train}"
    changed = with_gold_file(PARAMS, "a", "r.json")
    assert changed == PARAMS.replace(
        "      format: conll\n", f"      format: conll\n    - {entry}\n"
    )
    assert with_gold_file(changed, "a", "r.json") == changed
    assert with_gold_file(PARAMS.replace("\n", "\r\n"), "a", "r.json") == changed.replace(
        "\n", "\r\n"
    )
    assert with_gold_file(PARAMS, "c", "r.json") == f"{PARAMS}\n        - {entry}\n"
    assert with_gold_file(PARAMS, "b", "r.json") is None


@pytest.mark.parametrize(
    "text",
    [
        "corpora:\n  a:\n    gold: &gold\n      - {path: x}\n  b:\n    gold: *gold\n",
        "x: &x\n  gold:\n    - {path: x}\ncorpora:\n  a:\n    <<: *x\n  b:\n    <<: *x\n",
        "corpora:\n  a:\n    gold:\n    - {path: x,\n   split: train}\n    exclude: []\n",
    ],
)
def test_where_a_line_would_do_something_else_nothing_is_added(text):
    assert with_gold_file(text, "a", "r.json") is None


@pytest.mark.parametrize(
    ("path", "is_around"),
    [("review", True), ("**/*.json", True), ("*.json", False), ("review/gold.json", False)],
)
def test_an_entry_that_reads_reviewed_gold_beside_its_own_files_is_found(path, is_around):
    gold = [GoldFile(path=name, format="label-studio") for name in ("other.json", path)]
    assert entry_around(gold, "review/gold.json") == (path if is_around else None)


def test_a_pattern_around_reviewed_gold_is_refused_before_anything_is_written(mine, sciner):
    text = (mine / "params.yaml").read_text(encoding="utf8")
    changed = text.replace("{path: gold/tasks.json,", '{path: "**/*.json",')
    (mine / "params.yaml").write_text(changed, encoding="utf8")
    (mine / "export.json").write_text("[]", encoding="utf8")
    code, said = sciner("import", "export.json")
    assert (code, "SCINER-E573" in said.err) == (1, True)
    assert not (mine / "assets/mine/review").exists()
    assert (mine / "params.yaml").read_text(encoding="utf8") == changed


def test_a_corpus_with_a_number_for_a_name_and_a_path_with_a_dot():
    text = "corpora:\n  1:\n    gold:\n    - {path: ./x.json}\n"
    assert with_gold_file(text, "1", "x.json") == text
    assert with_gold_file(text, "1", "y.json").startswith(text)
