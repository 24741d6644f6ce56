"""The TransformerTagger without a pipeline around it."""

from pathlib import Path
from typing import Any, List

import numpy as np
import pytest
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Model, fix_random_seed
from tiny import build_bpe_encoder, build_wordpiece_encoder

from spacy_sciner.errors import ScinerError
from spacy_sciner.models.transformer_tagger import build_transformer_tagger_v1

VOCAB = Vocab()
N_TAGS = 5


def doc_of(*words: str) -> Doc:
    return Doc(VOCAB, words=list(words))


def make_model(encoder: Path, **settings: Any) -> Model:
    """With weights that depend on nothing but the seed."""
    fixed = {"window": 32, "overlap": 8, "device": "cpu", "precision": "fp32"}
    model = build_transformer_tagger_v1(str(encoder), **{**fixed, **settings})
    fix_random_seed(0)
    model.initialize(X=[doc_of("we")], Y=[np.zeros((1, N_TAGS), dtype="f")])
    # A fresh head is so flat that every setting would look alike.
    model.shims[0].module.head.linear.weight.data.mul_(50)
    return model


def differs(a: List[np.ndarray], b: List[np.ndarray]) -> bool:
    return any(not np.allclose(x, y, atol=1e-4) for x, y in zip(a, b))


TEXT = "we train Random Forest on SQuAD and BERT reaches 91 accuracy"
LONG = doc_of(*TEXT.split() * 20)
WORDY = doc_of("Random", "Forest", "SQuAD", "9191")


@pytest.mark.parametrize("name", ["tiny_encoder", "tiny_bpe_encoder"])
def test_one_row_of_scores_per_token_whatever_the_documents(name, request):
    model = make_model(request.getfixturevalue(name))
    docs = [doc_of(), doc_of("we"), LONG, doc_of("\u200b", " ", "a" * 500), doc_of()]
    scores = model.predict(docs)
    assert [s.shape for s in scores] == [(len(doc), N_TAGS) for doc in docs]
    assert all(np.isfinite(s).all() for s in scores)
    assert all((s <= 1e-5).all() for s in scores)


def test_no_documents_no_scores(tiny_encoder: Path):
    model = make_model(tiny_encoder)
    assert model.predict([]) == []
    assert model.predict([doc_of(), doc_of()])[1].shape == (0, N_TAGS)


def test_a_document_scores_the_same_in_any_company(tiny_encoder: Path):
    model = make_model(tiny_encoder)
    short = doc_of("we", "train", "BERT")
    alone = model.predict([short])[0]
    beside = model.predict([LONG, short, doc_of(), WORDY])[1]
    np.testing.assert_allclose(alone, beside, atol=1e-5)


def test_training_and_prediction_see_the_same_without_dropout(tiny_encoder: Path):
    model = make_model(tiny_encoder)
    model.attrs["dropout_rate"] = 0.0
    trained, _ = model.begin_update([LONG, WORDY])
    for a, b in zip(trained, model.predict([LONG, WORDY])):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_backprop_lowers_the_loss_of_every_document(tiny_encoder: Path):
    from thinc.api import Adam

    model = make_model(tiny_encoder, batch_pieces=64)  # several steps, some documents in two
    docs = [LONG, WORDY, doc_of(), doc_of("we")]
    before = model.predict(docs)
    optimizer = Adam(0.01, L2=0.0)
    for _ in range(5):
        scores, backprop = model.begin_update(docs)
        gradient = [np.zeros_like(s) for s in scores]
        for d in gradient:
            d[:, 2] = -0.01
        assert backprop(gradient) is docs
        model.finish_update(optimizer)
    after = model.predict(docs)
    assert [a[:, 2].mean() > b[:, 2].mean() for a, b in zip(after, before) if len(a)] == [True] * 3


@pytest.mark.parametrize(
    ("setting", "one", "other"),
    [
        ("head", "linear", "bilstm"),
        ("shapes", True, False),
        ("word_confidence", "product", "first"),
        ("word_confidence", "min", "mean"),
        ("window", 32, 12),
        ("overlap", 0, 16),
        ("precision", "fp32", "bf16"),
    ],
)
def test_each_setting_changes_the_scores(tiny_encoder: Path, setting, one, other):
    docs = [LONG, WORDY]
    scores = [make_model(tiny_encoder, **{setting: x}).predict(docs) for x in (one, other)]
    assert differs(*scores)


