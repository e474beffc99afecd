--- Hints that stand beside the markers anyway are not shown a second time, underlined or as text.
local config = require('sessions.config')

local M = {}

--- Keep our server's hints out of everything but lists and floats, where the person's own settings
--- would show them. What shows nothing stays that way.
---@param client_id integer
function M.hints(client_id)
  if not config.get().marker then
    return
  end
  local theirs, ours = vim.diagnostic.config() or {}, {}
  local severity = { min = vim.diagnostic.severity.INFO }
  for _, key in ipairs({ 'underline', 'virtual_text', 'virtual_lines', 'signs' }) do
    local shown = theirs[key]
    if shown == nil and (key == 'underline' or key == 'signs') then
      shown = true -- Neovim's default
    end
    if shown == true then
      ours[key] = { severity = severity }
    elseif type(shown) == 'table' and shown.severity == nil then
      ours[key] = vim.tbl_extend('force', shown, { severity = severity })
    end
  end
  for _, pulled in ipairs({ false, true }) do
    vim.diagnostic.config(ours, vim.lsp.diagnostic.get_namespace(client_id, pulled))
  end
end

return M
