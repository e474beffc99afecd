--- `<Plug>` maps for everything, and a few keys where nothing else is mapped.
local config = require('sessions.config')

local M = {}

---@param line string
local function command(line)
  return function()
    require('sessions.commands').execute({ args = line, range = 0 })
  end
end

---@param key string what it means in a window that shows differences
---@param step 1|-1
local function motion(key, step)
  return function()
    if vim.wo.diff then
      vim.cmd.normal({ vim.v.count1 .. key, bang = true })
    else
      require('sessions.motions').go(step)
    end
  end
end

---@param inner boolean
local function object(inner)
  return function()
    require('sessions.motions').select(inner)
  end
end

---@param direction 1|-1
local function step(direction)
  return function()
    require('sessions.widgets').step(direction)
  end
end

---@class sessions.Plug
---@field modes string[]
---@field action fun()
---@field desc string

---@type table<string, sessions.Plug>
local PLUGS = {
  Run = { modes = { 'n' }, action = command('run'), desc = 'Run the cell' },
  RunAndAdvance = {
    modes = { 'n' },
    action = command('run-and-advance'),
    desc = 'Run the cell, go to the next',
  },
  RunAbove = { modes = { 'n' }, action = command('run-above'), desc = 'Run the cells above' },
  RunBelow = { modes = { 'n' }, action = command('run-below'), desc = 'Run from this cell on' },
  RunStale = { modes = { 'n' }, action = command('run-stale'), desc = 'Run what is stale' },
  RunAll = { modes = { 'n' }, action = command('run-all'), desc = 'Run all cells' },
  Interrupt = { modes = { 'n' }, action = command('interrupt'), desc = 'Stop the running cell' },
  Restart = { modes = { 'n' }, action = command('restart'), desc = 'End the kernel' },
  Show = { modes = { 'n' }, action = command('show'), desc = 'Show the whole result' },
  Output = { modes = { 'n' }, action = command('output'), desc = 'The output window' },
  Open = { modes = { 'n' }, action = command('open'), desc = 'Open the result in a viewer' },
  Variables = { modes = { 'n' }, action = command('variables'), desc = 'List the variables' },
  Toggle = { modes = { 'n' }, action = command('toggle'), desc = 'Hide or show results' },
  NextCell = { modes = { 'n', 'x', 'o' }, action = motion(']c', 1), desc = 'Next cell' },
  PreviousCell = { modes = { 'n', 'x', 'o' }, action = motion('[c', -1), desc = 'Previous cell' },
  InnerCell = { modes = { 'x', 'o' }, action = object(true), desc = 'Inner cell' },
  AroundCell = { modes = { 'x', 'o' }, action = object(false), desc = 'A cell' },
  Increase = { modes = { 'n' }, action = step(1), desc = 'Step the widget up, or add' },
  Decrease = { modes = { 'n' }, action = step(-1), desc = 'Step the widget down, or subtract' },
}

--- Option of each default key -> its <Plug>.
local DEFAULTS = {
  next_cell = 'NextCell',
  previous_cell = 'PreviousCell',
  inner_cell = 'InnerCell',
  around_cell = 'AroundCell',
  increase = 'Increase',
  decrease = 'Decrease',
}

--- What was mapped in each buffer, to be taken away again.
---@type table<integer, { mode: string, key: string }[]>
local mapped = {}

--- Define every `<Plug>(Sessions…)`.
function M.plugs()
  for name, plug in pairs(PLUGS) do
    vim.keymap.set(
      plug.modes,
      ('<Plug>(Sessions%s)'):format(name),
      plug.action,
      { desc = plug.desc }
    )
  end
end

--- Map the default keys in a notebook, each where nothing is mapped.
---@param buf integer
function M.map(buf)
  local keys = config.get().keys
  if not keys or mapped[buf] then
    return
  end
  mapped[buf] = {}
  vim.api.nvim_buf_call(buf, function()
    for option, name in pairs(DEFAULTS) do
      local key, plug = keys[option], PLUGS[name]
      for _, mode in ipairs(key and plug.modes or {}) do
        if vim.fn.maparg(key, mode) == '' then
          local goal = ('<Plug>(Sessions%s)'):format(name)
          vim.keymap.set(mode, key, goal, { buffer = buf, remap = true, desc = plug.desc })
          table.insert(mapped[buf], { mode = mode, key = key })
        end
      end
    end
  end)
end

--- Take the default keys away again.
---@param buf integer
function M.unmap(buf)
  for _, made in ipairs(mapped[buf] or {}) do
    pcall(vim.keymap.del, made.mode, made.key, { buffer = buf })
  end
  mapped[buf] = nil
end

return M
