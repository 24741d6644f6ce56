"""Scientific named-entity recognition that annotates its own training data.

    papers/  ──► corpus/ ──► training/ ──► annotation/ ──► evaluation/ ──► report/
    PDF, TEI,    Docs and     sciner (train,          gold that       tables,
    SciPDF       DocBins      predict),               never moves     plots, page
                              sciner_annotator (γ)

Importing this package is cheap: torch, transformers and scipdf are imported by the modules that
need them. spaCy finds the components through entry points, without any import by the user.
"""

__version__ = "0.1.0"
