"""What runs inside the user's interpreter, and what the server needs to start and talk to it.

Everything here except `client` and `interpreter` runs under the user's Python (3.9 and later) with
the standard library alone. There the modules live in a package called `_sessions_kernel`, built by
`boot`, so that `sessions_ls` need not be importable and the user's `sys.path` stays clean.
"""
