"""Write docs/parameters.md and params.schema.json: `python -m spacy_sciner.settings`."""

from pathlib import Path

from ..files import write_text
from .describe import parameters_page, schema_text
from .read import read_yaml


def main(root: Path = Path()) -> None:
    """In the project's folder, from the tree and from params.yaml."""
    write_text(root / "docs/parameters.md", parameters_page(read_yaml(root / "params.yaml")))
    write_text(root / "params.schema.json", schema_text())


if __name__ == "__main__":
    main()
