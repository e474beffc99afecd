"""`python .ci/commands.py N`: the N-th set-up command of the README, word for word."""

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
COUNT = 2


def main() -> None:
    text = README.read_text(encoding="utf-8")
    section = text.partition("\n## Set up\n")[2].partition("\n## ")[0]
    found = re.findall(r"^```sh\n(.+)\n```$", section, re.MULTILINE)
    if len(found) != COUNT:
        sys.exit(f"README.md, Set up: {len(found)} one-line commands, not {COUNT}")
    print(found[int(sys.argv[1]) - 1])


if __name__ == "__main__":
    main()
