-- Commands, <Plug> maps and what waits for a notebook. All else is loaded with the first one.
if vim.g.loaded_sessions then
  return
end
vim.g.loaded_sessions = true

if vim.fn.has('nvim-0.11') == 0 then
  vim.api.nvim_create_user_command('Sessions', function()
    vim.notify('sessions: this plugin needs Neovim 0.11 or later.', vim.log.levels.ERROR)
  end, { nargs = '*', range = true })
  return
end

vim.api.nvim_create_user_command('Sessions', function(given)
  require('sessions.commands').execute(given)
end, {
  nargs = '*',
  range = true,
  desc = 'Run cells, look at results: `:help :Sessions`',
  complete = function(_, line, column)
    return require('sessions.commands').complete(line:sub(1, column))
  end,
})

require('sessions.keys').plugs()

local group = vim.api.nvim_create_augroup('sessions', {})

vim.api.nvim_create_autocmd('LspAttach', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'sessions' then
      require('sessions.attach').attach(event.buf, client.id)
    end
  end,
})
vim.api.nvim_create_autocmd('LspDetach', {
  group = group,
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client and client.name == 'sessions' then
      require('sessions.attach').detach(event.buf)
    end
  end,
})

if require('sessions.config').get().autostart then
  vim.lsp.enable('sessions')
  -- Neovim says nothing when a server's program is missing.
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = 'python',
    callback = function(event)
      require('sessions.server').wanted(event.buf)
    end,
  })
  -- A file may get its first marker after it was opened.
  vim.api.nvim_create_autocmd({ 'InsertLeave', 'BufWritePost' }, {
    group = group,
    pattern = '*.py',
    callback = function(event)
      require('sessions.server').start_late(event.buf)
    end,
  })
end
