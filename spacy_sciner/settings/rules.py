"""What several sections of params.yaml have to agree in.

A rule sees a tree that may be wrong in places (`readable`). It is looked at as far as the settings
that it asks for can be read, whatever is wrong beside them, so that one run shows every problem.
"""

from contextlib import suppress
from difflib import get_close_matches
from typing import Any, Callable, Iterator, List, NamedTuple, Tuple

Problem = Tuple[str, str]  # path of the setting, and what is wrong with it


class Unreadable(AttributeError):
    """A rule asked for a setting that is missing or wrong, which is a problem of its own."""


class Rule(NamedTuple):
    sections: Tuple[str, ...]
    check: Callable[..., Iterator[Problem]]  # of these sections, in this order
    is_of_each: bool = False  # of each entry of the first section: its name, itself, the others


def disagreements(tree: Any) -> List[Problem]:
    """Problems of all rules, as far as the tree is readable.

    tree (Union[Settings, Parts]): See `readable.readable_parts`.
    """
    found: List[Problem] = []
    for rule in RULES:
        with suppress(Unreadable):
            first, *others = (getattr(tree, name) for name in rule.sections)
            calls = (
                [(*e, *others) for e in first.items()] if rule.is_of_each else [(first, *others)]
            )
            for arguments in calls:
                with suppress(Unreadable):
                    for problem in rule.check(*arguments):
                        found.append(problem)
    return found


def _corpus_is_known(corpus: Any, corpora: Any) -> Iterator[Problem]:
    if corpus not in corpora:
        yield "corpus", f"{corpus!r} is not an entry of `corpora`{nearest(corpus, corpora)}"


def _teachers_have_their_encoder(encoder: Any, train: Any) -> Iterator[Problem]:
    if encoder.teacher and train.teachers < 2:
        yield "train.teachers", f"{train.teachers} is not 2 or more, which encoder.teacher needs"


def _methods_have_what_they_need(adapt: Any) -> Iterator[Problem]:
    if "distil" in adapt.methods and not adapt.distil.teacher:
        yield "adapt.distil.teacher", "null is not an encoder, which method distil needs"
    if "concepts" in adapt.methods and not adapt.concepts.files:
        yield "adapt.concepts.files", "[] names no file, which method concepts needs"
    if "concepts" in adapt.methods[:-1]:
        yield "adapt.methods", "concepts is not last: what follows changes what its concepts fit"
    if "candidates" in adapt.methods and not adapt.candidates.kinds:
        yield "adapt.candidates.kinds", "[] names no kind, which method candidates needs"


def _soft_labels_are_kept(annotate: Any, retrain: Any) -> Iterator[Problem]:
    if retrain.soft_labels and not annotate.soft:
        yield "annotate.soft", "false is not true, which retrain.soft_labels needs"


def _confidences_are_fitted(annotate: Any, train: Any) -> Iterator[Problem]:
    if annotate.calibrated and not train.calibrate:
        yield "train.calibrate", "false is not true, which annotate.calibrated needs"


def _iterations_are_numbered(iterations: Any) -> Iterator[Problem]:
    if list(iterations) != [str(k + 1) for k in range(len(iterations))] or not iterations:
        found = ", ".join(iterations) or "none"
        yield "iterations", f"{found} are not numbers from 1 without a gap, in order"


def _prev_is_before(k: str, iteration: Any) -> Iterator[Problem]:
    if k.isdecimal() and int(iteration.prev) >= int(k):
        yield f"iterations.{k}.prev", f"{iteration.prev} is not an iteration before {k}"


def _gamma_is_of_each_label(k: str, iteration: Any, corpus: Any, corpora: Any) -> Iterator[Problem]:
    labels = corpora[corpus].labels if corpus in corpora else ()
    if labels and isinstance(iteration.gamma, dict):
        path = f"iterations.{k}.gamma"
        for label in iteration.gamma:
            if label not in labels:
                reason = f"no label of corpus {corpus}{nearest(label, labels)}"
                yield f"{path}.{label}", reason
        missing = [label for label in labels if label not in iteration.gamma]
        if missing:
            yield path, f"no γ for {', '.join(missing)}; null accepts none of a label"


def _evaluations_are_numbered(evaluations: Any) -> Iterator[Problem]:
    if list(evaluations) != [str(k) for k in range(len(evaluations))] or not evaluations:
        found = ", ".join(evaluations) or "none"
        yield "evaluations", f"{found} are not numbers from 0 without a gap, in order"


def _measured_is_made(k: str, evaluation: Any, iterations: Any) -> Iterator[Problem]:
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
    Rule(("adapt",), _methods_have_what_they_need),
    Rule(("annotate", "retrain"), _soft_labels_are_kept),
    Rule(("annotate", "train"), _confidences_are_fitted),
    Rule(("iterations",), _iterations_are_numbered),
    Rule(("iterations",), _prev_is_before, is_of_each=True),
    Rule(("iterations", "corpus", "corpora"), _gamma_is_of_each_label, is_of_each=True),
    Rule(("evaluations",), _evaluations_are_numbered),
    Rule(("evaluations", "iterations"), _measured_is_made, is_of_each=True),
)
