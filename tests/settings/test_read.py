"""A wrong params.yaml gives one error that a stranger can act on."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

from spacy_sciner.errors import ScinerError
from spacy_sciner.settings import problems, read_settings, read_yaml

from .helpers import GAMMAS, GOLD, changed, lines_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "params.yaml").read_text(encoding="utf8")


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(content: Any) -> Path:
        path = tmp_path / "params.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf8"))
        return path

    return write


def test_the_delivered_file_is_right():
    settings = read_settings(ROOT / "params.yaml")
    assert settings.train.learn_rate == 3e-4
    assert settings.corpus_of("sample").gold[0].format == "label-studio"
    assert settings.iteration_of(2).prev == "1"


@pytest.mark.parametrize("name", ["x.y", "a b", "a/b", "a:b", "-a"])
def test_a_corpus_name_that_dvc_or_the_shell_reads_otherwise(written, name):
    path = written(
        TEXT.replace("  sample:", f'  "{name}":', 1).replace("corpus: sample", f'corpus: "{name}"')
    )
    with pytest.raises(
        ScinerError, match=r"E520: (.|\n)*corpora\..*letters, digits, - and _ alone"
    ):
        read_settings(path)


def test_corpora_that_share_what_they_have(written):
    shared = "corpora:\n  <<: {mine: {labels: [A], gold: []}}\n"
    assert "mine" in read_settings(written(TEXT.replace("corpora:\n", shared, 1))).corpora


def test_a_corpus_name_in_letters_of_any_language(written):
    text = TEXT.replace("  sample:", "  müll-1_a:", 1).replace("corpus: sample", "corpus: müll-1_a")
    assert read_settings(written(text)).corpus == "müll-1_a"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"retrain.gce_q": 1.5}, "retrain.gce_q: 1.5 is not in [0.001, 1]"),
        ({"train.epochs": "all"}, "train.epochs: 'all' is not a whole number of 1 or more"),
        ({"train.epochs": 2.5}, "train.epochs: 2.5 is not a whole number of 1 or more"),
        ({"train.epochs": True}, "train.epochs: true is not a whole number of 1 or more"),
        ({"annotate.alpha": True}, "annotate.alpha: true is not a number in (0, 1)"),
        ({"train.ema": 1}, "train.ema: 1 is not in [0, 1)"),
        ({"train.ema": float("nan")}, "train.ema: nan is not a number in [0, 1)"),
        ({"train.batch_words": 0}, "train.batch_words: 0 is not auto or a whole number of 1"),
        ({"merge.balance": float("inf")}, "merge.balance: inf is not a number of 0 or more"),
        (
            {"merge.max_paragraphs": 0},
            "merge.max_paragraphs: 0 is not a whole number of 1 or more or null",
        ),
        ({"train.calibrate": "yes"}, "train.calibrate: 'yes' is not true or false"),
        ({"device": "gpu"}, "device: 'gpu' is not one of auto, cpu, cuda"),
        ({"seed": -1}, "seed: -1 is not from 0 to 4294967295"),
        ({"retrain.start": "hot"}, "retrain.start: 'hot' is not one of warm, fresh"),
        (
            {"evaluate.promote_by": "recall"},
            "evaluate.promote_by: 'recall' is not one of f1, macro_f1",
        ),
        ({"parse.engine": "pdfminer"}, "parse.engine: 'pdfminer' is not one of embedded, grobid"),
        ({"parse.max_words": 5}, "parse.max_words: 5 is less than 20"),
        ({"parse.min_words": 900}, "parse.max_words: 400 is less than min_words, 900"),
        ({"parse.grobid": None}, "parse.grobid: null is not a section with url, timeout_s"),
        (
            {"parse.grobid.url": "localhost:8070"},
            "parse.grobid.url: 'localhost:8070' is not an address such as http://localhost:8070",
        ),
        ({"encoder.sha256": "abc"}, "encoder.sha256: 'abc' is not a SHA-256 of 64 digits"),
        ({"encoder.teacher": {"name": "b"}, "train.teachers": 1}, "train.teachers: 1 is not 2 or"),
        (
            {"adapt.methods": ["concepts", "mlm"], "adapt.concepts.files": ["c.jsonl"]},
            "adapt.methods: concepts is not last",
        ),
        ({"annotate.calibrated": True, "train.calibrate": False}, "train.calibrate: false is not"),
        ({"annotate.soft": False}, "annotate.soft: false is not true, which retrain.soft_labels"),
        ({"corpus": "smaple"}, "corpus: 'smaple' is not an entry of `corpora`; did you mean `sam"),
        ({f"{GOLD}.format": "xml"}, "corpora.sample.gold[0].format: 'xml' is not one of conll, "),
        ({f"{GOLD}.split": "val"}, "corpora.sample.gold[0].split: 'val' is not one of train, dev"),
        ({f"{GOLD}.split": ["dev", "dev"]}, "corpora.sample.gold[0].split"),
        ({f"{GOLD}.papers": "p.tsv"}, "corpora.sample.gold[0].papers: is neither"),
        ({"corpora.sample.labels": []}, "corpora.sample.labels: the list is empty"),
        ({"corpora.sample.labels": ["M", "M"]}, "corpora.sample.labels: 'M' is named twice"),
        ({"corpora.sample.labels": ["M", "O"]}, "corpora.sample.labels: 'O' cannot be a label"),
        ({"corpora.sample.labels": ["M\tN"]}, r"corpora.sample.labels: 'M\tN' cannot be a label"),
        (
            {"corpora.sample.labels": ["M", "M", "O"]},
            "corpora.sample.labels: 'M' is named twice; 'O' cannot be a label",
        ),
        ({"corpora.sample.gold": "g.json"}, "corpora.sample.gold: 'g.json' is not a list of files"),
        (
            {"corpora.sample.split": {"dev": 0.5, "test": 0.5}},
            "corpora.sample.split: the shares' sum is not below 1",
        ),
        ({"corpora.sample.split": {"dev": 1.5}}, "corpora.sample.split.dev: 1.5 is not "),
        (
            {"corpora.sample.exclude": [2020.12]},
            "corpora.sample.exclude[0]: 2020.12 is not text (quote what looks like a number)",
        ),
        (
            {"corpora.sample.labels": ["Task", False]},
            "corpora.sample.labels[1]: false is not text (quote",
        ),
        ({"iterations.1.gamma": "high"}, "iterations.1.gamma: 'high' is not a number in [0, 1], "),
        ({"iterations.1.gamma": 98}, "iterations.1.gamma: 98 is not a number in [0, 1], "),
        (
            {"iterations.1.gamma": {**GAMMAS, "TaskName": 98}},
            "iterations.1.gamma.TaskName: 98 is not in [0, 1] or null",
        ),
        (
            {"iterations.1.gamma": {**GAMMAS, "TaksName": 0.5}},
            "iterations.1.gamma.TaksName: no label of corpus sample; did you mean `TaskName`?",
        ),
        (
            {"iterations.1.gamma": {"TaskName": 0.5}},
            "iterations.1.gamma: no γ for MethodName, HyperparameterName",
        ),
        ({"iterations.2.prev": "2"}, "iterations.2.prev: 2 is not an iteration before 2"),
        (
            {"evaluations.1.data": "corpus/iteration-2"},
            "evaluations.1.data: 'corpus/iteration-2' is not corpus/iteration-1",
        ),
        (
            {"evaluations.3": {"data": "corpus/iteration-3"}},
            "evaluations.3: 3 is not an entry of `iterations`",
        ),
        ({"train.epoch": 3}, "train.epoch: no such setting; did you mean `epochs`?"),
        (
            {"train.soft_min": 1},
            "train.soft_min: no such setting; did you mean `retrain.soft_min`?",
        ),
        ({"x": 1}, "x: no such setting; known: corpus, seed, device"),
    ],
)
def test_one_wrong_setting_is_one_line(written, changes: Dict[str, Any], line: str):
    found = lines_of(written(changed(changes)))
    assert len(found) == 1, found
    assert found[0].startswith(line)


@pytest.mark.parametrize(
    ("iterations", "found"), [({}, "none"), ({"2": {"prev": "0", "gamma": 0.9}}, "2")]
)
def test_iterations_are_numbered_from_1(written, iterations: Dict[str, Any], found: str):
    lines = lines_of(written(changed({"iterations": iterations})))
    assert lines[0] == f"iterations: {found} are not numbers from 1 without a gap, in order"
    assert "evaluations.1: 1 is not an entry of `iterations`" in lines


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("retrain.soft_power", "retrain.soft_power: is missing; it is a number of 1 or more"),
        ("adapt", "adapt: is missing; it is a section with method"),
        ("corpora.acl.gold", "corpora.acl.gold: is missing; it is a list of files"),
    ],
)
def test_a_missing_setting_is_one_line(written, path: str, line: str):
    assert lines_of(written(changed({}, path)))[0].startswith(line)


def test_all_problems_of_a_file_at_once(written):
    changes = {
        "corpus": "smaple",
        "parse.min_words": 0,
        "train.epoch": 5,
        "train.teachers": 1,
        "encoder.teacher": {"name": "big"},
        "retrain.gce_q": 1.5,
        "annotate.soft": False,
        "iterations.1.prev": "1",
    }
    text = changed(changes, "merge.seed").replace("  delta: 0.1\n", "  delta: 0.1\n  delta: 0.2\n")
    starts = [line.partition(": ")[0] for line in lines_of(written(text))]
    assert sorted(starts) == sorted(
        [
            *("annotate.delta", "parse.min_words", "train.epoch", "retrain.gce_q", "merge.seed"),
            *("corpus", "iterations.1.prev", "train.teachers", "annotate.soft"),
        ]
    )


def test_a_renamed_setting_says_its_new_name(written, monkeypatch):
    monkeypatch.setitem(problems.RENAMED, "train.passes", "it is train.epochs now")
    lines = lines_of(written(changed({"train.passes": 3}, "train.epochs")))
    assert "train.passes: was renamed: it is train.epochs now" in lines


@pytest.mark.parametrize(
    "content",
    [
        "a:\n\t- b\n",
        b"\xff\xfe\x00",
        "a: [1\n",
        "a: 1\n---\nb: 2\n",
        "a: !!bool maybe\n",
        "a: !!timestamp never\n",
        "a: 2020-13-45\n",
        "a: !!python/object:os.system {}\n",
        "? [a]\n: b\n",
        "[" * 3000,
        "- " * 100_000,
    ],
    ids=range(11),
)
def test_e502_for_what_is_no_yaml(written, content):
    with pytest.raises(ScinerError, match=r"SCINER-E502: .*params\.yaml cannot be read") as caught:
        read_settings(written(content))
    assert len(str(caught.value).splitlines()) == 1


def test_e502_without_a_file(tmp_path: Path):
    with pytest.raises(ScinerError, match=r"SCINER-E502: .*other\.yaml"):
        read_settings(tmp_path / "other.yaml")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("- a\n", "['a'] is not a mapping of sections"),
        ("null\n", "null is not a mapping of sections"),
        ("3\n", "3 is not a mapping of sections"),
        ("", "corpus: is missing"),
        ("a: &a [*a]\n", "corpus: is missing"),
        ("seed: 1\nseed: 2\n", "seed: is given twice, in lines 1 and 2"),
        ('iterations: {1: {}, "1": {}}\n', "iterations.1: is given twice, in lines 1 and 1"),
    ],
)
def test_yaml_of_another_shape(written, content: str, line: str):
    assert lines_of(written(content))[0].startswith(line)


@pytest.mark.parametrize("rate", ["3e-4", "3E-4", ".3e-3", "3.e-4", "3.0e-4", "0.0003"])
def test_a_number_without_a_dot_is_a_number(written, rate: str):
    text = TEXT.replace("learn_rate: 3.0e-4", f"learn_rate: {rate}")
    assert read_settings(written(text)).train.learn_rate == 3e-4


def test_keys_of_iterations_need_quotes_for_dvc(written):
    text = TEXT.replace('  "1": {prev: "0", gamma', "  1: {prev: 0, gamma")
    text = text.replace('  "0": {data', "  0: {data")
    assert lines_of(written(text)) == [
        'iterations.1: needs quotes, "1": DVC runs no stage of a bare number',
        'evaluations.0: needs quotes, "0": DVC runs no stage of a bare number',
    ]


def test_a_predecessor_needs_no_quotes(written):
    text = TEXT.replace('  "1": {prev: "0", gamma', '  "1": {prev: 0, gamma')
    assert text != TEXT
    assert read_settings(written(text)) == read_settings(ROOT / "params.yaml")


def test_a_number_stays_as_it_is_written(written):
    """It goes into a pipeline's config, whose bytes must not change."""
    settings = read_settings(written(changed({"train.ema": 0, "retrain.gold_weight": 1.0})))
    assert repr(settings.train.ema) == "0"
    assert repr(settings.retrain.gold_weight) == "1.0"


def test_e501_for_an_entry_that_is_not_there():
    settings = read_settings(ROOT / "params.yaml")
    with pytest.raises(ScinerError, match=r"SCINER-E501: .*'mine' under `corpora`.*sample, acl"):
        settings.corpus_of("mine")
    with pytest.raises(ScinerError, match=r"SCINER-E501: .*'7' under `iterations`.*1, 2"):
        settings.iteration_of(7)


def test_yaml_of_other_files_has_no_key_twice(written):
    assert read_yaml(written("1: {a: 3e-4}\n")) == {"1": {"a": 3e-4}}
    with pytest.raises(ScinerError, match=r"SCINER-E502: .*a is given twice, in lines 1 and 2"):
        read_yaml(written("a: 1\na: 2\n"))


def test_settings_are_read_without_torch():
    code = "import sys, spacy_sciner.settings as s; s.read_settings(sys.argv[1]);"
    code += "print({'torch', 'scipdf', 'spacy'} & set(sys.modules))"
    command = [sys.executable, "-c", code, str(ROOT / "params.yaml")]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "set()\n"
