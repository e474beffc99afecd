--- The tables in HTML, as pandas and polars write them, to rows of text.
local M = {}

local LONGEST = 200000 -- bytes of HTML that are looked at
local WIDEST = 40 -- columns of one field that are shown
local MOST = 1000 -- columns of a table

local ENTITIES = { amp = '&', lt = '<', gt = '>', quot = '"', apos = "'", nbsp = ' ' }

---@param html string
---@return string
local function text_of(html)
  local text = html:gsub('<br%s*/?>', ' '):gsub('<[^>]*>', '')
  text = text:gsub('&(#?)(x?)(%w+);', function(number, hex, name)
    if number == '' then
      return ENTITIES[hex .. name]
    end
    local code = tonumber(name, hex == 'x' and 16 or 10)
    return code and vim.fn.nr2char(code) or nil
  end)
  return vim.trim((text:gsub('%s+', ' ')))
end

---@class sessions.Table
---@field rows string[][] each as wide as the first
---@field head integer how many of them are heads
---@field note? string what stands below, such as `10 rows × 3 columns`
---@field spans? table<integer, table<integer, integer>> row -> column -> columns that a field takes

---@param attributes string
---@param name string
---@return integer
local function span_of(attributes, name)
  return math.max(1, tonumber(attributes:match(name .. '%s*=%s*"?(%d+)')) or 1)
end

