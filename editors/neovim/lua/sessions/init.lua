--- What a configuration may use of the plugin. Nothing of it has to be called.
local M = {}

--- Set the options; the same as `vim.g.sessions = options`. For plugin managers that call `setup`.
---@param options table?
function M.setup(options)
  vim.g.sessions = options or {}
  local config = require('sessions.config')
  config.reload()
  if not config.get().autostart then
    vim.lsp.enable('sessions', false)
  end
end

--- For a status line: how the notebook of a buffer stands, such as `2 stale · idle`; "" elsewhere.
---@param buf integer?
---@return string
function M.status(buf)
  return require('sessions.status').line(buf or vim.api.nvim_get_current_buf())
end

--- Do what `:Sessions {line}` does.
---@param line string
function M.command(line)
  require('sessions.commands').execute({ args = line, range = 0 })
end

return M
