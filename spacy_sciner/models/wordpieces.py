"""spaCy tokens to word-pieces, for WordPiece, byte-level BPE and Unigram vocabularies alike.

A token's pieces depend on the token alone: it is given to the tokenizer as one pre-split word (for
RoBERTa's kind with a space before it).
"""

import json
from typing import Any, Dict, List, Sequence

from tokenizers import Tokenizer

from ..content import visible

MAX_PIECES = 32


class WordPieces:
    """A tokenizer reduced to what a tagger needs.

    tokenizer (Tokenizer): The fast tokenizer.
    special (dict): "prefix" and "suffix" (ids around a sequence) and "pad" (one id).
    max_pieces (int): Most pieces of one token. What is longer, a URL or a base64 blob, is seen by
        its first pieces; it gets its prediction from these.
    """

    def __init__(self, tokenizer: Tokenizer, special: Dict[str, Any], max_pieces: int = MAX_PIECES):
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.special = special
        self.max_pieces = max_pieces

    @classmethod
    def from_pretrained(cls, path: str, *, at_most: int = MAX_PIECES) -> "WordPieces":
        """From a local directory with any tokenizer that transformers can make a fast one of.

        at_most (int): Room for one token's pieces, if it is less than MAX_PIECES.
        """
        from transformers import AutoTokenizer

        slow_or_fast = AutoTokenizer.from_pretrained(
            path, use_fast=True, local_files_only=True, add_prefix_space=True
        )
        marker = slow_or_fast.unk_token_id
        if marker is None:  # byte-level vocabularies know every string
            marker = slow_or_fast.eos_token_id
        wrapped = slow_or_fast.build_inputs_with_special_tokens([marker])
        middle = wrapped.index(marker)
        pad = slow_or_fast.pad_token_id
        special = {
            "prefix": wrapped[:middle],
            "suffix": wrapped[middle + 1 :],
            "pad": pad if pad is not None else 0,
        }
        return cls(slow_or_fast.backend_tokenizer, special, min(MAX_PIECES, at_most))

    def __call__(self, words: Sequence[str]) -> List[List[int]]:
        """Piece ids of each word; none if it has no content or the tokenizer drops it."""
        encodings = self.tokenizer.encode_batch(
            [[visible(word)] for word in words], is_pretokenized=True, add_special_tokens=False
        )
        return [encoding.ids[: self.max_pieces] for encoding in encodings]

    def to_dict(self) -> Dict[str, Any]:
        """Plain data, enough for `from_dict` to make the same tokenizer without a file."""
        tokenizer = json.dumps(json.loads(self.tokenizer.to_str()), sort_keys=True)
        return {"tokenizer": tokenizer, "special": self.special, "max_pieces": self.max_pieces}

    @classmethod
    def from_dict(cls, data: Dict[str, Any]) -> "WordPieces":
        return cls(Tokenizer.from_str(data["tokenizer"]), data["special"], data["max_pieces"])