--- One row as fields, those empty that a field above or to the left reaches into.
---@param html string
---@param reached table<integer, integer> column -> rows that a field above still takes
---@return string[] fields
---@return table<integer, integer> spans
local function row_of(html, reached)
  local fields, spans = {}, {}
  local function skip()
    while (reached[#fields + 1] or 0) > 0 do
      reached[#fields + 1] = reached[#fields + 1] - 1
      table.insert(fields, '')
    end
  end
  for _, attributes, field in html:gmatch('<(t[hd])([^>]*)>(.-)</t[hd]>') do
    skip()
    local first, wide = #fields + 1, math.min(span_of(attributes, 'colspan'), MOST)
    for column = first, first + wide - 1 do
      table.insert(fields, column == first and text_of(field) or '')
      reached[column] = span_of(attributes, 'rowspan') - 1
    end
    spans[first] = wide > 1 and wide or nil
  end
  skip()
  return fields, spans
end

--- The one table of some HTML that has nothing else; nil for anything else.
---@param html string
---@return sessions.Table?
function M.parse(html)
  if #html > LONGEST then
    return nil
  end
  html = html:gsub('<style.->.-</style>', ''):gsub('<!%-%-.-%-%->', '')
  local before, inside, after = html:match('^(.-)<table[^>]*>(.-)</table>(.*)$')
  if not inside or (inside .. after):find('<table') or inside:find('<img') then
    return nil
  end
  local shape, note = before:match('<small>(.-)</small>'), after:match('<p>(.-)</p>')
  before, after = before:gsub('<small>.-</small>', ''), after:gsub('<p>.-</p>', '')
  if text_of(before) ~= '' or text_of(after) ~= '' then
    return nil
  end
  local _, head = (inside:match('<thead[^>]*>(.-)</thead>') or ''):gsub('<tr', '')
  local rows, spans, reached = {}, {}, {}
  for row in inside:gmatch('<tr[^>]*>(.-)</tr>') do
    rows[#rows + 1], spans[#rows + 1] = row_of(row, reached)
  end
  if #rows < 2 then
    return nil
  end
  for _, fields in ipairs(rows) do
    if #fields ~= #rows[1] then
      return nil
    end
  end
  return { rows = rows, head = head, spans = spans, note = text_of(note or shape or '') }
end

local NO_TEXT = { [''] = true, ['...'] = true, ['…'] = true, NaN = true, NaT = true, None = true }
NO_TEXT['<NA>'], NO_TEXT.nan, NO_TEXT.null, NO_TEXT.inf = true, true, true, true

---@param text string
---@return boolean
local function numeric(text)
  return NO_TEXT[text] or text:find('^[-+$]?%.?%d[%d.,_%%eE+-]*$') ~= nil
end

---@param text string
---@param width integer
---@return string
local function cut_to(text, width)
  if vim.api.nvim_strwidth(text) <= width then
    return text
  end
  local cut = vim.fn.strcharpart(text, 0, width - 1)
  while vim.api.nvim_strwidth(cut) > width - 1 do
    cut = vim.fn.strcharpart(cut, 0, vim.fn.strchars(cut) - 1)
  end
  return cut .. '…'
end

---@param text string
---@return string text cut to WIDEST columns
local function fitted(text)
  return cut_to(text, WIDEST)
end

---@class sessions.Grid a table in columns of the screen
---@field fields string[][]
---@field spans table<integer, table<integer, integer>>
---@field widths integer[]
---@field right table<integer, boolean> columns of numbers

---@param grid sessions.Grid
---@param first integer
---@param last integer
---@return integer columns of the screen
local function breadth(grid, first, last)
  local total = 2 * (last - first)
  for column = first, last do
    total = total + grid.widths[column]
  end
  return total
end

---@param made sessions.Table
---@return sessions.Grid
local function grid_of(made)
  local grid = { fields = {}, spans = made.spans or {}, widths = {}, right = {} }
  for number, row in ipairs(made.rows) do
    grid.fields[number] = vim.tbl_map(fitted, row)
    local spans = grid.spans[number] or {}
    for column, field in ipairs(grid.fields[number]) do
      local width = spans[column] and 0 or vim.api.nvim_strwidth(field)
      grid.widths[column] = math.max(grid.widths[column] or 0, width)
      if number > made.head and grid.right[column] ~= false then
        grid.right[column] = numeric(field)
      end
    end
  end
  for number, spans in pairs(grid.spans) do
    for column, wide in pairs(spans) do
      local last = column + wide - 1
      local lacks = vim.api.nvim_strwidth(grid.fields[number][column]) - breadth(grid, column, last)
      grid.widths[last] = grid.widths[last] + math.max(0, lacks)
    end
  end
  return grid
end

--- The columns that are left out in the middle, so that a table fits; nil: none.
---@param grid sessions.Grid
---@param width integer? nil: as wide as it is
---@return integer? first
---@return integer last
local function left_out(grid, width)
  local count = #grid.widths
  if not width or breadth(grid, 1, count) <= width then
    return nil, 0
  end
  local left, right, room = 1, count + 1, width - 3 - grid.widths[1] -- `  …`
  while left + 1 < right do
    -- From both ends in turns, as pandas does; the first columns are looked at most.
    local from_right = count + 1 - right < left - 1
    local column = from_right and right - 1 or left + 1
    if room < grid.widths[column] + 2 then
      break
    end
    room = room - grid.widths[column] - 2
    left, right = from_right and left or column, from_right and column or right
  end
  return left + 1, right - 1
end

---@param grid sessions.Grid
---@param number integer of the row
---@param column integer
---@return string field that stands there
---@return integer last column that it takes
local function field_at(grid, number, column)
  for first, wide in pairs(grid.spans[number] or {}) do
    if first <= column and column < first + wide then
      return grid.fields[number][first], first + wide - 1
    end
  end
  return grid.fields[number][column], column
end

--- A table as lines: columns aligned, numbers to the right, heads set apart.
---@param made sessions.Table
---@param base string highlight group of the fields
---@param head string highlight group of the heads
---@param width integer? columns of the screen; what does not fit is left out in the middle
---@return sessions.Line[]
function M.lines(made, base, head, width)
  local grid = grid_of(made)
  local gap, gap_end = left_out(grid, width)
  local found = {}
  for number, row in ipairs(grid.fields) do
    local line, column = {}, 1
    local group = number > made.head and base or head
    local function add(text)
      table.insert(line, { #line == 0 and text or '  ' .. text, group })
    end
    while column <= #row do
      if column == gap then
        add('…')
        column = gap_end + 1
      else
        local field, last = field_at(grid, number, column)
        last = gap and column < gap and math.min(last, gap - 1) or last
        local room = breadth(grid, column, last)
        local text = cut_to(field, room)
        local blanks = (' '):rep(room - vim.api.nvim_strwidth(text))
        add(grid.right[column] and last == column and blanks .. text or text .. blanks)
        column = last + 1
      end
    end
    table.insert(found, line)
  end
  if made.note and made.note ~= '' then
    table.insert(found, { { made.note, 'SessionsNote' } })
  end
  return found
end

return M
