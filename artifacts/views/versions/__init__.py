"""The page of one version, with its tabs and acts, and the comparison of several."""

from artifacts.views.versions import acts, compare, files, page

__all__ = ["acts", "compare", "files", "page"]
