"""The tree of settings, a section a stage, in the order of params.yaml.

Defaults stand in params.yaml, not here: only what may be left out there has one.
"""

from typing import Annotated, Any, Dict, Literal, Optional, Union

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from ..errors import Errors, ScinerError
from .adapt import Adapt, EncoderSource
from .corpora import Corpus
from .fields import (
    Address,
    Amount,
    Count,
    Expected,
    Gamma,
    Number,
    OpenShare,
    Positive,
    Seconds,
    Section,
    Seed,
    Share,
    Switch,
    Text,
    knob,
)
from .rules import disagreements
from .schedules import Retrain, Train

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "fp32", "bf16", "fp16"]
Accept = Literal["token", "entity"]
GammaName = Literal["adaptive", "auto"]


class Grobid(Section):
    """A GROBID server."""

    url: Address = knob("Where the server is.")
    timeout_s: Seconds = knob("How long one paper may take.", unit="seconds")
    concurrency: Positive = knob("Papers in flight at once: the server's own limit or less.")
    retries: Count = knob("Tries after the server said it is busy (503).")


class Parse(Section):
    """Papers to paragraphs."""

    engine: Literal["embedded", "grobid", "tei", "scipdf"] = knob(
        "How PDFs are read: embedded (in-process) or grobid (a server). tei (TEI and JATS) and "
        "scipdf read only files that are parsed already; the other two read these as well."
    )
    min_words: Positive = knob("Shorter paragraphs are left out.", unit="words")
    max_words: Annotated[Positive, Expected("a whole number", "of 20 or more")] = knob(
        "Longer paragraphs are split at sentence ends; min_words or more.", unit="words"
    )
    workers: Count = knob("Processes; 0 means one a core.")
    grobid: Grobid = knob("The server, for engine grobid.")

    @model_validator(mode="after")
    def _has_room(self) -> "Parse":
        least = max(20, self.min_words)
        if self.max_words < least:
            message = "{words} is less than " + ("20" if least == 20 else "min_words, {least}")
            details = {"key": "max_words", "words": self.max_words, "least": least}
            raise PydanticCustomError("setting", message, details)  # type: ignore[arg-type]
        return self


class Convert(Section):
    """Annotations and paragraphs to DocBins."""

    seed: Seed = knob("Of a split by shares.")
    overlap_ngrams: Positive = knob("Length of a run that counts as overlap.", unit="words")
    overlap_min: Positive = knob(
        "A pool paper that shares so many normalised runs with a paper that has gold, one of train "
        "too, is kept out of the pool.",
        unit="runs",
    )
    min_words: Count = knob("Shorter paragraphs of the pool are left out.", unit="words")


class Encoder(EncoderSource):
    """The encoder that is trained on."""

    teacher: Optional[EncoderSource] = knob(
        "null, or the encoder of all train.teachers but the first: a larger one teaches, the "
        "student stays as small and as fast as it is.",
        default=None,
    )


class Annotate(Section):
    """What predictions on the pool have to pass."""

    accept: Accept = knob(
        "token (the paper): each token alone. entity: an entity only as a whole, by its own "
        "calibrated confidence if `calibrated` is true, else only if all of its words pass."
    )
    gamma_o: Optional[Share] = knob("γ of O tokens; null means γ.")
    calibrated: Switch = knob(
        "What γ is compared with. false (the paper): the model's own probabilities; true: those "
        "that were fitted on dev (train.calibrate), of which few reach 0.98."
    )
    engine: Literal["local", "ray"] = knob(
        "Where the pool is predicted: local (this machine) or ray (a cluster). The result is the "
        "same."
    )
    workers: Count = knob(
        "Processes, the cores shared out among them; 0 means one a GPU, without GPU one a core."
    )
    ray_address: Optional[Text] = knob(
        "Of a running Ray cluster, as ray://head:10001; null starts Ray on this machine."
    )
    alpha: OpenShare = knob(
        "gamma: auto promises a precision of 1 − alpha among the accepted entities …"
    )
    delta: OpenShare = knob(
        "… with probability 1 − delta in each iteration; for R iterations together divide by R."
    )
    adaptive_gamma: OpenShare = knob(
        "gamma: adaptive starts from this one and lowers it for labels that are less sure."
    )
    soft: Switch = knob(
        "Keep every token's tag probabilities too, for retrain.soft_labels: 30 bytes a token."
    )


