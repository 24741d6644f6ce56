"""Which iterations helped: what the dev papers say, never the test papers. Pure.

An iteration is promoted if it is better than the last promoted one beyond the noise of a paired
bootstrap over the dev papers, and drops no type:

    helps    its dev score rises, and does so in at least `confidence` of the resamples
    drops    a type's dev F1 falls by more than `max_type_drop`, and the fall is more than noise.
             Every type is a try of its own, so each needs more certainty, 1 − (1 − confidence) over
             the number of types; of a type with few entities only a large fall is that certain.

Without resamples (`evaluate.bootstrap: 0`) the changes themselves decide.
"""

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from ..scoring.compare import SCORES, Change, PaperCounts, compare
from ..settings.tree import Evaluate

Metrics = Dict[str, Any]  # one metrics/iteration-K.json
Papers = Mapping[str, PaperCounts]  # "dev" and "test"


class Rule(NamedTuple):
    by: str = "f1"  # or "macro_f1"
    confidence: float = 0.8
    max_type_drop: float = 0.02
    n_bootstrap: int = 1000
    seed: int = 0

    @classmethod
    def of(cls, evaluate: Evaluate) -> "Rule":
        return cls(
            evaluate.promote_by,
            evaluate.promote_confidence,
            evaluate.max_type_drop,
            evaluate.bootstrap,
            evaluate.seed,
        )


class Verdict(NamedTuple):
    iteration: int
    against: Optional[int]  # the iteration it is compared with; None for the first
    promoted: bool
    reason: str
    dev: Dict[str, Change]  # the scores in SCORES, then the types
    test: Dict[str, Change]  # shown, and decides nothing

    def to_dict(self) -> Dict[str, Any]:
        """For metrics/iterations.json."""
        changes = {"dev": self.dev, "test": self.test}
        return {
            "against": self.against,
            "promoted": self.promoted,
            "reason": self.reason,
            **{k: {name: c.to_dict() for name, c in v.items()} for k, v in changes.items()},
        }


def judge(iterations: Sequence[int], papers: Mapping[int, Papers], rule: Rule) -> List[Verdict]:
    """Each iteration against the last one promoted before it; the first is promoted as it is.

    iterations (Sequence[int]): Ascending.
    papers (Mapping[int, Papers]): Counts of each iteration on the same papers.
    """
    best = iterations[0]
    verdicts = [Verdict(best, None, True, f"iteration {best} is the first", {}, {})]
    for k in iterations[1:]:
        changes = {}
        for split in ("dev", "test"):
            scores, types = compare(
                papers[best][split], papers[k][split], n_bootstrap=rule.n_bootstrap, seed=rule.seed
            )
            changes[split] = {**scores, **types}
        objection = _objection(changes["dev"], rule)
        name = _name(rule.by)
        change = changes["dev"][rule.by]
        if objection:
            reason = f"iteration {k} is not promoted over iteration {best}: {objection}"
        else:
            reason = f"iteration {k} raises dev {name} over iteration {best} by {change.change:.3f}"
            reason += _certainty(change.p_rise, "rises")
        verdicts.append(Verdict(k, best, not objection, reason, changes["dev"], changes["test"]))
        best = best if objection else k
    return verdicts


def best_of(verdicts: Sequence[Verdict]) -> int:
    return [verdict.iteration for verdict in verdicts if verdict.promoted][-1]


def type_names(metrics: Sequence[Metrics]) -> List[str]:
    """Every type that the test papers have, sorted."""
    return sorted({name for m in metrics for name in m["clean"]["test"]["types"]})


def _objection(dev: Mapping[str, Change], rule: Rule) -> str:
    """Why an iteration is not promoted; empty if it is."""
    change = dev[rule.by]
    if not change.n:
        return "there is no dev gold to decide by"
    helps = change.change > 0 and (change.p_rise is None or change.p_rise >= rule.confidence)
    if not helps:
        text = f"dev {_name(rule.by)} changes by {change.change:+.3f}"
        if change.p_rise is not None:
            text += f" and rises in {change.p_rise:.0%} of the resamples of dev papers, "
            text += f"{rule.confidence:.0%} needed"
        return text
    types = {name: c for name, c in dev.items() if name not in SCORES}
    needed = 1 - (1 - rule.confidence) / max(1, len(types))
    dropped = [
        f"{name} ({c.change:+.3f}{_certainty(None if c.p_rise is None else 1 - c.p_rise, 'falls')})"
        for name, c in types.items()
        if c.change < -rule.max_type_drop and (c.p_rise is None or 1 - c.p_rise >= needed)
    ]
    if not dropped:
        return ""
    return f"on dev it drops {', '.join(dropped)}; {rule.max_type_drop:.3f} may be lost"


def _certainty(p: Optional[float], verb: str) -> str:
    return "" if p is None else f" ({verb} in {p:.0%} of the resamples)"


def _name(score: str) -> str:
    return {"f1": "F1", "macro_f1": "macro F1"}[score]
