import pytest

from spacy_sciner.corpus.formats.registry import read_gold
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError

from ..helpers import docs_of, ents_of, read_brat

TEXT = "We use BERT.\n\nA graph neural\nnetwork helps.\n"


def _read(tmp_path, ann, text=TEXT):
    folder = tmp_path / "gold"
    (folder / "sub").mkdir(parents=True, exist_ok=True)
    (folder / "sub" / "P18-1001.txt").write_bytes(text.encode("utf8"))
    if ann is not None:
        (folder / "sub" / "P18-1001.ann").write_bytes(ann.encode("utf8"))
    repairs = Repairs()
    return read_brat(folder, file="gold", repairs=repairs), repairs


def _ents(tmp_path, ann, text=TEXT):
    paragraphs, repairs = _read(tmp_path, ann, text)
    return [ents_of(doc) for doc in docs_of(paragraphs, repairs)], dict(repairs.counts)


def test_lines_are_paragraphs_of_a_paper(tmp_path):
    paragraphs, repairs = _read(tmp_path, "T1\tM 7 11\tBERT\n")
    places = [(p.paper, p.paragraph, p.text) for p in paragraphs]
    assert places == [
        ("P18-1001", 0, "We use BERT."),
        ("P18-1001", 1, "A graph neural"),
        ("P18-1001", 2, "network helps."),
    ]
    assert paragraphs[0].file == "gold/sub/P18-1001.txt"
    assert ents_of(docs_of(paragraphs, repairs)[0]) == [("BERT", "M")]


def test_lines_are_joined_where_an_entity_crosses(tmp_path):
    found = _ents(tmp_path, "T1\tM 16 36\tgraph neural network\nT2\tM 37 42\thelps\n")
    assert found == ([[], [("graph neural\nnetwork", "M"), ("helps", "M")]], {})


def test_fragments(tmp_path):
    ann = "T1\tM 16 28;29 36\tgraph neural network\nT2\tM 14 15;37 42\tA helps\n"
    found = _ents(tmp_path, ann)
    expected = [[], [("graph neural\nnetwork", "M")]]
    assert found == (expected, {"discontinuous-joined": 1, "discontinuous": 1})


def test_other_lines_are_no_entities(tmp_path):
    ann = (
        "T1\tM 7 11\tBERT\nE1\tTrain:T1\nR1\tUses Arg1:T1 Arg2:T1\t\n*\tEquiv T1 T1\n"
        "A1\tSure T1\n#1\tAnnotatorNotes T1\tgood\nT2\tM seven\tx\n\n"
    )
    assert _ents(tmp_path, ann) == ([[("BERT", "M")], [], []], {"bad-line": 1})


def test_blanks_for_tabs(tmp_path):
    found = _ents(tmp_path, "T1 M 7 11 BERT\nT2\tM\t37\t42\thelps\n")
    assert found == ([[("BERT", "M")], [], [("helps", "M")]], {})


def test_what_an_unreadable_line_has_annotated_is_not_taken_for_no_entity(tmp_path):
    (tmp_path / "p.txt").write_text("We use BERT here.")
    (tmp_path / "p.ann").write_text("T1\tM 7 11\tBERT\nT2\tM twelve\there\n")
    repairs = Repairs()
    (doc,) = docs_of(read_brat(tmp_path, file="f", repairs=repairs), repairs)
    assert [token.ent_iob_ for token in doc] == ["", "", "B", "", ""]


def test_carriage_returns_count(tmp_path):
    found = _ents(tmp_path, "T1\tM 12 16\tBERT\r\n", "We use\r\nour BERT.\r\n")
    assert found == ([[], [("BERT", "M")]], {})


def test_spans_outside_every_paragraph_are_counted(tmp_path):
    ann = "T1\tM 900 904\tBERT\nT2\tM 11 11\t\nT3\tM 13 18\tAgain\n"
    ents, counts = _ents(tmp_path, ann, "We use it.\n\n\nAgain.")
    assert ents == [[], [("Again", "M")]]
    assert sum(counts.values()) == 2


def test_without_ann_file_it_is_not_gold(tmp_path):
    assert _ents(tmp_path, None) == ([], {"unannotated": 1})
    assert _ents(tmp_path, "") == ([[], [], []], {})  # looked at, and nothing found


