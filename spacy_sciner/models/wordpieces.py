"""spaCy tokens to word-pieces, for WordPiece, byte-level BPE and Unigram vocabularies alike.

A token's pieces depend on the token alone: it is given to the tokenizer as one pre-split word (for
RoBERTa's kind with a space before it).
"""

import json
from itertools import chain
from pathlib import Path
from typing import Any, Dict, List, Sequence, Union

from tokenizers import Tokenizer

from ..content import visible
from ..files import read_json

MAX_PIECES = 32


def load_tokenizer(path: Union[str, Path], **options: Any) -> Any:
    """What `AutoTokenizer` gives of a local directory; its import takes seconds.

    It is asked only if the directory does not name the class of its tokenizer itself.
    """
    import transformers

    settings = Path(path) / "tokenizer_config.json"
    named = read_json(settings).get("tokenizer_class") if settings.is_file() else None
    kind = getattr(transformers, f"{str(named).removesuffix('Fast')}Fast", None)
    if kind is None:
        kind = transformers.AutoTokenizer
        options["use_fast"] = True
    return kind.from_pretrained(path, local_files_only=True, **options)


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
        slow_or_fast = load_tokenizer(path, add_prefix_space=True)
        tokenizer = slow_or_fast.backend_tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()
        of_word: List[int] = []
        for word in chain(["a"], tokenizer.get_vocab()):  # "a" may have no piece in other scripts
            around = tokenizer.encode([word], is_pretokenized=True)
            mask = around.special_tokens_mask
            of_word = [i for i, is_special in enumerate(mask) if not is_special]
            if of_word:
                break
        pad = slow_or_fast.pad_token_id
        special = {
            "prefix": around.ids[: of_word[0]],
            "suffix": around.ids[of_word[-1] + 1 :],
            "pad": pad if pad is not None else 0,
        }
        return cls(tokenizer, special, min(MAX_PIECES, at_most))

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
