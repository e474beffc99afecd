--- What happens in a buffer when the server takes it, and when it lets go of it.
local draw = require('sessions.draw')
local highlights = require('sessions.highlights')
local notebook = require('sessions.notebook')
local watch = require('sessions.watch')

local M = {}

local group = vim.api.nvim_create_augroup('sessions.drawing', {})
local ready = false

--- Tell status lines and whoever listens that a notebook changed.
---@param buf integer
local function announce(buf)
  vim.b[buf].sessions_status = require('sessions.status').line(buf)
  vim.api.nvim_exec_autocmds('User', { pattern = 'SessionsChanged', data = { buf = buf } })
end

--- Once, with the first notebook: listen to messages, windows and colours.
local function prepare()
  if ready then
    return
  end
  ready = true
  highlights.set()
  notebook.on_change(function(buf, changed)
    draw.update(buf, changed)
    require('sessions.output').update(buf)
    require('sessions.follow').update(buf)
    announce(buf)
  end)
  vim.api.nvim_create_autocmd('ColorScheme', { group = group, callback = highlights.set })
  vim.api.nvim_create_autocmd({ 'WinResized', 'BufWinEnter' }, {
    group = group,
    callback = vim.schedule_wrap(draw.resized),
  })
  vim.api.nvim_create_autocmd('OptionSet', {
    group = group,
    pattern = { 'wrap', 'number', 'relativenumber', 'signcolumn', 'foldcolumn', 'scrolloff' },
    callback = vim.schedule_wrap(draw.resized),
  })
  vim.api.nvim_create_autocmd('DiagnosticChanged', {
    group = group,
    callback = function(event)
      watch.told(event.buf, event.data.diagnostics)
    end,
  })
end

--- The server takes a buffer.
---@param buf integer
---@param client_id integer
function M.attach(buf, client_id)
  prepare()
  require('sessions.quiet').hints(client_id)
  require('sessions.keys').map(buf)
  watch.start(buf)
  vim.api.nvim_create_autocmd('CursorMoved', {
    group = group,
    buffer = buf,
    callback = function()
      require('sessions.follow').moved(buf)
    end,
  })
  vim.api.nvim_create_autocmd('InsertLeave', {
    group = group,
    buffer = buf,
    callback = function()
      draw.typed(buf)
    end,
  })
  vim.api.nvim_create_autocmd('BufUnload', {
    group = group,
    buffer = buf,
    callback = function()
      M.detach(buf)
    end,
  })
end

--- The server lets go of a buffer: nothing of ours stays in it.
---@param buf integer
function M.detach(buf)
  draw.clear(buf)
  notebook.forget(buf)
  watch.stop(buf)
  if vim.api.nvim_buf_is_valid(buf) then
    vim.api.nvim_clear_autocmds({ group = group, buffer = buf })
    require('sessions.keys').unmap(buf)
    vim.b[buf].sessions_status = nil
  end
end

return M
