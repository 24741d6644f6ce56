"""What the tests of this folder share."""

import json
from pathlib import Path
from typing import Any, Iterable, List, Optional, Sequence, Tuple

from spacy.tokens import Doc
from spacy.vocab import Vocab

from spacy_sciner.corpus.annotated import Annotated, annotated_to_doc, standard_tokenizer
from spacy_sciner.corpus.formats.brat import read_brat_paper
from spacy_sciner.corpus.formats.paths import files_of
from spacy_sciner.corpus.rules import Repairs

TOKENIZER = standard_tokenizer()


def make_doc(
    words: Sequence[str],
    tags: Optional[Sequence[Optional[str]]] = None,
    *,
    paper: str = "P1",
    paragraph: int = 0,
    source: str = "gold",
    vocab: Optional[Vocab] = None,
) -> Doc:
    """A doc from words and tags: "B-X", "I-X", "O", None for unknown; no tags = all unknown."""
    ents: Any = list(tags) if tags is not None else None
    doc = Doc(vocab or TOKENIZER.vocab, words=list(words), ents=ents)
    doc.user_data.update(paper=paper, paragraph=paragraph, source=source, section="")
    return doc


def docs_of(
    paragraphs: Iterable[Annotated], repairs: Repairs, labels: Optional[Sequence[str]] = None
) -> List[Doc]:
    docs = (
        annotated_to_doc(p, tokenizer=TOKENIZER, labels=labels, repairs=repairs) for p in paragraphs
    )
    return [doc for doc in docs if doc is not None]


def ents_of(doc: Doc) -> List[Tuple[str, str]]:
    return [(ent.text, ent.label_) for ent in doc.ents]


def write_jsonl(path: Path, records: Iterable[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf8")
    return path


def read_brat(path: Path, *, file: str, repairs: Repairs) -> List[Annotated]:
    """A folder and the folders in it, or one .txt file."""
    found = files_of(path, file=file, file_format="brat")[0] if path.is_dir() else [(path, file)]
    paragraphs: List[Annotated] = []
    for text_path, name in found:
        paragraphs += read_brat_paper(text_path, file=name, repairs=repairs)
    return paragraphs
