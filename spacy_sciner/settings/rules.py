"""What several sections of params.yaml have to agree in.

A rule is looked at as soon as the sections it speaks of are right by themselves, whatever is wrong
with others, so that one run shows every problem of a file.
"""

from difflib import get_close_matches
from typing import Any, Callable, Iterator, List, Mapping, NamedTuple, Tuple

Problem = Tuple[str, str]  # path of the setting, and what is wrong with it


class Rule(NamedTuple):
    sections: Tuple[str, ...]
    check: Callable[..., Iterator[Problem]]  # of these sections, in this order


def disagreements(sections: Mapping[str, Any]) -> List[Problem]:
    """Problems of all rules whose sections are there.

    sections (Mapping[str, Any]): Valid sections of the tree by name.
    """
    found: List[Problem] = []
    for rule in RULES:
        if all(name in sections for name in rule.sections):
            found += rule.check(*(sections[name] for name in rule.sections))
    return found


def _corpus_is_known(corpus: Any, corpora: Any) -> Iterator[Problem]:
    if corpus not in corpora:
        yield "corpus", f"{corpus!r} is not an entry of `corpora`{nearest(corpus, corpora)}"


def _teachers_have_their_encoder(encoder: Any, train: Any) -> Iterator[Problem]:
    if encoder.teacher and train.teachers < 2:
        yield "train.teachers", f"{train.teachers} is not 2 or more, which encoder.teacher needs"


def _soft_labels_are_kept(annotate: Any, retrain: Any) -> Iterator[Problem]:
    if retrain.soft_labels and not annotate.soft:
        yield "annotate.soft", "false is not true, which retrain.soft_labels needs"


def _iterations_are_numbered(iterations: Any) -> Iterator[Problem]:
    if list(iterations) != [str(k + 1) for k in range(len(iterations))] or not iterations:
        found = ", ".join(iterations) or "none"
        yield "iterations", f"{found} are not numbers from 1 without a gap, in order"
        return
    for k, iteration in iterations.items():
        if int(iteration.prev) >= int(k):
            yield f"iterations.{k}.prev", f"{iteration.prev} is not an iteration before {k}"


def _gamma_of_each_label(corpus: Any, corpora: Any, iterations: Any) -> Iterator[Problem]:
    labels: Any = corpora[corpus].labels if corpus in corpora else ()
    for k, iteration in iterations.items() if labels else ():
        if isinstance(iteration.gamma, dict):
            path = f"iterations.{k}.gamma"
            for label in iteration.gamma:
                if label not in labels:
                    reason = f"no label of corpus {corpus}{nearest(label, labels)}"
                    yield f"{path}.{label}", reason
            missing = [label for label in labels if label not in iteration.gamma]
            if missing:
                yield path, f"no γ for {', '.join(missing)}; null accepts none of a label"


def _measured_is_made(iterations: Any, evaluations: Any) -> Iterator[Problem]:
    if list(evaluations) != [str(k) for k in range(len(evaluations))] or not evaluations:
        found = ", ".join(evaluations) or "none"
        yield "evaluations", f"{found} are not numbers from 0 without a gap, in order"
        return
    for k, evaluation in evaluations.items():
        path = f"evaluations.{k}"
        if k != "0" and k not in iterations:
            yield path, f"{k} is not an entry of `iterations`"
        folder = "corpus/gold" if k == "0" else f"corpus/iteration-{k}"
        if evaluation.data != folder:
            yield f"{path}.data", f"{evaluation.data!r} is not {folder}, where stages write it"


def nearest(name: str, known: Any) -> str:
    """; did you mean `…`?, or what there is."""
    close = get_close_matches(str(name), list(known), n=1, cutoff=0.6)
    if close:
        return f"; did you mean `{close[0]}`?"
    return f"; known: {', '.join(known)}"


RULES = (
    Rule(("corpus", "corpora"), _corpus_is_known),
    Rule(("encoder", "train"), _teachers_have_their_encoder),
    Rule(("annotate", "retrain"), _soft_labels_are_kept),
    Rule(("iterations",), _iterations_are_numbered),
    Rule(("corpus", "corpora", "iterations"), _gamma_of_each_label),
    Rule(("iterations", "evaluations"), _measured_is_made),
)
