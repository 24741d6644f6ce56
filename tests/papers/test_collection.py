import gzip
import json

import pytest

from spacy_sciner.errors import ScinerError
from spacy_sciner.papers import parse_papers, summarise
from spacy_sciner.papers.run import file_stem

from .helpers import make_settings, params
from .make_pdf import make_paper, make_scan
from .test_run import LONG, article, read

TEXT = f"{LONG} {LONG}"


def settings(**changes):
    return make_settings(params(workers=1, **changes))


def line(paper, **fields):
    return json.dumps({"id": paper, "title": "A title", "text": TEXT, **fields}) + "\n"


@pytest.fixture
def parse(tmp_path):
    """Write files into a folder of papers, parse it, give the report."""
    folder = tmp_path / "papers"
    folder.mkdir()

    def call(files, **changes):
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return parse_papers(folder, tmp_path / "out", settings(**changes))

    return call


def paragraphs(tmp_path, name):
    text = (tmp_path / "out" / f"{name}.jsonl").read_text(encoding="utf8")
    return [json.loads(one) for one in text.splitlines()]


@pytest.mark.parametrize("engine", ["embedded", "grobid", "tei", "scipdf"])
@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
def test_one_paper_a_line(parse, tmp_path, engine, name):
    title = "A title that is long enough to be a paragraph of it"
    content = line("a", title=title) + "\n" + line("b", text=None, abstract=TEXT)
    report = parse({name: content}, engine=engine)
    assert (report["files"], report["papers"], report["ignored"]) == (1, 2, 0)
    assert report["set_aside"] == []
    assert paragraphs(tmp_path, "a") == [
        {"paper": "a", "paragraph": 0, "section": "Title", "text": title},
        {"paper": "a", "paragraph": 1, "section": "Text", "text": TEXT},
    ]
    assert [p["section"] for p in paragraphs(tmp_path, "b")] == ["Abstract"]


def test_blank_lines_part_paragraphs_and_line_ends_do_not(parse, tmp_path):
    wrapped = TEXT.replace("exactly ", "exactly\n  ")
    parse({"all.jsonl": line("a", text=f"{wrapped}\n \n{wrapped}\n")})
    assert [p["text"] for p in paragraphs(tmp_path, "a")] == [TEXT, TEXT]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ('{"id": "b", "text"\n', r"it is not JSON in UTF-8 \(Expecting ':' delimiter\)"),
        (b'{"id": "b\xff"}\n', r"it is not JSON in UTF-8 \('utf-8' codec can't decode byte 0xff"),
        ("9" * 5000 + "\n", "it is not JSON in UTF-8"),
        ("[1]\n", "it is no JSON object"),
        (line(None), "it has no `id`"),
        (line(True), "it has no `id`"),
        (line(" "), "it has no `id`"),
        (line("b", text=""), "it has neither `text` nor `abstract`"),
        (line("b", text=["x"]), "it has neither `text` nor `abstract`"),
        (line("b\ud800"), r"its `id` holds what is no character \(surrogates"),
    ],
)
def test_a_broken_line_is_set_aside_and_the_rest_goes_on(parse, tmp_path, broken, reason):
    broken = broken if isinstance(broken, bytes) else broken.encode()
    content = line("a").encode() + broken + line(2020).encode()
    report = parse({"all.jsonl": b"\xef\xbb\xbf" + content})
    assert list(read(tmp_path / "out")) == ["2020.jsonl", "_report.json", "a.jsonl"]
    (entry,) = report["set_aside"]
    assert (entry["file"], entry["line"]) == ("all.jsonl", 2)
    with pytest.raises(
        ScinerError, match=rf"SCINER-E125: all\.jsonl, line 2, is no paper: {reason}"
    ):
        raise ScinerError(entry["reason"])


def test_lines_are_summed_up_by_their_reason(parse):
    report = parse({"all.jsonl": line("a") + "{\n" * 11})
    assert [entry["line"] for entry in report["set_aside"]] == list(range(2, 13))
    reason = "SCINER-E125: a line is no paper: it is not JSON in UTF-8"
    assert summarise(report["set_aside"]) == [(reason, 11)]


def test_the_first_of_two_lines_with_one_id_is_read(parse, tmp_path):
    other = line("a", text=f"Now {TEXT}")
    report = parse({"1.jsonl": "{\n" + line("a") + other, "2.jsonl.gz": other + line("b")})
    assert report["papers"] == 2
    assert [p["text"] for p in paragraphs(tmp_path, "a")] == [TEXT]
    reason = "an earlier line has its id (1.jsonl, line 2)"
    assert report["set_aside"][1:] == [
        {"file": "1.jsonl", "line": 3, "reason": reason},
        {"file": "2.jsonl.gz", "line": 1, "reason": reason},
    ]


