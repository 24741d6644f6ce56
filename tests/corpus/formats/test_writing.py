"""What each format's file looks like, and what is counted as not held."""

import json
from xml.etree import ElementTree

import pytest
from spacy.tokens import Doc

from spacy_sciner.corpus.formats.docstart import read_docstart
from spacy_sciner.corpus.formats.registry import read_gold, writer_of
from spacy_sciner.corpus.formats.writing import Losses, prepare
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError
from spacy_sciner.types import ScoredSpan

from ..helpers import TOKENIZER, docs_of, make_doc, read_brat

GOLD = make_doc(["𝑥", "BERT", "wins"], ["O", "B-Method", None], paper="P1", paragraph=4)
PSEUDO = make_doc(["A", "fast", "CRF"], ["O", "B-Method", "I-Method"], paper="P2", source="pseudo")
POOL = make_doc(["Nobody", "knows"], paper="P3", source="pool")


def write(path, file_format, *docs, score=None, keep_unknown=True):
    losses = Losses()
    ents = [[ScoredSpan(e.start, e.end, e.label_, score) for e in doc.ents] for doc in docs]
    pairs = zip(docs, ents, strict=True)
    kept = {"default_paper": "none", "keep_unknown": keep_unknown, "losses": losses}
    writer_of(file_format)(path, prepare(pairs, **kept), losses=losses)
    return losses


def read_papers(path, file_format):
    repairs = Repairs()
    found = read_gold(path, file_format=file_format, file="f", repairs=repairs)
    return [p.paper for p in found.paragraphs], repairs.counts


def test_label_studio_has_gold_as_annotations_and_the_rest_as_predictions(tmp_path):
    path = tmp_path / "tasks.json"
    losses = write(path, "label-studio", GOLD, PSEUDO, POOL, score=0.75)
    gold, pseudo, pool = json.loads(path.read_text(encoding="utf8"))
    assert gold["data"] == {"text": "𝑥 BERT wins ", "paper": "P1", "paragraph": 4, "section": ""}
    values = [result["value"] for result in gold["annotations"][0]["result"]]
    # Code points, as Label Studio's front end counts: 𝑥 counts one.
    assert [(v["start"], v["end"], v["labels"]) for v in values] == [
        (2, 6, ["Method"]),
        (7, 11, ["_unknown_"]),
    ]
    (prediction,) = pseudo["predictions"]
    assert (prediction["model_version"], prediction["score"]) == ("pseudo", 0.75)
    assert prediction["result"][0]["score"] == 0.75
    assert "annotations" not in pseudo
    assert set(pool) == {"data"}
    assert losses.counts == {}
    assert read_papers(path, "label-studio") == (["P1"], {"unannotated": 2})


def test_label_studio_configuration_has_every_label(tmp_path):
    doc = make_doc(["a", "b"], ["B-M&S", 'B-"x"'])
    write(tmp_path / "tasks.json", "label-studio", doc)
    root = ElementTree.parse(tmp_path / "tasks.config.xml").getroot()
    assert [label.get("value") for label in root.iter("Label")] == ['"x"', "M&S", "_unknown_"]
    assert root.find("Text").attrib == {"name": "text", "value": "$text"}


def test_prodigy_waits_for_an_answer_to_predictions(tmp_path):
    path = tmp_path / "tasks.jsonl"
    assert write(path, "prodigy", GOLD, PSEUDO, POOL, score=0.75).counts == {}
    gold, pseudo, pool = map(json.loads, path.read_text(encoding="utf8").splitlines())
    assert (gold["answer"], gold["meta"]["paper"]) == ("accept", "P1")
    assert "answer" not in pseudo
    (span,) = pseudo["spans"]
    assert (span["token_start"], span["token_end"], span["score"]) == (1, 2, 0.75)
    assert pseudo["meta"]["predicted_by"] == "pseudo"
    assert pool["spans"] == []
    assert read_papers(path, "prodigy") == (["P1"], {"unannotated": 2})
    answered = [{**pseudo, "answer": "accept", "_view_id": "ner_manual"}]
    path.write_text("".join(json.dumps(a) + "\n" for a in answered), encoding="utf8")
    assert read_papers(path, "prodigy") == (["P2"], {})


