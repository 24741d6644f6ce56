import pytest

from spacy_sciner.corpus.formats.conll import read_conll, spaces_between
from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError

from ..helpers import TOKENIZER, docs_of, ents_of

ROWS = [("We", "O"), ("train", "O"), ("BERT", "B-M"), ("base", "I-M"), ("", ""), ("Again", "O")]


def _read(tmp_path, text, *, papers=None, name="train.txt"):
    path = tmp_path / name
    path.write_bytes(text.encode("utf8"))
    papers_path = None
    if papers is not None:
        papers_path = tmp_path / "papers.tsv"
        papers_path.write_text(papers, encoding="utf8")
    repairs = Repairs()
    paragraphs, scheme = read_conll(path, file=name, repairs=repairs, papers_path=papers_path)
    return paragraphs, scheme, repairs


@pytest.mark.parametrize("separator", ["\t", " ", "  ", "\t "])
@pytest.mark.parametrize("middle", [[], ["NN"], ["-X-", "_"]])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_columns_and_separators(tmp_path, separator, middle, line_end):
    lines = [separator.join([w, *middle, t]) if w else "" for w, t in ROWS]
    paragraphs, scheme, repairs = _read(tmp_path, "\ufeff" + line_end.join(lines) + line_end)
    docs = docs_of(paragraphs, repairs)
    assert [[t.text for t in doc] for doc in docs] == [["We", "train", "BERT", "base"], ["Again"]]
    assert [ents_of(doc) for doc in docs] == [[("BERT base", "M")], []]
    assert (scheme, repairs.counts) == ("IOB2", {})


def test_one_column_says_nothing_of_its_tokens(tmp_path):
    paragraphs, scheme, repairs = _read(tmp_path, "We\ntrain\n\nAgain\n")
    assert scheme == "none"
    assert [iob_tags(doc) for doc in docs_of(paragraphs, repairs)] == [[None, None], [None]]


def test_touching_entities_of_iob1(tmp_path):
    paragraphs, scheme, repairs = _read(tmp_path, "a I-M\nb B-M\nc O\n")
    assert (scheme, repairs.counts) == ("IOB1", {})
    assert ents_of(docs_of(paragraphs, repairs)[0]) == [("a", "M"), ("b", "M")]


def test_docstart_separates_papers(tmp_path):
    text = "-DOCSTART- -X- O\n\na NN O\n\nb NN O\n\n-DOCSTART- -X- O\nc NN O\n"
    paragraphs, _, _ = _read(tmp_path, text)
    places = [(p.paper, p.paragraph, p.text) for p in paragraphs]
    assert places == [("train-00000", 0, "a"), ("train-00000", 1, "b"), ("train-00001", 0, "c")]


@pytest.mark.parametrize("start", ["", "-DOCSTART- O\n\n", "-DOCSTART-\n"])
def test_a_file_is_a_paper_with_or_without_one_docstart(tmp_path, start):
    paragraphs, _, _ = _read(tmp_path, start + "a O\n\n\n \nb O\n", name="P18-1001.conll")
    places = [(p.paper, p.paragraph) for p in paragraphs]
    assert places == [("P18-1001", 0), ("P18-1001", 1)]


def test_what_stands_before_the_first_of_several_docstarts_is_a_paper_too(tmp_path):
    paragraphs, _, _ = _read(tmp_path, "a O\n\n-DOCSTART- O\n\nb O\n-DOCSTART- O\nc O\n")
    assert [p.paper for p in paragraphs] == ["train-00000", "train-00001", "train-00002"]


def test_new_documents_of_conllu_are_named(tmp_path):
    text = "# newdoc id = P1\n# text = a\na\tO\n\nb\tO\n\n# newdoc id = P2\nc\tO\n"
    paragraphs, _, repairs = _read(tmp_path, text)
    assert [(p.paper, p.text) for p in paragraphs] == [("P1", "a"), ("P1", "b"), ("P2", "c")]
    assert repairs.counts == {"comment-line": 3}


