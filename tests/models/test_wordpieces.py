"""Word-pieces of a WordPiece and of a byte-level BPE vocabulary."""

import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from spacy_sciner.models import wordpieces
from spacy_sciner.models.wordpieces import WordPieces

WORDS = ["Random", "Forest", "91", "SQuAD", "un-known", "."]


@pytest.fixture(params=["tiny_encoder", "tiny_bpe_encoder"])
def encoder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


def test_same_pieces_as_transformers_gives_for_pre_split_words(encoder: Path):
    reference = AutoTokenizer.from_pretrained(encoder, add_prefix_space=True)
    encoded = reference(WORDS, is_split_into_words=True)
    pieces = WordPieces.from_pretrained(str(encoder))
    flat = [i for word in pieces(WORDS) for i in word]
    special = pieces.special
    assert special["prefix"] + flat + special["suffix"] == encoded["input_ids"]
    counts = [len(word) for word in pieces(WORDS)]
    assert counts == [encoded.word_ids().count(i) for i in range(len(WORDS))]
    assert max(counts) > 1  # else this shows nothing


def test_pad_is_the_tokenizers_own(encoder: Path):
    expected = AutoTokenizer.from_pretrained(encoder).pad_token_id
    assert WordPieces.from_pretrained(str(encoder)).special["pad"] == expected


def test_special_tokens_are_those_that_the_tokenizer_puts_around_a_text(
    encoder: Path, tmp_path: Path
):
    """Also where its class is the plain one, as ModernBERT's, and its files ask for padding."""
    own = AutoTokenizer.from_pretrained(encoder)
    plain = PreTrainedTokenizerFast(
        tokenizer_object=own.backend_tokenizer, pad_token=own.pad_token, unk_token=own.unk_token
    )
    plain.backend_tokenizer.enable_padding(length=16)
    plain.save_pretrained(tmp_path)
    ids = own("on")["input_ids"]
    special = WordPieces.from_pretrained(str(tmp_path)).special
    assert (special["prefix"], special["suffix"]) == (ids[:1], ids[-1:])
    assert special["pad"] == own.pad_token_id


@pytest.mark.parametrize("dropped", ["", "\n\n", "\u00a0", "\u200b", "\u00ad", "\x00", "\ufe0f"])
def test_a_token_without_content_has_no_piece(encoder: Path, dropped: str):
    first, none, last = WordPieces.from_pretrained(str(encoder))(["we", dropped, "on"])
    assert (bool(first), none, bool(last)) == (True, [], True)


def test_characters_that_show_nothing_change_no_piece(encoder: Path):
    pieces = WordPieces.from_pretrained(str(encoder))
    assert pieces(["S\u00adQu\u200dAD\ufe0f"]) == pieces(["SQuAD"])


def test_a_token_does_not_depend_on_its_neighbours(encoder: Path):
    pieces = WordPieces.from_pretrained(str(encoder))
    alone = [pieces([word])[0] for word in WORDS]
    assert WordPieces.from_pretrained(str(encoder))(WORDS) == alone


def test_a_very_long_token_is_seen_by_its_first_pieces(tiny_bpe_encoder: Path):
    pieces = WordPieces.from_pretrained(str(tiny_bpe_encoder))
    long, longer = pieces(["z" * 40, "z" * 4000])
    assert len(longer) == wordpieces.MAX_PIECES
    assert longer == long[: wordpieces.MAX_PIECES]


def test_no_token_has_more_pieces_than_there_is_room_for(tiny_bpe_encoder: Path):
    pieces = WordPieces.from_pretrained(str(tiny_bpe_encoder), at_most=5)
    assert len(pieces(["z" * 40])[0]) == 5


def test_plain_data_makes_the_same_tokenizer_without_the_files(encoder: Path, tmp_path: Path):
    copy = tmp_path / "copy"
    shutil.copytree(encoder, copy)
    pieces = WordPieces.from_pretrained(str(copy), at_most=7)
    data = pieces.to_dict()
    shutil.rmtree(copy)
    again = WordPieces.from_dict(data)
    assert again([*WORDS, "z" * 40]) == pieces([*WORDS, "z" * 40])
    assert again.to_dict() == data


def test_what_was_tokenised_does_not_change_the_plain_data(encoder: Path):
    pieces = WordPieces.from_pretrained(str(encoder))
    before = pieces.to_dict()
    pieces(WORDS)
    assert pieces.to_dict() == before
