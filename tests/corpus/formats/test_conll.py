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


def test_a_docstart_ends_what_was_named_so_where_files_were_joined(tmp_path):
    text = "# newdoc id = P1\na\tO\n\n-DOCSTART-\tO\n\nb\tO\n\n"
    text += "# newdoc id = P2\n# more = x\n-DOCSTART-\tO\nc\tO\n"
    paragraphs, _, _ = _read(tmp_path, text)
    assert [p.paper for p in paragraphs] == ["P1", "train-00001", "P2"]


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


def _ents(tmp_path, text, **options):
    (tmp_path / "f.conll").write_text(text, encoding="utf8")
    repairs = Repairs()
    paragraphs, scheme = read_conll(
        tmp_path / "f.conll", file="f", repairs=repairs, labels=("M", "Data-Set"), **options
    )
    return [ents_of(doc) for doc in docs_of(paragraphs, repairs)], scheme, dict(repairs.counts)


@pytest.mark.parametrize(
    ("begin", "inside"),
    [("B-M", "I-M"), ("M-B", "M-I"), ("B_M", "I_M"), ("M_B", "M_I"), ("B:M", "I:M"), ("M", "M")],
)
def test_styles_of_tags(tmp_path, begin, inside):
    ents, scheme, counts = _ents(tmp_path, f"We\tO\nBERT\t{begin}\nlarge\t{inside}\nwin\tO\n")
    assert ents == [[("BERT large", "M")]]
    assert (scheme, counts) == ("IO" if begin == "M" else "IOB2", {})


def test_a_label_with_a_hyphen_keeps_it(tmp_path):
    text = "on\tO\nSQuAD\tB-Data-Set\ntwo\tI-Data-Set\n"
    assert _ents(tmp_path, text)[0] == [[("SQuAD two", "Data-Set")]]


def test_tags_that_are_no_labels_are_refused(tmp_path):
    with pytest.raises(ScinerError, match=r"SCINER-E207: .*first is 'Metod'. Found: M, Metod"):
        _ents(tmp_path, "We\tO\n" * 9 + "BERT\tMetod\nGPT\tM\n")


def test_a_single_tag_of_another_style_is_unknown(tmp_path):
    paragraphs, _, repairs = _read(tmp_path, "a\tB-M\nb\tM\nc\tB-M\nd\tO\n")
    assert iob_tags(docs_of(paragraphs, repairs)[0]) == ["B-M", None, "B-M", "O"]
    assert repairs.counts == {"invalid-tag": 1}


def test_a_row_without_its_tag_is_unknown(tmp_path):
    text = "a\tNN\tO\nb\tO\nc\tNN\tB-M\n\td\n"  # b's O may be anything's
    paragraphs, _, repairs = _read(tmp_path, text)
    doc = docs_of(paragraphs, repairs)[0]
    assert [(t.text, tag) for t, tag in zip(doc, iob_tags(doc), strict=True)] == [
        ("a", "O"),
        ("b", None),
        ("c", "B-M"),
    ]
    assert repairs.counts == {"bad-line": 2}


@pytest.mark.parametrize(
    "first",
    [
        ("1", "2", "3", "1"),
        ("0", "1", "2", "0"),
        ("1", "2", "3", "4"),
        ("s1", "s1", "s1", "s2"),
        ("Sentence: 1", "", "", "Sentence: 2"),
        ("17", "17", "17", "18"),
    ],
)
def test_a_first_column_that_holds_no_words(tmp_path, first):
    rows = ["We\tO", "use\tO", "BERT\tB-M", "GPT\tB-M"]
    lines = [f"{value}\t{row}" for value, row in zip(first, rows, strict=True)]
    ents, _, counts = _ents(tmp_path, "\n".join([*lines[:3], "", lines[3]]))
    assert (ents, counts) == ([[("BERT", "M")], [("GPT", "M")]], {})


@pytest.mark.parametrize("text", ["1\tO\n2\tB-M\n", "1\t7\tO\n2\t8\tB-M\n"])
def test_numbers_without_words_are_refused(tmp_path, text):
    with pytest.raises(ScinerError, match=r"SCINER-E218: .*first column holds numbers, no words"):
        _ents(tmp_path, text)


