--- Options: `vim.g.sessions`, a table or a function that returns one. See `:help sessions-options`.
local M = {}

---@class sessions.Config
M.defaults = {
  --- Start the server by itself in Python files with a cell marker.
  autostart = true,
  --- The server's command, a list; nil: `sessions-ls`, else `sessions lsp`, on the PATH.
  ---@type string[]?
  cmd = nil,
  results = {
    --- Draw results under their cells. Off: the server's inlay hints show one line of each.
    enabled = true,
    --- Lines of a result that are drawn; the rest is in `:Sessions output`.
    max_lines = 30,
    --- Long lines of text go on in the next line. Tables never do.
    wrap = true,
    --- What stands before every line of a result.
    bar = '▏',
    --- After a run on request the window scrolls until the result is seen.
    follow = true,
  },
  pictures = {
    --- 'auto', 'snacks', 'image.nvim' or 'none'.
    provider = 'auto',
    --- Lines that a picture may take.
    max_rows = 16,
  },
  --- The state after each marker, such as `stale: its code changed`.
  marker = true,
  --- One sign a state; false: none.
  signs = {
    new = '○',
    fresh = '✓',
    stale = '●',
    queued = '…',
    running = '▶',
    error = '✗',
    blocked = '■',
    interrupted = '!',
    disabled = '-',
  },
  --- Map keys where nothing is mapped yet; false: none of them.
  keys = {
    next_cell = ']c',
    previous_cell = '[c',
    inner_cell = 'ic',
    around_cell = 'ac',
    increase = '<C-a>',
    decrease = '<C-x>',
  },
}

---@type sessions.Config?
local current

--- Complaints about options that do not exist or are of the wrong type, as sentences.
---@type string[]
M.problems = {}

---@param given table
---@param defaults table
---@param path string
local function check(given, defaults, path)
  for key, value in pairs(given) do
    local known = defaults[key]
    local name = path .. tostring(key)
    if known == nil and name ~= 'cmd' then
      table.insert(M.problems, ('There is no option `%s`.'):format(name))
    elseif type(known) == 'table' and type(value) == 'table' then
      check(value, known, name .. '.')
    elseif known ~= nil and type(known) ~= type(value) and value ~= false then
      local message = '`%s` must be a %s, not a %s.'
      table.insert(M.problems, message:format(name, type(known), type(value)))
    end
  end
end

--- The options: the user's over the defaults. Read once.
---@return sessions.Config
function M.get()
  if current then
    return current
  end
  local given = vim.g.sessions
  if type(given) == 'function' then
    given = given()
  end
  if type(given) ~= 'table' then
    given = {}
  end
  M.problems = {}
  check(given, M.defaults, '')
  if type(given.results) == 'boolean' then
    given.results = { enabled = given.results }
  end
  current = vim.tbl_deep_extend('force', M.defaults, given)
  if type(current.pictures) ~= 'table' then
    current.pictures = { provider = 'none', max_rows = M.defaults.pictures.max_rows }
  end
  return current
end

--- Read `vim.g.sessions` anew.
function M.reload()
  current = nil
end

return M
