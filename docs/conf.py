"""How the documentation is built: ``sphinx-build -W -q docs docs/_build``."""

from importlib.metadata import version as version_of

project = "process-actors"
author = "The actors maintainers"
copyright = author
version = release = version_of("process-actors")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

default_role = "py:obj"  # docstrings name things in single backticks
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "actors"
pygments_style = "friendly"
