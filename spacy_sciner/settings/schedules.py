"""Sections `train` and `retrain`: how long, how fast, and towards what."""

from typing import Literal

from .fields import (
    Amount,
    BatchSize,
    Count,
    Decay,
    Exponent,
    Positive,
    Power,
    Rate,
    Section,
    Share,
    Switch,
    Text,
    knob,
)

Loss = Literal["nll", "gce"]


class Schedule(Section):
    """What the first training and later ones have both."""

    epochs: Positive = knob("Passes over the training data; the one with the best dev F1 is kept.")
    learn_rate: Rate = knob(
        "Peak, after a linear warm-up over a tenth of the steps. 3e-4 suits MiniLM, 2e-5 to 1e-4 a "
        "base or large encoder."
    )
    batch_words: BatchSize = knob(
        "Size of a batch, padding counted. More is faster; few paragraphs make too few steps then. "
        "auto: 256, and with more text as many as make about 800 steps of all epochs, 1,024 at "
        "most.",
        unit="words",
    )
    min_steps: Count = knob(
        "Of all epochs together, at least: with little gold an epoch is then as many passes over "
        "it as that takes. 0: none.",
        unit="steps",
    )
    ema: Decay = knob(
        "Decay of a moving average of the weights, which is what is evaluated and saved: 0.99 "
        "averages over about 100 steps; 0: the weights themselves."
    )
    teachers: Positive = knob(
        "Models of different seeds whose mean annotates the pool for the next iteration; only the "
        "first, model-best, is evaluated. Each costs another training."
    )


class Machines(Section):
    """What machines' labels count, in every iteration."""

    llm_weight: Amount = knob(
        "How much a token that a language model labelled (a gold file with source llm) counts in "
        "the loss where one of the pool, or of gold in iteration 0, counts 1. 0: nothing."
    )
    loss: Loss = knob(
        "Of tokens that a machine labelled, a language model or, later, a teacher: nll, or gce, "
        "the generalised cross-entropy (1 − p^q) / q, which is not pulled as much by labels that "
        "the model disbelieves."
    )
    gce_q: Exponent = knob(
        "q of gce: towards 0 it is nll, 1 is the mean absolute error. Where the head is untrained, "
        "q begins at nll's and is reached halfway."
    )


class Train(Schedule, Machines):
    """Iteration 0: gold alone."""

    config: Text = knob("One of configs/: the model and how it is trained.")
    calibrate: Switch = knob(
        "Fit the confidences on the dev papers after training: a temperature for tokens, a "
        "logistic regression for entities. false (the paper): confidences as the model gives them."
    )
    at_once: Positive = knob(
        "Teachers, of any iteration, that are trained at the same time on a CPU, each in a process "
        "with its share of the cores: less time, for as many times the memory. On a GPU or "
        "a single core, and under torchrun, one at a time.",
        unit="models",
    )
    teacher_learn_rate: Rate = knob(
        "learn_rate of those that have encoder.teacher; retrain's is lowered for them in the same "
        "ratio."
    )


class Goal(Machines):
    """What a tagger is trained towards on machine-labelled text."""

    gold_weight: Amount = knob(
        "How much a gold token counts in the loss where a pseudo-labelled one counts 1."
    )
    soft_labels: Switch = knob(
        "Learn the teacher's tag distribution y instead of its decisions (needs annotate.soft), as "
        "t ∝ y^power / f^(power − 1), f each tag's share of the pool. γ decides no token then, "
        "only which paragraphs count as having an entity."
    )
    soft_min: Share = knob("A token with soft labels counts if its largest t is at least this.")
    soft_power: Power = knob(
        "power of soft_labels: 2 is BOND's sharpening, which favours rare tags; 1 leaves y as it "
        "is."
    )


class Retrain(Schedule, Goal):
    """Later iterations: gold and pseudo-labels."""

    start: Literal["warm", "fresh"] = knob(
        "warm: go on from the previous iteration's pipeline, at a lower rate. fresh: begin at the "
        "encoder with train's rate, which takes as many steps as train or more."
    )
    finish_epochs: Count = knob(
        "Then so many epochs on gold alone, on a schedule of their own; of all epochs the best on "
        "dev is kept. 0: none."
    )
    finish_learn_rate: Rate = knob("Peak of that schedule.")
