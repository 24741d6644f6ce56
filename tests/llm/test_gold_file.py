"""Closed questions: the labels of a corpus, as a gold file that `convert` reads back."""

import json
import sys

import pytest
from chat_server import KEY, chatting, url_of
from stage_project import make_settings

from spacy_sciner.cli import main
from spacy_sciner.corpus.annotated import make_vocab
from spacy_sciner.corpus.convert import convert_corpus
from spacy_sciner.corpus.docbin import read_docs
from spacy_sciner.corpus.formats.jsonl import read_jsonl
from spacy_sciner.corpus.pool import PoolParagraph
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError
from spacy_sciner.llm.cache import AnswerCache, Reply
from spacy_sciner.llm.client import Endpoint
from spacy_sciner.llm.run import Question, annotate

MEANINGS = {"MethodName": "A method.", "TaskName": "A task."}
ANSWER = "beam search <> MethodName\n🦜 parsing <> task name\nBERT <> MethodName\nwe <> Nobody"
TEXT = "In 𝑥 we use beam search for 🦜 parsing, and beam search again."


def paragraph(n, text, paper="q1"):
    return PoolParagraph(paper, n, "Intro", text)


@pytest.fixture
def closed(tmp_path):
    """Annotate paragraphs into a file of a corpus' folder."""

    def closed(*paragraphs, answer=ANSWER):
        with chatting(answer=answer) as server:
            endpoint = Endpoint(url_of(server), KEY)
            question = Question("tiny", {}, MEANINGS)
            cache = AnswerCache(tmp_path / "cache")
            out = tmp_path / "assets/c/llm.jsonl"
            found = annotate(paragraphs, question, endpoint, cache=cache, out=out)
            return found, server.seen

    return closed


def test_an_answer_that_was_cut_off_is_no_gold(closed, tmp_path):
    outcome, _ = closed(paragraph(0, "long text of BERT and GLUE"), paragraph(3, TEXT))
    lines = (tmp_path / "assets/c/llm.jsonl").read_text(encoding="utf8").splitlines()
    assert [json.loads(line)["meta"]["paragraph"] for line in lines] == [3]
    assert outcome.counts["cut off answers"] == 1


def test_labels_and_meanings_are_asked_for_and_places_found(closed, tmp_path):
    outcome, seen = closed(paragraph(3, TEXT))
    instructions = seen[0]["messages"][0]["content"]
    assert "- MethodName: A method.\n- TaskName: A task.\n" in instructions
    (line,) = (tmp_path / "assets/c/llm.jsonl").read_text(encoding="utf8").splitlines()
    record = json.loads(line)
    assert [(s["text"], s["label"]) for s in record["spans"]] == [
        ("we", "_unknown_"),
        ("beam search", "MethodName"),
        ("🦜 parsing", "TaskName"),
        ("beam search", "MethodName"),
    ]
    assert all(TEXT[s["start"] : s["end"]] == s["text"] for s in record["spans"])
    place = {"paper": "q1", "paragraph": 3, "section": "Intro", "source": "llm"}
    # BERT is not in the text: it was meant, and stands where nobody knows.
    assert record["meta"] == {**place, "partial": True}
    counts = outcome.counts
    assert (counts["entities"], counts["not found"], counts["unknown label"]) == (3, 1, 1)


def test_a_paragraph_without_entities_is_one_and_an_unreadable_answer_is_none(closed, tmp_path):
    closed(paragraph(0, TEXT), answer="none")
    assert json.loads((tmp_path / "assets/c/llm.jsonl").read_text(encoding="utf8"))["spans"] == []
    outcome, _ = closed(paragraph(1, f"{TEXT} Yes."), answer="I cannot do that.")
    assert (outcome.lines, outcome.counts["malformed answers"]) == ([], 1)


