"""What the columns of a CoNLL file are, and rows that lack one."""

import pytest

from spacy_sciner.corpus.formats.conll import read_conll
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError

from ..helpers import docs_of, ents_of


def docs_from(tmp_path, text):
    path = tmp_path / "f.conll"
    path.write_text(text, encoding="utf8")
    repairs = Repairs()
    paragraphs, _ = read_conll(path, file="f", repairs=repairs, labels=["M"])
    return docs_of(paragraphs, repairs)


@pytest.mark.parametrize("names", [["s1"] * 3 + ["s2"] * 3, ["7"] * 3 + ["8"] * 3])
def test_a_column_that_names_the_sentence_parts_paragraphs(tmp_path, names):
    rows = ["We O", "use O", "CRF I-M", "HMM I-M", "wins O", "today O"]
    text = "\n".join(f"{name} {row}" for name, row in zip(names, rows, strict=True))
    assert [ents_of(doc) for doc in docs_from(tmp_path, text)] == [[("CRF", "M")], [("HMM", "M")]]
    first = [name if name not in names[:i] else "" for i, name in enumerate(names)]
    rows = [row.replace(" ", "\t") for row in rows]
    text = "sentence\tword\ttag\n" + "\n".join(f"{n}\t{row}" for n, row in zip(first, rows))
    assert [ents_of(doc) for doc in docs_from(tmp_path, text)] == [[("CRF", "M")], [("HMM", "M")]]


@pytest.mark.parametrize("middle", ["random", "random\t-", "random\t??"])
def test_a_word_without_a_tag_tears_no_entity(tmp_path, middle):
    text = f"We\tO\na\tB-M\n{middle}\nfields\tI-M\nwin\tO\nBERT\tB-M\n"
    (doc,) = docs_from(tmp_path, text)
    assert [token.ent_iob_ for token in doc] == ["O", "", "", "", "O", "B"]


def test_of_two_columns_of_tags_the_one_with_the_labels_is_read(tmp_path):
    (doc,) = docs_from(tmp_path, "We O B-NP\nuse O B-VP\nCRF B-M B-NP\n")
    assert ents_of(doc) == [("CRF", "M")]
    (doc,) = docs_from(tmp_path, "We O O\nuse O O\nCRF B-M B-M\n")  # the same twice
    assert ents_of(doc) == [("CRF", "M")]


@pytest.mark.parametrize("form", ["B-M", "B-m", "M"])
def test_gold_and_predicted_tags_are_refused(tmp_path, form):
    words = "".join(f"{a}{b} O O\n" for a in "abcdefgh" for b in "klmnopqr")
    text = f"We O {form}\nuse O O\nCRF {form} {form}\n{words}now ?? O\n"
    with pytest.raises(ScinerError, match=r"columns 2 and 3 both .* differ in 2 of 68 lines"):
        docs_from(tmp_path, text)


def test_ids_before_the_words_are_no_words(tmp_path):
    rows = ["We O", "use O", "CRF B-M", "models I-M", "here O"]
    text = "\n".join(f"s1-t{i} {row}" for i, row in enumerate(rows))
    (doc,) = docs_from(tmp_path, text)
    assert ents_of(doc) == [("CRF models", "M")]


def test_words_of_entities_alone_with_a_tag_are_refused(tmp_path):
    words = [f"word{i}x" for i in range(20)]
    text = "".join(f"{w}\t{'B-M' if i in (3, 9) else ''}\n" for i, w in enumerate(words))
    with pytest.raises(ScinerError, match=r"2 lines have a tag .* write O"):
        docs_from(tmp_path, text)


@pytest.mark.parametrize("rows", [["The,O", '",",O', "CRF,B-M", '",",O', "a,O"], ["We\u3000O"] * 3])
def test_csv_and_odd_blanks_are_refused(tmp_path, rows):
    with pytest.raises(ScinerError, match=r"it looks like (CSV|columns with ideographic)"):
        docs_from(tmp_path, "\n".join(rows))


