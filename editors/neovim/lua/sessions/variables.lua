--- The names that cells bind, as a list in a window; <CR> goes to the cell that made a name.
local notebook = require('sessions.notebook')
local say = require('sessions.say')
local server = require('sessions.server')
local tables = require('sessions.tables')

local M = {}

---@class sessions.Variable
---@field name string
---@field type? string
---@field size? string|integer
---@field value? string
---@field kind? 'value'|'function'|'class'|'module'
---@field held? boolean false: the value was changed since the cell made it
---@field cell integer number of the cell that made it
---@field state string of that cell

--- What is known without asking the kernel: names and their cells.
---@param buf integer
---@return sessions.Variable[]
function M.bound(buf)
  local found, places = {}, {}
  for _, cell in ipairs(notebook.list(buf)) do
    for _, name in ipairs(cell.binds or {}) do
      if not places[name] then
        places[name] = #found + 1
      end
      found[places[name]] = { name = name, cell = cell.number, state = cell.state }
    end
  end
  return found
end

--- Values first; what was imported or defined to make them, after those.
---@param variables sessions.Variable[]
---@return sessions.Variable[]
function M.values_first(variables)
  local values, tools = {}, {}
  for _, variable in ipairs(variables) do
    table.insert(variable.kind == 'value' and values or tools, variable)
  end
  return vim.list_extend(values, tools)
end

---@param variable sessions.Variable
---@param head string
---@return string
local function field(variable, head)
  if head == 'cell' and variable.state ~= 'fresh' then
    return ('%d (%s)'):format(variable.cell, variable.state)
  elseif head == 'value' and variable.held == false then
    return 'changed in place since'
  end
  return (tostring(variable[head] or ''):gsub('%s+', ' '))
end

---@param buf integer
---@param variables sessions.Variable[]
---@param heads string[]
local function list(buf, variables, heads)
  if #variables == 0 then
    say.info('no cell binds a name.')
    return
  end
  local rows = { heads }
  for _, variable in ipairs(variables) do
    local row = {}
    for _, head in ipairs(heads) do
      table.insert(row, field(variable, head))
    end
    table.insert(rows, row)
  end
  local lines = tables.lines({ rows = rows, head = 1 }, 'SessionsResult', 'SessionsTableHead')
  local window = vim.api.nvim_get_current_win()
  local made = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(made, ('sessions://variables/%d'):format(made))
  vim.bo[made].bufhidden, vim.bo[made].filetype = 'wipe', 'sessions-variables'
  local texts = vim.tbl_map(function(line)
    return table.concat(vim.tbl_map(function(piece)
      return piece[1]
    end, line))
  end, lines)
  vim.api.nvim_buf_set_lines(made, 0, -1, false, texts)
  vim.bo[made].modifiable = false
  vim.api.nvim_buf_set_extmark(made, vim.api.nvim_create_namespace('sessions.variables'), 0, 0, {
    end_row = 1,
    hl_group = 'SessionsTableHead',
  })
  local opened = vim.api.nvim_open_win(made, true, {
    split = 'below',
    win = 0,
    style = 'minimal',
    height = math.min(#texts, math.floor(vim.o.lines / 3)),
  })
  vim.wo[opened].wrap, vim.wo[opened].cursorline = false, true
  vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = made, nowait = true, desc = 'Close' })
  vim.keymap.set('n', '<CR>', function()
    local variable = variables[vim.api.nvim_win_get_cursor(0)[1] - 1]
    local cell = variable and notebook.list(buf)[variable.cell]
    if cell and vim.api.nvim_win_is_valid(window) then
      vim.api.nvim_set_current_win(window)
      vim.api.nvim_win_set_cursor(window, { cell.range.start.line + 1, 0 })
    end
  end, { buffer = made, desc = 'To the cell that made it' })
end

--- Show the list: with types and values where a kernel holds them, else names and cells.
---@param buf integer
function M.show(buf)
  server.with(buf, function(client)
    if not server.offers(client, 'sessions.variables') then
      list(buf, M.bound(buf), { 'name', 'cell' })
      return
    end
    server.execute(buf, 'variables', {}, function(answer)
      if type(answer.why) == 'string' then
        say.info('%s', answer.why)
      end
      if #answer.variables > 0 then
        list(buf, M.values_first(answer.variables), { 'name', 'type', 'size', 'value', 'cell' })
      else
        list(buf, M.bound(buf), { 'name', 'cell' })
      end
    end)
  end)
end

return M
