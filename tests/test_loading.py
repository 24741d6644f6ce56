"""Pipelines as spaCy makes them, without what it does twice."""

import subprocess
import sys
from pathlib import Path

import spacy
from spacy.lang.en import English
from spacy.tokens import DocBin
from tiny import ROOT

from spacy_sciner.corpus.docbin import write_docs
from spacy_sciner.loading import blank, load
from spacy_sciner.training.recipe import Recipe, configure
from spacy_sciner.training.schedule import add_schedule

TEXT = "We don't train e.g. BERT/RoBERTa (2019) for 10km, see https://x.org/a?b=c :-) A-b"


def test_a_pipeline_is_what_spacy_loads(tiny_model: Path, tmp_path: Path):
    """Its tokenizer, its settings, its bytes; also where its rules are its own."""
    nlp = spacy.load(tiny_model)
    nlp.tokenizer.rules = English.Defaults.tokenizer_exceptions  # which the tests' one leaves out
    nlp.to_disk(tmp_path / "standard")
    nlp.tokenizer.add_special_case("BERT/RoBERTa", [{"ORTH": "BERT"}, {"ORTH": "/RoBERTa"}])
    nlp.to_disk(tmp_path / "own")
    for folder in (tmp_path / "standard", tmp_path / "own"):
        theirs, ours = spacy.load(folder), load(folder)
        assert [t.text for t in ours(TEXT)] == [t.text for t in theirs(TEXT)]
        assert ours.config.to_str() == theirs.config.to_str()
        assert ours.to_bytes() == theirs.to_bytes()
    assert [t.text for t in load(tmp_path / "own")(TEXT)][5:7] == ["BERT", "/RoBERTa"]


def test_a_blank_one_tokenizes_where_it_is_asked_to():
    words = [t.text for t in spacy.blank("en")(TEXT)]
    assert [t.text for t in blank(tokenizes=True)(TEXT)] == words
    assert [t.text for t in blank()(TEXT)] == TEXT.split()


def test_another_reader_cuts_texts_as_the_training_will(tmp_path: Path):
    """spaCy's own does so, and how many batches there are goes by the words."""
    nlp = spacy.blank("en")
    docs = [nlp(" ".join(["don't"] * n)) for n in (3, 5, 7)]
    path = tmp_path / "docs.spacy"
    DocBin(docs=docs).to_disk(path)
    recipe = Recipe(tmp_path / "tiny.cfg", epochs=1, learn_rate=0.01, batch_words=14)
    text = (Path(__file__).parents[1] / "configs/tiny.cfg").read_text(encoding="utf8")
    theirs = '"spacy.Corpus.v1"\ngold_preproc = false\nmax_length = 0\nlimit = 0'
    text = text.replace('"spacy-sciner.Corpus.v1"', theirs)
    recipe.config.write_text(text, encoding="utf8")
    config = configure(recipe, train=path, dev=path, start=None)
    # 6, 10 and 14 words; as text cut at white space they would be 3, 5 and 7.
    assert add_schedule(config, recipe).steps == 3


def test_a_merge_is_made_without_torch(project: Path):
    """It computes nothing, and torch takes longer to import than a small merge takes."""
    write_docs(project / "corpus/iteration-1/pseudo.spacy", [])
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['merge.py', '--iteration', '1']\n"
        "try:\n"
        f"    runpy.run_path({str(ROOT / 'scripts/merge.py')!r}, run_name='__main__')\n"
        "finally:\n"
        "    print('torch' in sys.modules)\n"
        "    import torch\n"  # whoever needs it gets it
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False", done.stderr
    assert done.returncode == 0, done.stderr
    assert (project / "corpus/iteration-1/train.spacy").is_file()
