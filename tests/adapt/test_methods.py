"""Methods as a whole: what comes out, that it learns, and that a kill changes nothing."""

import json
import math
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from small_text import paragraphs, settings_of, write_project
from spacy.tokens import Doc

from spacy_sciner.adapt import rows, span_mlm
from spacy_sciner.adapt.encoder import CHECKPOINTS, make_encoder
from spacy_sciner.adapt.loop import AdaptLoop
from spacy_sciner.adapt.narrate import AdaptNarrator, loss_csv
from spacy_sciner.errors import ScinerError
from spacy_sciner.files import remove
from spacy_sciner.models.head import load_encoder

WEIGHTS = "model.safetensors"


@pytest.fixture
def root(tmp_path):
    return write_project(tmp_path, paragraphs(40), train=paragraphs(6, prefix="g"))


@pytest.mark.parametrize("method", ["mlm", "span-mlm"])
@pytest.mark.parametrize("kind", ["tiny_encoder", "tiny_bpe_encoder"])
def test_held_out_loss_falls_and_the_encoder_opens_everywhere(request, root, method, kind):
    encoder = request.getfixturevalue(kind)
    out = root / "encoder"
    facts = make_encoder(settings_of(encoder, [method], epochs=12), out=out, root=root)
    (figures,) = facts["adapt"]["methods"]
    n_pieces = load_encoder(str(encoder)).config.vocab_size
    assert figures["held_out_before"] < 0.95 * math.log(n_pieces)  # it knows how frequent each is
    assert figures["held_out"] < 0.9 * figures["held_out_before"]
    assert figures["method"] == method
    before, after = (load_encoder(str(path)).state_dict() for path in (encoder, out))
    assert before.keys() == after.keys()
    assert (out / WEIGHTS).read_bytes() != (encoder / WEIGHTS).read_bytes()
    assert sorted(p.name for p in out.iterdir()) == sorted(
        p.name for p in encoder.iterdir() if p.name != "README.md"
    )


def test_text_of_one_batch_is_learnt_too(tiny_encoder, tmp_path):
    root = write_project(tmp_path, paragraphs(2))
    settings = settings_of(tiny_encoder, ["mlm"], epochs=1, batch_pieces=10_000, held_out=0)
    facts = make_encoder(settings, out=root / "encoder", root=root)
    assert facts["adapt"]["methods"][0]["steps"] == 1
    before, after = (load_file(path / WEIGHTS) for path in (tiny_encoder, root / "encoder"))
    assert any(not after[name].equal(tensor) for name, tensor in before.items())