def test_tags_that_are_not_last_are_found(tmp_path):
    assert _ents(tmp_path, "We\tO\tPRP\nBERT\tB-M\tNN\n")[0] == [[("BERT", "M")]]


@pytest.mark.parametrize("header", ["Token\tPOS\tTag", "word\tpos\tNER", "text\tpos\tlabel"])
def test_a_header_row_is_no_token(tmp_path, header):
    ents, _, counts = _ents(tmp_path, f"{header}\nWe\tPRP\tO\nBERT\tNN\tB-M\n")
    assert (ents, counts) == ([[("BERT", "M")]], {"header-row": 1})


def test_a_header_names_the_columns(tmp_path):
    text = "id\tTag\tWord\na\tO\tWe\nb\tB-M\tBERT\n"
    assert _ents(tmp_path, text)[0] == [[("BERT", "M")]]


def test_comments_are_no_tokens_and_a_hash_is_one(tmp_path):
    text = "# id 7\n# text = We use BERT #\nWe\tO\nBERT\tB-M\n#\tO\n"
    paragraphs, _, repairs = _read(tmp_path, text)
    assert [t.text for t in docs_of(paragraphs, repairs)[0]] == ["We", "BERT", "#"]
    assert repairs.counts == {"comment-line": 2}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r\r\n", "\r"])
def test_line_ends_and_marks_of_files_that_were_joined(tmp_path, line_end):
    lines = ["We\tO", "use\tO", "a\tB-M", "b\tI-M", "", "\ufeff-DOCSTART-\tO", "", "c\tB-M"]
    assert _ents(tmp_path, line_end.join(lines) + line_end)[0] == [[("a b", "M")], [("c", "M")]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We,O\nuse,O\nBERT,B-M\n", "CSV: 'We,O'"),
        ("Sentence #,Word,Tag\n1,We,O\n,use,O\n,BERT,B-M\n", "CSV"),
        ('"We";"O"\n"BERT";"B-M"\n', "CSV with semicolons"),
        ("We|PRP|O\nBERT|NN|B-M\n", r"a table with \|"),
        ("We\u00a0O\nuse\u00a0O\nBERT\u00a0B-M\n", "no-break spaces"),
        ("We\tO\nuse\tO\nRo\tB-M\n##BERT\tI-M\n##a\tI-M\n", "word-pieces, '##BERT"),
        ('{"text": "We"}\n', "JSON"),
        ('[{"text": "We"}]', "JSON"),
        ("<?xml version='1.0'?><TEI/>", "XML"),
        ("T1\tM 0 4\tBERT\n", "BRAT"),
        ("a O\nb x y O\nc x O\nd O\ne x y O\nf x z z O\ng x O\nh O\n", "more or fewer than"),
    ],
)
def test_other_formats_are_named(tmp_path, text, found):
    with pytest.raises(ScinerError, match=f"SCINER-E218: .*{found}"):
        _ents(tmp_path, text)


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_a_table_of_offsets_is_told_what_to_export(tmp_path, separator):
    rows = [["text", "start", "end", "label"], ["We train BERT", "9", "13", "Method"]]
    text = "".join(separator.join(row) + "\n" for row in rows)
    match = r"SCINER-E218: .*by offsets, 'text.+end.+label'; export JSON lines.*format doccano"
    with pytest.raises(ScinerError, match=match):
        _ents(tmp_path, text)


def test_small_letters_are_told_to_be_capitals(tmp_path):
    match = r"SCINER-E207: .*first is 'b-method'. Found: b-method, i-method\..*with capitals"
    with pytest.raises(ScinerError, match=match):
        _ents(tmp_path, "We\tO\nBERT\tb-method\nnow\ti-method\n")


def test_a_list_of_words_with_commas_is_no_csv(tmp_path):
    words = ["We", ",", "who", "use", "2,000", "words", ",", "are", "glad"]
    paragraphs, _, repairs = _read(tmp_path, "\n".join(words))
    assert [t.text for t in docs_of(paragraphs, repairs)[0]] == words
