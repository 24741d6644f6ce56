"""Operations that a corpus asks for, counted by hand and the same for everyone who works on it.

A matrix product of (n, a) by (a, b) is 2·n·a·b operations. One paragraph of L word-pieces, special
tokens included, through an encoder of `layers` layers, `width` wide, `inner` wide between them:

    forward  = 2·N·L + 4·layers·width·L²      N = layers·(4·width² + 2·width·inner)
    training = 3·forward                      (6·N·L, and 12·layers·width·L² for attention)

N are the weights of the matrix products that every piece passes through: query, key, value, output,
and the two of the feed-forward part. The L² terms are attention's two products, scores and weighted
sum. Left out, as small: embeddings, layer norms, softmax, GELU, the tagging head, the optimiser.

So these are the operations that the task needs, not those that anyone executes: padding, windows
that overlap, and pieces computed twice count as time only.
"""

from typing import Any, Dict, Sequence


def matrix_weights(config: Dict[str, Any]) -> int:
    """N for an encoder's config.json."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    return int(config["num_hidden_layers"] * (4 * width * width + 2 * width * inner))


def forward_operations(config: Dict[str, Any], lengths: Sequence[int]) -> int:
    """One forward pass over paragraphs of these many pieces, special tokens included."""
    attention = 4 * config["num_hidden_layers"] * config["hidden_size"]
    return sum(2 * matrix_weights(config) * n + attention * n * n for n in lengths)


def training_operations(config: Dict[str, Any], lengths: Sequence[int]) -> int:
    """One training step over them: the backward pass does each product twice more."""
    return 3 * forward_operations(config, lengths)
