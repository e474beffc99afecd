--- Text with the colours of terminals to pieces with highlight groups (SGR; all else is dropped).
local M = {}

---@alias sessions.Piece { [1]: string, [2]: string|string[]|nil } text and highlight groups
---@alias sessions.Line sessions.Piece[]

---@class sessions.Sgr the style that is on
---@field fg? string|integer
---@field bg? string|integer
---@field bold? boolean
---@field italic? boolean
---@field underline? boolean
---@field strikethrough? boolean
---@field reverse? boolean

local PALETTE = vim.split(
  '#1d1f21 #cc6666 #8abe5e #d7a64f #6f9bd1 #b48ead #70b5ac #c5c8c6'
    .. ' #7c7f85 #e88080 #a8d67c #f0c674 #8fb6e8 #cfa8ca #8fd0c8 #ffffff',
  ' '
)

--- Groups that were made, so that a new colour scheme gets them too.
---@type table<string, vim.api.keyset.highlight>
local groups = {}

---@param index integer 0 to 255
---@return string
local function indexed(index)
  if index < 16 then
    local own = vim.g['terminal_color_' .. index]
    return type(own) == 'string' and own or PALETTE[index + 1]
  elseif index >= 232 then
    local grey = 8 + 10 * (index - 232)
    return ('#%02x%02x%02x'):format(grey, grey, grey)
  end
  local function level(part)
    return part == 0 and 0 or 55 + 40 * part
  end
  local place = index - 16
  local red, green, blue = math.floor(place / 36), math.floor(place / 6) % 6, place % 6
  return ('#%02x%02x%02x'):format(level(red), level(green), level(blue))
end

---@param style sessions.Sgr
---@return vim.api.keyset.highlight
local function definition(style)
  local made = {
    bold = style.bold,
    italic = style.italic,
    underline = style.underline,
    strikethrough = style.strikethrough,
    reverse = style.reverse,
  }
  for _, ground in ipairs({ 'fg', 'bg' }) do
    local colour = style[ground]
    if type(colour) == 'number' then
      made[ground], made['cterm' .. ground] = indexed(colour), colour
    else
      made[ground] = colour
    end
  end
  return made
end

--- The highlight group of a style; nil for plain text.
---@param style sessions.Sgr
---@return string?
local function group_of(style)
  if next(style) == nil then
    return nil
  end
  local parts = { 'SessionsAnsi' }
  for _, key in ipairs({ 'fg', 'bg', 'bold', 'italic', 'underline', 'strikethrough', 'reverse' }) do
    if style[key] then
      local value = style[key] == true and '' or tostring(style[key]):gsub('#', '')
      table.insert(parts, '_' .. key:sub(1, 2) .. value)
    end
  end
  local name = table.concat(parts)
  if not groups[name] then
    groups[name] = definition(style)
    vim.api.nvim_set_hl(0, name, groups[name])
  end
  return name
end

--- Make all groups anew, after a colour scheme has cleared them.
function M.restore()
  for name, made in pairs(groups) do
    vim.api.nvim_set_hl(0, name, made)
  end
end

local ON = {
  [1] = 'bold',
  [3] = 'italic',
  [4] = 'underline',
  [7] = 'reverse',
  [9] = 'strikethrough',
}
local OFF = {
  [22] = 'bold',
  [23] = 'italic',
  [24] = 'underline',
  [27] = 'reverse',
  [29] = 'strikethrough',
  [39] = 'fg',
  [49] = 'bg',
}

--- A colour of 256, or of all, from the codes after 38 or 48.
---@param codes integer[]
---@param place integer of the 5 or 2
---@return string|integer|nil colour
---@return integer place of the last code that belongs to it
local function extended(codes, place)
  if codes[place] == 5 then
    local index = codes[place + 1]
    return index and index <= 255 and index or nil, place + 1
  elseif codes[place] == 2 then
    local red, green, blue = codes[place + 1], codes[place + 2], codes[place + 3]
    if blue and math.max(red, green, blue) <= 255 then
      return ('#%02x%02x%02x'):format(red, green, blue), place + 3
    end
    return nil, place + 3
  end
  return nil, place
end

--- The style after a sequence of codes.
---@param style sessions.Sgr
---@param sequence string such as `1;31`
---@return sessions.Sgr
local function applied(style, sequence)
  local codes = {}
  for _, code in ipairs(vim.split(sequence, '[;:]')) do
    table.insert(codes, tonumber(code) or 0)
  end
  style = vim.deepcopy(style)
  local place = 1
  while place <= #codes do
    local code = codes[place]
    if code == 0 then
      style = {}
    elseif ON[code] then
      style[ON[code]] = true
    elseif OFF[code] then
      style[OFF[code]] = nil
    elseif code >= 30 and code <= 37 then
      style.fg = code - 30
    elseif code >= 40 and code <= 47 then
      style.bg = code - 40
    elseif code >= 90 and code <= 97 then
      style.fg = code - 82
    elseif code >= 100 and code <= 107 then
      style.bg = code - 92
    elseif code == 38 or code == 48 then
      local colour
      colour, place = extended(codes, place + 1)
      style[code == 38 and 'fg' or 'bg'] = colour
    end
    place = place + 1
  end
  return style
end

--- Text without what a terminal would not show: other sequences and control characters.
---@param text string
---@return string
local function printable(text)
  text = text:gsub('\27%][^\7\27]*\7', ''):gsub('\27%].-\27\\', '')
  text = text:gsub('\27%[[0-?]*[ -/]*[@-~]', ''):gsub('\27.?', '')
  return (text:gsub('[%z\1-\8\11-\31\127]', ''))
end

---@param text string
---@param column integer where it begins
---@return string text without tabs
---@return integer column where it ends
local function without_tabs(text, column)
  if not text:find('\t', 1, true) then
    return text, column + vim.api.nvim_strwidth(text)
  end
  local parts = {}
  for before, tab in text:gmatch('([^\t]*)(\t?)') do
    table.insert(parts, before)
    column = column + vim.api.nvim_strwidth(before)
    if tab ~= '' then
      local blanks = 8 - column % 8
      table.insert(parts, (' '):rep(blanks))
      column = column + blanks
    end
  end
  return table.concat(parts), column
end

--- One line of text to pieces.
---@param line string without its end
---@param style sessions.Sgr the style that is on
---@param base string? highlight group below the colours
---@return sessions.Line
---@return sessions.Sgr style at the end
local function pieces(line, style, base)
  local found, column, place = {}, 0, 1
  local function add(text)
    if text ~= '' then
      text, column = without_tabs(printable(text), column)
      local group = group_of(style)
      table.insert(found, { text, base and group and { base, group } or group or base })
    end
  end
  while true do
    local first, last, sequence = line:find('\27%[([%d;:]*)m', place)
    if not first then
      break
    end
    add(line:sub(place, first - 1))
    style = applied(style, sequence)
    place = last + 1
  end
  add(line:sub(place))
  return found, style
end

--- A text to lines of pieces. A colour stays on over line ends, as in a terminal.
---@param text string
---@param base string? highlight group of what has no colour
---@return sessions.Line[]
function M.lines(text, base)
  text = text:gsub('\r\n', '\n'):gsub('\n$', '')
  local found, style = {}, {}
  for _, line in ipairs(vim.split(text, '\n', { plain = true })) do
    local made
    made, style = pieces(line, style, base)
    table.insert(found, made)
  end
  return found
end

--- A text without any colour.
---@param text string
---@return string
function M.plain(text)
  return printable(text)
end

return M
