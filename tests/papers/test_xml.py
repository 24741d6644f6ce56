import pytest

from spacy_sciner.errors import ScinerError
from spacy_sciner.papers.grobid import convert_tei
from spacy_sciner.papers.xml_kinds import parse_xml

BODY = '<TEI xmlns="http://www.tei-c.org/ns/1.0"><text><body><div>{}</div></body></text></TEI>'


def read(tmp_path, content):
    path = tmp_path / "x.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return parse_xml(path)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<s>One ends.</s><s>Two begins</s>", "One ends. Two begins"),
        ("<s>One ends</s>.", "One ends."),
        (
            "Kinds:<list><item>A one</item><item>B two</item></list>, and so on",
            "Kinds: A one B two, and so on",
        ),
        (
            "<list><label>1</label><item>alpha</item><label>2</label><item>beta</item></list>",
            "1 alpha 2 beta",
        ),
        ("one<lb/>two<pb n='2'/>three<cb/>four", "one two three four"),
        ("inter<lb break='no'/>action", "interaction"),
        ("inter-<lb/>action of", "interaction of"),
        ("end<lb/>.", "end."),
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("said<quote>Yes.</quote>and left", "said Yes. and left"),
        ("(<term>BERT</term>), <hi>H</hi>2<hi>O</hi>", "(BERT), H2O"),
        ("GPT<hi rend='sub'>3</hi>-like", "GPT3-like"),
        ("10<hi rend='superscript'>2</hi> and 10<hi rend='sup'>-5</hi>", "10^2 and 10^-5"),
        ("10<hi rend='sub'>2</hi>1, <hi rend='sup'>14</hi>C", "10_2 1, 14C"),
        ("in <num>10</num><hi rend='superscript'> 6</hi> words", "in 10^ 6 words"),
        ("in <hi rend='bold'>10</hi>2", "in 102"),
        ("m<hi rend='superscript'>2</hi> and 5<hi rend='superscript'>th</hi>", "m2 and 5th"),
        ("see <ref>[3]</ref>, [<ref>4</ref>].", "see [3], [4]."),
        ("so<ref>[3]</ref>.", "so[3]."),
        ("a<note>foot</note> word<note>foot</note>.", "a word."),
        ("where<formula>x = y</formula>holds", "where holds"),
        ("a <unheard>new</unheard>one", "a new one"),
        ("two\n   lines\tof <hi>text</hi>\n", "two lines of text"),
        ("<?page 3?>kept", "kept"),
        ("to <choice>\n<sic>recieve</sic>\n<corr>receive</corr></choice>.", "to receive."),
        ("a <choice><expan>random field</expan><abbr>CRF</abbr></choice>s", "a CRFs"),
        ("<choice><orig>co<hi>lou</hi>r</orig><reg>color</reg></choice>ed", "coloured"),
        ("an <choice><unclear>a</unclear><unclear>o</unclear></choice>", "an a"),
        ("a <subst><del>old</del><add>new</add></subst> one", "a new one"),
        ("an <app><lem>old</lem><rdg>odd</rdg></app> one", "an old one"),
    ],
)
def test_elements_part_words_or_do_not(tmp_path, inside, expected):
    wrapped = f"<ab>{inside}</ab>" if "<p>" in inside else f"<p>{inside}</p>"
    assert read(tmp_path, BODY.format(wrapped)) == [("", expected)]


def test_quotations_and_lists_beside_paragraphs_are_paragraphs(tmp_path):
    inside = "<p>One.</p><quote><p>Two.</p></quote><q>Three.</q><list><item>Four.</item></list>"
    assert [text for _, text in read(tmp_path, BODY.format(inside))] == [
        "One.", "Two.", "Three.", "Four.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ('<!ENTITY e "&#945;">', "α"),
        ('<!ENTITY e "alpha">', "alpha"),
        ('<!ENTITY e "<b>bold</b>">', "bold"),
        ('<!ENTITY a "&#946;"><!ENTITY e "&a;&a;">', "ββ"),
        ('<!ENTITY e SYSTEM "{secret}">', ""),
        ('<!ENTITY e PUBLIC "-//X" "{secret}">', ""),
        ('<!ENTITY e SYSTEM "http://127.0.0.1:9/x">', ""),
    ],
)
def test_entities_of_the_files_own(tmp_path, declared, expected):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf8")
    doctype = f"<!DOCTYPE TEI [{declared.format(secret=secret.as_uri())}]>"
    text = read(tmp_path, doctype + BODY.format("<p>&e;x<hi>y</hi>&e;z &e;&e;</p>"))
    assert text == [("", f"{expected}xy{expected}z {expected}{expected}".strip())]


