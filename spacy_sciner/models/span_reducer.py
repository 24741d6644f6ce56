"""A span's vector for spaCy's span categoriser: max-pool of its tokens ⊕ an embedding of its width.

SOURCE: Tri-Train, Findings of EMNLP 2020, section 3.4.
"""

from typing import Callable, Tuple

from thinc.api import Embed, Model, chain, concatenate, reduce_max
from thinc.types import Floats2d, Ragged


def build_max_pool_width_v1(*, width: int = 25, longest: int = 8) -> Model[Ragged, Floats2d]:
    """A `reducer` of spacy.SpanCategorizer.v1.

    width (int): Of the embedding of a span's length.
    longest (int): Tokens; longer spans share an embedding.
    RETURNS (Model[Ragged, Floats2d]): Token vectors of spans, one after the other → one vector a
        span.
    """
    lengths: Model = chain(
        Model("sciner_span_lengths", _lengths, attrs={"longest": longest}),
        Embed(width, longest + 1),
    )
    return concatenate(reduce_max(), lengths)


def _lengths(model: Model, spans: Ragged, is_train: bool) -> Tuple[object, Callable]:
    """RETURNS: Each span's number of tokens, at most `longest`, shape (n_spans,)."""
    clipped = model.ops.xp.minimum(spans.lengths, model.attrs["longest"])
    lengths = model.ops.asarray(clipped, dtype="uint64")

    def backprop(d_lengths: object) -> Ragged:
        return Ragged(model.ops.alloc2f(*spans.data.shape), spans.lengths)

    return lengths, backprop
