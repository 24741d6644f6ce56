"""Messages of what is raised around a person's review: a part of `Errors`."""

from .base import Coded


class ReviewErrors(metaclass=Coded):
    E250 = (
        "{path} is no record of what was shown ({reason}). It is written by `sciner review "
        "export`: take it from there again, or leave its folder out of --records."
    )
    E251 = (
        "Nothing to take over of {files}: of {n} annotated paragraphs none was shown by `sciner "
        "review export`, or all are set aside or unfinished ({counts}). Is --records the folder of "
        "the rounds? A file of other gold goes into params.yaml itself, see docs/annotations.md."
    )
    E573 = (
        "{path}, where reviewed paragraphs go, would be read by the gold entry `path: {entry}` of "
        "corpora.{corpus} too. Nothing was imported: let that entry name its own files, as "
        "`gold/*.json` does, since reviewed ones have an entry of their own, of split train."
    )
    E252 = "{path} is {format}. What comes back from a review is {known}: give its --format."
    E253 = (
        "What comes back was shown from corpus {others}, and is to become gold of {corpus}. Give "
        "--corpus, or set `corpus` in params.yaml to what it was."
    )
    E254 = "No task is in {project} yet: send some with `sciner review export --server`."
    E539 = (
        "The strategy disagreement needs pipelines that may disagree with {path}: no teachers in "
        "{looked}, and no other iteration. Set train.teachers to 2 or more and run `dvc repro "
        "train`, or choose another strategy."
    )
    E540 = "{option} {value!r}: give one of {known}."
    E541 = (
        "Nothing left to show: every one of the {n} paragraphs of {pool} was shown in an earlier "
        "round, or has no text. Give --again, or add papers."
    )
    E543 = (
        "{path} is there and holds no round of a review, so that --force does not replace it. Name "
        "another --out."
    )
    E563 = (
        "--records {path} is no folder. Give the one in which `sciner review export` wrote its "
        "rounds; without the option it is {usual}/."
    )
    E542 = (
        "The pipeline in {path} proposes labels that the corpus does not have: {labels}. Give "
        "--pipeline of this corpus, or set `corpus` in params.yaml to the pipeline's."
    )

    # A running Label Studio.
    E260 = (
        "No Label Studio answers at {url}: {reason}. Start it, or give the address that its page "
        "has in the browser, such as http://localhost:8080."
    )
    E261 = (
        "Label Studio at {url} refuses the token in LABEL_STUDIO_API_KEY: {reason}. Copy one from "
        "its page Account & Settings, a personal access token, or a legacy one if those are on."
    )
    E262 = "Label Studio at {url} does not {what}: it answers {status}, {reason}"
    E263 = "No project {title!r} on Label Studio at {url}. There: {known}."
    E264 = (
        "Project {title!r} is there already, and its labelling interface has no label {missing}. "
        "Add it there ({settings}), or name another project."
    )
    E265 = "{n} projects are called {title!r}: {addresses}. Rename all but one."
    # The backend that a Label Studio asks.
    E266 = "The project's labelling interface shows no text to find entities in: {reason}."
    E267 = "No proposals: {task}, {reason}."
    E268 = (
        "Nothing is trained while people annotate: `sciner review import`, then `dvc repro`, makes "
        "a new pipeline of what they did."
    )
    E269 = "What was sent to {path} cannot be read as JSON: {reason}."
    E550 = (
        "No token in the environment variable LABEL_STUDIO_API_KEY, or one with a blank, a line "
        "end or a letter that no token has. Copy it from Label Studio's page Account & Settings; "
        "it is read from nowhere else."
    )
    E551 = "Nothing can listen at {host}, port {port}: {reason}. Give another --port, or --host."
    E552 = "--server is no address such as http://localhost:8080: {reason}."
    E553 = "The server is not installed ({reason}): pip install 'spacy-sciner[review]'."
    E545 = (
        "{path} has nothing to learn from: {n} paragraphs with text, and each of them is in dev, "
        "test or calibration, too."
    )
    E546 = (
        "{path} is read here, in part or as a whole, or is to be written twice. Name another place "
        "for what is written."
    )
    E547 = (
        "{path} is what was shown, as `sciner review export` wrote it. Import what the annotation "
        "tool exports when a person has corrected it."
    )
    E548 = (
        "--annotator {name} is one person, and the files name several: {names}. Leave the option "
        "out, or import each person's file alone."
    )
    E549 = (
        "Project {title!r} shows what {version} proposes, and {n} tasks there are not finished. A "
        "project shows one pipeline's proposals: those would be hidden, and a task submitted "
        "without them says that it has no entities. Finish them first, or name a new --project."
    )
    E554 = "{given} needs {needed}."
    E544 = (
        "A paragraph comes back twice, annotated differently, and neither a time nor a name says "
        "which one counts: {paragraph}. Import the files one by one: each with its person's "
        "--annotator, or, of one person, the latest last. In one file, take one of the two out."
    )
