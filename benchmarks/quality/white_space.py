"""Does white space change what is found? The same paragraphs, written in several ways.

    python benchmarks/quality/white_space.py training/best corpus/pool.spacy

Entities are compared by their words and labels, paragraph by paragraph, with those of one line.
"""

import sys
import textwrap
from pathlib import Path
from typing import Annotated, Any, Callable, Dict, List, Tuple

import spacy
import typer
from spacy.tokens import Doc

sys.path.append(str(Path(__file__).parents[1]))  # record.py and tables.py
from record import record
from tables import generated_by, table, text_of, write_page

from spacy_sciner.corpus.docbin import read_docs

JOINER = "\u200d"
WAYS: Dict[str, Callable[[str], str]] = {
    "one line": lambda text: text,
    "wrapped at 60 columns": lambda text: "\n".join(
        textwrap.wrap(text, 60, break_long_words=False, break_on_hyphens=False)
    ),
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "double spaces": lambda text: text.replace(" ", "  "),
    "zero-width joiners between spaces": lambda text: text.replace(" ", f" {JOINER} "),
}


def main(
    model: Annotated[Path, typer.Argument(help="A trained pipeline.")],
    docs: Annotated[Path, typer.Argument(help="A DocBin; its texts are read.")],
    paragraphs: Annotated[int, typer.Option(help="At most so many.", min=1)] = 400,
) -> None:
    nlp = spacy.load(model)
    texts = [" ".join(doc.text.split()) for doc in read_docs(docs, nlp.vocab)[:paragraphs]]
    n_words = sum(len(text.split()) for text in texts)
    rows: List[Dict[str, Any]] = []
    plain: List[Any] = []
    for name, write in WAYS.items():
        found = [entities_of(doc) for doc in nlp.pipe(map(write, texts))]
        plain = plain or found
        rows.append(
            {
                "text": name,
                "paragraphs": len(texts),
                "words": n_words,
                "entities": sum(map(len, found)),
                "paragraphs_that_differ": sum(a != b for a, b in zip(plain, found)),
            }
        )
    write_page(__file__, "white-space", page(record("white-space", rows)))


def entities_of(doc: Doc) -> List[Tuple[str, str]]:
    return [(" ".join(ent.text.replace(JOINER, "").split()), ent.label_) for ent in doc.ents]


def page(result: Dict[str, Any]) -> str:
    first = result["rows"][0]
    header = ["the same text", "entities in 10,000 words", "paragraphs whose entities differ"]
    rows = [
        [row["text"], f"{1e4 * row['entities'] / row['words']:.1f}", row["paragraphs_that_differ"]]
        for row in result["rows"]
    ]
    what = f"{first['paragraphs']} paragraphs, {first['words']:,} words."
    return text_of(generated_by(result, what), table(header, rows, left=1))


if __name__ == "__main__":
    typer.run(main)
