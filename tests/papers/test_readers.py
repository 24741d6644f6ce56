import json

import pytest

from spacy_sciner.errors import ScinerError
from spacy_sciner.papers.scipdf_json import parse_json
from spacy_sciner.papers.xml_kinds import parse_xml

TEI = """<?xml version="1.0" encoding="UTF-8"?>
<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><titleStmt>
<title level="a" type="main">A   title</title></titleStmt>
<publicationStmt><date when="2020"/></publicationStmt>
<sourceDesc><biblStruct><author><persName><surname>Lee</surname></persName></author></biblStruct>
</sourceDesc></fileDesc>
<profileDesc><abstract>{abstract}</abstract></profileDesc></teiHeader>
<text><body>
<div xmlns="http://www.tei-c.org/ns/1.0"><head n="1">Intro</head>
<p>We cite <ref type="bibr">(Lee, 2019)</ref> for x<formula>x = y</formula> here.</p>
<p>Second.</p><formula xml:id="f">a = b</formula></div>
<figure xml:id="fig_0"><head>Fig. 1</head><figDesc>A caption.</figDesc></figure>
<note place="foot">A note.</note>
<div><head>Acknowledgements</head><p>We thank all.</p></div>
</body><back>
<div type="acknowledgement"><div><head>Thanks</head><p>We thank all.</p></div></div>
<div type="annex"><div><head>Appendix</head><p>More of it.</p></div></div>
<div type="references"><listBibl><biblStruct/></listBibl></div>
</back></text></TEI>"""


@pytest.mark.parametrize(
    "abstract", ["<p>An abstract.</p>", "An abstract.", "<div><p>An abstract.</p></div>"]
)
def test_tei(tmp_path, abstract):
    path = tmp_path / "x.tei.xml"
    path.write_text(TEI.format(abstract=abstract), encoding="utf8")
    assert parse_xml(path) == [
        ("Title", "A title"),
        ("Abstract", "An abstract."),
        ("Intro", "We cite (Lee, 2019) for x here."),
        ("Intro", "Second."),
        ("Appendix", "More of it."),
    ]


def test_a_tei_of_several_texts_with_front_and_appendix(tmp_path):
    """Only the first text was read, and of what stands around it nothing but GROBID's annexes."""
    path = tmp_path / "x.tei.xml"
    text = "<text><front><div type='abstract'><div type='abstract'>"
    text += "<p>Short {0}.</p></div></div></front>"
    text += "<body><p>Long {0}.</p></body><back><div type='appendix'><head>Proofs {0}</head>"
    text += "<p>More {0}.</p></div></back></text>"
    texts = text.format("one") + text.format("two")
    path.write_text(f"<TEI><teiHeader/><text><group>{texts}</group></text></TEI>")
    assert parse_xml(path) == [
        ("Abstract", "Short one."),
        ("Abstract", "Short two."),
        ("", "Long one."),
        ("Proofs one", "More one."),
        ("", "Long two."),
        ("Proofs two", "More two."),
    ]
    back = "<div><head>Proofs</head><p>More.</p></div>"
    back += "<div><head>References</head><p>A. B.</p></div>"
    back += "<div><head>Funding</head><p>By all.</p></div><div type='notes'><p>Aside.</p></div>"
    body = "<body><p>Long.</p><div><head>2 Literature</head><p>All.</p></div></body>"
    path.write_text(f"<TEI><text>{body}<back>{back}</back></text></TEI>")
    assert parse_xml(path) == [("", "Long."), ("2 Literature", "All."), ("Proofs", "More.")]
    back = "<div><head>Quellen</head><bibl>A. B.</bibl><bibl>C. D.</bibl></div>"
    front = "<front><div type='abstract'><p>Short.</p></div></front>"
    header = "<teiHeader><profileDesc><abstract/></profileDesc></teiHeader>"
    path.write_text(
        f"<TEI>{header}<text>{front}<body><p>Long.</p></body><back>{back}</back></text></TEI>"
    )
    assert parse_xml(path) == [("Abstract", "Short."), ("", "Long.")]
    inner = "<floatingText><body><p>Inner.</p></body></floatingText>"
    inner += "<div type='appendix'><p>Last.</p></div>"
    path.write_text(f"<TEI><text><body><p>Outer.</p>{inner}</body></text></TEI>")
    assert [text for _, text in parse_xml(path)] == ["Outer.", "Inner.", "Last."]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<div>BERT wins. It is used.</div>", [("", "BERT wins. It is used.")]),
        ("<div><head>A</head><s>One.</s> <s>Two.</s></div>", [("A", "One. Two.")]),
        ("<div><head>A</head>Loose.<p>Two.</p></div>", [("A", "Loose."), ("A", "Two.")]),
        ("<div>A <hi>word</hi>.</div><div>B.</div>", [("", "A word."), ("", "B.")]),
        ("Bare.<div><head>Acknowledgements</head>All.</div>", [("", "Bare.")]),
        ("<div><p>A.</p><formula>x</formula><figure><head>F</head>f</figure></div>", [("", "A.")]),
    ],
)
def test_what_stands_in_no_paragraph_is_read(tmp_path, body, expected):
    path = tmp_path / "x.tei.xml"
    path.write_text(f"<TEI><text><body>{body}</body></text></TEI>", encoding="utf8")
    assert parse_xml(path) == expected


