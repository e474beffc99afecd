--- Results, states and signs as extended marks. The only module that draws into notebooks.
local config = require('sessions.config')
local highlights = require('sessions.highlights')
local notebook = require('sessions.notebook')
local pictures = require('sessions.pictures')
local render = require('sessions.render')

local M = {}

local namespace = vim.api.nvim_create_namespace('sessions')

--- Milliseconds that a cell may be queued or running before its last result is touched: one that is
--- over sooner does not flicker.
local CALM = 250

---@class sessions.Drawn the marks of one cell, and what they show
---@field head? integer
---@field result? integer
---@field head_options? vim.api.keyset.set_extmark
---@field result_options? vim.api.keyset.set_extmark
---@field state? string that its marks show
---@field bright? boolean its result is shown as true
---@field pictures sessions.Output[]
---@field lines integer how many lines of text stand above its pictures

---@class sessions.Canvas
---@field cells table<string, sessions.Drawn> by id
---@field width integer that it was drawn for
---@field height integer
---@field scrolls boolean sidewards
---@field hidden boolean
---@field version? integer of the text, and
---@field order? string[] of the cells that all marks were put to their places for
---@field resting sessions.Changed cells whose last result stays as it is for a moment
---@field pulse? boolean cells are drawn again in a moment
---@field typed sessions.Changed cells that are shown as stale until typing ends
---@field repaint? boolean results were put that are not on the screen yet

---@type table<integer, sessions.Canvas>
local canvases = {}

---@param buf integer
---@return sessions.Canvas
local function canvas_of(buf)
  canvases[buf] = canvases[buf] or {
    cells = {},
    width = vim.o.columns,
    height = vim.o.lines,
    scrolls = false,
    hidden = false,
    resting = {},
    typed = {},
  }
  return canvases[buf]
end

--- The columns for text in the narrowest window that shows a buffer, and the lines of a result that
--- the tallest one can show: Neovim does not scroll below the last line, so what is longer there
--- could not be seen.
---@param buf integer
---@return integer? width nil: no window shows it
---@return integer height
---@return boolean scrolls sidewards, in every window
local function size_of(buf)
  local width, height, scrolls = nil, 3, true
  for _, win in ipairs(vim.fn.win_findbuf(buf)) do
    local info = vim.fn.getwininfo(win)[1]
    width = math.min(width or math.huge, info.width - info.textoff)
    local kept = math.min(vim.wo[win].scrolloff, math.floor((info.height - 1) / 2))
    height = math.max(height, info.height - 1 - kept)
    scrolls = scrolls and not vim.wo[win].wrap
  end
  return width, height, scrolls
end

--- Fit a canvas to the windows as they are now.
---@param buf integer
---@param canvas sessions.Canvas
---@return boolean whether that is another size
local function fit(buf, canvas)
  local width, height, scrolls = size_of(buf)
  if
    not width
    or width == canvas.width and height == canvas.height and scrolls == canvas.scrolls
  then
    return false
  end
  canvas.width, canvas.height, canvas.scrolls = width, height, scrolls
  return true
end

---@param cell sessions.Cell
---@return vim.api.keyset.set_extmark?
local function head_of(cell)
  local options = config.get()
  local made = { undo_restore = false, priority = 20 }
  local group = highlights.of_state[cell.state]
  if options.signs and cell.kind == 'code' then
    made.sign_text, made.sign_hl_group = options.signs[cell.state], group
  end
  local standing = options.marker and render.standing(cell) or ''
  if standing ~= '' then
    local settled = cell.state == 'fresh' or cell.state == 'new'
    made.virt_text = { { ' ' .. standing, settled and 'SessionsMarker' or group } }
    made.hl_mode = 'combine'
  end
  return (made.sign_text or made.virt_text) and made or nil
end

---@param cell sessions.Cell
---@param canvas sessions.Canvas
---@param drawn sessions.Drawn
local function result_of(cell, canvas, drawn)
  local options = config.get().results
  local bar = vim.api.nvim_strwidth(options.bar)
  local width = canvas.width - (bar > 0 and bar + 1 or 0)
  local made = render.cell(cell, {
    width = options.wrap and width or nil,
    table_width = not canvas.scrolls and width or nil,
    max_lines = math.min(options.max_lines, canvas.height),
    draws = pictures.draws,
  })
  drawn.pictures, drawn.lines = made.pictures, #made.lines
  local lines = render.true_now(cell) and made.lines or render.dimmed(made.lines)
  lines = render.barred(lines, options.bar, cell.state)
  for _ = 1, pictures.rows_kept(made.pictures) do
    table.insert(lines, { { '' } })
  end
  drawn.result_options = nil
  if #lines > 0 or #made.pictures > 0 then
    drawn.result_options = {
      undo_restore = false,
      virt_lines = #lines > 0 and lines or nil,
      virt_lines_overflow = 'scroll',
      -- Before the marks at the same place that draw its pictures.
      right_gravity = #made.pictures == 0,
    }
  end
