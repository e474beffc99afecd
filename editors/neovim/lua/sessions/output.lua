--- Whole results: in a window that floats, in one that stays beside the notebook, or in the system's
--- viewer.
local notebook = require('sessions.notebook')
local pictures = require('sessions.pictures')
local places = require('sessions.places')
local render = require('sessions.render')
local say = require('sessions.say')
local server = require('sessions.server')

local M = {}

local namespace = vim.api.nvim_create_namespace('sessions.output')

--- The window that stays, and the cell that it shows.
---@type { buf: integer, notebook: integer, id?: string, runs?: boolean }?
local beside

---@param buf integer
---@param lines sessions.Line[]
local function fill(buf, lines)
  local texts, marks = {}, {}
  for number, line in ipairs(lines) do
    local text = ''
    for _, piece in ipairs(line) do
      if piece[2] then
        table.insert(marks, { number - 1, #text, #text + #piece[1], piece[2] })
      end
      text = text .. piece[1]
    end
    texts[number] = text
  end
  vim.bo[buf].modifiable = true
  vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, texts)
  vim.bo[buf].modifiable = false
  for _, mark in ipairs(marks) do
    local groups = type(mark[4]) == 'table' and mark[4] or { mark[4] }
    for _, group in ipairs(groups) do
      local options = { end_col = mark[3], hl_group = group }
      vim.api.nvim_buf_set_extmark(buf, namespace, mark[1], mark[2], options)
    end
  end
end

---@param cell sessions.Cell
---@return sessions.Line[]
---@return sessions.Output[] pictures
---@return integer columns of the widest table
local function content(cell)
  local made = render.cell(cell, { draws = pictures.draws })
  local title = cell.title and (' (%s)'):format(cell.title) or ''
  local lines = { { { ('cell %d%s · %s'):format(cell.number, title, render.standing(cell)) } } }
  lines[1][1][2] = 'SessionsTableHead'
  if #made.lines == 0 and #made.pictures == 0 then
    table.insert(lines, { { 'It shows nothing.', 'SessionsNote' } })
  end
  vim.list_extend(lines, made.lines)
  for _, output in ipairs(cell.outputs) do
    if output.file then
      -- A path of its own line: `gf` and `gx` open it.
      table.insert(lines, { { output.file, 'SessionsNote' } })
    end
  end
  return lines, made.pictures, made.whole
end

--- Call a function with a cell whose texts are whole, asking the server for what was cut.
---@param buf integer
---@param cell sessions.Cell
---@param action fun(cell: sessions.Cell)
local function whole(buf, cell, action)
  if #cell.cut == 0 then
    action(cell)
    return
  end
  server.execute(buf, 'status', {}, function(status)
    for _, other in ipairs(status and status.cells or {}) do
      if other.id == cell.id then
        action(vim.tbl_extend('force', cell, {
          text = other.text,
          stdout = other.stdout,
          stderr = other.stderr,
          cut = {},
        }))
        return
      end
    end
    action(cell)
  end)
end

---@return integer buf
local function scratch()
  local buf = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(buf, ('sessions://output/%d'):format(buf))
  vim.bo[buf].bufhidden, vim.bo[buf].filetype = 'wipe', 'sessions-output'
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = buf, nowait = true, desc = 'Close' })
  return buf
end

