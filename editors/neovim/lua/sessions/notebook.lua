--- The notebooks of this Neovim, put together from `sessions/cellState` (see docs/cell-state.md).
local M = {}

---@class sessions.Output
---@field mime string
---@field data? string
---@field file? string
---@field bytes? integer
---@field size? { [1]: integer, [2]: integer }

---@class sessions.Cell
---@field id string
---@field number integer
---@field title? string
---@field kind 'code'|'markdown'|'raw'
---@field state string
---@field since integer when it got this state, by `vim.uv.now`
---@field started? integer the same for a cell that was seen to begin
---@field reason? string
---@field cold boolean
---@field runtime_ms? number
---@field text string
---@field stdout string
---@field stderr string
---@field error? { type: string, message: string, line?: integer, traceback: string }
---@field outputs sessions.Output[]
---@field so_far? { stdout: string, stderr: string, outputs: sessions.Output[] }
---@field cut string[]
---@field binds string[]
---@field range { start: { line: integer }, ['end']: { line: integer } }
---@field result_at { line: integer }

---@class sessions.Notebook
---@field version? integer of the text that the ranges belong to
---@field kernel? { state: string, pid?: integer, python?: string, reason?: string }
---@field bonds table<string, any>
---@field cells table<string, sessions.Cell> by id
---@field order string[] ids in file order

---@type table<integer, sessions.Notebook>
local notebooks = {}

---@alias sessions.Change 'standing'|'result' only how it stands, or also what it gave
---@alias sessions.Changed table<string, sessions.Change> by id; not there: its place at most
---@type (fun(buf: integer, changed: sessions.Changed))[]
local listeners = {}

--- Call a function after every message, with the cells that it changed.
---@param listener fun(buf: integer, changed: sessions.Changed)
function M.on_change(listener)
  table.insert(listeners, listener)
end

--- The notebook of a buffer; nil while nothing is known of it.
---@param buf integer
---@return sessions.Notebook?
function M.get(buf)
  return notebooks[buf]
end

--- Forget a buffer.
---@param buf integer
function M.forget(buf)
  notebooks[buf] = nil
end

--- A value without JSON's nulls, which Neovim keeps since 0.12 and dropped before.
---@param value any
---@return any
local function without_nulls(value)
  if value == vim.NIL then
    return nil
  elseif type(value) == 'table' then
    for key, item in pairs(value) do
      value[key] = without_nulls(item)
    end
  end
  return value
end

--- Keys of which a result shows nothing: where a cell stands, and how.
local PLACE = { 'id', 'number', 'lines', 'range', 'result_at', 'nulls' }
local STANDING =
  { 'state', 'reason', 'cold', 'runtime_ms', 'ran_at', 'binds', 'reads', 'upstream', 'downstream' }

---@type table<string, sessions.Change|false>
local CHANGE = {}
for _, key in ipairs(PLACE) do
  CHANGE[key] = false
end
for _, key in ipairs(STANDING) do
  CHANGE[key] = 'standing'
end

---@param notebook sessions.Notebook
---@param cell table a cell of a message
---@return sessions.Change? what changed besides its place
local function merge(notebook, cell)
  local known, change = notebook.cells[cell.id] or {}, nil
  if cell.state then
    known.since = vim.uv.now()
    known.started = known.state and known.since
  end
  local function touched(key)
    local of_key = CHANGE[key]
    if of_key == nil then
      change = 'result'
    elseif of_key then
      change = change or of_key
    end
  end
  for key, value in pairs(cell) do
    known[key] = without_nulls(value)
    touched(key)
  end
  for _, key in ipairs(cell.nulls or {}) do
    known[key] = nil
    touched(key)
  end
  notebook.cells[cell.id] = known
  return change
end

---@param notebook sessions.Notebook
---@param order string[]
local function arrange(notebook, order)
  local cells = {}
  for _, id in ipairs(order) do
    cells[id] = notebook.cells[id]
  end
  notebook.cells, notebook.order = cells, order
end

---@param uri string
---@param client_id integer
---@return integer?
local function buffer_of(uri, client_id)
  local client = vim.lsp.get_client_by_id(client_id)
  for buf in pairs(client and client.attached_buffers or {}) do
    if vim.api.nvim_buf_is_valid(buf) and vim.uri_from_bufnr(buf) == uri then
      return buf
    end
  end
end

--- Take a message of the server.
---@param message table
---@param client_id integer
function M.take(message, client_id)
  local buf = buffer_of(message.uri, client_id)
  if not buf then
    return
  end
  local notebook = notebooks[buf]
  if not notebook or message.whole then
    notebook = { bonds = {}, cells = {}, order = {} }
    notebooks[buf] = notebook
  end
  notebook.version = message.version
  notebook.kernel = without_nulls(message.kernel) or notebook.kernel
  notebook.bonds = message.bonds or notebook.bonds
  local changed = {}
  for _, cell in ipairs(message.cells) do
    changed[cell.id] = merge(notebook, cell)
  end
  if message.order then
    arrange(notebook, message.order)
  end
  for _, listener in ipairs(listeners) do
    listener(buf, changed)
  end
end

--- Whether the notebook's ranges belong to the text as it is in the buffer now.
---@param buf integer
---@return boolean
function M.current(buf)
  local notebook = notebooks[buf]
  return notebook ~= nil and notebook.version == vim.lsp.util.buf_versions[buf]
end

--- The cells in file order.
---@param buf integer
---@return sessions.Cell[]
function M.list(buf)
  local notebook = notebooks[buf]
  local found = {}
  for _, id in ipairs(notebook and notebook.order or {}) do
    table.insert(found, notebook.cells[id])
  end
  return found
end

return M