def test_one_file_and_an_empty_one(tmp_path):
    (tmp_path / "a.txt").write_text("We use BERT.")
    (tmp_path / "a.ann").write_text("T1\tM 7 11\tBERT")
    repairs = Repairs()
    (paragraph,) = read_brat(tmp_path / "a.ann", file="a.ann", repairs=repairs)
    assert (paragraph.paper, paragraph.text) == ("a", "We use BERT.")
    (tmp_path / "a.txt").write_text("\n \n")
    assert read_brat(tmp_path / "a.txt", file="a.txt", repairs=repairs) == []
    assert repairs.counts == {"no-text": 1}


UNITS = {
    "code points, a line end as one": lambda text: len(text.replace("\r\n", "\n")),
    "UTF-16 units": lambda text: len(text.encode("utf-16-le")) // 2,
    "bytes": lambda text: len(text.encode("utf8")),
}


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_units_of_offsets(tmp_path, unit):
    text = "Größe 𝑥.\r\nWe use BERT,\r\nGPT too."
    lines = []
    for n, word in enumerate(("BERT", "GPT"), start=1):
        start = UNITS[unit](text[: text.index(word)])
        lines.append(f"T{n}\tM {start} {start + len(word)}\t{word}")
    paragraphs, repairs = _read(tmp_path, "\n".join(lines), text)
    ents = [ents_of(doc) for doc in docs_of(paragraphs, repairs)]
    assert ents == [[], [("BERT", "M")], [("GPT", "M")]]
    assert (list(repairs.units.values()), repairs.counts) == ([unit], {})


def test_a_byte_order_mark_is_no_text(tmp_path):
    for start in (7, 8):
        ann = f"T1\tM {start} {start + 4}\tBERT\n"
        paragraphs, repairs = _read(tmp_path, ann, "\ufeffWe use BERT.")
        assert paragraphs[0].text == "We use BERT."
        assert ents_of(docs_of(paragraphs, repairs)[0]) == [("BERT", "M")]


def test_offsets_of_another_text_are_refused(tmp_path):
    ann = "T1\tM 3 7\tBERT\nT2\tM 33 38\thelps\n"
    with pytest.raises(ScinerError, match=r"SCINER-E216: .*P18-1001\.txt"):
        _read(tmp_path, ann)


def test_the_words_of_an_entity_in_parts_are_unknown(tmp_path):
    text = "left and right arm hurt\n"
    paragraphs, repairs = _read(tmp_path, "T1\tM 15 18;0 4\tarm left\nT2\tM 9 14\tright\n", text)
    (doc,) = docs_of(paragraphs, repairs)
    assert [token.ent_iob_ for token in doc] == ["", "O", "B", "", "O"]
    assert dict(repairs.counts) == {"discontinuous": 1}


@pytest.mark.parametrize("name", ["p.TXT", "p.ANN", "", "*.TXT", "*.ANN"])
def test_file_names_in_capitals(tmp_path, name):
    (tmp_path / "p.TXT").write_text("We use BERT.")
    (tmp_path / "p.ANN").write_text("T1\tM 7 11\tBERT")
    repairs = Repairs()
    file = name or tmp_path.name
    found = read_gold(tmp_path / name, file_format="brat", file=file, repairs=repairs)
    assert [(p.paper, len(p.spans)) for p in found.paragraphs] == [("p", 1)]
    assert repairs.counts == {}


def test_annotations_without_their_text_are_named(tmp_path):
    for name in ("p.txt", "p.ann", "q.ann"):
        (tmp_path / name).write_text("")
    (tmp_path / "p.txt").write_text("We use BERT.")
    repairs = Repairs()
    found = read_gold(tmp_path, file_format="brat", file="gold", repairs=repairs)
    assert [p.paper for p in found.paragraphs] == ["p"]
    assert repairs.to_dict()["no-text"]["examples"] == [
        {"file": "gold/q.ann", "paragraph": "q", "text": "no q.txt"}
    ]
    with pytest.raises(ScinerError, match=r"SCINER-E206: .*no-text 1 .*needs its .txt beside it"):
        read_gold(tmp_path / "q.ann", file_format="brat", file="q.ann", repairs=repairs)
