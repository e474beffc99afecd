--- The language server: where it is, which buffers it is for, and how it is asked.
local config = require('sessions.config')
local say = require('sessions.say')

local M = {}

M.INSTALL = table.concat({
  'the server `sessions-ls` is not on the PATH. Install it once, in an environment of its own:',
  '    pipx install sessions-ls        (or: uv tool install sessions-ls; from a checkout: pipx install .)',
  "and start Neovim again. If it is elsewhere: vim.g.sessions = { cmd = { '/path/to/sessions-ls' } }",
}, '\n')

local MARKER = '^#%s?%%%%'
local PATIENCE = 8000 -- milliseconds that a command waits for the server to start
local complained = false

--- The command that starts the server; nil when there is none.
---@return string[]?
function M.command()
  local cmd = config.get().cmd
  if cmd then
    return vim.fn.executable(cmd[1]) == 1 and cmd or nil
  end
  -- Where `sessions editor nvim` or `sessions NOTEBOOK` brought this plugin, it says where its server is.
  local told, installed = pcall(require, 'sessions.installed')
  if told and vim.fn.executable(installed[1]) == 1 then
    return installed
  end
  if vim.fn.executable('sessions-ls') == 1 then
    return { 'sessions-ls' }
  end
  -- Another program may have the name `sessions`; ours comes with `sessions-ls`, but a shim may not.
  if vim.fn.executable('sessions') == 1 then
    return { 'sessions', 'lsp' }
  end
end

--- Whether a buffer holds a cell marker.
---@param buf integer
---@return boolean
function M.has_marker(buf)
  for _, line in ipairs(vim.api.nvim_buf_get_lines(buf, 0, -1, false)) do
    if line:find(MARKER) then
      return true
    end
  end
  return false
end

--- Whether the server is to be started for a buffer; says how to install it when it is missing.
---@param buf integer
---@return boolean
function M.wanted(buf)
  local unnamed = vim.api.nvim_buf_get_name(buf) == ''
  if unnamed or vim.bo[buf].buftype ~= '' or not M.has_marker(buf) then
    return false
  end
  -- A command set with `vim.lsp.config` counts as well, and may be a function.
  local cmd = vim.lsp.config.sessions and vim.lsp.config.sessions.cmd
  if type(cmd) == 'function' or (cmd and vim.fn.executable(cmd[1]) == 1) then
    return true
  end
  if not complained then
    complained = true
    vim.schedule(function()
      say.warn(M.INSTALL)
    end)
  end
  return false
end

--- The folder that relative paths count from.
---@param buf integer
---@return string
function M.root(buf)
  local path = vim.api.nvim_buf_get_name(buf)
  return vim.fs.root(buf, { 'pyproject.toml', '.git' })
    or (path ~= '' and vim.fs.dirname(path) or vim.fn.getcwd())
end

--- The client of a buffer, once it is there.
---@param buf integer
---@return vim.lsp.Client?
function M.client(buf)
  return vim.lsp.get_clients({ name = 'sessions', bufnr = buf })[1]
end

--- Attach a buffer that has become a notebook while it was open.
---@param buf integer
function M.start_late(buf)
  if vim.bo[buf].filetype == 'python' and not M.client(buf) and M.wanted(buf) then
    local made = vim.tbl_extend('force', vim.lsp.config.sessions, { root_dir = M.root(buf) })
    vim.lsp.start(made, { bufnr = buf, reuse_client = made.reuse_client })
  end
end

local SILENT = 'the server did not start. `:Sessions log` and `:checkhealth sessions` say more.'

--- Why a buffer can have no server, as a sentence; nil: it can.
---@param buf integer
---@return string?
local function unfit(buf)
  if vim.bo[buf].filetype ~= 'python' then
    return 'this buffer holds no Python.'
  elseif not M.has_marker(buf) then
    return 'this buffer is no notebook: it has no cell marker (`# %%`).'
  elseif vim.api.nvim_buf_get_name(buf) == '' then
    return 'this buffer has no file yet: `:write notebook.py`.'
  end
end

--- Call a function with the client of a buffer, now or when the server has started.
---@param buf integer
---@param action fun(client: vim.lsp.Client)
---@param waited integer? milliseconds so far
function M.with(buf, action, waited)
  waited = waited or 0
  local client = M.client(buf)
  if client and client.initialized then
    action(client)
    return
  end
  if waited == 0 and not client then
    M.start_late(buf)
    client = M.client(buf)
  end
  local starting = client or #vim.lsp.get_clients({ name = 'sessions', _uninitialized = true }) > 0
  if not vim.api.nvim_buf_is_valid(buf) then
    return
  end
  local why = unfit(buf)
  if why or not starting or waited > PATIENCE then
    say.warn(why or (M.command() and SILENT or M.INSTALL))
    return
  end
  vim.defer_fn(function()
    M.with(buf, action, waited + 50)
  end, 50)
end

--- Whether the server has a command.
---@param client vim.lsp.Client
---@param command string
---@return boolean
function M.offers(client, command)
  local provider = client.server_capabilities.executeCommandProvider
  return provider ~= nil and vim.tbl_contains(provider.commands or {}, command)
end

--- Carry out a command of the server on a buffer. What it refuses it says itself.
---@param buf integer
---@param command string such as `runCell`
---@param arguments table besides the URI
---@param done (fun(result: any))?
function M.execute(buf, command, arguments, done)
  local name = 'sessions.' .. command
  M.with(buf, function(client)
    if not M.offers(client, name) then
      local info = client.server_info
      local version = info and info.version or 'of unknown version'
      say.warn('this sessions-ls (%s) has no `%s` yet; a newer one may.', version, name)
      return
    end
    local argument = vim.tbl_extend('force', { uri = vim.uri_from_bufnr(buf) }, arguments)
    client:request('workspace/executeCommand', {
      command = name,
      arguments = { argument },
    }, function(failure, result)
      if not failure and done then
        done(result)
      end
    end, buf)
  end)
end

return M
