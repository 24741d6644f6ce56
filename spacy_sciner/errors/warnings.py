"""Messages of what is warned of."""

from .base import Coded


class Warnings(metaclass=Coded):
    # --- papers ------------------------------------------------------------------------------
    W101 = (
        "{n} PDF(s) keep less than {least} of the words in their text layer: {papers}. Look at "
        "what is in data/parsed; where it is wrong, give GROBID's TEI or try parse.engine grobid."
    )

    # --- corpus ------------------------------------------------------------------------------
    W201 = (
        "{n} papers have paragraphs in two splits, as the gold files were given: {papers}. "
        "Scores on such a split flatter; split by paper instead."
    )
    W202 = (
        "The pool is empty: no usable paragraph in {parsed} but of papers that have gold, share "
        "text with one that has, or are excluded. Add others: without a pool only iteration 0 can "
        "be trained."
    )
    W203 = (
        "The training papers have no entity of {labels}: a model of them never predicts any. "
        "Annotate some, split the papers otherwise, or leave the label out of `labels`."
    )
    W204 = (
        "{n} annotations are left out, since their label is not one of the corpus: {examples}. "
        "Mend the annotations, or add the label to `labels`."
    )
    W205 = (
        "The same text in two splits: {counts}. Train does without those in it; others flatter the "
        "scores. {examples}. Divide the papers otherwise, or give each text once."
    )
    W206 = (
        "{n} texts were annotated twice or more, {other} of them not alike. Used: a person's "
        "before a model's, ground truth, else the first in the files, one without any entity last; "
        "the others are set aside (extra-annotation)."
    )
    W207 = (
        "{n} times a text comes again with other annotations, and both are used: {examples}. "
        "Make them alike, or take one out."
    )
    W208 = (
        "{n} paragraphs are set aside, since their text is only an address: {examples}. Export the "
        "text itself: in Label Studio, import it as text, not by URL or storage path."
    )
    W209 = (
        "{rule}: {n} times, with {of} {what} read. So many are no slips (docs/annotations.md): "
        "{examples}"
    )
    W210 = (
        "The offsets of {file} fit by two ways of counting: {doubt}. The first is used. Look at "
        "its entities, or export with the annotated texts."
    )
    W211 = (
        "{n} of {of} papers of pool_gold are not in the pool, and their gold measures nothing: "
        "{papers}. Give gold and papers the same names."
    )
    W212 = "Tags without B- and I- (scheme IO): touching entities of one label are read as one."
    W213 = (
        "{n} papers have the whole text of another one, and go to the same split with it: {pairs}. "
        "Give each text once."
    )
    W222 = (
        "`gold` is empty: only the pool is made, for `dvc repro adapt` and `sciner start`. To "
        "train and to measure, annotated papers are needed."
    )
    W220 = (
        "{n} of the {of} paragraphs in {path} have words of which it is not known whether they are "
        "an entity. A span categoriser cannot learn from these; they are left out."
    )
    W224 = (
        "Split dev has {n} entities: too few to tell a better iteration from luck, and it decides "
        "which one is shipped. {least} and more, of several papers, are worth an annotator's hour."
    )
    W214 = "The {split} papers have no entity, so they measure nothing. Split the papers otherwise."
    W226 = (
        "The project's labelling interface has no label {label}: such entities are not proposed. "
        "Add it under Settings, Labeling Interface."
    )

    W223 = (
        "{n} of {of} {units} of {file} have no entity, and their words are read as O. If nobody "
        "has annotated them yet, leave them out: an empty .ann and an empty list cannot tell."
    )
    W227 = (
        "Not one word of {n} gold files is annotated: {files}. They teach and measure nothing. Is "
        "the annotation somewhere else, such as in another column or in doc.spans?"
    )
    W228 = (
        "Files of equal name lie in several folders, with other texts, and are read as one paper: "
        "{papers}. If the folders are the papers, name the files after them, or one paper will be "
        "in train and in test at once."
    )
    W229 = (
        "{path} has no meaning of any of the labels {labels}: they are known by their words alone. "
        "Is it the right file, and named there as in params.yaml?"
    )

    # --- models, pipeline, adapt -------------------------------------------------------------
    W230 = (
        "Outside of {folder}, so that `dvc repro` sees no change of it: {names}. Put a copy there, "
        "or after a change run `dvc repro -f -s adapt`."
    )
    W225 = (
        "{name} listens to the component {upstream!r}, which has not run before it, and finds "
        "nothing without it. Add it to the pipeline first, from where {name} was taken: "
        "nlp.add_pipe({upstream!r}, source=…)."
    )

    # --- command line, project ---------------------------------------------------------------
    W501 = (
        "{dest} is left out: it has no public address in this form. To make one: {make} Or take it "
        "from a folder that has {mirror}: `sciner assets --corpus {corpus} --mirror DIR`."
    )
