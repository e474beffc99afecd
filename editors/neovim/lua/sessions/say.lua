--- Messages to the person: one sentence, marked as ours.
local M = {}

---@param level integer
---@return fun(message: string, ...: any)
local function at(level)
  return function(message, ...)
    if select('#', ...) > 0 then
      message = message:format(...)
    end
    -- A sentence that is longer than the command line would wait for a key, perhaps in the middle of
    -- typing; Neovim 0.12 can cut it, and `:messages` has it whole.
    local options = { title = 'sessions', _truncate = not message:find('\n') or nil }
    vim.notify('sessions: ' .. message, level, options)
  end
end

M.info = at(vim.log.levels.INFO)
M.warn = at(vim.log.levels.WARN)
M.error = at(vim.log.levels.ERROR)

--- Say what the server says: `window/showMessage`.
---@param params { type: integer, message: string }
function M.shown(params)
  local kinds = vim.lsp.protocol.MessageType
  local say = params.type == kinds.Error and M.error
    or params.type == kinds.Warning and M.warn
    or M.info
  say('%s', params.message)
end

return M
