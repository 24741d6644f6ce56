"""The text an encoder is adapted to: the pool's paragraphs, and further collections."""

from pathlib import Path
from typing import Any, Collection, Dict, List, NamedTuple, Sequence, Tuple, Union

from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc

from ..corpus.annotated import make_tokenizer
from ..corpus.docbin import read_docs
from ..corpus.pool import PoolParagraph, select_pool
from ..corpus.text import fraction, text_key
from ..errors import Errors, ScinerError
from ..papers.collection import Broken, read_collection
from ..settings.tree import Convert, Settings
from .rows import hold_out

Passage = Tuple[str, Union[str, Doc]]  # its paper, and its text or what that was converted to
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
    passages: List[Passage] = [(doc.user_data["paper"], doc) for doc in pool]
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
            passages += [(paragraph.paper, paragraph.text) for paragraph in found]
    docs = _to_docs(passages, tokenizer, max_words=settings.adapt.max_words)
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

    texts (Sequence[Tuple[str, str]]): Their papers, "" where none is known, and themselves; those
        that differ in white space or tokenisation alone are one.
    RETURNS (Tuple[List[bool], Dict[str, int]]): And how many are left out, by reason.
    """
    vocab = make_tokenizer().vocab
    gold = {split: _read_gold(root, split, vocab) for split in HELD_OUT}
    out = {doc.user_data["paper"] for docs in gold.values() for doc in docs}
    out |= set(settings.corpus_of(settings.corpus).exclude)
    keys = [text_key(text) for _, text in texts]
    number: Dict[str, int] = {}  # of each text the first place, or one in a paper that stays out
    for i, key in enumerate(keys):
        if number.setdefault(key, i) != i and texts[i][0] in out:
            number[key] = i
    selected = select_pool(
        [PoolParagraph(texts[i][0] or f"text {i}", i, "", texts[i][1]) for i in number.values()],
        gold=gold,
        exclude=settings.corpus_of(settings.corpus).exclude,
        overlap_ngrams=settings.convert.overlap_ngrams,
        overlap_min=settings.convert.overlap_min,
        min_words=0,
    )
    kept = {text_key(paragraph.text) for paragraph in selected.paragraphs}
    return [key in kept for key in keys], dict(selected.dropped)


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


def _to_docs(passages: Sequence[Passage], tokenizer: Tokenizer, *, max_words: int) -> List[Doc]:
    """Whole papers, in the order of their names' hashes, until there are so many words; 0: all.

    RETURNS (List[Doc]): In the order of the passages. What is left out was never a doc, which takes
        ten times the memory of its text.
    """
    of_paper: Dict[str, List[int]] = {}
    for i, (paper, _) in enumerate(passages):
        of_paper.setdefault(paper, []).append(i)
    found: Dict[int, Doc] = {}
    n_words = 0
    for paper in sorted(of_paper, key=lambda name: (fraction("words", name), name)):
        docs = {i: _to_doc(passages[i], tokenizer) for i in of_paper[paper]}
        more = sum(map(len, docs.values()))
        if max_words and n_words and n_words + more > max_words:
            break
        found.update(docs)
        n_words += more
    return [found[i] for i in sorted(found)]


def _to_doc(passage: Passage, tokenizer: Tokenizer) -> Doc:
    paper, text = passage
    if isinstance(text, Doc):
        return text
    doc = tokenizer(text)
    doc.user_data["paper"] = paper
    return doc
