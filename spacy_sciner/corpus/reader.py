"""The corpus reader of the training configs: `spacy-sciner.Corpus.v1`."""

import random
import warnings
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..errors import ScinerWarning, Warnings
from ..settings.arguments import ReaderArguments
from ..settings.read import check_section
from .docbin import read_docs
from .soft import cut_soft
from .told import cut_told, without_model


def make_corpus(
    path: Union[str, Path],
    max_length: int = 0,
    shuffle: bool = False,
    seed: int = 0,
    gold_only: bool = False,
    repeat_gold: int = 1,
    spans_key: Optional[str] = None,
) -> Callable[[Language], Iterator[Example]]:
    """Read a DocBin as training or evaluation examples.

    The reference keeps its unknown tokens unknown; the predicted doc has the same tokens and
    nothing else. Docs without tokens are left out.

    path (Union[str, Path]): A `.spacy` file, or a folder of them.
    max_length (int): Docs with more tokens are cut into pieces of at most so many, before an
        entity where one would be torn (an entity longer than a piece is torn into two). 0 = whole.
    shuffle (bool): A new order in every epoch.
    seed (int): Of the shuffling; the same seed gives the same sequence of orders.
    gold_only (bool): Leave out docs whose `user_data["source"]` is not "gold", and a model's words.
    repeat_gold (int): Times each gold doc is given per epoch, 1 or more; weighs gold against
        pseudo-labels.
    spans_key (str): Give the reference's entities as `doc.spans[spans_key]`, too, which is what a
        span categoriser learns. It takes every other span for none, so that docs with unknown
        tokens are left out, with SCINER-W220. None: do not.
    RAISES (ScinerError): SCINER-E201 or E202 for the file, SCINER-E521 for a number.
    """
    arguments = {"max_length": max_length, "repeat_gold": repeat_gold}
    check_section(ReaderArguments, arguments, where="spacy-sciner.Corpus.v1")
    rng = random.Random(seed)

    def corpus(nlp: Language) -> Iterator[Example]:
        references: List[Doc] = []
        for doc in read_docs(path, nlp.vocab):
            is_gold = doc.user_data.get("source") == "gold"
            if len(doc) == 0 or (gold_only and not is_gold):
                continue
            doc = without_model(doc) if gold_only else doc
            references.extend(cut_doc(doc, max_length) * (repeat_gold if is_gold else 1))
        if spans_key is not None:
            references = _wholly_known(references, path)
        if shuffle:
            rng.shuffle(references)
        for reference in references:
            words, spaces = words_and_spaces(reference)
            if spans_key is not None:
                reference.spans[spans_key] = list(reference.ents)
            yield Example(Doc(nlp.vocab, words=words, spaces=spaces), reference)

    return corpus


def _wholly_known(references: List[Doc], path: Union[str, Path]) -> List[Doc]:
    kept = [doc for doc in references if all(token.ent_iob for token in doc)]
    if n := len(references) - len(kept):
        message = Warnings.W220.format(n=n, of=len(references), path=path)
        warnings.warn(message, ScinerWarning, stacklevel=2)
    return kept


def cut_doc(doc: Doc, max_length: int) -> List[Doc]:
    """The doc in pieces of at most `max_length` tokens, unknown tokens kept; 0 = in one piece."""
    if max_length == 0 or len(doc) <= max_length:
        return [doc]
    inside = {i for ent in doc.ents for i in range(ent.start + 1, ent.end)}
    pieces = []
    start = 0
    while start < len(doc):
        end = min(start + max_length, len(doc))
        whole_end = end
        while whole_end in inside:
            whole_end -= 1
        if whole_end > start:
            end = whole_end
        pieces.append(_slice(doc, start, end))
        start = end
    return pieces


def words_and_spaces(doc: Union[Doc, Span]) -> Tuple[List[str], List[bool]]:
    """What `Doc(vocab, words=…, spaces=…)` needs to make the same tokens."""
    return [t.text for t in doc], [bool(t.whitespace_) for t in doc]


def iob_tags(doc: Union[Doc, Span]) -> List[Optional[str]]:
    """One of "B-X", "I-X", "O" per token, None where it is unknown: what `Doc(ents=…)` takes."""
    return [
        None if not t.ent_iob_ else f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O"
        for t in doc
    ]


def _slice(doc: Doc, start: int, end: int) -> Doc:
    # Span.as_doc would do, but for an entity torn at the start: its I- must become B-.
    words, spaces = words_and_spaces(doc[start:end])
    tags = iob_tags(doc[start:end])
    if tags[0] is not None and tags[0].startswith("I-"):
        tags[0] = "B" + tags[0][1:]
    piece = Doc(doc.vocab, words=words, spaces=spaces, ents=tags)  # type: ignore[arg-type]
    piece.user_data.update({k: v for k, v in doc.user_data.items() if isinstance(k, str)})
    cut_soft(piece.user_data, start, end)
    cut_told(piece.user_data, start, end)
    return piece
