"""The speed benchmark's arithmetic, data and table; nothing is timed here."""

import json
import subprocess

from spacy.tokens import Doc
from tiny import ROOT, gold_docs
from warm_python import warm_python

from spacy_sciner.corpus.docbin import write_docs

from .recorded import recorded

SPEED = ROOT / "benchmarks/speed/speed.py"
MINILM = {
    "num_hidden_layers": 6,
    "hidden_size": 384,
    "intermediate_size": 1536,
    "max_position_embeddings": 512,
}


def speed(*arguments):
    command = [warm_python(), str(SPEED), *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf8")


def results(**changes):
    """Two contestants, three runs each; 1,000 words."""
    rows = [
        {
            "task": "data",
            "corpus": "acl",
            "threads": 2,
            "runs": 3,
            "paragraphs": 10,
            "words": 1000,
            "pieces": 1200,
            "train_operations": 60e9,
            "predict_operations": 20e9,
        },
        {"contestant": "m", "task": "matrix", "bf16_gflops": [100, 300, 200], "fp32_gflops": [50]},
        {
            "contestant": "spacy_sciner",
            "task": "train",
            "seconds": [2.0, 1.0, 9.0],
            "peak_gb": [1.5, 1.25, 1.25],
        },
        {"contestant": "slow", "task": "train", "seconds": [30.0, 10.0, 20.0], "peak_gb": [3.0]},
        {"contestant": "spacy_sciner", "task": "predict", "seconds": [0.5], "peak_gb": [1.0]},
        {"contestant": "slow", "task": "predict", "seconds": [1.0], "peak_gb": [2.0]},
    ]
    rows[0].update(changes)
    return recorded(rows, "speed")


def test_operations_against_a_count_by_hand():
    from operations import forward_operations, matrix_weights, training_operations

    # Per layer: q, k, v, output of 384 × 384; 384 × 1536 and back.
    assert matrix_weights(MINILM) == 6 * (4 * 147_456 + 2 * 589_824) == 10_616_832
    # 10 pieces: 2 operations a weight and piece; 6 layers × 2 products × 2 × 384 × 10 × 10.
    one = 2 * 10_616_832 * 10 + 6 * 2 * 2 * 384 * 10 * 10
    assert forward_operations(MINILM, [10]) == one
    assert forward_operations(MINILM, [10, 10]) == 2 * one
    assert training_operations(MINILM, [10]) == 3 * one


def test_table_has_medians_ranges_and_ratios_of_medians():
    from speed_report import page

    lines = page(results()).splitlines()
    ours, slow, ours_predicts, slow_predicts = [
        line for line in lines if line.startswith(("| spacy_sciner", "| slow"))
    ]
    assert ours == "| spacy_sciner | 500 (111–1,000) | – | 600 | 30 | 15% | 60% | 1.25 |"
    # 20 s against 2 s, not the mean of 15×, 10× and 2.2×.
    assert slow == "| slow | 50 (33–100) | 10.0× | 60 | 3 | 2% | 6% | 3.00 |"
    assert ours_predicts.startswith("| spacy_sciner | 2,000 (2,000–2,000) | – | 2,400 | 40 | 20%")
    assert "| 2.0× |" in slow_predicts


def test_table_says_what_could_not_be_measured():
    from speed_report import page

    result = results(quality_epochs=8, no_quality={"slow": 190})
    scored = {"precision": [0.5], "recall": [0.25], "f1": [0.333], "seconds": [60], "peak_gb": [1]}
    result["rows"] += [
        {"contestant": "spacy_sciner", "task": "quality", **scored},
        {"contestant": "other", "task": "failed", "reason": "train: ImportError: no such thing"},
    ]
    text = page(result)
    assert "8 epochs on all of train" in text
    assert "| spacy_sciner | 0.333 | 0.500 | 0.250 | 60 | 1.00 |" in text
    assert "slow was left out of this: it would train for 190 minutes." in text
    assert "other could not be measured. train: ImportError: no such thing" in text


def test_same_results_same_plot(monkeypatch, tmp_path):
    import speed_report

    monkeypatch.setattr(speed_report, "__file__", str(tmp_path / "speed_report.py"))
    plots = []
    for _ in range(2):
        speed_report.write_report(results())
        plots.append((tmp_path / "speed.svg").read_bytes())
    assert plots[0] == plots[1]
    assert b"<svg" in plots[0]
    assert "![Words a second](speed.svg)" in (tmp_path / "speed.md").read_text(encoding="utf8")


def test_parts_fit_the_encoder_and_are_counted_without_special_pieces(tiny_encoder, tmp_path):
    from speed import prepare

    docs = gold_docs()
    for split in ("train", "dev", "test"):
        write_docs(tmp_path / f"{split}.spacy", docs)
    too_long = Doc(docs[0].vocab, words=["word"] * 100)  # the tiny encoder has 64 positions
    write_docs(tmp_path / "train.spacy", [*docs, too_long])
    facts = prepare(tmp_path, tmp_path / "parts", tiny_encoder, 1000)
    timed = json.loads((tmp_path / "parts/timed.json").read_text(encoding="utf8"))
    assert facts["paragraphs"] == len(timed) == len(docs)
    assert facts["words"] == sum(map(len, docs)) == sum(len(p["words"]) for p in timed)
    assert facts["train_words"] == facts["words"] + 100
    assert facts["pieces"] >= facts["words"]
    assert facts["train_operations"] == 3 * facts["predict_operations"]
    labels = json.loads((tmp_path / "parts/labels.json").read_text(encoding="utf8"))
    assert labels == sorted({ent.label_ for doc in docs for ent in doc.ents})


def test_spans_become_tags():
    from peers import chars_to_words, spans_to_tags

    assert spans_to_tags([(1, 3, "A"), (2, 4, "B"), (3, 4, "B")], 5) == [
        "O",
        "B-A",
        "I-A",
        "B-B",
        "O",
    ]
    # "one two three": the second entity ends inside a word.
    found = [{"start": 4, "end": 7, "label": "A"}, {"start": 8, "end": 10, "label": "B"}]
    assert chars_to_words(found, ["one", "two", "three"]) == [(1, 2, "A"), (2, 3, "B")]


def test_projected_minutes_of_a_long_training():
    from speed import minutes_of

    runs = [{"seconds": 60.0}, {"seconds": 30.0}, {"seconds": 90.0}]
    assert minutes_of({"words": 100, "train_words": 1000}, runs, 8) == 80


def test_unknown_contestant_and_no_runs_are_refused():
    done = speed("--only", "nobody")
    assert done.returncode == 1
    assert "No contestant 'nobody'; there are: spacy_sciner, " in done.stderr
    assert speed("--runs", "0").returncode == 2


def test_a_contestant_that_fails_is_named_with_its_reason(tmp_path):
    from peers import Job
    from turns import run_child

    job = Job("nobody", "train", "no/encoder", str(tmp_path), 1, 0, 1, 1e-3)
    result, reason = run_child(job, tmp_path)
    assert result == {}
    assert reason == "KeyError: 'nobody'"


def test_same_f1_is_compared_seed_by_seed():
    import same_f1

    rows = [
        {
            "seed": seed,
            "fast": {"dev": fast, "test": fast},
            "plain": {"dev": plain, "test": plain},
        }
        for seed, fast, plain in ((0, 0.4, 0.5), (1, 0.6, 0.5))
    ]
    found = same_f1.page(recorded(rows))
    assert "| plain | 0.500 ± 0.000 | 0.500 ± 0.000 |" in found
    assert "| fast − plain, same seed | 0.000 ± 0.141 | 0.000 ± 0.141 |" in found


def test_what_a_step_costs_at_the_least_stands_below_its_profile():
    from step_profile import page

    row = {
        "threads": 2,
        "steps": 10,
        "words": 5000,
        "step_ms": 50.0,
        "kinds_ms": {"products": 20.0},
        "operations": 10**11,
        "bf16_gflops": 2000.0,
        "copy_gb_per_s": 20.4,
    }
    found = page(recorded([row]))
    assert "10 steps of 500 words" in found
    assert "| products | 20 | 40 % |" in found
    assert "would take 5 ms" in found
    assert "20 GB/s" in found


def test_quantising_counts_for_int8():
    import int8

    times = {"bf16_ms": 2.0, "int8_ms": 1.0, "quantise_ms": 1.5}
    found = int8.page(recorded([{"product": n, "pieces": 64, **times} for n in ("a", "b")]))
    assert "| a | 2.00 | 1.00 | 1.50 | 2.50 |" in found
    assert "| **all** | 4.00 | 2.00 | 3.00 | 5.00 |" in found


def test_compiling_is_shown_where_something_is_compiled():
    import compile as compiling

    figures = {"task": "training", "compiling_s": 61.2, "ms": {"64": 30.4, "128": 35.6}}
    rows = [{"way": way, **figures} for way in compiling.WAYS]
    found = compiling.page(recorded(rows))
    assert "| Hugging Face's layers | training | 30 | 36 | – |" in found
    assert "| the same, compiled | training | 30 | 36 | 61 |" in found
