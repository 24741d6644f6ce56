"""Messages of what is raised around the adaptation of an encoder: a part of `Errors`."""

from .base import Coded


class AdaptErrors(metaclass=Coded):
    E333 = (
        "The tokenizer of {path} has no mask token, which mlm, span-mlm and candidates need. Take "
        "another encoder, or leave these out of adapt.methods."
    )
    E334 = (
        "There is no text to adapt to: corpus/pool.spacy is empty. Put papers into assets/<corpus>/"
        "papers, name `adapt.collections`, or set `adapt.methods: []`."
    )
    E559 = (
        "Nothing is left to learn from: beside what adapt.held_out keeps aside, no paragraph has a "
        "word that the encoder has pieces for. Add papers, or lower adapt.held_out."
    )
    E335 = (
        "{path}, which adapt.collections names: {reason}. A collection is a file of JSON lines, "
        'each {{"id": …, "text": …}}, perhaps gzipped; its path is relative to assets/<corpus>.'
    )
    E319 = (
        "{path} has not learnt concepts (no concepts/fit.json): set `adapt.methods: [concepts]`, "
        "files in adapt.concepts.files, and run `dvc repro adapt`."
    )
    E339 = (
        "No candidate of kind {kinds} is in the {n} sentences of the pool: there is nothing to "
        "pre-fine-tune on. `sciner candidates` shows what there is; lower candidates.min_count."
    )
    E338 = (
        "adapt.distil.teacher cuts {n} of the {of} words of the text differently from the encoder: "
        "{examples}. States correspond only if both have the same pieces; take another teacher."
    )
    E565 = (
        "adapt.distil.match: relations takes queries, keys and values of BERT's or MPNet's layers; "
        "{kind} has others. Set it to states."
    )
    E574 = (
        "adapt.distil.teacher has no mask token, by which its layer is chosen: set "
        "`adapt.distil.layer: last`, and the teacher's `keep_layers` to the layer to learn."
    )
    E337 = (
        "adapt.methods has concepts, and adapt.concepts.files ({files}) have no mention that is "
        "found in its text. `sciner concepts` or `sciner annotate-llm --open` make such files."
    )