def test_documents_named_in_brackets(tmp_path):
    text = "-docstart- (1 EU)\n\nWe O\n\n-DOCSTART- (2 NATO)\n\nCRF B-M\n"
    assert [doc.user_data["paper"] for doc in docs_from(tmp_path, text)] == ["1 EU", "2 NATO"]


@pytest.mark.parametrize("word", ["#", "#tag", "##x"])
def test_a_hash_with_a_label_as_its_neighbours_is_a_word(tmp_path, word):
    (doc,) = docs_from(tmp_path, f"# comment\nWe O\nuse O\nCRF M\n{word} M\nnow O\n")
    assert [token.text for token in doc] == ["We", "use", "CRF", word, "now"]
    (doc,) = docs_from(tmp_path, f"# M\nWe O\nCRF B-M\n{word} I-M\n")  # labels have a letter here
    assert [token.text for token in doc] == ["We", "CRF", word]
    (doc,) = docs_from(tmp_path, f"We O PRP\nCRF B-M NN\n{word} I-M NN\n# a comment\nnow O RB\n")
    assert [token.text for token in doc] == ["We", "CRF", word, "now"]


def test_word_pieces_with_labels_alone_are_refused(tmp_path):
    with pytest.raises(ScinerError, match=r"word-pieces, '##BE M'"):
        docs_from(tmp_path, "We O\nuse O\nRo M\n##BE M\n##RT M\n")


@pytest.mark.parametrize("tag", ["X", "[PAD]", "_", "-100"])
@pytest.mark.parametrize("number", ["", "1\t"])
def test_word_pieces_are_refused_whatever_their_tag(tmp_path, tag, number):
    rows = ["We\tO", "Distil\tB-M", f"##BERT\t{tag}", f"##u\t{tag}", "wins\tO", "here\tO"]
    text = "".join(f"{number}{row}\r\n" for row in rows)
    with pytest.raises(ScinerError, match=r"SCINER-E218: .* cut into word-pieces, .*##BERT"):
        docs_from(tmp_path, text)


@pytest.mark.parametrize(
    ("start", "name"), [("\u2581", "SentencePiece's"), ("\u0120", "byte-level BPE's")]
)
def test_pieces_that_mark_where_a_word_begins_are_refused(tmp_path, start, name):
    text = f"{start}We O\n{start}use O\n{start}SQ B-M\nu I-M\nAD I-M\n"
    with pytest.raises(ScinerError, match=rf"SCINER-E218: .* cut into {name} pieces, .*; join"):
        docs_from(tmp_path, text)
    (doc,) = docs_from(
        tmp_path, f"the O\nsign O\n{start}a O\nis O\n{start} O\nor O\n" + "x O\n" * 5
    )
    assert doc[2].text == f"{start}a"


@pytest.mark.parametrize("word", ["#params", "##BERT"])
def test_a_hash_without_a_blank_and_with_all_columns_is_a_word(tmp_path, word):
    text = "#end document\n#Text=We use\n#doc p1\n#sentence 7\n# p1\n"
    text += f"We O\nCRF B-M\n{word} X\nnow O\nso B-M\n"
    (doc,) = docs_from(tmp_path, text)
    assert [token.text for token in doc] == ["We", "CRF", word, "now", "so"]
    assert doc[2].ent_iob_ == ""


@pytest.mark.parametrize(
    "lines",
    [
        ["We use CRF . O O B-M O", "We try HMM . O O B-M O"],
        ["We use CRF O O B-M", "We try HMM O O B-M"],
        ["We use CRF .\tO O M O", "We try HMM .\tO O M O"],
        ["We use CRF . O O B-M O"] * 9,
        ["We use CRF O O B-M", "This is it now O O O O", "HMM O", "It is O O"],
    ],
)
def test_a_sentence_a_line_is_refused(tmp_path, lines):
    with pytest.raises(ScinerError, match=r"SCINER-E218: .*a line holds a sentence, .*'We use CRF"):
        docs_from(tmp_path, "\n".join(lines))