def test_batch_pieces_changes_how_many_go_at_once_and_nothing_else(
    tiny_encoder: Path, monkeypatch: pytest.MonkeyPatch
):
    found = {}
    for budget in (16, 4096):
        model = make_model(tiny_encoder, batch_pieces=budget)
        sizes = []
        predict = model.shims[0].predict
        monkeypatch.setattr(
            model.shims[0],
            "predict",
            lambda batch, predict=predict, sizes=sizes: (
                sizes.append(tuple(batch[0].shape)) or predict(batch)
            ),
        )
        found[budget] = model.predict([LONG, WORDY]), sizes
    assert {rows for rows, _ in found[16][1]} == {1}
    assert len(found[4096][1]) == 1
    assert not differs(found[16][0], found[4096][0])


def trained_rows(model: Model, doc: Doc) -> List[List[bool]]:
    """Of each window, which of its pieces get a gradient."""
    seen: List[np.ndarray] = []
    begin = model.shims[0].begin_update

    def spy(batch):
        output, backprop = begin(batch)
        return output, lambda d: seen.append(d) or backprop(d)

    model.shims[0].begin_update = spy  # type: ignore[method-assign]
    scores, backprop = model.begin_update([doc])
    backprop([np.full_like(scores[0], -1.0)])
    return [[bool(row.any()) for row in window] for d in seen for window in d]


def test_a_piece_is_trained_in_the_window_that_owns_it_alone(tiny_encoder: Path):
    rows = trained_rows(make_model(tiny_encoder, window=16, overlap=8), doc_of(*["we"] * 100))
    assert len(rows) > 10
    assert sum(map(sum, rows)) == 100


def test_first_trains_the_first_piece_alone(tiny_encoder: Path):
    gradients = {}
    for how in ("product", "first"):
        model = make_model(tiny_encoder, word_confidence=how)
        gradients[how] = trained_rows(model, doc_of("SQuAD"))[0][:5]
    #                               [CLS]  s     ##qua  ##d    [SEP]
    assert gradients == {
        "product": [False, True, True, True, False],
        "first": [False, True, False, False, False],
    }


@pytest.mark.parametrize("how", ["product", "min", "mean"])
def test_all_but_first_train_the_product(tiny_encoder: Path, how):
    product = make_model(tiny_encoder, word_confidence="product")
    model = make_model(tiny_encoder, word_confidence=how)
    for m in (product, model):
        m.attrs["dropout_rate"] = 0.0
    assert not differs(model.begin_update([WORDY])[0], product.begin_update([WORDY])[0])


@pytest.mark.parametrize(("setting", "value"), [("freeze_embeddings", True), ("frozen_layers", 1)])
def test_frozen_weights_stay_and_the_others_move(tiny_encoder: Path, setting, value):
    from thinc.api import Adam

    model = make_model(tiny_encoder, **{setting: value})
    module = model.shims[0].module
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    scores, backprop = model.begin_update([WORDY])
    backprop([np.full_like(s, -1.0) * np.arange(N_TAGS) for s in scores])
    model.finish_update(Adam(0.01))
    moved = {name for name, p in module.named_parameters() if not p.equal(before[name])}
    words = "encoder.embeddings.word_embeddings.weight"
    low = "encoder.encoder.layer.0.output.dense.weight"
    assert words not in moved
    assert (low in moved) is (setting == "freeze_embeddings")
    assert {"encoder.encoder.layer.1.output.dense.weight", "head.linear.weight"} <= moved


def test_a_token_longer_than_the_window_is_seen_by_its_beginning(tiny_bpe_encoder: Path):
    model = make_model(tiny_bpe_encoder, window=8, overlap=4)
    scores = model.predict([doc_of("we", "z" * 100, "on")])[0]
    assert np.isfinite(scores).all()


def test_a_word_far_away_is_not_seen_and_one_in_the_window_is(tiny_encoder: Path):
    model = make_model(tiny_encoder, window=16, overlap=4)
    words = ["we"] * 60
    scores = model.predict([doc_of(*words)])[0]
    words[0] = "bert"
    changed = model.predict([doc_of(*words)])[0]
    assert not np.allclose(scores[1], changed[1], atol=1e-5)
    np.testing.assert_allclose(scores[30:], changed[30:], atol=1e-5)


