"""The paragraphs that are asked about: a seeded choice of the pool."""

import random
from pathlib import Path
from typing import Dict, List

from ..corpus.annotated import make_vocab
from ..corpus.docbin import iter_docs
from ..corpus.pool import PoolParagraph, read_parsed
from ..corpus.text import text_key
from ..errors import Errors, ScinerError


def choose_paragraphs(path: Path, *, n: int, seed: int) -> List[PoolParagraph]:
    """`n` paragraphs, sorted by paper and paragraph; each text once.

    A larger `n` chooses the same and more, so that no answer was paid for in vain.

    path (Path): A DocBin such as corpus/pool.spacy; or parsed papers, a folder or a file of them.
    n (int): At most so many; 0 = all.
    RAISES (ScinerError): SCINER-E354 if there is none; what `read_docs` and `read_parsed` raise.
    """
    is_parsed = path.suffix == ".jsonl" or (path.is_dir() and not any(path.glob("*.spacy")))
    texts: Dict[str, PoolParagraph] = {}
    for paragraph in read_parsed(path) if is_parsed else _of_docs(path):
        if paragraph.text.strip():
            texts.setdefault(text_key(paragraph.text), paragraph)
    found = list(texts.values())
    if not found:
        raise ScinerError(Errors.E354.format(path=path))
    random.Random(seed).shuffle(found)
    return sorted(found[: n or None], key=lambda p: (p.paper, p.paragraph))


def _of_docs(path: Path) -> List[PoolParagraph]:
    return [
        PoolParagraph(
            str(doc.user_data.get("paper") or path.stem),
            doc.user_data.get("paragraph", i),
            str(doc.user_data.get("section") or ""),
            doc.text,
        )
        for i, doc in enumerate(iter_docs(path, make_vocab()))
    ]