class Merge(Section):
    """Gold and pseudo-labels to one training set."""

    max_all_o_ratio: Optional[Amount] = knob(
        "Pseudo-labelled paragraphs without an entity that γ accepted, at most so many for each "
        "one with; null: no cap, as soft labels need it."
    )
    max_paragraphs: Optional[Positive] = knob(
        "Pseudo-labelled paragraphs at most, a seeded choice of them; null: no cap."
    )
    balance: Amount = knob(
        "In that choice a paragraph's chance grows with the rarity of its labels, to this power: "
        "0: all the same; 1: a label half as frequent counts twice."
    )
    seed: Seed = knob("Of both choices.")


class Evaluate(Section):
    """How an iteration is measured, and when it is promoted to training/best."""

    paper_protocol: Switch = knob(
        "Train a second model on 80 % of each iteration's file and score it on the other 20 %, as "
        "the paper does: self-agreement, not quality, for about twice the training time."
    )
    bootstrap: Count = knob("Resamples of papers behind each interval; 0 for none.")
    seed: Seed = knob("Of the resamples and of the paper's split.")
    promote_by: Literal["f1", "macro_f1"] = knob(
        "The dev score that is compared with the last promoted iteration's; macro_f1 is the mean "
        "over types."
    )
    min_p_rise: Share = knob(
        "In more than this share of the resamples of dev papers and their paragraphs: 0.2 ships an "
        "iteration unless it is worse in 80 % of them or more; why: docs/verdict.md."
    )
    max_type_drop: Share = knob("No type's dev F1 may fall by more than this, beyond noise.")
    type_confidence: Share = knob(
        "How certain such a fall has to be, all types taken together (Holm's correction)."
    )
    min_type_entities: Count = knob("Types with fewer dev entities are not judged.")
    human_f1: Optional[Share] = knob(
        "Strict F1 of one annotator against another (`sciner agree`), drawn on the F1 "
        "curves, since no score means more than that; null: not known.",
        default=None,
    )


class Iteration(Section):
    """One cycle of annotating, merging and retraining."""

    prev: Number = knob("The iteration whose pipeline annotates.")
    gamma: Annotated[
        Union[GammaName, Gamma],
        Expected(
            "a number in [0, 1], one for each label (null: none of that label), adaptive or auto"
        ),
    ] = knob(
        "Lowest accepted probability: a number, one for each label (null: none of that label), "
        "adaptive, or auto (certified on gold papers of split `calibration`)."
    )


class Evaluation(Section):
    """One iteration that is measured."""

    data: Text = knob("Folder of its training data: corpus/gold, corpus/iteration-K.")


class Settings(Section):
    """params.yaml: the experiment."""

    corpus: Text = knob("Which folder of assets/ and which entry under `corpora`.")
    seed: Seed = knob("Of every training.")
    device: Device = knob("auto: CUDA if there is one.")
    precision: Precision = knob("auto: bf16 where faster (AMX, AMD, CUDA), else fp32; fp16: CUDA.")
    parse: Parse = knob("Stage parse.")
    convert: Convert = knob("Stage convert.")
    corpora: Annotated[Dict[str, Corpus], Expected("a mapping", "of names to corpora")] = knob(
        "Every corpus by its name, of letters, digits, - and _."
    )
    encoder: Encoder = knob("Stage adapt: which encoder.")
    adapt: Adapt = knob("Stage adapt.")
    train: Train = knob("Stage train.")
    retrain: Retrain = knob("Stages retrain@K.")
    annotate: Annotate = knob("Stages pseudo-label@K.")
    merge: Merge = knob("Stages merge@K.")
    evaluate: Evaluate = knob("Stages evaluate@K, and report.")
    iterations: Annotated[
        Dict[str, Iteration], Expected("a mapping", "of numbers to iterations")
    ] = knob("Iterations after 0.")
    evaluations: Annotated[
        Dict[str, Evaluation], Expected("a mapping", "of numbers to evaluations")
    ] = knob("What is measured: iteration 0 and those after.")

    @model_validator(mode="after")
    def _agrees(self) -> "Settings":
        found = "; ".join(f"{path}: {reason}" for path, reason in disagreements(self))
        if found:
            raise PydanticCustomError("rules", "{found}", {"found": found})
        return self

    def corpus_of(self, name: str) -> Corpus:
        """RAISES (ScinerError): SCINER-E501 if there is no such corpus."""
        return _entry(self.corpora, name, "corpora")

    def iteration_of(self, iteration: int) -> Iteration:
        """RAISES (ScinerError): SCINER-E501 if there is no such iteration."""
        return _entry(self.iterations, str(iteration), "iterations")


def _entry(entries: Dict[str, Any], name: str, section: str) -> Any:
    if name not in entries:
        found = ", ".join(entries) or "none"
        raise ScinerError(Errors.E501.format(section=section, name=name, found=found))
    return entries[name]