@pytest.mark.parametrize("row", ["beam search <> Algorithm", "BERT <> MethodName"])
def test_an_answer_of_which_nothing_can_be_used_is_no_gold(closed, tmp_path, row):
    outcome, _ = closed(paragraph(3, TEXT), answer=row)
    assert not (tmp_path / "assets/c/llm.jsonl").exists()
    assert outcome.counts["unusable answers"] == 1
    (entry,) = outcome.to_dict()["unusable"]
    assert (entry["paper"], entry["paragraph"], entry["lines"]) == ("q1", 3, [row])


@pytest.mark.parametrize(
    ("answer", "partial"),
    [
        ("beam search <> MethodName", False),
        ("none", False),
        ("beam search <> MethodName\nbeam searches <> MethodName", True),
        ("beam search <> MethodName\nparsing, a task", True),
        # All of it is part of another entity: nothing is without a place.
        ("beam search <> MethodName\nbeam <> MethodName", False),
    ],
)
def test_words_are_known_to_be_no_entity_only_if_every_entity_has_its_place(
    closed, tmp_path, answer, partial
):
    outcome, _ = closed(paragraph(3, TEXT), answer=answer)
    assert outcome.counts["partial"] == partial
    for touched in ({}, {"_view_id": "ner_manual", "_annotator_id": "2026-11-29_10-00-00"}):
        (line,) = (tmp_path / "assets/c/llm.jsonl").read_text(encoding="utf8").splitlines()
        (tmp_path / "back.jsonl").write_text(json.dumps({**json.loads(line), **touched}))
        (read,) = read_jsonl(tmp_path / "back.jsonl", file="back.jsonl", repairs=Repairs())
        assert read.is_partial == (partial and not touched)  # who corrects it reads it all


@pytest.mark.parametrize("reason", ["content_filter", "LENGTH", "max_tokens"])
def test_what_has_no_end_of_its_own_is_cut_off(tmp_path, monkeypatch, reason):
    reply = Reply("beam search <> MethodName\n🦜 par", reason, 1, 1)
    monkeypatch.setattr(AnswerCache, "load", lambda self, request: reply)
    question, cache = Question("tiny", {}, MEANINGS), AnswerCache(tmp_path / "cache")
    found = annotate(
        [paragraph(3, TEXT)], question, Endpoint("x"), cache=cache, out=tmp_path / "llm.jsonl"
    )
    assert (found.lines, found.counts["cut off answers"]) == ([], 1)


def test_what_a_person_has_made_of_the_file_is_not_replaced(closed, tmp_path):
    closed(paragraph(3, TEXT))
    out = tmp_path / "assets/c/llm.jsonl"
    written = out.read_text(encoding="utf8")
    closed(paragraph(3, TEXT), paragraph(4, f"{TEXT} Twice."))  # its own, which goes on
    assert len(out.read_text(encoding="utf8").splitlines()) == 2
    by_ann = json.dumps({**json.loads(written), "_annotator_id": "ann"}) + "\n"
    corrected = {**json.loads(written), "spans": []}
    report = out.with_name("llm.report.json")
    for content, has_report in ((json.dumps(corrected), True), (written + by_ann, False)):
        out.write_text(content, encoding="utf8")
        if not has_report:
            report.unlink()
        with pytest.raises(ScinerError, match=r"SCINER-E353: .*somebody has worked on it since"):
            closed(paragraph(3, TEXT))
        assert out.read_text(encoding="utf8") == content


