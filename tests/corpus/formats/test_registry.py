import json
import re
from types import SimpleNamespace

import pytest

from spacy_sciner.corpus.annotated import Annotated
from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.corpus.formats import registry
from spacy_sciner.corpus.formats.registry import FORMATS, Format, formats, read_gold, writer_of
from spacy_sciner.corpus.reader import iob_tags
from spacy_sciner.corpus.rules import Repairs
from spacy_sciner.errors import ScinerError, ScinerWarning
from spacy_sciner.settings import corpora

from ..helpers import docs_of, make_doc


def _read(path, file_format):
    repairs = Repairs()
    found = read_gold(path, file_format=file_format, file=path.name, repairs=repairs)
    return found, repairs


def test_docbin_keeps_tokens_entities_and_unknown(tmp_path):
    doc = make_doc(["a", "b", "c", "d"], ["O", "B-M", "I-M", None], paper="P18-1001", paragraph=4)
    plain = make_doc(["e"], ["O"])
    plain.user_data.clear()
    write_docs(tmp_path / "gold.spacy", [doc, plain])
    found, repairs = _read(tmp_path / "gold.spacy", "spacy")
    back = docs_of(found.paragraphs, repairs)
    assert [iob_tags(d) for d in back] == [["O", "B-M", "I-M", None], ["O"]]
    assert [d.user_data["paper"] for d in back] == ["P18-1001", "gold"]
    assert [d.user_data["paragraph"] for d in back] == [4, 0]
    assert repairs.counts == {}


def test_scheme_is_told_for_conll(tmp_path):
    (tmp_path / "a.txt").write_text("a S-M\nb O\n")
    assert _read(tmp_path / "a.txt", "conll")[0].scheme == "IOBES"


def test_the_settings_know_every_format():
    """They list the names themselves: to check params.yaml must not import the readers."""
    assert sorted(corpora.FORMATS) == sorted(FORMATS)
    assert set(formats()) == set(corpora.format_names())


@pytest.mark.parametrize("file_format", FORMATS)
def test_missing(tmp_path, file_format):
    with pytest.raises(
        ScinerError, match=r"SCINER-E204: .*gold.*sciner assets --corpus CORPUS.*mirror DIR"
    ):
        _read(tmp_path / "gold", file_format)


@pytest.mark.parametrize("file_format", ["conll", "prodigy", "doccano", "label-studio"])
def test_not_utf8(tmp_path, file_format):
    (tmp_path / "gold").write_bytes(b"caf\xe9\tO\n")
    with pytest.raises(ScinerError, match=r"SCINER-E205: .*gold cannot be read as"):
        _read(tmp_path / "gold", file_format)


def test_folder_without_a_file_of_the_format(tmp_path):
    (tmp_path / "scan.png").write_bytes(b"x")
    with pytest.raises(ScinerError, match=r"SCINER-E219: No file of format conll.*There: .*scan"):
        _read(tmp_path, "conll")


@pytest.mark.parametrize(
    ("file_format", "content", "found"),
    [
        ("conll", "\n\n-DOCSTART- O\n", "nothing"),
        ("prodigy", '{"spans": []}\n', "no-text 1"),
        ("doccano", "", "nothing"),
        ("label-studio", "[]", "nothing"),
    ],
)
def test_empty(tmp_path, file_format, content, found):
    (tmp_path / "gold").write_text(content)
    with pytest.raises(ScinerError, match=f"SCINER-E206: .*as {file_format}. Found: {found}"):
        _read(tmp_path / "gold", file_format)


def test_empty_folder(tmp_path):
    with pytest.raises(ScinerError, match=r"SCINER-E219: No file of format brat.*There: nothing"):
        _read(tmp_path, "brat")


def _write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf8")


FILES = {
    "conll": {"gold/p2.conll": "b O\n", "gold/p1.conll": "-DOCSTART- O\n\na O\n\na2 O\n"},
    "doccano": {
        "gold/p2.jsonl": '{"text": "b", "label": []}',
        "gold/p1.jsonl": '{"text": "a", "label": []}\n{"text": "a2", "label": []}',
    },
    "label-studio": {
        "gold/p2.json": '[{"data": {"text": "b"}, "annotations": [{"result": []}]}]',
        "gold/p1.json": '[{"data": {"text": "a"}, "annotations": [{"result": []}]},'
        '{"data": {"text": "a2"}, "annotations": [{"result": []}]}]',
    },
    "brat": {
        "gold/p2.txt": "b",
        "gold/p2.ann": "",
        "gold/p1.txt": "a\na2",
        "gold/p1.ann": "",
        "gold/annotation.conf": "[entities]",
    },
}
FILES["prodigy"] = FILES["doccano"]


