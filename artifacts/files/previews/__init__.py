"""What a file may be shown as: decided by its name and its bytes, never by what an uploader said about it.

One file for each kind. Each reads a bounded number of bytes, whatever the file's headers claim, and none runs anything of what it reads.
"""

from artifacts.files.previews.choose import preview_of
from artifacts.files.previews.media import ANYTHING, shown_type
from artifacts.files.previews.preview import Options, Preview
from artifacts.files.previews.risky import RISKY_WORDS, is_risky

__all__ = ["ANYTHING", "RISKY_WORDS", "Options", "Preview", "is_risky", "preview_of", "shown_type"]
