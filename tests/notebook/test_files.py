"""Bytes to text by PEP 263, and the sentence for each way it can fail."""

import os
import tokenize

import pytest

from sessions_ls.notebook.errors import NotebookError, SessionsError
from sessions_ls.notebook.files import read_source

GOOD = {
    "empty": b"",
    "ascii": b"x = 1\n",
    "utf-8": "é = '😀'\n".encode(),
    "line ends stay": b"a\r\nb\rc\n\fd",
    "utf-8 bom": b"\xef\xbb\xbfx = 1\n",
    "bom and cookie": b"\xef\xbb\xbf# coding: utf-8\nx = '\xc3\xa9'\n",
    "latin-1": b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
    "cookie on line 2": b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n",
    "cookie under a blank line": b"\n# coding: latin-1\n'\xe9'\n",
    "cookie under code is a comment": b"x = 1\n# coding: latin-1\n'\xc3\xa9'\n",
    "cookie on line 3 is a comment": b"#\n#\n# coding: latin-1\n'\xc3\xa9'\n",
    "cookie in a string is text": b"'coding: latin-1'\n'\xc3\xa9'\n",
    "crlf cookie": b"#!x\r\n# coding=latin-1\r\n'\xe9'\r\n",
    "spelling": b"# coding: UTF_8\n'\xc3\xa9'\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_text_is_what_python_reads(tmp_path, name):
    path = tmp_path / "notebook.py"
    path.write_bytes(GOOD[name])
    with open(path, "rb") as file:
        encoding, _ = tokenize.detect_encoding(file.readline)
    assert read_source(str(path)) == GOOD[name].decode(encoding)


BAD = {
    "binary": (b"\x89PNG\0\0", "binary data"),
    "bad byte": (b"x\ny = '\xe9'\n", "not valid utf-8: byte 0xe9 on line 2"),
    "bad byte under cr": (b"x\r\ny\rz\xff", "byte 0xff on line 3"),
    "unknown encoding": (b"# coding: klingon\nx\n", "unknown encoding: 'klingon'"),
    "no text encoding": (b"# coding: hex\nx\n", "unknown encoding: 'hex'"),
    "bom against cookie": (b"\xef\xbb\xbf# coding: latin-1\n", "declares the encoding 'latin-1'"),
    "bad ascii": (b"# coding: ascii\n'\xe9'\n", "not valid ascii: byte 0xe9 on line 2"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_bytes(tmp_path, name):
    path = tmp_path / "notebook.py"
    path.write_bytes(BAD[name][0])
    assert_refused(str(path), BAD[name][1])


def assert_refused(path, said):
    with pytest.raises(NotebookError) as caught:
        read_source(path)
    message = str(caught.value)
    assert isinstance(caught.value, SessionsError)
    assert said in message
    assert os.path.basename(path).replace("\0", "\\x00") in message
    assert message.endswith(".")
    assert "\n" not in message


def test_missing_file(tmp_path):
    assert_refused(str(tmp_path / "none.py"), "no such file")


def test_folder(tmp_path):
    assert_refused(str(tmp_path), "is a folder")


def test_file_as_folder(tmp_path):
    (tmp_path / "file").write_text("")
    assert_refused(str(tmp_path / "file" / "none.py"), "cannot be read")


def test_impossible_name():
    assert_refused("a\0b.py", "not a file name")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable(tmp_path):
    path = tmp_path / "secret.py"
    path.write_text("x")
    path.chmod(0)
    assert_refused(str(path), "permission denied")
