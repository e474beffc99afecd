--- How a notebook stands, in a few words.
local notebook = require('sessions.notebook')

local M = {}

local TOLD = { 'running', 'queued', 'error', 'stale', 'new', 'blocked', 'interrupted' }
local WORDS = { error = 'failed', new = 'not run' }
local MOST = 20 -- cells that are told one by one

--- How many cells are in each state.
---@param buf integer
---@return table<string, integer>
function M.counts(buf)
  local found = {}
  for _, cell in ipairs(notebook.list(buf)) do
    if cell.kind == 'code' then
      found[cell.state] = (found[cell.state] or 0) + 1
    end
  end
  return found
end

--- A phrase such as `2 stale · idle`; "" for a buffer that is no notebook.
---@param buf integer
---@return string
function M.line(buf)
  local known = notebook.get(buf)
  if not known or #known.order == 0 then
    return ''
  end
  local counts, parts = M.counts(buf), {}
  for _, state in ipairs(TOLD) do
    if counts[state] then
      table.insert(parts, ('%d %s'):format(counts[state], WORDS[state] or state))
    end
  end
  if #parts == 0 then
    table.insert(parts, 'all fresh')
  end
  local kernel = known.kernel and known.kernel.state or 'none'
  table.insert(parts, kernel == 'none' and 'no kernel' or kernel)
  return table.concat(parts, ' · ')
end

--- Numbers as a person writes them: `1–3, 7`.
---@param numbers integer[] in order
---@return string
local function ranges(numbers)
  local found, first = {}, nil
  for place, number in ipairs(numbers) do
    first = first or number
    if numbers[place + 1] ~= number + 1 then
      table.insert(found, first == number and tostring(first) or ('%d–%d'):format(first, number))
      first = nil
    end
  end
  return table.concat(found, ', ')
end

--- What is to be said of cells: those that never ran in one line, of others so many as fit a screen.
---@param cells sessions.Cell[]
---@return string[]
function M.of_cells(cells)
  local found, new, more = {}, {}, 0
  for _, cell in ipairs(cells) do
    if cell.kind == 'code' and cell.state == 'new' then
      table.insert(new, cell.number)
    elseif cell.kind == 'code' and cell.state ~= 'fresh' then
      local title = cell.title and (' (%s)'):format(cell.title) or ''
      local standing = require('sessions.render').standing(cell)
      if #found < MOST then
        table.insert(found, ('cell %d%s: %s'):format(cell.number, title, standing))
      else
        more = more + 1
      end
    end
  end
  if more > 0 then
    table.insert(found, ('… %d more'):format(more))
  end
  if #new > 0 then
    table.insert(found, ('not run yet: cell%s %s'):format(#new > 1 and 's' or '', ranges(new)))
  end
  return found
end

--- The notebook as lines for a person.
---@param buf integer
---@return string[]
function M.lines(buf)
  local known = notebook.get(buf)
  if not known or #known.order == 0 then
    return { 'Nothing is known of this buffer yet.' }
  end
  local kernel = known.kernel or { state = 'none' }
  local found = {
    ('%s: %s'):format(vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buf), ':~:.'), M.line(buf)),
    ('Python: %s'):format(kernel.python or 'unknown')
      .. (kernel.reason and (' (%s)'):format(kernel.reason) or ''),
  }
  if kernel.pid then
    table.insert(found, ('Kernel: process %d'):format(kernel.pid))
  end
  return vim.list_extend(found, M.of_cells(notebook.list(buf)))
end

return M
