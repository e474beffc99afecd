-- The editor set-up of the README, as `make.py` starts Neovim with it.
vim.o.number = true
vim.o.signcolumn = 'no'
vim.o.swapfile = false
vim.o.laststatus = 0
vim.o.ruler = false
vim.o.showcmd = false
vim.o.termguicolors = true
vim.o.shortmess = vim.o.shortmess .. 'IF'

vim.lsp.config('sessions', {
  cmd = { 'sessions-ls' },
  filetypes = { 'python' },
  root_markers = { 'pyproject.toml', '.git' },
})
vim.lsp.enable('sessions')
vim.lsp.inlay_hint.enable(true)
vim.lsp.codelens.enable(true)

local function sessions(command)
  return function()
    local client = vim.lsp.get_clients({ name = 'sessions' })[1]
    local place = { uri = vim.uri_from_bufnr(0), line = vim.fn.line('.') }
    client:exec_cmd({ title = command, command = 'sessions.' .. command, arguments = { place } })
  end
end
-- Results in a colour of their own.
vim.api.nvim_set_hl(0, 'LspInlayHint', { fg = '#e0af68' })
vim.api.nvim_set_hl(0, 'LspCodeLens', { fg = '#7a88a8' })

vim.keymap.set('n', '<leader>r', sessions('runCell'))
vim.keymap.set('n', '<leader>R', sessions('runStale'))
vim.keymap.set('n', '<leader>o', sessions('showOutput'))
