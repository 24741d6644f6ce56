"""Which words are masked, and what a batch of them holds."""

import numpy as np
import pytest
from small_text import paragraphs, settings_of, write_project

from spacy_sciner.adapt.encoder import make_encoder
from spacy_sciner.adapt.masking import mask_batch
from spacy_sciner.adapt.mlm import mask_words
from spacy_sciner.adapt.rows import Vocabulary, cut_rows
from spacy_sciner.adapt.span_mlm import draw_length, mask_spans
from spacy_sciner.errors import ScinerError


@pytest.fixture
def vocabulary(tiny_encoder):
    return Vocabulary(tiny_encoder)


@pytest.fixture
def rows(vocabulary):
    return cut_rows(paragraphs(60), vocabulary, window=64)


@pytest.mark.parametrize("masker", [mask_words(0.15), mask_spans(0.15)])
def test_whole_words_are_masked_about_as_many_as_asked_for(rows, masker):
    rng = np.random.default_rng(0)
    n_masked = 0
    for row in rows:
        (view,) = masker(row, rng)
        ends = [end for _, end in view]
        assert all(start >= end for end, (start, _) in zip(ends, view[1:]))  # none overlap
        n = sum(int(row.words[end] - row.words[start]) for start, end in view)
        assert 0 < n <= 0.15 * len(row.ids) + 12
        n_masked += n
    assert 0.12 < n_masked / sum(len(row.ids) for row in rows) < 0.22


def test_spans_are_runs_of_words(rows):
    rng = np.random.default_rng(0)
    lengths = [end - start for row in rows for start, end in mask_spans(0.3)(row, rng)[0]]
    assert 1.5 < np.mean(lengths) < 4
    assert max(lengths) <= 10


def test_a_batch_shows_masks_and_asks_for_what_was_there(rows, vocabulary):
    batch = mask_batch(rows, mask_words(0.15), vocabulary, np.random.default_rng(0))
    ids, width = batch.input_ids.numpy(), batch.input_ids.shape[1]
    wanted = batch.targets.numpy()
    places = batch.places.numpy()[wanted >= 0]
    wanted = wanted[wanted >= 0]
    assert len(batch.targets) % 64 == 0
    shown = ids.reshape(-1)[places]
    for row_i, row in enumerate(rows):
        line = ids[row_i].copy()
        inside = places[places // width == row_i]
        line[inside % width] = wanted[places // width == row_i]
        assert line[1 : 1 + len(row.ids)].tolist() == row.ids.tolist()  # after [CLS]
    share = (shown == vocabulary.mask).mean()
    assert 0.7 < share < 0.9  # eight of ten; one random, one as it was
    assert 0.03 < (shown == wanted).mean() < 0.2


def test_random_pieces_are_never_special(rows, vocabulary):
    batch = mask_batch(rows * 5, mask_words(0.5), vocabulary, np.random.default_rng(0))
    inner = [line[1 : int(n) - 1] for line, n in zip(batch.input_ids.numpy(), batch.lengths)]
    special = {0, 2, 3}  # pad, [CLS], [SEP]
    assert not special & set(np.concatenate(inner).tolist())


def test_runs_have_spanberts_lengths():
    rng = np.random.default_rng(0)
    drawn = np.bincount([draw_length(rng) for _ in range(20_000)], minlength=11) / 20_000
    wanted = 0.8 ** np.arange(10)
    assert drawn[1:] == pytest.approx(wanted / wanted.sum(), abs=0.01)
    assert drawn @ np.arange(11) == pytest.approx(3.8, abs=0.05)


@pytest.mark.parametrize("methods", [["mlm"], ["span-mlm"], ["candidates"], ["distil", "mlm"]])
def test_an_encoder_without_a_mask_is_refused_before_anything_is_learnt(
    tiny_encoder, tmp_path, methods
):
    import json
    import shutil

    folder = tmp_path / "no-mask"
    shutil.copytree(tiny_encoder, folder)
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        path = folder / name
        settings = json.loads(path.read_text(encoding="utf8"))
        settings["mask_token"] = None
        path.write_text(json.dumps(settings), encoding="utf8")
    root, told = write_project(tmp_path / "project", paragraphs(2)), []
    teacher = {"distil": {"teacher": {"name": str(tiny_encoder)}}}
    settings = settings_of(folder, methods, **teacher)
    with pytest.raises(ScinerError, match=r"SCINER-E333: The tokenizer of .*/no-mask has no mask"):
        make_encoder(settings, out=root / "e", narrate=told.append, root=root)
    assert told == []
    settings = settings_of(folder, ["distil"], epochs=1, **teacher)  # which needs none
    make_encoder(settings, out=root / "e", root=root)