def test_entities_of_a_dtd_that_is_not_read(tmp_path):
    doctype = '<!DOCTYPE TEI PUBLIC "-//Nobody//DTD" "nobody.dtd" [ %more; ]>'
    text = read(tmp_path, doctype + BODY.format("<p>caf&eacute;&nbsp;5 &unheard; end</p>"))
    assert text == [("", "café 5 \ufffd end")]


LAUGHS = "".join("<!ENTITY l{} '{}'>".format(i, f"&l{i - 1};" * 9) for i in range(1, 12))
MANY = "".join(f"<!ENTITY e{i} 'x'>" for i in range(10_001))


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE TEI [<!ENTITY l0 "ha">{LAUGHS}<!ENTITY e "&l11;">]>',
        '<!DOCTYPE TEI [<!ENTITY e "&f;"><!ENTITY f "&e;">]>',
        f'<!DOCTYPE TEI [<!ENTITY e "{"x" * 300}">]>',
        f"<!DOCTYPE TEI [{MANY}]>",
    ],
    ids=["laughs", "loop", "long", "many"],
)
def test_bombs(tmp_path, doctype):
    with pytest.raises(ScinerError, match=r"SCINER-E120: x.xml is not well-formed XML: .*[Ee]ntit"):
        read(tmp_path, doctype + BODY.format("<p>&e;</p>"))


HEADER = """<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><titleStmt>
<title type="main">A title</title></titleStmt></fileDesc><profileDesc><abstract><p><s>We tag
words.</s><s>It works <ref>[1]</ref>.</s></p></abstract></profileDesc></teiHeader>{}</TEI>"""


@pytest.mark.parametrize("text", ["", "<text/>", "<text><body/></text>"])
def test_grobids_header_alone_is_a_paper(tmp_path, text):
    expected = [("Title", "A title"), ("Abstract", "We tag words. It works [1].")]
    assert read(tmp_path, HEADER.format(text)) == expected
    assert convert_tei(HEADER.format(text).encode(), file="x.pdf") == expected


def test_the_grobid_engine_parts_words_too():
    body = """<text><body><div xmlns="http://www.tei-c.org/ns/1.0"><head>Methods</head><p><s>One
ends.</s><s>Kinds:</s><list><item>BERT</item><item>LSTM</item></list>, at<lb/>last.</p></div></body>
</text>"""
    sections = convert_tei(HEADER.format(body).encode(), file="x.pdf")
    assert sections[2:] == [("Methods", "One ends. Kinds: BERT LSTM, at last.")]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("<!DOCTYPE html><html><body><p>Hi<br></p></body></html>", "an HTML page"),
        (
            "<html xmlns='http://www.w3.org/1999/xhtml'><body><p>Hi</p></body></html>",
            "an HTML page",
        ),
        ("<HTML><p>not closed", "an HTML page"),
        ("<article><title>DocBook</title><para>Hi</para></article>", "an article, but not JATS"),
        ("<full-text-retrieval-response/>", "an article by Elsevier"),
        ("<alto><Layout/></alto>", "ALTO"),
        ("<teiCorpus><TEI/><TEI/></teiCorpus>", "many papers in one TEI file"),
        ("<TEI><teiHeader/></TEI>", "TEI without an abstract and without a body"),
        ("<rss><channel/></rss>", "a feed"),
        ("<x:mine xmlns:x='urn:x'/>", r"XML of another kind \(its root is <mine>\)"),
        ('{"title": "A"}', "JSON"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (b"\x1f\x8b\x08\x00", "a gzip file"),
    ],
)
def test_other_files_are_named_as_what_they_are(tmp_path, content, kind):
    with pytest.raises(ScinerError, match=rf"SCINER-E121: x.xml is {kind}.* JATS"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [
        ("\ufeff<?xml version='1.0' encoding='UTF-8'?>" + BODY.format("<p>café</p>")).encode(),
        ("\n\n <?xml version='1.0'?>" + BODY.format("<p>café</p>")).encode(),
        ("<?xml version='1.0' encoding='UTF-16'?>" + BODY.format("<p>café</p>")).encode("utf-16"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?>" + BODY.format("<p>café</p>")).encode("l1"),
    ],
    ids=["mark", "blank lines", "UTF-16", "Latin-1"],
)  # fmt: skip
def test_encodings(tmp_path, content):
    assert read(tmp_path, content) == [("", "café")]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00",
        b"<TEI>\xff</TEI>",
        b"<?xml version='1.0' encoding='nonsense'?><TEI/>",
        b"<TEI>&#xD835;</TEI>",
        b"<TEI>\x00</TEI>",
        b"<a>" * 100_000,
        b"<!DOCTYPE TEI [<!ENTITY",
        b"<!DOCTYPE TEI>",
        b"<TEI>&undeclared;</TEI>",
    ],
)
def test_damaged_files_are_no_traceback(tmp_path, content):
    with pytest.raises(ScinerError, match=r"SCINER-E120: x.xml is not well-formed XML: \S"):
        read(tmp_path, content)