def test_doccano_cannot_say_what_is_a_prediction(tmp_path):
    path = tmp_path / "d.jsonl"
    losses = write(path, "doccano", GOLD, PSEUDO, score=0.75)
    first = json.loads(path.read_text(encoding="utf8").splitlines()[0])
    assert first["label"] == [[2, 6, "Method"], [7, 11, "_unknown_"]]
    assert losses.counts == {"scores": 2, "prediction": 1}
    assert losses.lines() == [
        "the confidences of 2 entities",
        "that 1 paragraphs are predictions: read back, they are gold",
    ]


def test_brat_has_a_file_a_paper_and_notes_of_confidences(tmp_path):
    doc = make_doc(["fast", "\n", "CRF"], ["B-M", "I-M", "I-M"], paper="10.1/a", source="pseudo")
    losses = write(tmp_path / "brat", "brat", doc, GOLD, score=0.5)
    assert losses.counts["prediction"] == 1
    assert losses.counts["scores"] == 0
    names = sorted(path.name for path in (tmp_path / "brat").iterdir())
    assert names == [
        "10.1%2Fa.ann",
        "10.1%2Fa.txt",
        "P1.ann",
        "P1.txt",
        "annotation.conf",
        "paragraphs.jsonl",
    ]
    ann = (tmp_path / "brat/10.1%2Fa.ann").read_text(encoding="utf8")
    # An entity over a line end has a fragment on each line.
    assert ann == "T1\tM 0 4;7 10\tfast CRF\n#1\tAnnotatorNotes T1\tconfidence 0.5000\n"
    conf = (tmp_path / "brat/annotation.conf").read_text(encoding="utf8")
    assert conf.startswith("[entities]\nM\nMethod\n_unknown_\n")


def test_paragraphs_of_brat_are_joined_where_somebody_annotated_over_their_border(tmp_path):
    docs = [make_doc([w], ["O"], paper="P1", paragraph=n) for n, w in enumerate(["deep", "nets"])]
    write(tmp_path / "brat", "brat", *docs)
    (tmp_path / "brat/P1.ann").write_text("T1\tM 0 4;6 10\tdeep nets\n", encoding="utf8")
    (paragraph,) = read_brat(tmp_path / "brat", file="brat", repairs=Repairs())
    assert (paragraph.paragraph, paragraph.text, len(paragraph.spans)) == (0, "deep \nnets ", 1)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ('{"file": "P1.txt", "start": 0, "end": 99, "paper": "P1", "paragraph": 0, "section": ""}',
         r"it has 12 characters, no \[0, 99\)"),
        ('{"file": "P1.txt"}', "is no line of it"),
        ("[1]", "is no line of it"),
        ("", "it has no line for it"),
    ],
)  # fmt: skip
def test_table_of_another_text_is_refused(tmp_path, table, reason):
    write(tmp_path / "brat", "brat", GOLD)
    (tmp_path / "brat/paragraphs.jsonl").write_text(table + "\n", encoding="utf8")
    with pytest.raises(ScinerError, match=rf"SCINER-E242: .*does not fit P1.txt: .*{reason}"):
        read_brat(tmp_path / "brat", file="brat", repairs=Repairs())


def test_conll_names_each_paragraphs_place(tmp_path):
    path = tmp_path / "a.conll"
    losses = write(path, "conll", GOLD, score=0.5)
    text = path.read_text(encoding="utf8")
    assert text == (
        "-DOCSTART-\tpaper=P1\tparagraph=4\tsection=\tO\n\n𝑥\tO\nBERT\tB-Method\nwins\t-\n\n"
    )
    assert losses.counts == {"scores": 1}


def test_conll_counts_what_no_line_holds(tmp_path):
    doc = make_doc(["a\tb", " ", "-DOCSTART-", "c"], ["O", "O", "O", "B-M"])
    losses = write(tmp_path / "a.conll", "conll", doc)
    assert losses.counts == {"space-words": 1, "odd-words": 1, "docstart-words": 1, "spaces": 1}
    rows = (tmp_path / "a.conll").read_text(encoding="utf8").splitlines()[2:]
    assert rows == ["a b\tO", "DOCSTART-\tO", "c\tB-M", ""]


@pytest.mark.parametrize("line", ["-DOCSTART- -X- O", "-DOCSTART-\tparagraph=3\tO", "-DOCSTART-"])
def test_other_docstart_lines_name_nothing(line):
    assert read_docstart(line) == {}


