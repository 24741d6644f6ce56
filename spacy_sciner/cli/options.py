"""Options that several commands have, with one meaning in all of them."""

from pathlib import Path
from typing import Annotated, List, Optional

import typer

POOL = Path("corpus/pool.spacy")  # what `convert` has made
Params = Annotated[Path, typer.Option(help="The experiment.")]
Values = Annotated[
    Optional[List[str]], typer.Option("--set", help="A setting, as train.epochs=8; repeatable.")
]
CorporaFolder = Annotated[Path, typer.Option(help="Folder of the corpora.")]
LabelsFolder = Annotated[Path, typer.Option(help="Folder with labels.yaml.")]
PathsFormat = Annotated[
    Optional[str], typer.Option(help="Of all PATHS; default: told by their content.")
]
ParagraphCount = Annotated[int, typer.Option(min=0, help="Paragraphs, a seeded choice; 0: all.")]
ChoiceSeed = Annotated[int, typer.Option(help="Of the choice.")]
SeedCount = Annotated[int, typer.Option(min=1, help="How many: 0, 1, 2, …")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]
ReplaceOut = Annotated[bool, typer.Option("--force", help="Replace what is at --out.")]
