"""`python benchmarks/run.py`: the table of sessions-ls beside its rivals. See `--help`."""

import runpy
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)
runpy.run_module("benchmarks", run_name="__main__")
