"""Rounds: what is chosen, shown and recorded."""

import json
from dataclasses import replace

import pytest
from tiny import gold_docs, make_doc

from spacy_sciner.corpus.annotated import make_tokenizer
from spacy_sciner.corpus.formats.writing import Losses, prepare
from spacy_sciner.corpus.text import squeezed
from spacy_sciner.errors import ScinerError
from spacy_sciner.pipeline.annotator import scored_entities
from spacy_sciner.review.record import next_round, read_record, read_rounds
from spacy_sciner.review.tasks import Budget, pick, proposals, tasks_of, write_round
from spacy_sciner.training.experiment import load_pipeline

ABOUT = {"corpus": "mine", "model_version": "best-1", "strategy": "entropy", "seed": 0}
LABELS = ["Dataset", "Method", "Metric", "Task"]


@pytest.fixture
def pool():
    docs = [make_doc([t.text for t in gold], vocab=gold.vocab) for gold in gold_docs()]
    for n, doc in enumerate(docs):
        doc.user_data.update(paper=f"P{n % 3}", paragraph=n, section="1 Intro", source="pool")
    return docs


def texts_of(picked):
    return [doc.text for doc, _ in picked]


def test_the_least_sure_come_first_within_the_budget(pool, tiny_model):
    options = {"strategy": "entropy", "members": [tiny_model]}
    every = pick(pool, budget=Budget(tokens=None), **options)
    scores = [score for _, score in every]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) > 1
    first = pick(pool, budget=Budget(tokens=12), **options)
    assert texts_of(first)[0] == texts_of(every)[0]
    assert sum(len(doc) for doc, _ in first) <= 12
    assert texts_of(pick(pool, budget=Budget(None, n=2), **options)) == texts_of(every)[:2]
    papers = [d.user_data["paper"] for d, _ in pick(pool, budget=Budget(None, None, 1), **options)]
    assert sorted(papers) == ["P0", "P1", "P2"]


def test_what_was_seen_is_passed_over_and_random_needs_no_pipeline(pool):
    seen = {squeezed(doc.text) for doc in pool[:5]}
    options = {"strategy": "random", "members": [], "budget": Budget(None)}
    picked = pick(pool, seen=seen, **options)
    assert set(texts_of(picked)) == {doc.text for doc in pool[5:]}
    orders = {tuple(texts_of(pick(pool, seed=seed, **options))) for seed in range(4)}
    assert len(orders) > 1


def test_tasks_have_score_rank_version_and_place(pool, tiny_model):
    picked = [(pool[0], 0.75), (pool[5], 0.5)]
    shown = proposals(picked, load_pipeline(tiny_model), version="best-1")
    with_entities, without = tasks_of(shown)
    assert with_entities["data"] == {
        "text": pool[0].text,
        "paper": "P0",
        "paragraph": 0,
        "section": "1 Intro",
        "score": 0.75,
        "rank": 1,
        "of_pool": True,
    }
    (prediction,) = with_entities["predictions"]
    assert prediction["model_version"] == "best-1"
    assert prediction["score"] == min(r["score"] for r in prediction["result"])
    assert [r["value"]["labels"] for r in prediction["result"]] == [["Method"], ["Dataset"]]
    assert without["predictions"] == [{"model_version": "best-1", "result": []}]


@pytest.mark.parametrize("file_format", ["label-studio", "prodigy", "doccano"])
def test_a_round_is_written_with_its_record(pool, tiny_model, tmp_path, file_format):
    folder = next_round(tmp_path / "review")
    assert folder.name == "round-1"
    nlp = load_pipeline(tiny_model)
    shown = proposals([(pool[0], 0.75), (pool[5], 0.5)], nlp, version="best-1")
    losses = write_round(folder, shown, file_format=file_format, labels=LABELS, about=ABOUT)
    assert ("scores" in losses.counts) == (file_format == "doccano")
    names = {path.name for path in folder.iterdir()}
    if file_format == "label-studio":
        assert names == {"tasks.json", "tasks.config.xml", "record.json"}
        assert 'value="Task"' in (folder / "tasks.config.xml").read_text(encoding="utf8")
        assert json.loads((folder / "tasks.json").read_text(encoding="utf8")) == tasks_of(shown)
    else:
        assert names == {"tasks.jsonl", "record.json"}
        first = json.loads((folder / "tasks.jsonl").read_text(encoding="utf8").splitlines()[0])
        place = first.get("meta", first)
        assert (place["rank"], place["score"], place["of_pool"]) == (1, 0.75, True)
    (found,) = read_rounds(tmp_path / "review")
    assert found.tasks[0].text == pool[0].text
    assert [s[:3] for s in found.tasks[0].spans] == [
        (s.start, s.end, s.label) for s in shown[0].ents
    ]
    assert (found.model_version, found.strategy) == ("best-1", "entropy")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_round(folder, shown, file_format=file_format, labels=LABELS, about=ABOUT)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert next_round(tmp_path / "review").name == "round-2"


def test_offsets_are_code_points(tmp_path):
    doc = make_tokenizer()("𝑥 😀 BERT wins")
    doc.user_data.update(paper="P", paragraph=0, source="best-1")
    doc.set_ents([doc.char_span(4, 8, "Method")])
    pairs = [(doc, scored_entities(doc))]
    shown = list(prepare(pairs, default_paper="P", keep_unknown=True, losses=Losses()))
    shown = [replace(one, more={"score": 1.0, "rank": 1}) for one in shown]
    write_round(tmp_path / "r", shown, file_format="label-studio", labels=LABELS, about=ABOUT)
    ((span,),) = [task.spans for task in read_record(tmp_path / "r/record.json").tasks]
    (task,) = json.loads((tmp_path / "r/tasks.json").read_text(encoding="utf8"))
    value = task["predictions"][0]["result"][0]["value"]
    assert span[:2] == (value["start"], value["end"]) == (4, 8)


@pytest.mark.parametrize("text", ["", "[]", '{"tasks": []}', '{"tasks": [{"text": "x"}]}'])
def test_a_file_that_is_no_record(tmp_path, text):
    (tmp_path / "round-1").mkdir()
    (tmp_path / "round-1/record.json").write_text(text)
    with pytest.raises(ScinerError, match=r"SCINER-E250: .*round-1/record\.json"):
        read_rounds(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"spans": [[0, 99, "Method"]]},
        {"spans": [[-3, 2, "Method"]]},
        {"spans": [[2, 5, "Method"]]},
        {"spans": [["0", 2, "Method"]]},
        {"spans": [[0, 2, None]]},
        {"paragraph": "0"},
        {"text": None},
    ],
)
def test_a_record_that_was_changed_is_refused_before_anything_is_imported(tmp_path, change):
    task = {"paper": "P", "paragraph": 0, "section": "", "text": "We train.", "score": 1.0}
    whole = {**task, "rank": 1, "spans": [[0, 2, "Method", 0.5]]}
    (tmp_path / "round-1").mkdir()
    path = tmp_path / "round-1/record.json"
    about = {"corpus": "mine", "model_version": "v", "strategy": "random"}
    path.write_text(json.dumps({**about, "tasks": [whole]}))
    assert len(read_rounds(tmp_path)) == 1
    path.write_text(json.dumps({**about, "tasks": [whole, {**whole, **change}]}))
    with pytest.raises(ScinerError, match=r"SCINER-E250: .*round-1/record\.json"):
        read_rounds(tmp_path)