end

---@param cell sessions.Cell
---@return boolean
local function active(cell)
  return cell.state == 'queued' or cell.state == 'running'
end

--- Draw again in a moment what changes by itself: results that rested, and the time that a cell
--- takes. One timer for all cells of a buffer.
---@param buf integer
---@param canvas sessions.Canvas
local function pulse(buf, canvas)
  if canvas.pulse then
    return
  end
  canvas.pulse = true
  vim.defer_fn(function()
    canvas.pulse = nil
    if canvases[buf] ~= canvas then
      return
    end
    local again = canvas.resting
    canvas.resting = {}
    for _, cell in ipairs(notebook.list(buf)) do
      again[cell.id] = active(cell)
          and (again[cell.id] or cell.state == 'running' and 'standing')
        or nil
    end
    M.update(buf, again)
    require('sessions.follow').update(buf)
  end, CALM)
end

--- Whether a result stays as it is for a moment, because its cell has only just begun to run.
---@param canvas sessions.Canvas
---@param cell sessions.Cell
---@return boolean
local function rests(canvas, cell)
  local resting = active(cell) and vim.uv.now() - cell.since < CALM
  canvas.resting[cell.id] = resting and 'result' or nil
  return resting
end

---@param buf integer
---@param mark? integer
---@param line integer
---@param options? vim.api.keyset.set_extmark
---@return integer?
local function put(buf, mark, line, options)
  if not options then
    if mark then
      vim.api.nvim_buf_del_extmark(buf, namespace, mark)
    end
    return nil
  end
  local last = vim.api.nvim_buf_line_count(buf) - 1
  options.id = mark
  return vim.api.nvim_buf_set_extmark(buf, namespace, math.min(line, last), 0, options)
end

---@param buf integer
---@param drawn sessions.Drawn
local function erase(buf, drawn)
  put(buf, drawn.head, 0, nil)
  put(buf, drawn.result, 0, nil)
end

--- A cell as it is to be shown. While somebody types, code is half-written at every second key: what
--- cannot be parsed, and what waits for it, is stale like all else that is being edited.
---@param buf integer
---@param canvas sessions.Canvas
---@param cell sessions.Cell
---@param drawn sessions.Drawn
---@return sessions.Cell
local function as_shown(buf, canvas, cell, drawn)
  local broken = cell.state == 'blocked' or cell.state == 'error' and cell.reason ~= nil
  local told = drawn.state == 'blocked' or drawn.state == 'error'
  local typing = buf == vim.api.nvim_get_current_buf() and vim.fn.mode():find('^[iR]') ~= nil
  canvas.typed[cell.id] = broken and typing and not told and 'result' or nil
  if not canvas.typed[cell.id] then
    return cell
  end
  local shown = vim.tbl_extend('force', {}, cell)
  shown.state, shown.reason = drawn.state == 'new' and 'new' or 'stale', nil
  return shown
end

---@param buf integer
---@return table<integer, integer> rows by mark
local function rows_of_marks(buf)
  local rows = {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, namespace, 0, -1, {})) do
    rows[mark[1]] = mark[2]
  end
  return rows
end

--- Make the marks of a cell anew.
---@param buf integer
---@param canvas sessions.Canvas
---@param cell sessions.Cell
---@param drawn sessions.Drawn
---@param change sessions.Change
---@return boolean whether its result is to be put as well
local function make(buf, canvas, cell, drawn, change)
  local shown = as_shown(buf, canvas, cell, drawn)
  local bright = render.true_now(shown)
  local as_before = drawn.state == shown.state and drawn.bright == bright
  -- The reason why it is stale stays while its code is not whole.
  if shown == cell or not as_before then
    drawn.head_options = head_of(shown)
  end
  drawn.state, drawn.bright = shown.state, bright
  if active(cell) then
    pulse(buf, canvas)
  end
  if rests(canvas, cell) or as_before and change == 'standing' then
    return false
  end
  result_of(shown, canvas, drawn)
  return true
end

--- Draw one cell.
---@param buf integer
---@param canvas sessions.Canvas
---@param cell sessions.Cell
---@param change? sessions.Change
---@param rows? table<integer, integer> where the marks are now; nil: where the notebook says
---@param placed boolean the notebook's ranges are those of the buffer
local function draw_cell(buf, canvas, cell, change, rows, placed)
  local drawn = canvas.cells[cell.id]
  if not drawn then
    drawn, change = { pictures = {}, lines = 0 }, 'result'
    canvas.cells[cell.id] = drawn
  end
  local made = change ~= nil and make(buf, canvas, cell, drawn, change)
  local head, result = cell.range.start.line, cell.result_at.line
  if rows and not placed then
    head, result = rows[drawn.head] or head, rows[drawn.result] or result
  end
  if change or (rows and drawn.head and rows[drawn.head] ~= head) then
    drawn.head = put(buf, drawn.head, head, drawn.head_options)
  end
  if made or (rows and drawn.result and rows[drawn.result] ~= result) then
    drawn.result = put(buf, drawn.result, result, drawn.result_options)
    canvas.repaint = true
    pictures.show(buf, cell.id, result, drawn.pictures, drawn.lines)
  end
