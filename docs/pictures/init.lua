-- Neovim with the plugin, as `make.py` starts it.
vim.o.number = true
vim.o.swapfile = false
vim.o.laststatus = 0
vim.o.ruler = false
vim.o.showcmd = false
vim.o.termguicolors = true
vim.o.shortmess = vim.o.shortmess .. 'IF'
vim.g.loaded_python3_provider = 0

local here = vim.fs.dirname(debug.getinfo(1, 'S').source:sub(2))
vim.opt.runtimepath:prepend(vim.fs.normalize(here .. '/../../editors/neovim'))

-- Results in a colour of their own.
vim.api.nvim_set_hl(0, 'SessionsResult', { fg = '#e0af68' })