def test_words_that_the_tokenizer_cuts_otherwise_are_counted(tmp_path):
    doc = make_doc(["deep-nets", "do", "n't"], ["B-M", "O", "O"])
    assert write(tmp_path / "a.jsonl", "doccano", doc).counts == {"words": 1}
    halves = Doc(TOKENIZER.vocab, words=["be", "ta"], spaces=[False, False], ents=["B-M", "O"])
    losses = write(tmp_path / "b.jsonl", "doccano", halves)
    assert losses.counts == {"words": 1, "edges": 1}


def test_unknown_words_may_be_left_out_and_empty_paragraphs_are(tmp_path):
    empty = make_doc([" "], ["O"])
    losses = write(tmp_path / "a.jsonl", "prodigy", GOLD, empty, keep_unknown=False)
    (task,) = (tmp_path / "a.jsonl").read_text(encoding="utf8").splitlines()
    assert [span["label"] for span in json.loads(task)["spans"]] == ["Method"]
    assert losses.counts == {"unknown": 1, "no-text": 1}


def test_white_space_at_the_end_of_an_entity_is_not_written(tmp_path):
    doc = make_doc(["CRF", "\n", "x"], ["B-M", "I-M", "O"])
    assert write(tmp_path / "a.jsonl", "doccano", doc).counts["space-ends"] == 1
    assert json.loads((tmp_path / "a.jsonl").read_text())["label"] == [[0, 3, "M"]]


@pytest.mark.parametrize(("keep", "known"), [(True, {0}), (False, {0, 1, 2})])
def test_a_language_models_words_are_not_written_as_a_persons(tmp_path, keep, known):
    begun = make_doc(["A", "fast", "CRF"], ["O", "O", "B-Method"])
    begun.user_data["llm_tokens"] = [[1, 3]]
    losses = write(tmp_path / "a.jsonl", "prodigy", begun, keep_unknown=keep)
    assert losses.counts == {"by-model": 1, **({} if keep else {"unknown": 2})}
    found = read_gold(tmp_path / "a.jsonl", file_format="prodigy", file="f", repairs=Repairs())
    (doc,) = docs_of(found.paragraphs, Repairs())
    assert not doc.ents
    assert {token.i for token in doc if token.ent_iob_} == known


@pytest.mark.parametrize(
    ("file_format", "label"), [("brat", "Method Name"), ("conll", "a\tb"), ("conll", "M ")]
)
def test_labels_that_a_format_cannot_hold(tmp_path, file_format, label):
    doc = make_doc(["x"], [f"B-{label}"])
    with pytest.raises(ScinerError, match=f"SCINER-E240: .*cannot be written as {file_format}"):
        write(tmp_path / "out", file_format, doc)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("file_format", ["brat", "conll", "label-studio", "prodigy", "doccano"])
def test_no_entity_is_written_with_the_label_of_unknown_words(tmp_path, file_format):
    with pytest.raises(
        ScinerError, match="SCINER-E240: Label '_unknown_' cannot be written as any"
    ):
        write(tmp_path / "out", file_format, make_doc(["x"], ["B-_unknown_"]))
    assert not (tmp_path / "out").exists()


def test_unknown_format():
    with pytest.raises(ScinerError, match=r"SCINER-E243: .*'spacy'.*conll, label-studio, brat"):
        writer_of("spacy")


def test_only_known_losses_are_counted():
    with pytest.raises(KeyError, match="nothing"):
        Losses().add("nothing")


@pytest.mark.parametrize("start", ["\ufeff", ""])
def test_a_mark_before_brats_text_is_of_it_only_where_we_wrote_it(tmp_path, start):
    """An editor may put one before a text that has none."""
    doc = make_doc([f"{start}BERT", "wins"], ["B-Method", "O"], paper="P1")
    write(tmp_path / "out", "brat", doc, make_doc(["It", "is"], paper="P1", paragraph=1))
    if not start:
        path = tmp_path / "out" / "P1.txt"
        path.write_text("\ufeff" + path.read_text("utf8"), encoding="utf8")
    found = read_brat(tmp_path / "out", file="out", repairs=Repairs())
    assert [p.text for p in found] == [doc.text, "It is "]
    assert [span[:3] for span in found[0].spans] == [(0, 4 + len(start), "Method")]
