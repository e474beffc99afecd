--- What a cell gave, as lines of pieces. Knows no buffer and no window.
local ansi = require('sessions.ansi')
local highlights = require('sessions.highlights')
local tables = require('sessions.tables')

local M = {}

---@class sessions.Rendered
---@field lines sessions.Line[]
---@field pictures sessions.Output[] those that have no line here, because somebody else draws them
---@field whole integer columns of the widest line that is not to be wrapped

---@class sessions.RenderOptions
---@field width? integer columns; nil: lines are not wrapped
---@field table_width? integer columns; nil: tables are as wide as they are
---@field max_lines? integer nil: all
---@field draws? fun(output: sessions.Output): boolean whether a picture is drawn by somebody else

---@class sessions.Part
---@field lines sessions.Line[]
---@field whole? boolean its lines are not wrapped
---@field printed? boolean what came before the outcome: the value, or the error
---@field kept? sessions.Kept what is shown of a text that is too long

---@alias sessions.Kept 'head'|'ends'|'tail'

--- One object that was displayed: its outputs by type.
---@alias sessions.Shown table<string, sessions.Output>

--- The objects that a cell displayed, each in several types; the result last.
---@param outputs sessions.Output[]
---@param text string the result as text
---@return sessions.Shown[]
function M.objects(outputs, text)
  local found = {}
  for _, output in ipairs(outputs) do
    local shown = found[#found]
    if not shown or output.mime == 'text/plain' or shown[output.mime] then
      shown = {}
      table.insert(found, shown)
    end
    shown[output.mime] = output
  end
  if text ~= '' then
    local shown = found[#found]
    if not shown or shown['text/plain'] then
      shown = {}
      table.insert(found, shown)
    end
    shown['text/plain'] = { mime = 'text/plain', data = text }
  end
  return found
end

--- The picture of an object: what is made of pixels rather than SVG, which few terminals draw.
---@param shown sessions.Shown
---@return sessions.Output?
function M.picture(shown)
  local chosen
  for mime, output in pairs(shown) do
    if mime:find('^image/') and not (chosen and mime == 'image/svg+xml') then
      chosen = output
    end
  end
  return chosen
end

--- The line that stands for a picture.
---@param output sessions.Output
---@return string
function M.caption(output)
  local kind = output.mime:gsub('^image/', ''):gsub('%+xml$', '')
  local size = output.size and ('%d×%d'):format(output.size[1], output.size[2]) or kind
  local name = output.file and vim.fs.basename(output.file)
  return name and ('[image %s %s]'):format(size, name) or ('[image %s]'):format(size)
end

---@param output? sessions.Output
---@return string?
local function data_of(output)
  return output and output.data
end

---@param shown sessions.Shown
---@param options sessions.RenderOptions
---@param pictures sessions.Output[]
---@return sessions.Part[]
local function parts_of(shown, options, pictures)
  local picture = M.picture(shown)
  local plain = data_of(shown['text/plain'])
  if picture then
    local parts = {}
    if plain and not plain:find('^<.*>$') then
      table.insert(parts, { lines = ansi.lines(plain, 'SessionsResult') })
    end
    if options.draws and options.draws(picture) then
      table.insert(pictures, picture)
    else
      table.insert(parts, { lines = { { { M.caption(picture), 'SessionsPicture' } } } })
    end
    return parts
  end
  local html = data_of(shown['text/html'])
  local made = html and tables.parse(html)
  if made then
    local lines =
      tables.lines(made, 'SessionsResult', 'SessionsTableHead', options.table_width)
    return { { lines = lines, whole = true } }
  end
  local opaque = not plain or plain:find('^<[%w_.]+ object.*>$')
  local markup = data_of(shown['text/markdown']) or data_of(shown['text/latex'])
  local text = opaque and markup or plain or markup
  if text then
    return { { lines = ansi.lines(text, 'SessionsResult') } }
  end
  local mime, output = next(shown)
  local note = output.bytes and ('[%s, %d bytes]'):format(mime, output.bytes)
    or ('[%s]'):format(mime)
  return { { lines = { { { note, 'SessionsNote' } } } } }
end

---@param cell sessions.Cell
---@param options sessions.RenderOptions
---@param pictures sessions.Output[]
---@return sessions.Part[]
---@return sessions.Kept of what is printed
local function all_parts(cell, options, pictures)
  local running = cell.so_far
  -- What runs shows what it has written; until then the last result stays.
  if running and running.stdout == '' and running.stderr == '' and #running.outputs == 0 then
    running = nil
  end
  local source = running or cell
  local parts = {}
  local function text(value, group)
    if value:find('%S') then
      table.insert(parts, { lines = ansi.lines(value, group), printed = true })
    end
  end
  text(source.stdout, 'SessionsResult')
  text(source.stderr, 'SessionsStderr')
  for _, shown in ipairs(M.objects(source.outputs, running and '' or cell.text)) do
    vim.list_extend(parts, parts_of(shown, options, pictures))
  end
  if not running and cell.error then
    local failure = cell.error
    local message = failure.type .. (failure.message ~= '' and ': ' .. failure.message or '')
    local shown = failure.traceback ~= '' and failure.traceback or message
    table.insert(parts, { lines = ansi.lines(shown, 'SessionsError'), kept = 'ends' })
  end
  return parts, running and 'tail' or 'ends'
end

--- A line as one or more lines that are at most so wide.
---@param line sessions.Line
---@param width integer
---@return sessions.Line[]
local function wrapped(line, width)
  local found, current, room = {}, {}, width
  for _, piece in ipairs(line) do
    local text, group = piece[1], piece[2]
    while vim.api.nvim_strwidth(text) > room do
      local count = math.min(room, vim.fn.strchars(text))
      local head = vim.fn.strcharpart(text, 0, count)
      while count > 0 and vim.api.nvim_strwidth(head) > room do
        count = count - 1
        head = vim.fn.strcharpart(text, 0, count)
      end
      if count == 0 and room == width then
        break -- a single character that is wider than the window
      end
      table.insert(current, { head, group })
      table.insert(found, current)
      current, room = {}, width
      text = text:sub(#head + 1)
    end
    if text ~= '' then
      table.insert(current, { text, group })
      room = room - vim.api.nvim_strwidth(text)
    end
  end
  table.insert(found, current)
  return found
end

---@param part sessions.Part
---@param width? integer
---@return sessions.Line[]
local function laid_out(part, width)
  if part.whole or not width then
    return part.lines
  end
  local found = {}
  for _, line in ipairs(part.lines) do
    vim.list_extend(found, wrapped(line, math.max(width, 10)))
  end
  return found
end

---@param lines sessions.Line[]
---@param limit integer
---@param kept sessions.Kept
---@return sessions.Line[]
local function cut(lines, limit, kept)
  if #lines <= limit then
    return lines
  end
  local missing = #lines - limit + 1
  local what = kept == 'tail' and 'lines before' or 'more lines'
  local note = ('… %d %s'):format(missing, what)
  local head = kept == 'head' and limit - 1 or kept == 'tail' and 0 or math.floor(limit / 2)
  local found = vim.list_slice(lines, 1, head)
  table.insert(found, { { note, 'SessionsNote' } })
  return vim.list_extend(found, vim.list_slice(lines, head + missing + 1))
end

--- Fit parts into so many lines. However much was printed, the value or the error is seen.
---@param parts sessions.Line[][]
---@param shapes sessions.Part[] the same parts
---@param limit integer
---@param of_printed sessions.Kept
---@return sessions.Line[]
local function fitted(parts, shapes, limit, of_printed)
  local printed, outcome, of_outcome = {}, {}, 'head'
  for place, lines in ipairs(parts) do
    vim.list_extend(shapes[place].printed and printed or outcome, lines)
    of_outcome = shapes[place].kept or of_outcome
  end
  local room = math.max(limit - #printed, math.floor(limit / 2))
  if #printed > 0 then
    room = math.min(room, limit - 1)
  end
  outcome = cut(outcome, room, of_outcome)
  return vim.list_extend(cut(printed, limit - #outcome, of_printed), outcome)
end

--- The columns that a line takes.
---@param line sessions.Line
---@return integer
function M.columns(line)
  local columns = 0
  for _, piece in ipairs(line) do
    columns = columns + vim.api.nvim_strwidth(piece[1])
  end
  return columns
end

--- Everything that a cell gave, as lines.
---@param cell sessions.Cell
---@param options sessions.RenderOptions?
---@return sessions.Rendered
function M.cell(cell, options)
  options = options or {}
  local pictures, laid, whole = {}, {}, 0
  local shapes, of_printed = all_parts(cell, options, pictures)
  for place, part in ipairs(shapes) do
    laid[place] = laid_out(part, options.width)
    for _, line in ipairs(part.whole and part.lines or {}) do
      whole = math.max(whole, M.columns(line))
    end
  end
  return {
    lines = fitted(laid, shapes, options.max_lines or math.huge, of_printed),
    pictures = pictures,
    whole = whole,
  }
end

--- Whether a result may be taken for the cell's. An error with a reason did not come from running:
--- the cell cannot run, and what it shows is older.
---@param cell sessions.Cell
---@return boolean
function M.true_now(cell)
  local failed = cell.state == 'error' and cell.reason == nil
  return cell.state == 'fresh' or failed or cell.so_far ~= nil
end

--- Lines in the one colour of what is not known to be true.
---@param lines sessions.Line[]
---@return sessions.Line[]
function M.dimmed(lines)
  return vim.tbl_map(function(line)
    return vim.tbl_map(function(piece)
      return { piece[1], 'SessionsStale' }
    end, line)
  end, lines)
end

--- Lines with the bar of the cell's state before each.
---@param lines sessions.Line[]
---@param bar string
---@param state string
---@return sessions.Line[]
function M.barred(lines, bar, state)
  if bar == '' then
    return lines
  end
  local group = highlights.of_state[state] or 'SessionsNew'
  return vim.tbl_map(function(line)
    return vim.list_extend({ { bar, group }, { ' ' } }, line)
  end, lines)
end

--- A time as a person says it: `12 ms`, `1.2 s`, `3 min 5 s`.
---@param milliseconds number
---@return string
function M.duration(milliseconds)
  if milliseconds < 1 then
    return '<1 ms'
  elseif milliseconds < 999.5 then
    return ('%.0f ms'):format(milliseconds)
  elseif milliseconds < 59950 then
    return ('%.1f s'):format(milliseconds / 1000)
  end
  local seconds = math.floor(milliseconds / 1000 + 0.5)
  if seconds < 3600 then
    return ('%d min %d s'):format(math.floor(seconds / 60), seconds % 60)
  end
  return ('%d h %d min'):format(math.floor(seconds / 3600), math.floor(seconds / 60) % 60)
end

--- How a cell stands, in a few words; "" when there is nothing to say.
---@param cell sessions.Cell
---@return string
function M.standing(cell)
  if cell.kind ~= 'code' then
    return ''
  end
  local took = cell.runtime_ms and M.duration(cell.runtime_ms) or ''
  if cell.state == 'new' then
    return 'not run yet'
  elseif cell.state == 'fresh' then
    return took .. (cell.cold and ' · from an earlier session' or '')
  elseif cell.state == 'running' then
    local seconds = cell.started and math.floor((vim.uv.now() - cell.started) / 1000) or 0
    return seconds < 1 and 'running' or 'running ' .. M.duration(seconds * 1000):gsub('%.0 s', ' s')
  elseif cell.state == 'queued' then
    return 'queued' -- its reason is why it was not fresh, and would read as why it waits
  elseif cell.state == 'interrupted' then
    return took ~= '' and 'interrupted after ' .. took or 'interrupted'
  elseif cell.state == 'error' then
    -- The type as well: the traceback may stand below the window, under a long cell.
    return cell.error and ('failed after %s: %s'):format(took, cell.error.type)
      or ('failed: %s'):format(cell.reason or '')
  elseif cell.reason and cell.reason ~= '' then
    return ('%s: %s'):format(cell.state, cell.reason)
  end
  return cell.state
end

return M
