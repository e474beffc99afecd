--- The tables in HTML, as pandas and polars write them, to rows of text.
local M = {}

local LONGEST = 200000 -- bytes of HTML that are looked at
local WIDEST = 40 -- columns of one field that are shown

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

--- The one simple table of some HTML; nil for anything else.
---@param html string
---@return sessions.Table?
function M.parse(html)
  if #html > LONGEST then
    return nil
  end
  html = html:gsub('<style.->.-</style>', ''):gsub('<!%-%-.-%-%->', '')
  local before, inside, after = html:match('^(.-)<table[^>]*>(.-)</table>(.*)$')
  if not inside or inside:find('<table') or after:find('<table') then
    return nil
  end
  if inside:find('colspan') or inside:find('rowspan') or inside:find('<img') then
    return nil
  end
  local _, head = (inside:match('<thead[^>]*>(.-)</thead>') or ''):gsub('<tr', '')
  local rows = {}
  for row in inside:gmatch('<tr[^>]*>(.-)</tr>') do
    local fields = {}
    for _, field in row:gmatch('<(t[hd])[^>]*>(.-)</t[hd]>') do
      table.insert(fields, text_of(field))
    end
    table.insert(rows, fields)
  end
  if #rows < 2 then
    return nil
  end
  for _, fields in ipairs(rows) do
    if #fields ~= #rows[1] then
      return nil
    end
  end
  local shape, note = before:match('<small>(.-)</small>'), after:match('<p>(.-)</p>')
  return { rows = rows, head = head, note = text_of(note or shape or '') }
end

local NO_TEXT = { [''] = true, ['...'] = true, ['…'] = true, NaN = true, NaT = true, None = true }
NO_TEXT['<NA>'], NO_TEXT.nan, NO_TEXT.null, NO_TEXT.inf = true, true, true, true

---@param text string
---@return boolean
local function numeric(text)
  return NO_TEXT[text] or text:find('^[-+$]?%.?%d[%d.,_%%eE+-]*$') ~= nil
end

---@param text string
---@return string text cut to WIDEST columns
local function fitted(text)
  if vim.api.nvim_strwidth(text) <= WIDEST then
    return text
  end
  local cut = vim.fn.strcharpart(text, 0, WIDEST - 1)
  while vim.api.nvim_strwidth(cut) > WIDEST - 1 do
    cut = vim.fn.strcharpart(cut, 0, vim.fn.strchars(cut) - 1)
  end
  return cut .. '…'
end

--- A table as lines: columns aligned, numbers to the right, heads set apart.
---@param made sessions.Table
---@param base string highlight group of the fields
---@param head string highlight group of the heads
---@return sessions.Line[]
function M.lines(made, base, head)
  local widths, right, fields = {}, {}, {}
  for number, row in ipairs(made.rows) do
    fields[number] = vim.tbl_map(fitted, row)
    for column, field in ipairs(fields[number]) do
      widths[column] = math.max(widths[column] or 0, vim.api.nvim_strwidth(field))
      if number > made.head and right[column] ~= false then
        right[column] = numeric(field)
      end
    end
  end
  local found = {}
  for number, row in ipairs(fields) do
    local line = {}
    for column, field in ipairs(row) do
      local blanks = (' '):rep(widths[column] - vim.api.nvim_strwidth(field))
      local text = right[column] and blanks .. field or field .. blanks
      local group = number > made.head and base or head
      table.insert(line, { column == 1 and text or '  ' .. text, group })
    end
    table.insert(found, line)
  end
  if made.note and made.note ~= '' then
    table.insert(found, { { made.note, 'SessionsNote' } })
  end
  return found
end

return M
