"""What a tagger is trained towards: targets and losses of gold and of machine-labelled tokens.

Gold tokens have the negative log-likelihood. For machine-labelled ones (`source` "pseudo" or "llm")
there are options, all of them off unless the experiment's `retrain` section turns them on:

    gold_weight   how much a gold token counts beside a pseudo-labelled one
    llm_weight    how much one that a language model labelled does
    gce           generalised cross-entropy (1 − p^q) / q: a wrong label that the model disbelieves
                  pulls less (Zhang and Sabuncu 2018; RoSTER, EMNLP 2021). An untrained head
                  disbelieves every entity and would learn none, so that q rises from 0 in the first
                  half of its training
    soft labels   the teacher's distribution y instead of its decision, sharpened as in BOND (KDD
                  2020): t ∝ y² / f with f each tag's mass in the training data. γ then decides
                  nothing, `soft_min` does: tokens count whose largest t is at least that.
"""

from functools import partial
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry

from ..corpus.soft import get_soft
from ..corpus.told import model_told
from ..errors import Errors, ScinerError
from ..settings.read import check_section
from ..settings.schedules import Goal
from ..tagging import UNKNOWN
from ..types import Floats1d, Floats2d, Ints1d, TokenLoss

Told = Optional[np.ndarray]  # of a document's tokens, bool
MACHINES = ("pseudo", "llm")  # sources of labels that are no gold
MIN_Q = 0.001  # where gce is nll but for rounding


class Objective(NamedTuple):
    gold_weight: float = 1.0  # 0 or more
    loss: str = "nll"  # of machine-labelled tokens
    gce_q: float = 0.7  # in (0, 1]; towards 0 it is nll, 1 is the mean absolute error
    soft_labels: bool = False
    soft_min: float = 0.9  # in [0, 1]; 0 takes every token
    soft_power: float = 2.0  # 1 or more: t ∝ y^power / f^(power − 1); 1 leaves y as it is
    soft_frequency: Optional[Tuple[float, ...]] = None  # f of each tag; None takes each batch's own
    llm_weight: float = 1.0  # 0 or more
    gce_steps: int = 0  # over which q rises from nll's to gce_q

    def at(self, step: int) -> "Objective":
        """What is asked in a step, the first of which is 0."""
        if step >= self.gce_steps:
            return self
        return self._replace(gce_q=max(MIN_Q, self.gce_q * step / self.gce_steps))

    @classmethod
    def of(cls, goal: Goal) -> "Objective":
        return cls(
            goal.gold_weight,
            goal.loss,
            goal.gce_q,
            goal.soft_labels,
            goal.soft_min,
            goal.soft_power,
            llm_weight=goal.llm_weight,
        )


@registry.callbacks("spacy-sciner.objective.v1")
def make_objective_callback(
    gold_weight: float = 1.0,
    loss: str = "nll",
    gce_q: float = 0.7,
    soft_labels: bool = False,
    soft_min: float = 0.9,
    soft_power: float = 2.0,
    soft_frequency: Optional[List[float]] = None,
    llm_weight: float = 1.0,
    gce_steps: int = 0,
) -> Callable[[Language, Dict[str, Any]], None]:
    """For `training.before_update`: the sciner components train towards this objective.

    The arguments are the fields of `Objective`. No part of a trained pipeline needs them.
    RAISES (ScinerError): SCINER-E521 for what `retrain` of params.yaml may not be either.
    """
    goal = check_section(
        Goal,
        {
            "gold_weight": gold_weight,
            "loss": loss,
            "gce_q": gce_q,
            "soft_labels": soft_labels,
            "soft_min": soft_min,
            "soft_power": soft_power,
            "llm_weight": llm_weight,
        },
        where="training.before_update",
    )
    frequency = None if soft_frequency is None else tuple(soft_frequency)
    objective = Objective.of(goal)._replace(soft_frequency=frequency, gce_steps=gce_steps)

    def before_update(nlp: Language, info: Dict[str, Any]) -> None:
        for _, pipe in nlp.pipeline:
            if hasattr(pipe, "objective"):
                pipe.objective = objective.at(info["step"])

    return before_update