end

--- Bring new results to the screen. Neovim paints lines below a mark again with the line of text that
--- follows them; where that one is below the window, they would stay as they were.
---@param buf integer
local function repaint(buf)
  if vim.api.nvim_buf_is_loaded(buf) then
    vim.api.nvim__redraw({ buf = buf, valid = false, flush = false })
  end
end

---@param buf integer
---@param canvas sessions.Canvas
local function painted(buf, canvas)
  if canvas.repaint then
    canvas.repaint = nil
    repaint(buf)
  end
end

--- Bring the marks of a buffer to what is known: cells that changed are drawn anew, and marks that
--- an edit has carried away go back to their place.
---@param buf integer
---@param changed? sessions.Changed nil: all of them
function M.update(buf, changed)
  local canvas, known = canvas_of(buf), notebook.get(buf)
  if canvas.hidden or not known or not vim.api.nvim_buf_is_loaded(buf) then
    return
  end
  if fit(buf, canvas) then
    changed = nil
  end
  -- Ranges of a text that the buffer has left behind say nothing about where marks belong; another
  -- message is on its way.
  local placed = notebook.current(buf)
  if changed and placed and canvas.version == known.version and canvas.order == known.order then
    for id, change in pairs(changed) do
      if known.cells[id] then
        draw_cell(buf, canvas, known.cells[id], change, nil, true)
      end
    end
    painted(buf, canvas)
    return
  end
  local rows = rows_of_marks(buf)
  for _, cell in ipairs(notebook.list(buf)) do
    local change = changed and changed[cell.id]
    draw_cell(buf, canvas, cell, change or changed == nil and 'result' or nil, rows, placed)
  end
  for id, drawn in pairs(canvas.cells) do
    if not known.cells[id] then
      erase(buf, drawn)
      canvas.repaint = true
      pictures.show(buf, id, 0, {}, 0)
      canvas.cells[id] = nil
    end
  end
  canvas.version, canvas.order = placed and known.version or nil, known.order
  painted(buf, canvas)
end

--- Typing has ended: show what could not be parsed as what it is.
---@param buf integer
function M.typed(buf)
  local canvas = canvases[buf]
  if canvas and next(canvas.typed) then
    M.update(buf, canvas.typed)
  end
end

--- Take everything away that was drawn into a buffer.
---@param buf integer
function M.clear(buf)
  canvases[buf] = nil
  pictures.clear(buf)
  if vim.api.nvim_buf_is_valid(buf) then
    vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
    repaint(buf)
  end
end

--- Hide what is drawn into a buffer, or show it again.
---@param buf integer
---@return boolean whether it is shown now
function M.toggle(buf)
  local hide = not canvas_of(buf).hidden
  M.clear(buf)
  canvas_of(buf).hidden = hide
  M.update(buf)
  return not hide
end

--- Draw again where the size of the windows is another one now.
function M.resized()
  for buf in pairs(canvases) do
    if vim.api.nvim_buf_is_valid(buf) then
      M.update(buf, {})
    end
  end
end

--- Scroll a window so that the result of the cell at its cursor is seen, as far as there is room.
---@param win integer
---@param id string
function M.reveal(win, id)
  local buf = vim.api.nvim_win_get_buf(win)
  local drawn = (canvases[buf] or { cells = {} }).cells[id]
  local place = drawn
    and drawn.result
    and vim.api.nvim_buf_get_extmark_by_id(buf, namespace, drawn.result, {})
  if not place or #place == 0 then
    return
  end
  local below = drawn.result_options and drawn.result_options.virt_lines or {}
  vim.api.nvim_win_call(win, function()
    local view = vim.fn.winsaveview()
    local top = view.topline - 1
    -- The lines drawn above the first one may be scrolled away in part.
    local above = vim.api.nvim_win_text_height(win, { start_row = top, end_row = top }).fill
    local height = vim.api.nvim_win_text_height(win, { start_row = top, end_row = place[1] }).all
    local seen = height - above + view.topfill + #below
    local excess = seen - vim.api.nvim_win_get_height(win)
    if place[1] < view.topline - 1 or excess <= 0 then
      return
    end
    -- The cursor stays where it is, so no further than to its line.
    local room = vim.fn.winline() - 1 - vim.wo.scrolloff
    if math.min(excess, room) > 0 then
      vim.cmd.normal({ vim.keycode(('%d<C-e>'):format(math.min(excess, room))), bang = true })
    end
  end)
end

return M