@pytest.mark.parametrize("content", ["", "<TEI><text>", "not xml at all"])
def test_tei_that_is_no_xml(tmp_path, content):
    path = tmp_path / "x.tei.xml"
    path.write_text(content, encoding="utf8")
    with pytest.raises(ScinerError, match=r"SCINER-E120: x.tei.xml is not well-formed"):
        parse_xml(path)


def test_xml_that_is_no_tei(tmp_path):
    path = tmp_path / "pom.xml"
    path.write_text("<project/>", encoding="utf8")
    with pytest.raises(
        ScinerError, match=r"SCINER-E121: pom.xml is XML of another kind .*<project>"
    ):
        parse_xml(path)


def test_tei_reads_no_other_files(tmp_path):
    (tmp_path / "secret.txt").write_text("secret", encoding="utf8")
    path = tmp_path / "x.xml"
    path.write_text(
        f'<!DOCTYPE TEI [<!ENTITY e SYSTEM "{tmp_path.as_uri()}/secret.txt">]>'
        "<TEI><text><body><p>The &e; is safe.</p></body></text></TEI>",
        encoding="utf8",
    )
    assert parse_xml(path) == [("", "The is safe.")]


def test_json(tmp_path):
    path = tmp_path / "x.json"
    article = {
        "title": "A title",
        "abstract": "First.\nSecond.",
        "sections": [
            {"heading": "Intro", "text": "One.\n\nTwo  two."},
            {"heading": "Listed", "text": ["Three.", "Four."]},
            {"heading": "References", "text": "Lee 2019."},
            {"heading": "", "text": ""},
        ],
    }
    path.write_text(json.dumps(article), encoding="utf8")
    assert parse_json(path) == [
        ("Title", "A title"),
        ("Abstract", "First."),
        ("Abstract", "Second."),
        ("Intro", "One."),
        ("Intro", "Two two."),
        ("Listed", "Three."),
        ("Listed", "Four."),
    ]


@pytest.mark.parametrize("content", ["null", "{}", '{"title": "", "abstract": "", "sections": []}'])
def test_json_of_nothing(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf8")
    assert parse_json(path) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_json_with_a_byte_order_mark(tmp_path, encoding):
    path = tmp_path / "x.json"
    article = {"title": "Café", "abstract": "", "sections": []}
    path.write_bytes(json.dumps(article, ensure_ascii=False).encode(encoding))
    assert parse_json(path) == [("Title", "Café")]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"9" * 5000])
def test_json_that_is_none(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(ScinerError, match=r"SCINER-E122: x.json is not JSON"):
        parse_json(path)


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        '{"a": 1}',
        '{"sections": {}}',
        '{"sections": ["a"]}',
        '{"sections": [{"heading": "A", "text": {"text": "b"}}]}',
        '{"sections": [{"heading": "A", "text": [{"text": "b"}]}]}',
        '{"abstract": {"text": "b"}, "sections": []}',
    ],
)
def test_json_of_something_else(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf8")
    with pytest.raises(ScinerError, match=r"SCINER-E123: x.json"):
        parse_json(path)
