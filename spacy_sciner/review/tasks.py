"""Tasks for a person: chosen paragraphs of the pool with what a pipeline says of them.

A round is a folder: the tasks for the tool, its labelling configuration if that is Label Studio,
and the record of what was shown (`record`).
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, Collection, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from spacy.language import Language
from spacy.tokens import Doc

from ..corpus.annotated import standard_tokenizer
from ..corpus.docbin import read_docs
from ..corpus.formats.label_studio_tasks import task_of, write_versions
from ..corpus.formats.registry import writer_of
from ..corpus.formats.sniff import is_address
from ..corpus.formats.writing import Losses, Written, count_words, prepare
from ..corpus.text import squeezed
from ..errors import Errors, ScinerError
from ..files import progress, replacing
from ..pipeline.sciner import find_sciner
from ..training.experiment import load_pipeline
from .choose import choose
from .predict import members_of, model_version, predicted, probabilities
from .record import RECORD, write_record
from .strategies import RANDOM, score_all

LABEL_STUDIO = "label-studio"
NAMES = {LABEL_STUDIO: "tasks.json", "prodigy": "tasks.jsonl", "doccano": "tasks.jsonl"}
MEMBERS = "disagreement"  # the strategy that asks several pipelines


class Budget(NamedTuple):
    """How much a person gets."""

    tokens: Optional[int] = 2000  # at most; None: no limit
    n: Optional[int] = None  # paragraphs at most
    per_paper: int = 0  # paragraphs of one paper at most; 0: no cap


def next_tasks(
    pool: Path,
    pipeline: Path,
    *,
    labels: Sequence[str],
    strategy: str,
    budget: Budget,
    seen: Collection[str] = (),
    seed: int = 0,
) -> Tuple[List[Written], str]:
    """What a person should see next, and the name of the pipeline that proposes it.

    pool (Path): DocBin of the pool. See `pick` and `proposals` for the rest.
    RAISES (ScinerError): SCINER-E539 without members that may disagree, SCINER-E541 if everything
        was seen, SCINER-E542 for a pipeline of other labels.
    """
    nlp = load_pipeline(pipeline)
    sciner: Any = nlp.get_pipe(find_sciner(nlp))
    if others := [label for label in sciner.labels if label not in labels]:
        raise ScinerError(Errors.E542.format(path=pipeline, labels=", ".join(others)))
    members = members_of(pipeline) if strategy == MEMBERS else [pipeline]
    docs = read_docs(pool, standard_tokenizer().vocab)
    options: Dict[str, Any] = {"strategy": strategy, "budget": budget, "seen": seen, "seed": seed}
    picked = pick(docs, members=members, **options)
    if not picked:
        raise ScinerError(Errors.E541.format(pool=pool, n=len(docs)))
    version = model_version(pipeline)
    return proposals(picked, nlp, version=version), version


def pick(
    docs: Sequence[Doc],
    *,
    strategy: str,
    members: Sequence[Path],
    budget: Budget,
    seen: Collection[str] = (),
    seed: int = 0,
) -> List[Tuple[Doc, float]]:
    """The paragraphs to be shown next, the best first, each with its score.

    strategy (str): One of STRATEGIES.
    members (Sequence[Path]): The pipeline; for `disagreement` the others after it.
    seen (Collection[str]): Texts (`squeezed`) that are passed over.
    """
    # What has only an address as its text, no reader takes for a text.
    texts = [doc for doc in docs if doc.text.strip() and not is_address(doc.text)]
    left = [doc for doc in texts if squeezed(doc.text) not in seen]
    scored: Iterable[List[Any]] = ()
    if strategy != RANDOM:
        asked = [progress(left, description="pool"), *([left] * (len(members) - 1))]
        found = (probabilities(path, docs) for path, docs in zip(members, asked, strict=True))
        scored = map(list, zip(*found, strict=True))
    scores = score_all(strategy, scored, texts=[doc.text for doc in left], seed=seed)
    tokens = sum(map(len, left)) if budget.tokens is None else budget.tokens
    order = choose(left, scores, tokens=tokens, per_paper=budget.per_paper)
    return [(left[i], scores[i]) for i in order[: budget.n]]


def proposals(picked: Sequence[Tuple[Doc, float]], nlp: Language, *, version: str) -> List[Written]:
    """The same paragraphs as they are shown: with a pipeline's entities and their confidences.

    version (str): The tasks' `model_version`, without which Label Studio shows no score.
    RETURNS (List[Written]): `more` has the score and rank, for tools that don't sort by a
        prediction's score, and "of_pool", by which the rest of the paper stays in the pool.
    """
    pairs = predicted((doc for doc, _ in picked), nlp, source=version)
    written = prepare(pairs, default_paper="pool", keep_unknown=True, losses=Losses())
    return [
        replace(one, more={"score": round(score, 4), "rank": rank, "of_pool": True})
        for rank, (one, (_, score)) in enumerate(zip(written, picked, strict=True), start=1)
    ]


def tasks_of(shown: Iterable[Written]) -> List[Dict[str, Any]]:
    """Label Studio's tasks, to be sent to a server: what `write_round` writes."""
    return [task_of([one]) for one in shown]


def write_round(
    folder: Path,
    shown: Sequence[Written],
    *,
    file_format: str,
    labels: Sequence[str],
    about: Dict[str, Any],
) -> Losses:
    """Write a round's folder, whole or not at all.

    file_format (str): One of NAMES.
    labels (Sequence[str]): Of the corpus, for the labelling configuration.
    about (dict): See `write_record`.
    RETURNS (Losses): What the format does not hold.
    """
    losses = Losses()
    with replacing(folder) as temporary:
        path = temporary / NAMES[file_format]
        temporary.mkdir()
        if file_format == LABEL_STUDIO:
            counted = count_words(shown, losses)
            write_versions(path, ([one] for one in counted), labels=labels)
        else:
            writer_of(file_format)(path, shown, losses=losses)
        write_record(temporary / RECORD, shown, about={**about, "format": file_format})
    return losses