@pytest.mark.parametrize("path", ["gold", "gold/*", "g*"])
@pytest.mark.parametrize("file_format", sorted(FILES))
def test_a_folder_or_a_pattern_is_read_a_file_a_paper(tmp_path, file_format, path):
    _write(tmp_path, {**FILES[file_format], "gold/.hidden": "x", "gold/notes.png": "x"})
    repairs = Repairs()
    found = read_gold(tmp_path / path, file_format=file_format, file=path, repairs=repairs)
    places = [(p.paper, p.paragraph, p.text) for p in found.paragraphs]
    assert places == [("p1", 0, "a"), ("p1", 1, "a2"), ("p2", 0, "b")]
    assert [name.rsplit("/")[-1].split(".")[0] for name in found.files] == ["p1", "p2"]
    assert all(p.file.startswith("gold/p") for p in found.paragraphs)
    assert repairs.counts == {"other-file": 1}


def test_a_folder_of_docbins(tmp_path):
    (tmp_path / "gold").mkdir()
    for name in ("q", "p"):
        doc = make_doc([name], ["O"])
        doc.user_data.clear()
        write_docs(tmp_path / "gold" / f"{name}.spacy", [doc])
    assert [p.paper for p in _read(tmp_path / "gold", "spacy")[0].paragraphs] == ["p", "q"]


def test_a_paper_in_two_folders_is_numbered_on(tmp_path):
    _write(tmp_path, {"gold/a/p.conll": "a O\n\nb O\n", "gold/z/p.conll": "c O\n"})
    with pytest.warns(ScinerWarning, match="SCINER-W228"):  # they may be two papers
        found, _ = _read(tmp_path / "gold", "conll")
    assert [(p.paper, p.paragraph) for p in found.paragraphs] == [("p", 0), ("p", 1), ("p", 2)]


@pytest.mark.parametrize("file_format", sorted(FILES))
def test_paragraphs_are_papers_on_request(tmp_path, file_format):
    _write(tmp_path, FILES[file_format])
    found = read_gold(
        tmp_path / "gold",
        file_format=file_format,
        file="gold",
        repairs=Repairs(),
        are_paragraphs_papers=True,
    )
    places = [(p.paper, p.paragraph) for p in found.paragraphs]
    assert places == [("p1-00000", 0), ("p1-00001", 0), ("p2-00000", 0)]


def test_several_docstarts_number_the_papers_of_a_file_in_a_folder(tmp_path):
    text = "-DOCSTART- O\n\na O\n\n-DOCSTART- O\n\nb O\n"
    _write(tmp_path, {"gold/p1.conll": text, "gold/p2.conll": "c O\n"})
    found, _ = _read(tmp_path / "gold", "conll")
    assert [p.paper for p in found.paragraphs] == ["p1-00000", "p1-00001", "p2"]


def test_a_pattern_that_matches_nothing(tmp_path):
    with pytest.raises(ScinerError, match=r"SCINER-E219: No file of format.*There: nothing"):
        _read(tmp_path / "*.jsonl", "doccano")


def test_texts_that_are_addresses_tell_the_way_out(tmp_path):
    _write(tmp_path, {"gold.jsonl": '{"text": "https://x.org/p.txt", "label": []}'})
    with pytest.raises(ScinerError, match=r"SCINER-E206: .*address 1 .*export the text itself"):
        _read(tmp_path / "gold.jsonl", "doccano")


def test_tasks_that_nobody_submitted_tell_the_way_out(tmp_path):
    _write(tmp_path, {"export.json": '[{"data": {"text": "BERT"}, "annotations": []}]'})
    with pytest.raises(ScinerError, match=r"SCINER-E206: .*unannotated 1 .*submit them"):
        _read(tmp_path / "export.json", "label-studio")


HTML = "<p>We use <b>BERT</b>.</p>"


@pytest.mark.parametrize(
    ("file_format", "content"),
    [
        ("prodigy", json.dumps({"text": HTML, "spans": [], "answer": "accept"})),
        ("label-studio", json.dumps([{"data": {"text": HTML}, "annotations": [{"result": []}]}])),
        ("conll", "We O\nuse O\n<b>BERT</b> O\n"),
    ],
)
def test_html_of_which_nothing_tells_how_it_was_read_is_counted(tmp_path, file_format, content):
    _write(tmp_path, {"gold": content})
    _, repairs = _read(tmp_path / "gold", file_format)
    assert repairs.counts == {"markup": 1}


