"""What a client can ask a live session to run."""

from __future__ import annotations

from sessions_ls.live.trust import received

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Self

    from sessions_ls.live.trust import Grant


class Request:
    """Cells to run, in the notebook that ``grant`` is for.

    ``cells`` are numbers from 1; those run in any case. ``all`` runs every cell, ``stale`` those
    that are not fresh and, with ``retry``, those that failed. ``cause`` says why: "command",
    "save", "widget", "agent". ``seconds`` bounds the whole request.
    """

    __slots__ = ("all", "cause", "cells", "grant", "retry", "seconds", "stale")

    def __init__(
        self,
        grant: Grant,
        cells: Sequence[int] = (),
        all: bool = False,
        stale: bool = False,
        retry: bool = False,
        cause: str = "command",
        seconds: float | None = None,
    ) -> None:
        self.grant = grant
        self.cells = cells
        self.all = all
        self.stale = stale
        self.retry = retry
        self.cause = cause
        self.seconds = seconds

    def plain(self) -> dict[str, Any]:
        """All of it as plain values, for `of`."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {**plain, "cells": list(self.cells), "grant": self.grant.plain()}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """The request that `plain` stands for."""
        return cls(**{**plain, "grant": received(plain["grant"])})


class Summary:
    """How a request ended. ``fresh`` counts cells that proved fresh without a run."""

    __slots__ = ("blocked", "failed", "fresh", "interrupted", "ran", "seconds", "timed_out")

    def __init__(self) -> None:
        self.ran = 0
        self.failed = 0
        self.blocked = 0
        self.fresh = 0
        self.seconds = 0.0
        self.interrupted = False
        self.timed_out = False

    @property
    def ok(self) -> bool:
        """Whether every cell that was to run gave its result."""
        return not (self.failed or self.blocked or self.interrupted or self.timed_out)

    def plain(self) -> dict[str, Any]:
        """All of it as plain values, for `of`."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Self:
        """The summary that `plain` stands for."""
        summary = cls()
        for name in cls.__slots__:
            setattr(summary, name, plain[name])
        return summary

    def event(self) -> dict[str, object]:
        """The last event of a run."""
        return {
            "event": "done",
            "ok": self.ok,
            "ran": self.ran,
            "failed": self.failed,
            "blocked": self.blocked,
            "seconds": round(self.seconds, 3),
        }