JATS = """<?xml version="1.0"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS v1.2//EN" "JATS.dtd">
<article xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML">
<front><journal-meta><journal-title>J</journal-title></journal-meta><article-meta>
<title-group><article-title>Tagging<break/><italic>E. coli</italic><xref ref-type="fn">*</xref>
</article-title><subtitle>Not this</subtitle></title-group>
<contrib-group><contrib><name><surname>Lee</surname></name></contrib></contrib-group>
<abstract><title>Abstract</title><sec><title>Aims</title><p>We tag.</p></sec>
<sec><title>Results</title><p>It works.</p></sec></abstract>
<abstract abstract-type="graphical"><p>A picture.</p></abstract></article-meta></front>
<body><p>Before all sections.</p>
<sec sec-type="intro"><title>Background</title>
<p>Cited [<xref ref-type="bibr">3</xref>,<xref>4</xref>], H<sub>2</sub>O and
<inline-formula><alternatives><tex-math>\\alpha</tex-math><mml:math><mml:mi>α</mml:mi></mml:math>
</alternatives></inline-formula> follow<fn><p>A note.</p></fn>.
<fig><label>Fig 1</label><caption><p>A caption.</p></caption></fig>
<disp-formula><tex-math>x</tex-math></disp-formula></p>
<sec><title>Inner</title><list><list-item><p>First thing</p></list-item><list-item><p>Second</p>
</list-item></list><p>Text<table-wrap><table><tr><td>1</td></tr></table></table-wrap>more.</p></sec>
<p>After the inner one.</p></sec>
<sec><title>Acknowledgements</title><p>Thanks.</p></sec></body>
<back><ack><p>Thanks.</p></ack><app-group><app><title>Appendix</title><p>More.</p></app></app-group>
<ref-list><ref><mixed-citation>Lee 2019</mixed-citation></ref></ref-list></back></article>"""


def test_jats(tmp_path):
    expected = [
        ("Title", "Tagging E. coli*"),
        ("Abstract", "We tag."),
        ("Abstract", "It works."),
        ("", "Before all sections."),
        ("Background", "Cited [3,4], H2O and α follow."),
        ("Inner", "First thing"),
        ("Inner", "Second"),
        ("Inner", "Text more."),
        ("Background", "After the inner one."),
        ("Appendix", "More."),
    ]
    assert read(tmp_path, JATS) == expected
    article = JATS[JATS.index("<article") :]
    assert read(tmp_path, f"<pmc-articleset>{article}</pmc-articleset>") == expected


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("10<sup>2</sup> of 3.10<sup>-4</sup>", "10^2 of 3.10^-4"),
        ("in 2019<sup><xref>3,4</xref></sup>", "in 2019^3,4"),
        ("<math><msup><mn>10</mn><mn>2</mn></msup></math> words", "10^2 words"),
        ("<math><msub><mn>10</mn><mn>2</mn></msub></math> words", "10_2 words"),
        ("<math><msup><mi>x</mi><mn>2</mn></msup></math> words", "x2 words"),
    ],
)
def test_a_raised_number_does_not_fuse_with_another(tmp_path, inside, expected):
    article = f"<article><body><p>{inside}</p></body></article>"
    assert read(tmp_path, article) == [("", expected)]