@pytest.mark.parametrize(
    ("code", "table", "gold", "options"),
    [
        ("E208", "papers.tsv", "p1.conll", {"file_format": "conll"}),
        ("E242", "paragraphs.jsonl", "p1.txt", {"file_format": "brat"}),
    ],
)
def test_a_table_in_another_encoding_is_blamed_itself(tmp_path, code, table, gold, options):
    _write(tmp_path, {"p1.conll": "a O\n", "p1.txt": "BERT", "p1.ann": ""})
    path = tmp_path / table
    path.write_bytes("split\tfirst\tlast\tpaper\np1\t0\t0\tcafé\n".encode("latin-1"))
    more = {"papers_path": path} if gold == "p1.conll" else {}
    with pytest.raises(ScinerError, match=f"SCINER-{code}: {path}.*it is not UTF-8"):
        read_gold(tmp_path / gold, file=gold, repairs=Repairs(), **options, **more)


@pytest.mark.parametrize(
    ("file_format", "record", "keys"),
    [
        (
            "doccano",
            {"id": 1, "body": "We use", "tags": [1]},
            r"id (number), body (text), tags (list)",
        ),
        ("prodigy", {"text": 5, "spans": []}, "text (number), spans (list)"),
        ("label-studio", {"data": {"n": 5}, "annotations": []}, "annotations (list), n (number)"),
    ],
)
def test_the_keys_that_were_found_are_named(tmp_path, file_format, record, keys):
    _write(tmp_path, {"gold": json.dumps([record])})
    with pytest.raises(ScinerError, match=f"SCINER-E206: .*keys of its records.*{re.escape(keys)}"):
        _read(tmp_path / "gold", file_format)


@pytest.mark.parametrize("separator", [",", "\t"])
@pytest.mark.parametrize("file_format", ["label-studio", "prodigy", "conll"])
def test_a_table_of_label_studio_is_named(tmp_path, file_format, separator):
    names = ["annotation_id", "annotator", "created_at", "id", "label", "lead_time", "text"]
    spans = '"[{""start"":0,""end"":4,""text"":""BERT"",""labels"":[""M""]}]"'
    rows = [names, ["1", "1", "2024-01-01", "3", spans, "1.2", "BERT is"]]
    _write(tmp_path, {"gold": "".join(separator.join(row) + "\r\n" for row in rows)})
    with pytest.raises(ScinerError, match=r"E2(05|18): .*Label Studio's CSV .*Export JSON or"):
        _read(tmp_path / "gold", file_format)


def test_another_package_adds_a_format(tmp_path, monkeypatch):
    def read(path, *, file, repairs):
        return [Annotated("P1", 0, path.read_text(), [], file)], None

    def write(path, paragraphs, *, losses):
        path.write_text("".join(one.doc.text for one in paragraphs))

    point = SimpleNamespace(name="plain", load=lambda: Format(read, write))
    monkeypatch.setattr(registry, "format_points", lambda: [point])
    (tmp_path / "a.txt").write_text("We train")
    found, _ = _read(tmp_path / "a.txt", "plain")
    assert [p.text for p in found.paragraphs] == ["We train"]
    assert writer_of("plain") is write


def test_a_linked_folder_is_read_and_one_that_leads_back_is_not(tmp_path):
    gold, other = tmp_path / "gold", tmp_path / "other"
    for folder in (gold, other):
        folder.mkdir()
        (folder / f"of-{folder.name}.conll").write_text("BERT B-M\nwins O\n")
    (gold / "linked").symlink_to(other)
    (gold / "back").symlink_to(tmp_path)
    assert [p.paper for p in _read(gold, "conll")[0].paragraphs] == ["of-other", "of-gold"]


@pytest.mark.parametrize("path", ["gold", "gold/**/*.conll", "g*"])
def test_a_folder_that_a_link_leads_to_again_is_read_once(tmp_path, path):
    """It was refused, as a file under two paths (E246)."""
    _write(tmp_path, {"gold/b/z.conll": "BERT B-M\n", "gold/c.conll": "wins O\n"})
    (tmp_path / "gold/latest").symlink_to("b")
    (tmp_path / "gold/a").symlink_to("..")
    (tmp_path / "gold/b/again").symlink_to("../b")
    read = read_gold(tmp_path / path, file_format="conll", file=path, repairs=Repairs())
    assert read.files == ["gold/b/z.conll", "gold/c.conll"]


@pytest.mark.parametrize(
    ("file_format", "text"),
    [
        ("doccano", '{"text": "BERT wins", "label": [], "paper": "Mu\u0308ller"}'),
        ("conll", "-DOCSTART-\tpaper=Mu\u0308ller\tO\n\nBERT B-M\nwins O\n"),
    ],
)
def test_a_papers_name_in_a_file_is_composed_as_those_of_files_are(tmp_path, file_format, text):
    """A script on macOS writes down a file's name as it is: `Müller.pdf` was another paper."""
    (tmp_path / "gold").write_text(text, encoding="utf8")
    (paragraph,) = _read(tmp_path / "gold", file_format)[0].paragraphs
    assert paragraph.paper == "M\u00fcller"
