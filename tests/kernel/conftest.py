from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from kernels import Runner


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """A kernel that the tests of a module share."""
    shared = Runner(str(tmp_path_factory.mktemp("notebook")))
    yield shared
    shared.close()


@pytest.fixture
def own(tmp_path: object) -> Iterator[Runner]:
    """A kernel for one test."""
    alone = Runner(str(tmp_path))
    yield alone
    alone.close()
