from spacy_sciner.corpus.check import check_files, report_lines

from .helpers import write_jsonl


def test_report_of_files_counts_labels_and_compares_papers(tmp_path):
    lines = [
        {"text": "We use BERT .", "label": [[7, 11, "M"]], "paper": "P1"},
        {"text": "It has SQuAD .", "label": [[7, 12, "D"]], "paper": "P2"},
    ]
    path = write_jsonl(tmp_path / "a.jsonl", lines)
    report = check_files([(path, "doccano")], labels=None, papers={"P1", "P2.v1"}, refused=[])
    assert report["labels"] == ["D", "M"]
    assert report["counterparts"]["gold_not_parsed"] == [{"paper": "P2", "nearest": "P2.v1"}]
    assert report_lines(report)[1] == (
        "all: 2 papers, 2 paragraphs, 8 tokens (0 unknown), 2 entities: D 1, M 1"
    )
    known = check_files([(path, "doccano")], labels=["M"], papers=(), refused=[])
    assert "unknown-label: 1" in report_lines(known)