def test_a_file_of_its_own_wins_if_it_can_be_read(parse, tmp_path):
    make_scan(tmp_path / "papers" / "scan.pdf")
    make_paper(tmp_path / "papers" / "x.pdf")
    own = article(f"Own {TEXT}")
    report = parse({"all.jsonl": line("a") + line("scan") + line("x"), "a.json": own})
    assert report["papers"] == 3
    assert [p["text"] for p in paragraphs(tmp_path, "a")] == [f"Own {TEXT}"]
    assert [p["text"] for p in paragraphs(tmp_path, "scan")] == [TEXT]
    reasons = {entry.get("line"): entry["reason"] for entry in report["set_aside"]}
    assert reasons[1] == "another file of the paper is read (a.json)"
    assert reasons[3] == "another file of the paper is read (x.pdf)"
    assert "SCINER-E111" in reasons[None]


IDS = [
    "a/b",
    "a%2Fb",
    "https://doi.org/10.1/x_1",
    "../../up",
    "..",
    "a\\b",
    "a\nb",
    "é" * 300,
    "_report",
]


def test_no_id_breaks_a_file_s_name(parse, tmp_path):
    report = parse({"all.jsonl": "".join(line(paper) for paper in IDS)})
    assert report["papers"] == len(IDS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "papers"]
    out = read(tmp_path / "out")
    assert len(out) == len(IDS) + 1
    assert json.loads(out.pop("_report.json"))["papers"] == len(IDS)
    assert {json.loads(text.split(b"\n")[0])["paper"] for text in out.values()} == set(IDS)


def test_names_of_ids_stay_as_they_are_where_they_can():
    assert file_stem("2022.acl-long.580") == "2022.acl-long.580"
    assert file_stem("a paper, über-x") == "a paper, über-x"
    assert file_stem("a/b") == "a%2Fb"
    long = [file_stem("x" * 300 + end) for end in "ab"]
    assert long[0] != long[1]
    assert all(len(stem) <= 200 for stem in long)


def test_a_download_that_was_cut_off_gives_what_it_has(parse, tmp_path):
    content = gzip.compress("".join(line(f"p{i}") for i in range(3000)).encode())
    (tmp_path / "papers" / "cut.jsonl.gz").write_bytes(content[: len(content) // 2])
    report = parse({})
    assert 0 < report["papers"] < 3000
    entry = report["set_aside"][-1]
    assert entry["line"] > report["papers"]
    assert "is cut off or damaged here" in entry["reason"]


def test_a_collection_that_cannot_be_read_or_is_empty(parse, tmp_path):
    (tmp_path / "papers" / "no.jsonl.gz").write_bytes(b"no gzip at all")
    report = parse({"empty.jsonl": "\n", "good.jsonl": line("a")})
    reasons = {entry["file"]: entry["reason"] for entry in report["set_aside"]}
    assert reasons["empty.jsonl"] == "no paper in it"
    assert reasons["no.jsonl.gz"].startswith("SCINER-E124: no.jsonl.gz cannot be read: Not a gzip")


def test_only_broken_lines(parse):
    with pytest.raises(ScinerError, match=r"SCINER-E105: None of the 3 papers .* 2× SCINER-E125"):
        parse({"all.jsonl": "{\n{\n" + line("a", text="Too short.")})


def test_runs_are_byte_identical(parse, tmp_path):
    parse({"all.jsonl": "".join(line(f"p{i}") for i in range(20)) + "{\n"})
    before = read(tmp_path / "out")
    parse({})
    assert read(tmp_path / "out") == before


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
def test_a_byte_order_mark_tells_the_encoding(parse, tmp_path, name, encoding):
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    text = (mark + line("P1", text=f"Ωmega. {TEXT}") + line("P2")).encode(encoding)
    report = parse({name: text})
    assert (report["papers"], report["set_aside"]) == (2, [])
    assert any("Ωmega" in json.dumps(p, ensure_ascii=False) for p in paragraphs(tmp_path, "P1"))


def test_of_html_the_visible_text_is_read_and_counted(parse, tmp_path):
    html = f"<jats:title>Abstract</jats:title><jats:p>A <i>B</i>&amp;C {LONG}</jats:p>"
    html += f"<p>10<sup>2</sup> {TEXT}</p>"
    title = "<b>Beam</b> search " + LONG
    texts = f"a < b {TEXT}", f"R&amp;D of <unk> and <e1> Rome </e1> (<p 0.05, x > 3) {TEXT}"
    lines = line("a", title=title, text=html), *(line(n, text=t) for n, t in zip("bc", texts))
    report = parse({"a.jsonl": "".join(lines)})
    assert [one["text"] for one in paragraphs(tmp_path, "a")] == [
        f"Beam search {LONG}",
        f"A B&C {LONG}",
        f"10^2 {TEXT}",
    ]
    assert paragraphs(tmp_path, "b")[0]["text"] == texts[0]
    assert paragraphs(tmp_path, "c")[0]["text"] == texts[1].replace("&amp;", "&")
    assert report["html"] == 2
