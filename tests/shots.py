"""Pictures of every kind of page and of what opens on them, in English and Arabic, light and dark, 1440 and 390 wide.

    python -m tests.shots FOLDER [WORDS]

WORDS narrow it as pytest's `-k` does: `python -m tests.shots /tmp/look "list or board"`. The pages are the ones that
`tests/browser/kinds.py` names; they are tested on the way. A picture is called
`<kind>-<language>-<width>-<scheme>.png`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

PAGES = "tests/browser/test_page_kinds.py", "tests/browser/test_ways_in.py"


def main(folder: str, words: str = "keeps_nobody_out") -> int:
    """Write them, and say what is wrong with the pages. Returns pytest's exit code."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    os.environ |= {"PICTURES": folder, "BROWSER_TESTS": "required"}
    return int(pytest.main(["-n", "0", "-q", "-k", words, *PAGES]))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