@pytest.mark.parametrize("n", [1, 9])
def test_columns_of_chunks_or_more_tags_make_no_sentence_of_a_line(tmp_path, n):
    text = "We PRP B-NP O\nuse VB B-VP O\nCRF NN B-NP B-M\n. . O O\n\n" * n
    assert [ents_of(doc) for doc in docs_from(tmp_path, text)] == [[("CRF", "M")]] * n
    text = "We we PRP B-NP O O\nuse use VB B-VP O O\nCRF crf NN B-NP O B-M\n. . . O O O\n\n" * n
    assert [ents_of(doc) for doc in docs_from(tmp_path, text)] == [[("CRF", "M")]] * n


def _read_words(tmp_path, text):
    (tmp_path / "f.conll").write_text(text, encoding="utf8")
    repairs = Repairs()
    paragraphs, _ = read_conll(tmp_path / "f.conll", file="f", repairs=repairs, labels=["M"])
    return [paragraph.words for paragraph in paragraphs], dict(repairs.counts)


def test_a_word_keeps_its_first_character(tmp_path):
    text = "\ufeffa\tO\n\ufeff\tO\n\ufeffb\tB-M\n\n-DOCSTART-\tO\n\n\ufeffc\tO\n\n\ufeff\tO\n"
    assert _read_words(tmp_path, text) == (
        [["a", "\ufeff", "\ufeffb"], ["\ufeffc"], ["\ufeff"]],
        {},
    )


def test_marks_of_files_that_were_joined_are_counted(tmp_path):
    text = "a O\n\n\ufeffb O\n\ufeff-DOCSTART- O\n\nc B-M\n\n\ufeff\nd O\n"
    assert _read_words(tmp_path, text) == ([["a"], ["b"], ["c"], ["d"]], {"byte-order-mark": 3})


@pytest.mark.parametrize(
    "header", ["token gold pred", "Word GOLD-tag Predicted", "word BIO-tag chunk", "word tag pred"]
)
def test_a_header_says_which_tags_are_gold(tmp_path, header):
    text = f"{header}\nWe O O\nCRF B-M O\nwins O B-M\n"
    assert _read_words(tmp_path, text) == ([["We", "CRF", "wins"]], {"header-row": 1})
    assert [ents_of(doc) for doc in docs_from(tmp_path, text)] == [[("CRF", "M")]]


def test_a_word_of_a_text_is_no_header(tmp_path):
    text = "Word O\ngold B-M\npred O\n"
    assert _read_words(tmp_path, text) == ([["Word", "gold", "pred"]], {})


@pytest.mark.parametrize("pos", ["", "PRP VBP NNP\n"], ids=["two", "three"])
@pytest.mark.parametrize("blank", [" ", "\t"])
def test_lines_of_words_and_of_tags_by_turns_are_refused(tmp_path, blank, pos):
    """Of two short sentences `O` was an entity."""
    text = f"We use CRF\n{pos}O O B-M\n\nCRF is hard\n{pos}B-M O O\n".replace(" ", blank)
    for some in (text, text.partition("\n\n")[0], "We\nO\nuse\nO\nCRF\nB-M\n"):
        with pytest.raises(ScinerError, match=r"SCINER-E218: .* lines of words and of tags take"):
            docs_from(tmp_path, some)
    (doc,) = docs_from(tmp_path, "We O\nO B-M\nB-cell I-M\nwin O\n")
    assert ents_of(doc) == [("O B-cell", "M")]


def test_a_no_break_space_behind_a_tag_makes_no_other_label_of_it(tmp_path):
    (doc,) = docs_from(tmp_path, "We\tO\u00a0\nrandom\tB-M\u00a0\nforests\tI-M\n")
    assert ents_of(doc) == [("random forests", "M")]
    assert doc[0].ent_iob_ == "O"