def test_papers_table(tmp_path):
    table = "split\tfirst\tlast\tpaper\ntest\t0\t9\tT\ntrain\t0\t1\tP18-1001\ntrain\t2\t2\t\n"
    paragraphs, _, _ = _read(tmp_path, "a O\n\nb O\n\nc O\n", papers=table)
    places = [(p.paper, p.paragraph) for p in paragraphs]
    assert places == [("P18-1001", 0), ("P18-1001", 1), ("train-01", 0)]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("train\t0\t5\n", "train-00 is 0 to 5, train.txt has 0 to 2"),
        ("train\t1\t0\n", "train-00 is 1 to 0"),
        ("train\t0\t1\ntrain\t1\t2\n", "paragraph 1 of train.txt is in train-00 and in train-01"),
        ("train\t0\t1\n", "paragraph 2 of train.txt is in no paper"),
        ("test\t0\t2\n", "no row with split 'train'"),
        ("train\tone\t2\n", "row 1 of split 'train' has no whole numbers"),
        ("train\t1\n", "row 1 of split 'train' has no whole numbers"),
    ],
)
def test_bad_papers_table(tmp_path, rows, reason):
    with pytest.raises(ScinerError, match=f"SCINER-E208: .*papers.tsv: {reason}"):
        _read(tmp_path, "a O\n\nb O\n\nc O\n", papers="split\tfirst\tlast\n" + rows)


def test_missing_papers_table(tmp_path):
    (tmp_path / "a.txt").write_text("a O\n")
    with pytest.raises(ScinerError, match=r"SCINER-E208: .*no such file"):
        read_conll(
            tmp_path / "a.txt", file="a", repairs=Repairs(), papers_path=tmp_path / "none.tsv"
        )


def test_last_column_without_tags(tmp_path):
    with pytest.raises(ScinerError, match=r"SCINER-E207: .*train\.txt.* 2 of 2 .*first is 'PRP'"):
        _read(tmp_path, "We PRP\ntrain VBP\n")


def test_broken_lines_cost_themselves_only(tmp_path):
    text = "a\tO\nb\tX\tX\nc\n\tB-M\nd\tI-M\ne\t[CLS]\nf\tB-M\n"
    paragraphs, scheme, repairs = _read(tmp_path, text)
    (doc,) = docs_of(paragraphs, repairs)
    assert [t.text for t in doc] == list("abcdef")
    assert ents_of(doc) == [("d", "M"), ("f", "M")]
    assert scheme == "IOB2"
    assert repairs.counts == {"bad-line": 3, "invalid-tag": 2, "orphan-i": 1}
    examples = repairs.to_dict()["bad-line"]["examples"]
    assert [e["paragraph"] for e in examples] == ["line 2", "line 3", "line 4"]
    assert examples[0]["text"] == "b\tX\tX"


def test_odd_characters_stay_in_their_token(tmp_path):
    words = ["5\u00a0mg", "\u2028", "\u00a0", "a\u0085b"]
    paragraphs, _, repairs = _read(tmp_path, "".join(f"{w}\tB-X\n" for w in words))
    (doc,) = docs_of(paragraphs, repairs)
    assert [t.text for t in doc] == words


def test_block_of_ten_thousand_tokens(tmp_path):
    text = "w\tO\nx\tB-M\ny\tI-M\nz\tI-M\n" * 2500
    paragraphs, _, repairs = _read(tmp_path, text)
    (doc,) = docs_of(paragraphs, repairs)
    assert (len(doc), len(doc.ents), repairs.counts) == (10_000, 2500, {})


def test_spaces_are_those_of_running_text():
    text = "It 's 5 % ( see pre - training ) , is n't it ? A - 1 -"
    words = text.split()
    text = "".join(w + " " * s for w, s in zip(words, spaces_between(words), strict=True))
    assert text == "It's 5% (see pre-training), isn't it? A-1 -"
    assert spaces_between([]) == []


def test_spaces_let_the_tokenizer_find_the_same_words_again():
    text = "We pre - train BERT ( base ) on 2,000 sentences ."
    words = text.split()
    text = "".join(w + " " * s for w, s in zip(words, spaces_between(words), strict=True))
    assert [t.text for t in TOKENIZER(text)] == words