def make_targets(
    references: Sequence[Doc],
    tags: Sequence[Ints1d],
    *,
    labels: Sequence[str],
    objective: Objective,
    told: Optional[Sequence[Told]] = None,
) -> List[Floats2d]:
    """A row for each token: what its tag probabilities should be, times its weight; 0 if unknown.

    tags (Sequence[Ints1d]): Tag ids of each document's tokens, UNKNOWN where nothing is known.
    told (Sequence[Told]): As `told_tokens` gives it for each; None: no token is a model's.
    RETURNS (List[Floats2d]): Float32, shape (n_tokens, n_tags) each. The heaviest source's tokens
        weigh 1, so that no weight makes the gradients larger.
    RAISES (ScinerError): SCINER-E330 if a pseudo-labelled document should have soft labels and has
        none.
    """
    weights = {"pseudo": 1.0, "llm": objective.llm_weight}
    heaviest = max(objective.gold_weight, *weights.values())
    soft: Dict[int, Floats2d] = {
        i: _soft_of(doc, len(tags[i]), labels)
        for i, doc in enumerate(references)
        if _has_soft(doc, objective)
    }
    frequency = np.array(objective.soft_frequency or tag_frequency(soft.values()))
    targets: List[Floats2d] = []
    for i, (doc, doc_tags) in enumerate(zip(references, tags)):
        if i in soft:
            target = sharpen(soft[i], frequency, power=objective.soft_power)
            target[target.max(axis=1) < objective.soft_min] = 0.0
        else:
            target = np.zeros((len(doc_tags), 2 * len(labels) + 1), dtype=np.float32)
            known = np.flatnonzero(doc_tags != UNKNOWN)
            target[known, doc_tags[known]] = 1.0
        source = str(doc.user_data.get("source"))
        weight: Any = weights.get(source, objective.gold_weight) / heaviest
        if told is not None and (by_model := told[i]) is not None:
            weight = np.where(by_model[:, None], objective.llm_weight / heaviest, weight)
        targets.append(target if np.all(weight == 1.0) else target * np.float32(weight))
    return targets


def token_losses(
    logs: Floats2d,
    target: Floats2d,
    tokens: Optional[Ints1d] = None,
    *,
    gce_q: Optional[float] = None,
    of: Optional[np.ndarray] = None,
) -> Tuple[Floats1d, Floats2d]:
    """Loss of each token and its gradient with respect to the tags' log-probabilities.

    logs, target (Floats2d): Shape (n_tokens, n_tags).
    tokens (Ints1d): Which of the document's tokens these are; None: all, in order.
    gce_q (float): Generalised cross-entropy with this q; None is the cross-entropy.
    of (np.ndarray): Which of the document's tokens have it, bool; None: all.
    RETURNS (Tuple[Floats1d, Floats2d]): Shapes (n_tokens,) and (n_tokens, n_tags).
    """
    # Log-probabilities of tags without a share in the target may be −inf.
    logs = np.where(target > 0, logs, 0.0)
    losses, gradient = -(target * logs).sum(axis=1), -target
    if gce_q is None:
        return losses, gradient
    powers = np.exp(gce_q * np.minimum(logs, 0.0))
    robust, its_gradient = (target * (1.0 - powers)).sum(axis=1) / gce_q, -target * powers
    if of is None:
        return robust, its_gradient
    has_it = of if tokens is None else of[tokens]
    return np.where(has_it, robust, losses), np.where(has_it[:, None], its_gradient, gradient)


