"""Small docs for the tests of candidates."""

from typing import List, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc, Span

from spacy_sciner.corpus.annotated import standard_tokenizer
from spacy_sciner.phrases.sentences import Sentence, sentences_of

TOKENIZER = standard_tokenizer()
KNOWN = ("pebble sorter", "moss kiln", "heap loom", "dust sieve", "rain gauge")


def doc_of(text: str, *, paper: str = "p", ents: Sequence[str] = ()) -> Doc:
    """A paragraph cut by spaCy, with the first place of each entity."""
    doc = TOKENIZER(text)
    doc.user_data.update(paper=paper, paragraph=0)
    spans = [doc.char_span(text.index(e), text.index(e) + len(e), label="Method") for e in ents]
    doc.set_ents([span for span in spans if span is not None])
    return doc


def conll_doc(text: str, *, ents: Sequence[Tuple[int, int]]) -> Doc:
    """A paragraph cut at spaces, as CoNLL has it; entities as tokens."""
    doc = Doc(TOKENIZER.vocab, words=text.split())
    doc.user_data.update(paper="c", paragraph=0)
    doc.set_ents([Span(doc, start, end, label="Method") for start, end in ents])
    return doc


def sentence_of(text: str, **more: str) -> Sentence:
    (sentence,) = sentences_of(doc_of(text, **more))  # type: ignore[arg-type]
    return sentence


def texts_of(doc: Doc, spans: Sequence[Tuple[int, int]]) -> List[str]:
    return [doc[start:end].text for start, end in spans]


def mining_docs() -> List[Doc]:
    """A pool in which six phrases stand 40 times each, among words that stand anywhere."""
    rng = np.random.default_rng(0)
    filler = [
        f"{a}{b}" for a in ("ba", "do", "ke", "mi", "su", "ta") for b in ("lor", "nen", "vit")
    ]
    docs = []
    for n in range(240):
        words = list(rng.choice(filler, 9))
        words.insert(int(rng.integers(8)), (*KNOWN, "clay-oven roof")[n % 6])
        docs.append(doc_of(" ".join(words) + " .", paper=f"p{n % 7}"))
    return docs


def mining_gold() -> List[Doc]:
    """Five of the six phrases."""
    return [doc_of(f"a {name} is", ents=[name]) for name in KNOWN]