@pytest.mark.parametrize("method", ["mlm", "span-mlm"])
def test_a_batch_in_parts_takes_the_same_steps(root, tmp_path, tiny_encoder, method, monkeypatch):
    encoder = shutil.copytree(tiny_encoder, tmp_path / "calm")
    config = json.loads((encoder / "config.json").read_text())
    config.update(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    (encoder / "config.json").write_text(json.dumps(config))
    settings = settings_of(encoder, [method], epochs=2, batch_pieces=256)
    losses, n_parts, norms = {}, [], {"whole": [], "parts": []}
    step, clip = AdaptLoop._step, torch.nn.utils.clip_grad_norm_

    def counted(self, number, parts):
        n_parts.append(len(parts))
        return step(self, number, parts)

    def seen(parameters, most):
        norms[name].append(float(clip(parameters, most)))

    monkeypatch.setattr(AdaptLoop, "_step", counted)
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", seen)
    for name, most in [("whole", 1024), ("parts", 1)]:
        n_parts.clear()
        remove(root / CHECKPOINTS)
        monkeypatch.setattr(rows, "PART_PIECES", most)
        (found,) = make_encoder(settings, out=root / name, root=root)["curves"]
        assert (max(n_parts) > 1) == (name == "parts")
        losses[name] = [(point.get("loss", 0.0), point["held_out"]) for point in found["curve"]]
    assert norms["parts"] == pytest.approx(norms["whole"], rel=1e-2)
    assert len(losses["whole"]) > 5
    for whole, parts in zip(losses["whole"], losses["parts"], strict=True):
        assert parts == pytest.approx(whole, rel=2e-4)


def test_no_method_leaves_the_encoder_as_it_is(root, tiny_encoder):
    facts = make_encoder(settings_of(tiny_encoder, []), out=root / "encoder", root=root)
    assert facts["adapt"] == {"methods": []}
    assert (root / "encoder" / WEIGHTS).read_bytes() == (tiny_encoder / WEIGHTS).read_bytes()


def test_methods_follow_each_other(root, tiny_encoder):
    settings = settings_of(tiny_encoder, ["mlm", "span-mlm"])
    facts = make_encoder(settings, out=root / "encoder", root=root)
    assert [m["method"] for m in facts["adapt"]["methods"]] == ["mlm", "span-mlm"]
    alone = make_encoder(settings_of(tiny_encoder, ["span-mlm"]), out=root / "other", root=root)
    assert facts["curves"][1]["curve"][0] != alone["curves"][0]["curve"][0]
    lines = loss_csv(facts["curves"]).splitlines()
    assert lines[0] == "step,series,loss"
    assert {line.split(",")[1] for line in lines[1:]} == {'"mlm', '"span-mlm'}


def test_what_was_killed_goes_on_and_ends_with_the_same_bytes(root, tiny_encoder, monkeypatch):
    settings = settings_of(tiny_encoder, ["mlm"])
    whole, steps = make_encoder(settings, out=root / "whole", root=root), []
    bytes_of_whole = (root / "whole" / WEIGHTS).read_bytes()
    remove(root / CHECKPOINTS)
    step = AdaptLoop._step

    def dies(self, number, tensors):
        steps.append(number)
        if len(steps) == 8:
            raise KeyboardInterrupt
        return step(self, number, tensors)

    monkeypatch.setattr(AdaptLoop, "_step", dies)
    with pytest.raises(KeyboardInterrupt):
        make_encoder(settings, out=root / "encoder", root=root)
    assert not (root / "encoder").exists()
    again = make_encoder(settings, out=root / "encoder", root=root)
    assert len(steps) > 8
    assert steps[8] > 1  # not from the start
    assert again["curves"] == whole["curves"]
    assert (root / "encoder" / WEIGHTS).read_bytes() == bytes_of_whole


def test_other_text_does_not_go_on_from_a_checkpoint(root, tiny_encoder):
    settings = settings_of(tiny_encoder, ["mlm"])
    first = make_encoder(settings, out=root / "encoder", root=root)
    write_project(root, paragraphs(40, seed=1))
    other = make_encoder(settings, out=root / "encoder", root=root)
    assert other["curves"] != first["curves"]


def test_it_ends_early_where_nothing_is_gained(root, tiny_encoder):
    settings = settings_of(tiny_encoder, ["mlm"], learn_rate=0.9, patience=2, epochs=10)
    facts = make_encoder(settings, out=root / "encoder", root=root)
    curve = facts["curves"][0]["curve"]
    assert len(curve) < 21
    best = min(curve[1:], key=lambda point: point["held_out"])
    assert facts["adapt"]["methods"][0]["steps"] == best["step"]
    assert curve.index(best) == len(curve) - 3 or curve[0]["held_out"] < best["held_out"]


def test_what_ended_early_does_not_go_on_after_a_kill(root, tiny_encoder, monkeypatch):
    settings = settings_of(tiny_encoder, ["mlm", "span-mlm"], learn_rate=0.9, patience=2, epochs=10)
    whole = make_encoder(settings, out=root / "whole", root=root)
    assert len(whole["curves"][0]["curve"]) < 21
    remove(root / CHECKPOINTS)
    run = span_mlm.run

    def dies(job):
        raise KeyboardInterrupt

    monkeypatch.setattr(span_mlm, "run", dies)
    with pytest.raises(KeyboardInterrupt):
        make_encoder(settings, out=root / "encoder", root=root)
    monkeypatch.setattr(span_mlm, "run", run)
    again = make_encoder(settings, out=root / "encoder", root=root)
    assert again["curves"] == whole["curves"]
    assert (root / "encoder" / WEIGHTS).read_bytes() == (root / "whole" / WEIGHTS).read_bytes()


@pytest.mark.parametrize("method", ["mlm", "span-mlm"])
def test_one_paragraph_is_learnt_from(root, tiny_encoder, method):
    write_project(root, paragraphs(1, per_paper=1))
    facts = make_encoder(settings_of(tiny_encoder, [method]), out=root / "encoder", root=root)
    (figures,) = facts["adapt"]["methods"]
    assert figures["held_out"] is None
    assert figures["steps"] == 2


def test_text_without_a_word_that_the_encoder_knows(root, tiny_encoder):
    pool = paragraphs(1, per_paper=1)
    pool[0] = Doc(pool[0].vocab, words=["\u200b", "\n"], user_data=pool[0].user_data)
    write_project(root, pool)
    with pytest.raises(ScinerError, match="E559: Nothing is left to learn from"):
        make_encoder(settings_of(tiny_encoder, ["mlm"]), out=root / "encoder", root=root)
    assert not (root / "encoder").exists()


def test_progress_is_told(root, tiny_encoder, capsys):
    settings = settings_of(tiny_encoder, ["mlm"])
    make_encoder(settings, out=root / "encoder", root=root, narrate=AdaptNarrator)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "adapting: mlm, 1 of 1"
    assert lines[-1].startswith("  100%  loss ")
    assert lines[-1].endswith("done")


def test_weights_under_foreign_names_are_not_written_as_if_they_were_adapted(root, tiny_encoder):
    foreign = root / "foreign"
    shutil.copytree(tiny_encoder, foreign)
    weights = load_file(foreign / WEIGHTS)
    save_file({f"other.{k}": v for k, v in weights.items()}, foreign / WEIGHTS, {"format": "pt"})
    with pytest.raises(ScinerError, match=r"SCINER-E336.*embeddings"):
        make_encoder(settings_of(foreign, ["mlm"]), out=root / "encoder", root=root)


def test_without_text_kept_aside_it_runs_to_its_end_and_keeps_the_last_weights(root, tiny_encoder):
    settings = settings_of(tiny_encoder, ["mlm"], held_out=0, patience=1, epochs=3)
    facts = make_encoder(settings, out=root / "encoder", root=root)
    (figures,), (curve,) = facts["adapt"]["methods"], facts["curves"]
    assert (figures["held_out_before"], figures["held_out"]) == (None, None)
    steps = [point["step"] for point in curve["curve"]]
    assert figures["steps"] == steps[-1]
    assert len(steps) > 3
    assert "held out" not in loss_csv(facts["curves"])
    losses = [point["loss"] for point in curve["curve"][1:]]
    assert losses[-1] < 0.9 * losses[0]