def test_what_a_kill_left_is_its_own(closed, tmp_path, monkeypatch):
    closed(paragraph(3, TEXT))
    out = tmp_path / "assets/c/llm.jsonl"
    for name in ("write_text", "_take"):  # before the new file is there
        monkeypatch.setattr(f"spacy_sciner.llm.run.{name}", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            closed(paragraph(3, TEXT), paragraph(4, f"{TEXT} Twice."))
        monkeypatch.undo()
        closed(paragraph(3, TEXT))
    written = out.read_text(encoding="utf8")
    report = json.loads(out.with_name("llm.report.json").read_text(encoding="utf8"))
    monkeypatch.setattr("spacy_sciner.llm.run.Outcome.to_dict", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        closed(paragraph(3, TEXT), paragraph(4, f"{TEXT} Twice."))
    monkeypatch.undo()
    assert out.read_text(encoding="utf8") != written
    closed(paragraph(3, TEXT))
    assert json.loads(out.with_name("llm.report.json").read_text(encoding="utf8")) == report


def test_white_space_of_the_text_is_no_matter(closed, tmp_path):
    text = "We use beam\u00a0search for\r\ngreedy  parsing."
    answer = "beam search <> TaskName\ngreedy parsing <> TaskName"
    outcome, seen = closed(paragraph(0, text), answer=answer)
    assert seen[0]["messages"][1]["content"] == text.replace("\r\n", " ")
    assert [s["text"] for s in outcome.lines[0]["spans"]] == ["beam\u00a0search", "greedy  parsing"]


def test_convert_reads_it_back_with_its_source(closed, tmp_path):
    parsed = tmp_path / "parsed"
    parsed.mkdir()
    rows = [{"paper": "q1", "paragraph": n, "text": f"{TEXT} Number {n}."} for n in range(3)]
    (parsed / "q1.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    closed(paragraph(1, rows[1]["text"]))
    for split in ("train", "dev", "test"):
        gold = {"text": f"Of the {split} papers.", "spans": [], "answer": "accept"}
        (tmp_path / f"assets/c/{split}.jsonl").write_text(json.dumps(gold), encoding="utf8")
    files = [("llm", "train"), *((split, split) for split in ("train", "dev", "test"))]
    gold = [{"path": f"{name}.jsonl", "format": "prodigy", "split": split} for name, split in files]
    settings = make_settings(corpora={"c": {"labels": list(MEANINGS), "gold": gold}})
    out = tmp_path / "corpus"
    convert_corpus("c", settings=settings, assets=tmp_path / "assets", parsed=parsed, out=out)
    llm, human = read_docs(out / "gold/train.spacy", make_vocab())
    assert (llm.user_data["source"], human.user_data["source"]) == ("llm", "gold")
    assert (llm.user_data["paper"], llm.user_data["paragraph"]) == ("q1", 1)
    assert [(e.text, e.label_) for e in llm.ents] == [
        ("beam search", "MethodName"),
        ("🦜 parsing", "TaskName"),
        ("beam search", "MethodName"),
    ]
    assert (llm[2].text, llm[2].ent_iob_) == ("we", "")  # of a label that was not asked for
    assert {t.ent_iob_ for t in llm if not t.ent_type_} == {""}  # one entity has no place
    pool = read_docs(out / "pool.spacy", make_vocab())
    assert [doc.user_data["paragraph"] for doc in pool] == [0, 2]


def test_the_command_takes_labels_and_meanings_of_the_corpus(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    schema = "labels:\n  MethodName: What is called by a name.\n"
    (tmp_path / "labels.yaml").write_text(schema, encoding="utf8")
    gold = [{"path": "gold.jsonl", "format": "prodigy"}]
    settings = make_settings(corpora={"c": {"labels": ["MethodName", "OtherTask"], "gold": gold}})
    monkeypatch.setattr("spacy_sciner.settings.read_settings", lambda path: settings)
    row = {"paper": "q1", "paragraph": 0, "text": TEXT}
    (tmp_path / "q1.jsonl").write_text(json.dumps(row), encoding="utf8")
    with chatting(answer=ANSWER) as server:
        options = ("--closed", "--corpus", "c", "--assets", ".", "--paragraphs", "q1.jsonl")
        where = ("--base-url", url_of(server), "--model", "tiny", "--out", "llm.jsonl")
        monkeypatch.setattr(sys, "argv", ["sciner", "annotate-llm", *options, *where])
        with pytest.raises(SystemExit) as done:
            main()
    assert not done.value.code
    instructions = server.seen[0]["messages"][0]["content"]
    assert "- MethodName: What is called by a name.\n- OtherTask: any other task\n" in instructions
