"""The text an encoder is adapted to: the pool's paragraphs, and further collections."""

from pathlib import Path
from typing import Any, Collection, Dict, List, NamedTuple, Sequence, Tuple

from spacy.tokens import Doc

from ..corpus.annotated import make_tokenizer
from ..corpus.docbin import read_docs
from ..corpus.pool import PoolParagraph, select_pool
from ..corpus.text import fraction
from ..errors import Errors, ScinerError
from ..papers.collection import Broken, read_collection
from ..settings.tree import Convert, Settings
from .rows import hold_out

HELD_OUT = ("dev", "test", "calibration")  # splits whose papers never enter


class Text(NamedTuple):
    """Paragraphs; `user_data["paper"]` says whose."""

    train: List[Doc]
    held_out: List[Doc]
    gold: List[Doc]  # the gold of split train: what it annotates, methods may look at
    counts: Dict[str, Any]  # papers, paragraphs and words, and what was left out and why


def read_text(settings: Settings, *, root: Path = Path()) -> Text:
    """The text of an experiment.

    Papers of dev, test and calibration do not enter: the pool has none, and of a collection those
    are left out that have their id or text, by `convert`'s own rule.

    root (Path): The project's folder; collections are relative to its assets/<corpus>.
    RAISES (ScinerError): SCINER-E334 without any text, SCINER-E335 for a collection that is not
        there or whose lines are no papers.
    """
    tokenizer = make_tokenizer()
    vocab = tokenizer.vocab
    pool = read_docs(root / "corpus/pool.spacy", vocab)
    counts: Dict[str, Any] = {"pool": len(pool)}
    docs = list(pool)
    names = list(dict.fromkeys(settings.adapt.collections))
    if names:
        gold = {split: _read_gold(root, split, vocab) for split in HELD_OUT}
        known = {doc.user_data["paper"] for doc in pool}
        known |= set(settings.corpus_of(settings.corpus).exclude)
        for name in names:
            path = root / "assets" / settings.corpus / name
            found, left_out = _select(path, settings.convert, gold, known)
            figures = {"paragraphs": len(found), "left_out": left_out}
            counts.setdefault("collections", {})[name] = figures
            known |= {paragraph.paper for paragraph in found}  # two collections may have a paper
            for paragraph in found:
                doc = tokenizer(paragraph.text)
                doc.user_data["paper"] = paragraph.paper
                docs.append(doc)
    docs = _at_most(docs, settings.adapt.max_words)
    if not docs:
        raise ScinerError(Errors.E334)
    papers = [str(doc.user_data["paper"]) for doc in docs]
    aside = hold_out(papers, settings.adapt.held_out)
    counts["words"] = sum(len(doc) for doc in docs)
    counts["held_out"] = sum(aside)
    train = [doc for doc, is_aside in zip(docs, aside) if not is_aside]
    held = [doc for doc, is_aside in zip(docs, aside) if is_aside]
    return Text(train, held, _read_gold(root, "train", vocab), counts)


def apart(
    texts: Sequence[Tuple[str, str]], settings: Settings, *, root: Path
) -> Tuple[List[bool], Dict[str, int]]:
    """Whether each text may be learnt from: it is no dev, test or calibration paper's.

    texts (Sequence[Tuple[str, str]]): Their papers, "" where none is known, and themselves.
    RETURNS (Tuple[List[bool], Dict[str, int]]): And how many are left out, by reason.
    """
    vocab = make_tokenizer().vocab
    number = {text: i for i, (_, text) in reversed(list(enumerate(texts)))}  # the first of each
    selected = select_pool(
        [PoolParagraph(texts[i][0] or f"text {i}", i, "", text) for text, i in number.items()],
        gold={split: _read_gold(root, split, vocab) for split in HELD_OUT},
        exclude=settings.corpus_of(settings.corpus).exclude,
        overlap_ngrams=settings.convert.overlap_ngrams,
        overlap_min=settings.convert.overlap_min,
        min_words=0,
    )
    kept = {paragraph.text for paragraph in selected.paragraphs}
    return [text in kept for _, text in texts], dict(selected.dropped)


def _read_gold(root: Path, split: str, vocab: Any) -> List[Doc]:
    path = root / f"corpus/gold/{split}.spacy"
    return read_docs(path, vocab) if path.exists() else []


def _select(
    path: Path,
    convert: Convert,
    gold: Dict[str, List[Doc]],
    known: Collection[str],
) -> Tuple[List[PoolParagraph], Dict[str, int]]:
    """The paragraphs of a collection that may enter; what may not, counted by reason."""
    if not path.is_file():
        raise ScinerError(Errors.E335.format(path=path, reason="there is no such file"))
    paragraphs: List[PoolParagraph] = []
    n_broken = 0
    for entry in read_collection(path):
        if isinstance(entry, Broken):
            n_broken += 1
            continue
        for number, (heading, text) in enumerate(entry.sections):
            paragraphs.append(PoolParagraph(entry.paper, number, heading, text))
    if not paragraphs:
        raise ScinerError(Errors.E335.format(path=path, reason="none of its lines is a paper"))
    selected = select_pool(
        paragraphs,
        gold=gold,
        exclude=known,
        overlap_ngrams=convert.overlap_ngrams,
        overlap_min=convert.overlap_min,
        min_words=convert.min_words,
    )
    left_out = {"unreadable line": n_broken} if n_broken else {}
    return selected.paragraphs, {**left_out, **selected.dropped}


def _at_most(docs: List[Doc], max_words: int) -> List[Doc]:
    """Whole papers, in the order of their names' hashes, until there are so many words."""
    if not max_words:
        return docs
    words: Dict[str, int] = {}
    for doc in docs:
        paper = doc.user_data["paper"]
        words[paper] = words.get(paper, 0) + len(doc)
    kept, total = set(), 0
    for paper in sorted(words, key=lambda name: (fraction("words", name), name)):
        if total and total + words[paper] > max_words:
            break
        kept.add(paper)
        total += words[paper]
    return [doc for doc in docs if doc.user_data["paper"] in kept]
