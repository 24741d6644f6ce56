"""What the package registers, and what importing it costs."""

import subprocess
import sys
from importlib import metadata

import catalogue
import pytest
import spacy
from spacy.language import Language
from tiny import CONFIGS

from spacy_sciner import loading
from spacy_sciner.loading import factories_of, only
from spacy_sciner.training.recipe import Recipe
from spacy_sciner.training.train import train_pipeline

GROUPS = ["factories", "architectures", "scorers", "batchers", "readers", "callbacks"]
OURS = [
    entry
    for group in GROUPS
    for entry in metadata.entry_points(group=f"spacy_{group}")
    if entry.value.startswith("spacy_sciner.")
]
(SGD,) = [e for e in metadata.entry_points(group="thinc_optimizers") if "spacy-sciner" in e.name]
REGISTERED = {
    "sciner",
    "sciner_annotator",
    "spacy-sciner.TransformerTagger.v1",
    "spacy-sciner.TokenTagger.v1",
    "spacy-sciner.sciner_scorer.v1",
    "spacy-sciner.batch_by_length.v1",
    "spacy-sciner.Corpus.v1",
    "spacy-sciner.objective.v1",
}


def test_the_public_names():
    assert {entry.name for entry in OURS} >= REGISTERED


@pytest.mark.parametrize("entry", OURS, ids=lambda entry: entry.name)
def test_every_entry_point_resolves_through_spacy(entry: metadata.EntryPoint):
    group = entry.group.removeprefix("spacy_")
    if group == "factories":
        assert Language.has_factory(entry.name) or entry.load()
        assert callable(spacy.blank("en").create_pipe(entry.name))
    else:
        assert getattr(spacy.registry, group).get(entry.name) is entry.load()


def test_the_optimiser_resolves_through_thinc():
    assert spacy.registry.optimizers.get("spacy-sciner.SGD.v1") is SGD.load()


def test_an_unregistered_name_does_not_resolve():
    with pytest.raises(catalogue.RegistryError):
        spacy.registry.architectures.get("spacy-sciner.TransformerTagger.v0")


def test_the_console_command_is_there():
    (script,) = metadata.entry_points(group="console_scripts", name="sciner")
    assert callable(script.load())


def test_factories_say_what_they_need_and_write():
    spacy.blank("en")  # asks for all entry points
    sciner, annotator = map(Language.get_factory_meta, ("sciner", "sciner_annotator"))
    assert "doc._.sciner_confidence" in sciner.assigns
    assert "doc._.sciner_confidence" in annotator.requires
    assert sciner.default_score_weights["ents_f"] == 1.0


def run_python(code: str, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return result.stdout.strip()


def test_to_load_a_pipeline_takes_no_more_than_it_names(tiny_corpus, tiny_encoder, tmp_path):
    path = tmp_path / "window.cfg"
    path.write_text(
        (CONFIGS / "transformer.cfg").read_text().replace("window = 256", "window = 32")
    )
    recipe = Recipe(path, epochs=1, learn_rate=0.02, batch_words=64, encoder=str(tiny_encoder))
    train_pipeline(recipe, train=tiny_corpus[0], dev=tiny_corpus[1], out=tmp_path / "model")
    code = "import sys; from spacy_sciner.loading import load; nlp = load(sys.argv[1]); "
    code += "nlp('Some words.'); print([m for m in ('transformers', 'spacy_transformers') "
    assert run_python(code + "if m in sys.modules])", str(tmp_path / "model")) == "[]"


def test_a_component_of_another_package_is_found_where_a_pipeline_names_it():
    config = {"components": {"a": {"factory": "transformer"}, "b": {"source": "no/such/folder"}}}
    assert factories_of(config) == {"transformer"}
    with only(factories_of(config)):
        assert Language.has_factory("transformer")
        spacy.blank("en")
    assert spacy.util.registry._entry_point_factories.entry_points  # for everyone else as before


def test_our_own_components_are_there_without_being_named():
    assert {e.name for e in OURS if e.group == "spacy_factories"} == loading.OURS
    code = "from spacy_sciner.loading import blank; nlp = blank(); "
    assert run_python(code + "print(nlp.has_factory('sciner_annotator'))") == "True"


def test_importing_the_package_is_cheap():
    code = "import sys, spacy_sciner; print([m for m in ('torch', 'scipdf', 'transformers') "
    assert run_python(code + "if m in sys.modules])") == "[]"
