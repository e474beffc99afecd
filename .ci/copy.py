"""`python .ci/copy.py TARGET`: the files of this checkout, as a new clone would have them.

What git ignores stays behind; what is not committed yet comes along.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    target = Path(sys.argv[1])
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in dict.fromkeys(listed.stdout.split("\0")):
        source = ROOT / name
        if source.is_file():  # a deleted file is listed until the deletion is committed
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


if __name__ == "__main__":
    main()
