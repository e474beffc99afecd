--- Where cells stand in a buffer: by what the server says, else by their markers.
local notebook = require('sessions.notebook')

local M = {}

local MARKER = '^#%s?%%%%'

---@class sessions.Place lines from 0, both ends inclusive
---@field first integer the marker
---@field last integer
---@field marked boolean the first line is a marker
---@field cell? sessions.Cell

---@param buf integer
---@return sessions.Place[]
local function by_server(buf)
  local found = {}
  for _, cell in ipairs(notebook.list(buf)) do
    local first = cell.range.start.line
    local line = vim.api.nvim_buf_get_lines(buf, first, first + 1, false)[1] or ''
    local marked = line:find(MARKER) ~= nil
    local last = cell.range['end'].line
    table.insert(found, { first = first, last = last, marked = marked, cell = cell })
  end
  return found
end

---@param buf integer
---@return sessions.Place[]
local function by_marker(buf)
  local lines = vim.api.nvim_buf_get_lines(buf, 0, -1, false)
  local found = { { first = 0, last = #lines - 1, marked = false } }
  for number, line in ipairs(lines) do
    if line:find(MARKER) then
      if number == 1 then
        found = {}
      else
        found[#found].last = number - 2
      end
      table.insert(found, { first = number - 1, last = #lines - 1, marked = true })
    end
  end
  return found
end

--- All cells, in file order.
---@param buf integer
---@return sessions.Place[]
function M.list(buf)
  if notebook.current(buf) and #notebook.get(buf).order > 0 then
    return by_server(buf)
  end
  return by_marker(buf)
end

--- The cell at a line (from 0); the first one for lines above it.
---@param buf integer
---@param line integer
---@return sessions.Place
function M.at(buf, line)
  local found = M.list(buf)
  local chosen = found[1]
  for _, place in ipairs(found) do
    if place.first > line then
      break
    end
    chosen = place
  end
  return chosen
end

--- What is known of the cell at the cursor of a window; nil where the server has not said anything.
---@param win integer?
---@return sessions.Cell?
function M.cell_at_cursor(win)
  win = win or 0
  local buf = vim.api.nvim_win_get_buf(win)
  local line = vim.api.nvim_win_get_cursor(win)[1] - 1
  local chosen
  for _, cell in ipairs(notebook.list(buf)) do
    if chosen and cell.range.start.line > line then
      break
    end
    chosen = cell
  end
  return chosen
end

return M
