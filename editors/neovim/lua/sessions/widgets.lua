--- `<C-a>` and `<C-x>` on the line of a widget; everywhere else they mean what they always mean.
local server = require('sessions.server')

local M = {}

--- The name of the widget that a line makes: `n = bind(Slider(1, 10))`.
---@param line string
---@return string?
function M.name(line)
  return line:match('^%s*([%a_][%w_]*)%s*=%s*bind%s*%(')
    or line:match('^%s*([%a_][%w_]*)%s*=%s*[%a_][%w_.]*%.bind%s*%(')
end

--- Step the widget at the cursor, or add to the number under it.
---@param direction 1|-1
function M.step(direction)
  local buf = vim.api.nvim_get_current_buf()
  local name = M.name(vim.api.nvim_get_current_line())
  local client = server.client(buf)
  local count = vim.v.count1
  if name and client and server.offers(client, 'sessions.setBond') then
    server.execute(buf, 'setBond', { name = name, step = direction * count })
    return
  end
  local key = vim.keycode(direction > 0 and '<C-a>' or '<C-x>')
  vim.cmd.normal({ count .. key, bang = true })
end

return M
