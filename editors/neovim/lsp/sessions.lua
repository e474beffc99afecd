-- The server, as `vim.lsp.enable('sessions')` starts it. To change something:
--   vim.lsp.config('sessions', { settings = … })
local server = require('sessions.server')

---@type vim.lsp.Config
return {
  cmd = server.command() or { 'sessions-ls' },
  filetypes = { 'python' },
  -- Only where there is a cell marker: any other Python file is left alone.
  root_dir = function(buf, on_dir)
    if server.wanted(buf) then
      on_dir(server.root(buf))
    end
  end,
  -- One server for all notebooks: it does not care for roots.
  reuse_client = function(client, config)
    return client.name == config.name
  end,
  init_options = { sessions = { cellState = require('sessions.config').get().results.enabled } },
  handlers = {
    ['sessions/cellState'] = function(_, message, context)
      require('sessions.notebook').take(message, context.client_id)
    end,
    ['window/showMessage'] = function(_, params)
      require('sessions.say').shown(params)
    end,
  },
}
