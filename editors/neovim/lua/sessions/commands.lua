--- `:Sessions …`: one command, a table of what it does.
local notebook = require('sessions.notebook')
local output = require('sessions.output')
local places = require('sessions.places')
local say = require('sessions.say')
local server = require('sessions.server')

local M = {}

---@class sessions.Given what a subcommand is called with
---@field buf integer
---@field words string[] after its name
---@field rest string the same as one text
---@field first? integer line of a range, from 1
---@field last? integer

---@class sessions.Subcommand
---@field desc string
---@field action fun(given: sessions.Given)
---@field complete? fun(buf: integer): string[]

--- The cells that a command is for: those named, those of the range, else that at the cursor.
---@param given sessions.Given
---@return table[] arguments for the server
local function chosen(given)
  if given.rest ~= '' then
    return { { cell = tonumber(given.rest) or given.rest } }
  elseif given.first then
    local found = {}
    for _, place in ipairs(places.list(given.buf)) do
      local touched = place.first < given.last and place.last >= given.first - 1
      if touched and (not place.cell or place.cell.kind == 'code') then
        table.insert(found, { line = place.first + 1 })
      end
    end
    return found
  end
  return { { line = vim.api.nvim_win_get_cursor(0)[1] } }
end

---@param command string
---@return fun(given: sessions.Given)
local function on_cells(command)
  return function(given)
    for _, argument in ipairs(chosen(given)) do
      server.execute(given.buf, command, argument)
    end
  end
end

---@param command string
---@return fun(given: sessions.Given)
local function on_notebook(command)
  return function(given)
    server.execute(given.buf, command, {})
  end
end

--- Run the cell at the cursor, or those asked for, and scroll to what it gives.
---@param given sessions.Given
local function run(given)
  local cell = places.cell_at_cursor()
  local here = given.rest == '' and not given.first
  if here and cell and cell.kind ~= 'code' then
    say.info('cell %d is text; there is nothing to run.', cell.number)
    return
  end
  if here and cell then
    require('sessions.follow').expect(vim.api.nvim_get_current_win(), cell.id)
  end
  on_cells('runCell')(given)
end

---@param given sessions.Given
local function run_and_advance(given)
  local cell = places.cell_at_cursor()
  if not cell or cell.kind == 'code' then
    on_cells('runCell')(given)
  end
  if not require('sessions.motions').advance() then
    say.info('this is the last cell.')
  end
end

