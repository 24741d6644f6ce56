"""F1 by the number of examples of each type, for several encoders. Pure."""

from statistics import mean
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from .plots import f1_lines, mean_and_sd
from .repeat import spread
from .tables import Row, to_csv, to_text


class Shot(NamedTuple):
    """One training on one subset, measured on all of dev and test."""

    encoder: str
    k: int
    subset: int
    seed: int
    sentences: int
    mentions: int
    f1: float  # strict, on test
    macro_f1: float
    dev_f1: float


def few_shot_rows(shots: Sequence[Shot]) -> List[Row]:
    """A row for each k: of each encoder, mean ± standard deviation of test F1 over its runs."""
    encoders = encoders_of(shots)
    rows = [["k", "sentences", "mentions", *encoders]]
    for k in sorted({shot.k for shot in shots}):
        own = [shot for shot in shots if shot.k == k]
        sizes = [f"{mean(s.sentences for s in own):.0f}", f"{mean(s.mentions for s in own):.0f}"]
        found = [spread([s.f1 for s in own if s.encoder == name] or [None]) for name in encoders]
        rows.append([str(k), *sizes, *found])
    return rows


def few_shot_text(shots: Sequence[Shot]) -> str:
    n_subsets, n_seeds = len({s.subset for s in shots}), len({s.seed for s in shots})
    return to_text(few_shot_rows(shots)) + (
        "Strict test F1: mean ± standard deviation over subsets of gold and seeds of training "
        f"({n_subsets} × {n_seeds}).\n"
    )


def few_shot_csv(shots: Sequence[Shot]) -> str:
    return to_csv([list(Shot._fields), *([str(value) for value in shot] for shot in shots)])


def few_shot_svg(shots: Sequence[Shot]) -> str:
    """A line for each encoder, bars of one standard deviation."""
    lines: Dict[str, Dict[int, Tuple[float, float]]] = {}
    for name in encoders_of(shots):
        by_k: Dict[int, List[float]] = {}
        for shot in shots:
            if shot.encoder == name:
                by_k.setdefault(shot.k, []).append(shot.f1)
        lines[name] = {k: mean_and_sd(f1) for k, f1 in by_k.items()}
    return f1_lines(lines, "Test F1 by mentions of each type", xlabel="k", log=True).svg


def encoders_of(shots: Sequence[Shot]) -> List[str]:
    """In the order in which they were given."""
    return list(dict.fromkeys(shot.encoder for shot in shots))


def shot_of(metrics: Any, **place: Any) -> Shot:
    """metrics (dict): What `evaluate@0` wrote. place: The other fields."""
    clean = metrics["clean"]
    test = clean["test"]
    return Shot(**place, f1=test["f1"], macro_f1=test["macro_f1"], dev_f1=clean["dev"]["f1"])
