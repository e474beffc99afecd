--- Messages to the person: one sentence, marked as ours.
local M = {}

--- Whether messages go to the command line, where `-- INSERT --` takes their place at once, rather
--- than to a plugin that shows them elsewhere.
---@return boolean
local function on_command_line()
  -- Neovim's own function comes without a source, or from `vim/_editor.lua`.
  local source = debug.getinfo(vim.notify, 'S').source
  return source:find('^=?%?$') ~= nil or source:find('^@?vim/') ~= nil
end

---@param message string
---@param level integer
local function notify(message, level)
  -- A sentence that is longer than the command line would wait for a key, perhaps in the middle of
  -- typing; Neovim 0.12 can cut it, and `:messages` has it whole.
  vim.notify(message, level, { title = 'sessions', _truncate = not message:find('\n') or nil })
end

---@param level integer
---@return fun(message: string, ...: any)
local function at(level)
  return function(message, ...)
    if select('#', ...) > 0 then
      message = message:format(...)
    end
    message = 'sessions: ' .. message
    if vim.fn.mode():find('^[iR]') and on_command_line() then
      vim.api.nvim_create_autocmd('InsertLeave', {
        once = true,
        callback = vim.schedule_wrap(function()
          notify(message, level)
        end),
      })
    else
      notify(message, level)
    end
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
