"""Every real annotation file of an offline mirror is read; needs SCINER_MIRROR."""

import os
from pathlib import Path

import pytest

from spacy_sciner.corpus.formats.registry import read_gold
from spacy_sciner.corpus.rules import Repairs

from .helpers import docs_of

MIRROR = Path(os.environ.get("SCINER_MIRROR", ""))
pytestmark = pytest.mark.skipif(
    "SCINER_MIRROR" not in os.environ,
    reason="SCINER_MIRROR does not name a folder with real annotation files",
)

SET_ASIDE = ("unknown-label", "bad-offsets", "zero-length", "text-mismatch", "duplicate", "overlap")
FORMATS = {
    "annotation-formats/label-studio/*.json": "label-studio",
    "annotation-formats/brat_examples/example-data/corpora/BioNLP-ST_2011/*": "brat",
    "annotation-formats/brat_scienceie_dev": "brat",
    "annotation-formats/prodigy_ner_drugs/**/drugs_[et]*.jsonl": "prodigy",
    "annotation-formats/doccano/**/*.jsonl": "doccano",
    "annotation-formats/doccano/**/*.conll": "conll",
    "acl-sciner/**/*.conll": "conll",
    "scierc/*.txt": "conll",
    "crossner/*/*.txt": "conll",
    "bionlp/*/*.tsv": "conll",
    "nerc/*.txt": "conll",
}
FILES = [
    pytest.param(path, file_format, id=path.relative_to(MIRROR).as_posix())
    for pattern, file_format in FORMATS.items()
    for path in (sorted(MIRROR.glob(pattern)) if "SCINER_MIRROR" in os.environ else [])
]


@pytest.mark.skipif(not FILES, reason="SCINER_MIRROR holds none of the known folders")
@pytest.mark.parametrize(("path", "file_format"), FILES)
def test_file_is_read_and_every_annotation_is_accounted_for(path, file_format):
    repairs = Repairs()
    found = read_gold(path, file_format=file_format, file=path.name, repairs=repairs)
    docs = docs_of(found.paragraphs, repairs)
    n_aside = sum(repairs.counts[rule] for rule in SET_ASIDE)
    n_read = sum(len(p.spans) for p in found.paragraphs)
    assert sum(len(doc.ents) for doc in docs) == n_read - n_aside
    assert n_read > 0
    assert len(docs) + repairs.counts["no-text"] >= len(found.paragraphs)


@pytest.mark.parametrize(
    ("file", "scheme", "n_entities"),
    [
        ("acl-sciner/train.conll", "IOB2", 2984),
        ("acl-sciner/test.conll", "IOB2", 725),
        ("scierc/train.txt", "IOB1", 5572),
        ("scierc/test.txt", "IOB1", 1683),
        ("crossner/ai/train.txt", "IOB2", 532),
        ("crossner/ai/dev.txt", "IOB2", 1549),
        ("crossner/ai/test.txt", "IOB2", 1809),
    ],
)
def test_published_counts(file, scheme, n_entities):
    if not (MIRROR / file).is_file():
        pytest.skip(f"SCINER_MIRROR has no {file}")
    repairs = Repairs()
    found = read_gold(MIRROR / file, file_format="conll", file=file, repairs=repairs)
    assert found.scheme == scheme
    assert sum(len(doc.ents) for doc in docs_of(found.paragraphs, repairs)) == n_entities
    assert repairs.counts == {}