@pytest.mark.parametrize("name", ["tiny_encoder", "tiny_bpe_encoder"])
def test_the_largest_window_fits_and_one_more_is_e309(name, request):
    encoder = request.getfixturevalue(name)
    model = make_model(encoder, window=62)  # 64 positions, two of them for special tokens
    assert np.isfinite(model.predict([LONG])[0]).all()
    with pytest.raises(ScinerError, match=r"SCINER-E309: window is 63.*takes 62"):
        make_model(encoder, window=63)


@pytest.mark.parametrize("build", [build_wordpiece_encoder, build_bpe_encoder])
def test_e309_counts_what_padding_adds(tmp_path: Path, build):
    """100 positions hold 98 pieces, but rows are padded to multiples of 16."""
    offset = 2 if build is build_bpe_encoder else 0
    encoder = build(tmp_path / "encoder", max_position_embeddings=100 + offset)
    assert np.isfinite(make_model(encoder, window=94).predict([LONG])[0]).all()
    with pytest.raises(ScinerError, match=r"SCINER-E309: window is 95.*takes 94"):
        make_model(encoder, window=95)


def test_e309_counts_the_positions_that_roberta_leaves_unused(tmp_path: Path):
    """It numbers from 2 on: 97 positions are 95, of which rows fill 80."""
    encoder = build_bpe_encoder(tmp_path / "encoder", max_position_embeddings=97)
    with pytest.raises(ScinerError, match=r"SCINER-E309: window is 94.*takes 78"):
        make_model(encoder, window=94)
    longer = build_bpe_encoder(tmp_path / "longer", max_position_embeddings=98)
    assert np.isfinite(make_model(longer, window=94).predict([LONG])[0]).all()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("head", "mlp"),
        ("word_confidence", "last"),
        ("device", "tpu"),
        ("precision", "int8"),
    ],
)
def test_e521_for_an_unknown_choice(tiny_encoder: Path, setting, value):
    with pytest.raises(ScinerError, match=rf"SCINER-E521.*\n  {setting}: '{value}' is not one of"):
        build_transformer_tagger_v1(str(tiny_encoder), **{setting: value})


@pytest.mark.parametrize(
    ("setting", "value"),
    [("window", 0), ("overlap", -1), ("batch_pieces", 0), ("frozen_layers", -1)],
)
def test_e521_for_a_number_out_of_range(tiny_encoder: Path, setting, value):
    with pytest.raises(ScinerError, match=f"  {setting}: {value} is not a whole number of"):
        build_transformer_tagger_v1(str(tiny_encoder), **{setting: value})


def test_all_wrong_arguments_are_named_at_once(tiny_encoder: Path):
    with pytest.raises(ScinerError) as error:
        build_transformer_tagger_v1(str(tiny_encoder), head="mlp", window=0)
    assert [line.split(":")[0] for line in str(error.value).splitlines()[1:]] == [
        "  head",
        "  window",
    ]


def test_e301_before_initialisation(tiny_encoder: Path):
    model = build_transformer_tagger_v1(str(tiny_encoder), nO=N_TAGS)
    with pytest.raises(ScinerError, match="SCINER-E301"):
        model.predict([doc_of("we")])


def test_e304_at_initialisation_and_not_before():
    model = build_transformer_tagger_v1("no/such/encoder")
    with pytest.raises(ScinerError, match="SCINER-E304"):
        model.initialize(X=[doc_of("we")], Y=[np.zeros((1, N_TAGS), dtype="f")])


def test_bytes_need_neither_the_encoder_nor_its_folder(tiny_encoder: Path):
    model = make_model(tiny_encoder)
    again = build_transformer_tagger_v1("no/such/encoder", device="cpu", precision="fp32")
    again.from_bytes(model.to_bytes())
    assert not differs(again.predict([LONG, WORDY]), model.predict([LONG, WORDY]))
    assert again.to_bytes() == model.to_bytes()


def test_the_folder_of_the_encoder_is_not_in_the_weights(tiny_encoder: Path):
    assert tiny_encoder.as_posix().encode() not in make_model(tiny_encoder).shims[0].to_bytes()


def test_a_copy_is_equal_and_apart(tiny_encoder: Path):
    model = make_model(tiny_encoder)
    twin = model.copy()
    before = model.predict([WORDY])
    assert not differs(twin.predict([WORDY]), before)
    twin.shims[0].module.head.linear.bias.data[0] += 1.0
    assert not differs(model.predict([WORDY]), before)
