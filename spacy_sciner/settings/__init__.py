"""params.yaml as one tree of frozen, typed settings.

tree.py      the tree, a section a stage; corpora.py: section `corpora`
fields.py    what a knob is: meaning, unit, range
rules.py     what several sections have to agree in
read.py      params.yaml → Settings, or one error with every problem of the file
describe.py  docs/parameters.md and params.schema.json, written by `python -m spacy_sciner.settings`
"""

from .corpora import Corpus, GoldFile
from .read import read_settings, read_yaml
from .tree import Settings

__all__ = ["Corpus", "GoldFile", "Settings", "read_settings", "read_yaml"]