--- A value as it is typed: JSON where it is some, else text.
---@param text string
---@return any
function M.value(text)
  local read, value = pcall(vim.json.decode, text)
  if read and value ~= vim.NIL then
    return value
  end
  local python = { True = true, False = false }
  if python[text] ~= nil then
    return python[text]
  end
  return (text:gsub([[^(['"])(.*)%1$]], '%2'))
end

---@param given sessions.Given
local function set(given)
  if #given.words == 0 then
    say.warn('what is to be set? `:Sessions set name=value`')
    return
  end
  for _, word in ipairs(given.words) do
    local name, text = word:match('^([%a_][%w_]*)=(.*)$')
    if not name then
      say.warn('%s is not of the form `name=value`.', word)
      return
    end
    server.execute(given.buf, 'setBond', { name = name, value = M.value(text) })
  end
end

---@param given sessions.Given
---@param action fun(cell: sessions.Cell)
local function with_cell(given, action)
  server.with(given.buf, function()
    local cell = output.cell(given.buf)
    if cell then
      action(cell)
    end
  end)
end

---@param buf integer
---@return string[]
local function titles(buf)
  local found = {}
  for _, cell in ipairs(notebook.list(buf)) do
    if cell.kind == 'code' then
      table.insert(found, cell.title or tostring(cell.number))
    end
  end
  return found
end

---@param buf integer
---@return string[]
local function bonds(buf)
  local found = {}
  for name, value in pairs((notebook.get(buf) or { bonds = {} }).bonds) do
    table.insert(found, ('%s=%s'):format(name, vim.json.encode(value)))
  end
  return found
end

---@param given sessions.Given
local function log(given)
  local client = server.client(given.buf)
  for place, word in
    ipairs(client and type(client.config.cmd) == 'table' and client.config.cmd or {})
  do
    if word == '--log' then
      vim.cmd.split(vim.fn.fnameescape(client.config.cmd[place + 1]))
      return
    end
  end
  vim.cmd.split(vim.fn.fnameescape(vim.lsp.log.get_filename()))
  vim.cmd('normal! G')
end

---@type table<string, sessions.Subcommand>
M.COMMANDS = {
  run = {
    desc = 'this cell, or the one named, or those of the range',
    action = run,
    complete = titles,
  },
  ['run-and-advance'] = {
    desc = 'this cell; the cursor goes to the next',
    action = run_and_advance,
  },
  ['run-above'] = { desc = 'every cell above this one', action = on_cells('runAbove') },
  ['run-below'] = { desc = 'this cell and every one below', action = on_cells('runBelow') },
  ['run-stale'] = { desc = 'every cell that is not fresh', action = on_notebook('runStale') },
  ['run-all'] = { desc = 'every cell', action = on_notebook('runAll') },
  interrupt = { desc = 'stop the cell that runs', action = on_notebook('interrupt') },
  restart = { desc = 'end the kernel; results stay', action = on_notebook('restart') },
  clear = {
    desc = 'forget the result of this cell',
    action = on_cells('clearOutputs'),
    complete = titles,
  },
  ['clear-all'] = { desc = 'forget all results', action = on_notebook('clearOutputs') },
  show = {
    desc = 'the whole result of this cell in a window that floats',
    action = function(given)
      with_cell(given, function(cell)
        output.show(given.buf, cell)
      end)
    end,
  },
  output = {
    desc = 'a window beside the notebook with the whole result of the cell at the cursor; again: close it',
    action = function(given)
      server.with(given.buf, function()
        output.toggle(given.buf)
      end)
    end,
  },
  open = {
    desc = 'the result in the browser or viewer; a MIME type may be named',
    action = function(given)
      with_cell(given, function(cell)
        output.open(cell, given.words[1])
      end)
    end,
    complete = function()
      local cell = places.cell_at_cursor()
      return cell and output.types(cell) or {}
    end,
  },
  toggle = {
    desc = 'hide results and states, or show them again',
    action = function(given)
      require('sessions.draw').toggle(given.buf)
    end,
  },
  set = { desc = 'set widgets: name=value …', action = set, complete = bonds },
  trust = { desc = 'let saving run this notebook, from now on', action = on_notebook('trust') },
  status = {
    desc = 'how the notebook stands',
    action = function(given)
      server.with(given.buf, function()
        local lines = require('sessions.status').lines(given.buf)
        vim.api.nvim_echo({ { table.concat(lines, '\n') } }, false, {})
      end)
    end,
  },
  variables = {
    desc = 'the names that cells bind',
    action = function(given)
      require('sessions.variables').show(given.buf)
    end,
  },
  diff = {
    desc = 'the buffer beside the file as it is on disk',
    action = function(given)
      require('sessions.watch').diff(given.buf)
    end,
  },
  log = { desc = "the server's log", action = log },
}

--- Carry out `:Sessions`.
---@param given { args: string, range: integer, line1?: integer, line2?: integer }
function M.execute(given)
  local words = vim.split(vim.trim(given.args), '%s+', { trimempty = true })
  local name = table.remove(words, 1) or 'status'
  local found = M.COMMANDS[name]
  if not found then
    say.error('there is no `:Sessions %s`; <Tab> shows what there is.', name)
    return
  end
  local ranged = given.range > 0
  found.action({
    buf = vim.api.nvim_get_current_buf(),
    words = words,
    rest = vim.trim(given.args):match('^%S+%s+(.*)$') or '',
    first = ranged and given.line1 or nil,
    last = ranged and given.line2 or nil,
  })
end

--- What may follow in a command line.
---@param line string up to the cursor
---@return string[]
function M.complete(line)
  local typed = line:match('Sessions!?%s+(.*)$') or ''
  local name, rest = typed:match('^(%S+)%s+(.*)$')
  local found
  if name then
    local command = M.COMMANDS[name]
    found = command and command.complete and command.complete(vim.api.nvim_get_current_buf()) or {}
    -- Neovim completes a word; titles may hold several.
    local before = rest:match('^(.*%s)') or ''
    found = vim.tbl_map(function(text)
      return vim.startswith(text, before) and text:sub(#before + 1) or nil
    end, found)
    typed = rest:sub(#before + 1)
  else
    found = vim.tbl_keys(M.COMMANDS)
    table.sort(found)
  end
  return vim.tbl_filter(function(text)
    return vim.startswith(text, typed)
  end, vim.tbl_values(found))
end

return M
