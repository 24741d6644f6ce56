"""Messages of what is raised about gold, papers and docs: a part of `Errors`."""

from .base import Coded


class CorpusErrors(metaclass=Coded):
    E201 = "No docs at {path}. Run the stage that writes it: `dvc repro`."
    E202 = "{path} cannot be read as spaCy docs ({reason}). Write it again, or convert it first."
    E203 = (
        "{path}: {found} cannot be labels. O, - and _unknown_ stand for what is no entity or not "
        "known, a tab or line end would end the column, and a name is more than blanks."
    )
    E204 = (
        "No gold file {path}. Of your own corpus: put it there, or mend `path` in params.yaml, "
        "which starts from assets/CORPUS; `pool_gold` may be left out. Of a public corpus: fetch "
        "it with `sciner assets --corpus CORPUS`, offline with --mirror DIR."
    )
    E205 = "{path} cannot be read as {format}: {reason}. Set its `format` in params.yaml."
    E206 = (
        "No annotated paragraph in {path}, read as {format}. Found: {found}. "
        "Is it the right file and `format`?"
    )
    E207 = (
        "The last column of {path} holds no tags such as O, B-X or I-X: {n} of {total} are none, "
        "the first is {tag!r}. Found: {found}. Put the tags last, write B- and I- with capitals, "
        "or name these in `labels`."
    )
    E208 = (
        "{path}: {reason}. The table needs tab-separated columns split, first, last, and may have "
        "paper: paragraphs from 0, both included; split is the CoNLL file's name without suffix."
    )
    E209 = (
        "Split {split!r} of corpus {corpus!r} would be empty: {reason}. Change `split` in "
        "params.yaml, or add gold papers."
    )
    E567 = (
        "The gold of split train of corpus {corpus!r} has no entity of its labels ({labels}), in "
        "{n} paragraphs{others}: nothing can be learnt. Annotate, or mend `labels` of the corpus "
        "in params.yaml."
    )
    E211 = "{path} has no `labels` with their meanings, but {found!r}. See assets/labels.yaml."
    E212 = (
        "Paper {paper!r}, named for split {split!r} of corpus {corpus!r}, {reason}. "
        "Papers there: {found}."
    )
    E213 = (
        "The papers of corpus {corpus!r} go into {into}: name papers or a share for all but one of "
        "these in `split`, the last gets the rest. Without a share now: {rest}."
    )
    E214 = "{path}, line {line} is no parsed paragraph: {reason}. Run the parse stage again."
    E216 = (
        "The offsets in {path} fit its text by no way of counting. Of {n} annotations fit: "
        "{tried}. Was the text changed after it was annotated? Export both together."
    )
    E217 = (
        "{path}: {what}. Its keys: {keys}. Name the one with the text in params.yaml: "
        "`text_key` of this gold file."
    )
    E218 = (
        "{path} cannot be read as CoNLL: {reason}. A token a line is needed, words in the first "
        "column, tags in the last, tabs or spaces between them, an empty line between paragraphs."
    )
    E219 = (
        "No file of format {format} at {path}. There: {found}. Name a file, a folder with a file "
        "for each paper, or a pattern such as gold/*.txt."
    )
    E240 = (
        "Label {label!r} cannot be written as {format}: {reason}. Export in another format, or "
        "rename the label."
    )
    E241 = "{path} is there already. Name another place, or give --force to replace it."
    E242 = "{path} does not fit {text}: {reason}. Export both again, or remove {path}."
    E244 = "{path} is {problem}. Give its --format: {known}."
    E245 = (
        "{n} of the {split} paragraphs, the first in {file}, were annotated by a language model: "
        "scores on them would measure agreement with it. Give such files `split: train` in "
        "params.yaml."
    )
    E246 = (
        "{file} is read twice, as `path` {first} and as `path` {second}: each of its paragraphs "
        "would count twice. Name it once among the gold files in params.yaml."
    )
    E568 = (
        "{n} of the {of} docs in {file} are no person's: their source is {sources}. Trained on or "
        "measured against, predictions are no gold. Leave the file out; where a person has "
        'corrected them, set the "source" of the line, or of doc.user_data, to "gold".'
    )
    E243 = "Nothing can be written as {format!r}. Formats to write: {known}."
    E570 = (
        "{file} lies outside of {folder}, by its `path` or by a link: `dvc repro` would not notice "
        "when it changes, and go on with the old gold. Copy it into that folder."
    )
