"""Which iterations helped: what the dev papers say, never the test papers. Pure.

An iteration is promoted over the last promoted one unless the dev papers speak against it:

    worse    its dev score rises in no more than `min_p_rise` of the resamples of a paired bootstrap
             over papers and their paragraphs. If nothing changes the earlier one stays.
    drops    a type's dev F1 falls by more than `max_type_drop`, beyond noise: in so many resamples
             that it would not happen by chance to any of the types in 1 − `type_confidence` of the
             cases (Holm 1979). A type of fewer than `min_type_entities` dev entities is not judged,
             and neither it nor a fall within noise decides anything: both are warnings.

Without resamples (`evaluate.bootstrap: 0`) the changes themselves decide. How the values were
chosen: docs/verdict.md.
"""

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from ..scoring.compare import SCORES, Change, PaperCounts, compare, holm
from ..settings.tree import Evaluate

Metrics = Dict[str, Any]  # one metrics/iteration-K.json
Papers = Mapping[str, PaperCounts]  # "dev" and "test"


class Rule(NamedTuple):
    by: str = "f1"  # or "macro_f1"
    min_p_rise: float = 0.2
    max_type_drop: float = 0.02
    type_confidence: float = 0.95
    min_type_entities: int = 20
    n_bootstrap: int = 1000
    seed: int = 0

    @classmethod
    def of(cls, evaluate: Evaluate) -> "Rule":
        return cls(
            evaluate.promote_by,
            evaluate.min_p_rise,
            evaluate.max_type_drop,
            evaluate.type_confidence,
            evaluate.min_type_entities,
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
    warnings: Sequence[str] = ()

    def to_dict(self) -> Dict[str, Any]:
        """For metrics/iterations.json."""
        changes = {"dev": self.dev, "test": self.test}
        return {
            "against": self.against,
            "promoted": self.promoted,
            "reason": self.reason,
            "warnings": list(self.warnings),
            **{k: {name: c.to_dict() for name, c in v.items()} for k, v in changes.items()},
        }


def judge(iterations: Sequence[int], papers: Mapping[int, Papers], rule: Rule) -> List[Verdict]:
    """Each iteration against the last one promoted before it; the first is promoted as it is.

    iterations (Sequence[int]): Ascending.
    papers (Mapping[int, Papers]): Counts of each iteration on the same papers.
    RAISES (ScinerError): SCINER-E402 if they are not the same.
    """
    best = iterations[0]
    verdicts = [Verdict(best, None, True, f"iteration {best} is the first", {}, {})]
    for k in iterations[1:]:
        verdict = judge_one(k, best, papers, rule)
        verdicts.append(verdict)
        best = k if verdict.promoted else best
    return verdicts


def judge_one(k: int, best: int, papers: Mapping[int, Papers], rule: Rule) -> Verdict:
    changes = {}
    for split in ("dev", "test"):
        scores, types = compare(
            papers[best][split],
            papers[k][split],
            n_bootstrap=rule.n_bootstrap,
            seed=rule.seed,
            tolerance=rule.max_type_drop,
        )
        changes[split] = {**scores, **types}
    dev = changes["dev"]
    dropped = _dropped(dev, rule)
    promoted = _may_be_better(dev[rule.by], rule) and not dropped
    what = f"iteration {k} {'replaces' if promoted else 'is not promoted over'} iteration {best}"
    why = _why(dev[rule.by], rule, papers[k]["dev"])
    if dropped:
        why += (
            f", but it drops {', '.join(f'{name} ({dev[name].change:+.3f})' for name in dropped)}"
        )
        why += f"; {rule.max_type_drop:.3f} may be lost"
    warnings = [
        f"{name} falls by {-c.change:.3f} on {c.n} dev entities, which may be noise"
        for name, c in dev.items()
        if name not in (*SCORES, *dropped) and c.change < -rule.max_type_drop
    ]
    return Verdict(k, best, promoted, f"{what}: {why}", dev, changes["test"], warnings)


def best_of(verdicts: Sequence[Verdict]) -> int:
    return [verdict.iteration for verdict in verdicts if verdict.promoted][-1]


def shipped(verdicts: Sequence[Verdict], papers: Mapping[int, Papers], rule: Rule) -> str:
    """One sentence: what is in training/best, why, and how sure that is."""
    first, best = verdicts[0].iteration, best_of(verdicts)
    text = f"training/best: iteration {best}"
    if best == first:
        return text + (": none of the others was promoted." if len(verdicts) > 1 else ".")
    change = judge_one(best, first, papers, rule).dev[rule.by]
    text += f", on dev {change.change:+.3f} {_name(rule.by)} against iteration {first}"
    if change.p_rise is not None:
        sure = next(word for least, word in _CERTAINTY if change.p_rise >= least)
        text += f"; {sure}: it is better in {change.p_rise:.0%} of the resamples of dev"
        if change.p_rise <= rule.min_p_rise:
            text += ", though no single step fell so far"
    return text + "."


# From how large a share of the resamples on a rise is called what.
_CERTAINTY = (
    (0.975, "all but certain"),
    (0.8, "probable"),
    (0.6, "more likely than not"),
    (0.4, "within noise"),
    (0.2, "less likely than not"),
    (0.0, "improbable"),
)


def type_names(metrics: Sequence[Metrics]) -> List[str]:
    """Every type that the test papers have, sorted."""
    return sorted({name for m in metrics for name in m["clean"]["test"]["types"]})


def _may_be_better(change: Change, rule: Rule) -> bool:
    """A tie, where nothing changes in any resample, is no gain."""
    if not change.n or change.low == change.high == 0.0:
        return False
    return change.change > 0 if change.p_rise is None else change.p_rise > rule.min_p_rise


def _dropped(dev: Mapping[str, Change], rule: Rule) -> List[str]:
    types = {n: c for n, c in dev.items() if n not in SCORES and c.n >= rule.min_type_entities}
    fallen = [name for name, c in types.items() if c.change < -rule.max_type_drop]
    if not rule.n_bootstrap:
        return fallen
    by_chance = {name: 1 - (c.p_drop or 0.0) for name, c in types.items()}
    beyond_noise = holm(by_chance, 1 - rule.type_confidence)
    return [name for name in fallen if name in beyond_noise]


def _why(change: Change, rule: Rule, dev: PaperCounts) -> str:
    if not change.n:
        return "there is no dev gold to decide by"
    text = f"dev {_name(rule.by)} changes by {change.change:+.3f}"
    if change.p_rise is None:
        return text
    n_paragraphs = sum(len(rows) for rows in dev.values())
    text += f" and rises in {change.p_rise:.0%} of the resamples of {len(dev)} papers, "
    return (
        text
        + f"{n_paragraphs} paragraphs, {change.n} entities; more than {rule.min_p_rise:.0%} needed"
    )


def _name(score: str) -> str:
    return {"f1": "F1", "macro_f1": "macro F1"}[score]
