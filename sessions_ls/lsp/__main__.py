"""`python -m sessions_ls.lsp`: the same as `sessions-ls`."""

import sys

from sessions_ls.lsp import main

sys.exit(main())
