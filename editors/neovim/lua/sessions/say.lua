--- Messages to the person: one sentence, marked as ours.
local M = {}

---@param level integer
---@return fun(message: string, ...: any)
local function at(level)
  return function(message, ...)
    if select('#', ...) > 0 then
      message = message:format(...)
    end
    vim.notify('sessions: ' .. message, level)
  end
end

M.info = at(vim.log.levels.INFO)
M.warn = at(vim.log.levels.WARN)
M.error = at(vim.log.levels.ERROR)

return M
