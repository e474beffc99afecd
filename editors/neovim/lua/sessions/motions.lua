--- Moving by cells, and cells as text objects.
local places = require('sessions.places')

local M = {}

--- Whether a line is a place that `]c` and `[c` go to.
---@param found sessions.Place[]
---@param line integer from 0
---@param step 1|-1
---@return integer?
local function target(found, line, step)
  local chosen
  for _, place in ipairs(found) do
    if step > 0 and place.first > line then
      return place.first
    elseif step < 0 and place.first < line then
      chosen = place.first
    end
  end
  return chosen
end

--- Go to the marker of the next or previous cell; `v:count` times.
---@param step 1|-1
function M.go(step)
  local found = places.list(vim.api.nvim_get_current_buf())
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  local goal
  for _ = 1, vim.v.count1 do
    goal = target(found, goal or line, step) or goal
  end
  if goal then
    vim.cmd("normal! m'")
    vim.api.nvim_win_set_cursor(0, { goal + 1, 0 })
    vim.cmd('normal! ^')
  end
end

--- To the first line of code of the cell after this one; false in the last cell.
---@return boolean
function M.advance()
  local buf = vim.api.nvim_get_current_buf()
  local line = vim.api.nvim_win_get_cursor(0)[1] - 1
  local goal = target(places.list(buf), line, 1)
  if not goal then
    return false
  end
  local place = places.at(buf, goal)
  local code = goal
  for number = goal + (place.marked and 1 or 0), place.last do
    local text = vim.api.nvim_buf_get_lines(buf, number, number + 1, false)[1] or ''
    if text:find('%S') then
      code = number
      break
    end
  end
  vim.api.nvim_win_set_cursor(0, { code + 1, 0 })
  return true
end

--- Select the cell at the cursor, line by line: `inner` without marker and blank lines at its ends.
---@param inner boolean
function M.select(inner)
  local buf = vim.api.nvim_get_current_buf()
  local place = places.at(buf, vim.api.nvim_win_get_cursor(0)[1] - 1)
  local first, last = place.first, place.last
  local function blank(number)
    local text = vim.api.nvim_buf_get_lines(buf, number, number + 1, false)[1] or ''
    return not text:find('%S')
  end
  if inner then
    first = first + (place.marked and 1 or 0)
    while first < last and blank(first) do
      first = first + 1
    end
    while last > first and blank(last) do
      last = last - 1
    end
    if first > last then
      return -- a marker and nothing else
    end
  end
  if vim.fn.mode():find('[vV\22]') then
    vim.cmd.normal({ vim.keycode('<Esc>'), bang = true })
  end
  vim.api.nvim_win_set_cursor(0, { first + 1, 0 })
  vim.cmd('normal! V')
  vim.api.nvim_win_set_cursor(0, { last + 1, 0 })
end

return M