---@param buf integer
---@param lines sessions.Line[]
---@param shown sessions.Output[]
local function put(buf, lines, shown)
  fill(buf, lines)
  pictures.show(buf, 'output', #lines - 1, shown, 0)
end

--- Show the whole result of a cell in a window that floats; `q` closes it.
---@param buf integer
---@param cell sessions.Cell
function M.show(buf, cell)
  whole(buf, cell, function(full)
    local lines, shown, widest = content(full)
    local made = scratch()
    local width = 40
    for _, line in ipairs(lines) do
      width = math.max(width, render.columns(line))
    end
    width = math.min(width, vim.o.columns - 4)
    local win = vim.api.nvim_open_win(made, true, {
      relative = 'cursor',
      row = 1,
      col = 0,
      width = width,
      height = math.min(math.max(#lines, 3), math.floor(vim.o.lines * 0.6)),
      style = 'minimal',
      border = vim.o.winborder ~= '' and vim.o.winborder or 'rounded',
    })
    vim.wo[win].wrap = widest <= width -- a table is moved sidewards: `zl`, `zh`
    vim.keymap.set('n', '<Esc>', '<Cmd>close<CR>', { buffer = made, nowait = true, desc = 'Close' })
    put(made, lines, shown)
  end)
end

--- Show a cell in the window that stays: another one from its top, and of one that runs what it
--- wrote last, unless the person has gone up to read.
---@param cell sessions.Cell
local function show_beside(cell)
  local target = assert(beside)
  local other, runs = target.id ~= cell.id, cell.so_far ~= nil
  local begins = runs and (other or not target.runs)
  target.id, target.runs = cell.id, runs
  local function shown(full)
    local lines, outputs, widest = content(full)
    local win = vim.fn.bufwinid(target.buf)
    local line = win ~= -1 and vim.api.nvim_win_get_cursor(win)[1] or 1
    local at_end = line == vim.api.nvim_buf_line_count(target.buf)
    put(target.buf, lines, outputs)
    if win ~= -1 then
      vim.wo[win].wrap = widest <= vim.api.nvim_win_get_width(win)
      local goal = (begins or runs and at_end) and #lines or other and 1
      if goal then
        vim.api.nvim_win_set_cursor(win, { goal, 0 })
      end
    end
  end
  shown(cell)
  if #cell.cut > 0 then
    whole(target.notebook, cell, function(full)
      if beside == target and target.id == full.id then
        shown(full)
      end
    end)
  end
end

--- Bring the window that stays up to date with the cell at the notebook's cursor.
---@param buf integer of the notebook
function M.update(buf)
  if not beside or beside.notebook ~= buf then
    return
  end
  local win = vim.fn.bufwinid(buf)
  local cell = win ~= -1 and places.cell_at_cursor(win) or nil
  if cell then
    show_beside(cell)
  end
end

--- Open the window that stays beside a notebook, or close it.
---@param buf integer of the notebook
function M.toggle(buf)
  local old = beside
  if old then
    vim.api.nvim_buf_delete(old.buf, { force = true }) -- its autocommand forgets it
    if old.notebook == buf then
      return
    end
  end
  local made = scratch()
  vim.api.nvim_open_win(made, false, { split = 'right', win = 0, style = 'minimal' })
  beside = { buf = made, notebook = buf }
  local group = vim.api.nvim_create_augroup('sessions.output', {})
  vim.api.nvim_create_autocmd('CursorMoved', {
    group = group,
    buffer = buf,
    callback = function()
      local cell = places.cell_at_cursor()
      if cell and beside and cell.id ~= beside.id then
        show_beside(cell)
      end
    end,
  })
  vim.api.nvim_create_autocmd('BufWipeout', {
    group = group,
    buffer = made,
    callback = function()
      beside = nil
      pictures.clear(made)
      vim.api.nvim_del_augroup_by_id(group)
    end,
  })
  M.update(buf)
end

local ENDINGS = {
  ['text/html'] = 'html',
  ['image/svg+xml'] = 'svg',
  ['text/markdown'] = 'md',
  ['text/latex'] = 'tex',
  ['text/plain'] = 'txt',
  ['application/json'] = 'json',
}

--- The file with an output; one is made for what came without.
---@param output sessions.Output
---@return string
local function file_of(output)
  if output.file then
    return output.file
  end
  local path = ('%s.%s'):format(vim.fn.tempname(), ENDINGS[output.mime] or 'txt')
  local file = assert(io.open(path, 'wb'))
  file:write(output.data)
  file:close()
  return path
end

--- The types that a cell can be opened in, the richest first.
---@param cell sessions.Cell
---@return string[]
function M.types(cell)
  local function rank(mime)
    return mime:find('^image/') and 1
      or mime == 'application/pdf' and 2
      or mime == 'text/html' and 3
      or 4
  end
  local found = {}
  for _, output in ipairs(cell.outputs) do
    if not vim.tbl_contains(found, output.mime) then
      table.insert(found, output.mime)
    end
  end
  table.sort(found, function(one, other)
    return rank(one) == rank(other) and one < other or rank(one) < rank(other)
  end)
  return found
end

local LOOKS, PAUSE = 20, 250 -- how often it is looked whether an opener has ended, and when

--- Say where a file is when its opener fails, as over ssh. One that works ends as well, or stays as
--- long as the viewer does.
---@param opener vim.SystemObj
---@param path string
---@param looks integer that are left
local function unless_opened(opener, path, looks)
  if opener:is_closing() then
    local code = opener:wait().code
    if code ~= 0 then
      say.warn('%s could not be opened: %s ended with %d', path, opener.cmd[1], code)
    end
  elseif looks > 0 then
    vim.defer_fn(function()
      unless_opened(opener, path, looks - 1)
    end, PAUSE)
  end
end

--- Open a result in the browser, or whatever the system opens its type with.
---@param cell sessions.Cell
---@param mime string? the type wanted; nil: the richest
function M.open(cell, mime)
  mime = mime or M.types(cell)[1]
  for _, output in ipairs(cell.outputs) do
    if output.mime == mime then
      local path = file_of(output)
      local opener, failure = vim.ui.open(path)
      if failure then
        say.warn('%s has no viewer here: %s', path, failure)
      elseif opener then
        unless_opened(opener, path, LOOKS)
      end
      return
    end
  end
  if mime then
    say.warn('cell %d has no %s; it has %s.', cell.number, mime, table.concat(M.types(cell), ', '))
  else
    say.info('cell %d has only text: see `:Sessions show`.', cell.number)
  end
end

--- The cell at the cursor of the notebook's window, for commands.
---@param buf integer
---@return sessions.Cell?
function M.cell(buf)
  local cell = places.cell_at_cursor()
  if not cell then
    say.warn(
      notebook.get(buf) and 'the cursor is in no cell.' or 'nothing is known of this buffer yet.'
    )
  end
  return cell
end

return M
