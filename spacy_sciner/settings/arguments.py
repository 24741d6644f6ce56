"""Arguments that come from elsewhere than params.yaml, held to the same types: those of registered
functions in a `.cfg`, and lists on the command line. `check_section` reads them."""

from typing import Annotated, Literal, Optional, Tuple

from pydantic import Field

from ..confidence import WordConfidence
from .adapt import Kinds
from .fields import Count, Expected, Gamma, Positive, Section, Share
from .tree import Accept, Device, Precision

Head = Literal["linear", "bilstm", "crf"]


class AnnotatorArguments(Section):
    """Of a sciner_annotator."""

    gamma: Gamma
    gamma_o: Optional[Share]
    accept: Accept


class HeadArguments(Section):
    """Of spacy-sciner.TokenTagger.v1."""

    head: Head


class TaggerArguments(HeadArguments):
    """Of spacy-sciner.TransformerTagger.v1."""

    word_confidence: WordConfidence
    frozen_layers: Count
    window: Positive
    overlap: Count
    batch_pieces: Positive
    device: Device
    precision: Precision


class ReaderArguments(Section):
    """Of spacy-sciner.Corpus.v1."""

    max_length: Count
    repeat_gold: Positive


class AcceptRule(Section):
    """Of `sciner sweep`."""

    accept: Accept


class GammaList(Section):
    """Of `sciner sweep`."""

    gamma: Annotated[
        Tuple[Share, ...],
        Field(min_length=1),
        Expected("a list", "of one number in [0, 1] or more"),
    ]


class KindList(Section):
    """Of `sciner candidates`."""

    kinds: Annotated[
        Kinds,
        Field(min_length=1),
        Expected("a list", "of one or more of existing, pattern and phrase"),
    ]