def told_tokens(example: Example) -> Told:
    """Which of the predicted document's tokens have words that a language model told in a person's
    paragraph; None if there are none."""
    told = model_told(example.reference)
    if told is None:
        return None
    found = np.zeros(len(example.predicted), dtype=bool)
    for i in np.flatnonzero(told).tolist():
        found[example.alignment.y2x[i]] = True
    return found


def token_loss_of(doc: Doc, objective: Objective, told: Told = None) -> Optional[TokenLoss]:
    """What is asked of a document's tokens one by one. None asks for its tags, whose likelihood a
    model of whole paths takes of all at once."""
    if objective.loss == "gce" and (is_machine(doc) or told is not None):
        return partial(token_losses, gce_q=objective.gce_q, of=told)
    # A path has one weight.
    weighs_otherwise = told is not None and objective.llm_weight != objective.gold_weight
    return token_losses if weighs_otherwise or _has_soft(doc, objective) else None


def compute_loss(
    scores: Sequence[Floats2d],
    targets: Sequence[Floats2d],
    asked: Sequence[Optional[TokenLoss]],
) -> Tuple[float, List[Floats2d]]:
    """The loss of a model whose scores are log-probabilities of each token by itself.

    asked (Sequence[Optional[TokenLoss]]): Of each document, as `token_loss_of` gives it.
    RETURNS (Tuple[float, List[Floats2d]]): The sum over all tokens, and the scores' gradients.
    """
    loss, gradients = 0.0, []
    for rows, target, token_loss in zip(scores, targets, asked):
        losses, gradient = (token_loss or token_losses)(rows, target, np.arange(len(rows)))
        loss += float(losses.sum())
        gradients.append(gradient)
    return loss, gradients


def is_machine(doc: Doc) -> bool:
    return doc.user_data.get("source") in MACHINES


def tag_frequency(probs: Iterable[Floats2d]) -> np.ndarray:
    """Share of each tag in all tokens' probability mass, shape (n_tags,); it sums to 1."""
    total: Any = sum((p.sum(axis=0, dtype=np.float64) for p in probs), np.zeros(1))
    return np.asarray(total / max(total.sum(), 1e-12))


def sharpen(probs: Floats2d, frequency: np.ndarray, *, power: float) -> Floats2d:
    """t ∝ y^power / f^(power − 1), rows sum to 1: sure tags gain, and rare ones beside common ones.

    SOURCE: BOND (KDD 2020), section 3.3, for power 2.
    """
    if power == 1.0:
        return probs.copy()
    scaled = probs.astype(np.float64) ** power / np.maximum(frequency, 1e-12) ** (power - 1.0)
    # Tokens without content have no mass.
    mass = np.maximum(scaled.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    sharp: Floats2d = (scaled / mass).astype(np.float32)
    return sharp


def training_frequency(docs: Iterable[Doc]) -> Optional[Tuple[float, ...]]:
    """Tag frequency over all soft labels of a training file; None if it has none."""
    found = [soft[1] for doc in docs if is_machine(doc) and (soft := get_soft(doc)) is not None]
    return tuple(map(float, tag_frequency(found))) if found else None


def _has_soft(doc: Doc, objective: Objective) -> bool:
    """A language model gives no distribution."""
    return objective.soft_labels and doc.user_data.get("source") == "pseudo"


def _soft_of(doc: Doc, n_tokens: int, labels: Sequence[str]) -> Floats2d:
    stored = get_soft(doc)
    paper = doc.user_data.get("paper", repr(doc.text[:40]))
    if stored is None:
        raise ScinerError(Errors.E330.format(paper=paper, reason="has none"))
    if stored[0] != tuple(labels):
        reason = f"has those of other labels ({', '.join(stored[0])})"
        raise ScinerError(Errors.E330.format(paper=paper, reason=reason))
    if len(stored[1]) != n_tokens:
        reason = f"has them for {len(stored[1])} tokens instead of {n_tokens}"
        raise ScinerError(Errors.E330.format(paper=paper, reason=reason))
    return stored[1]
