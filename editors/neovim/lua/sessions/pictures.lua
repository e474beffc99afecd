--- Pictures below their cells, by snacks.image or image.nvim, where one of them is there and works.
local config = require('sessions.config')

local M = {}

---@class sessions.Placed the pictures of one cell
---@field key string what they are and where
---@field close (fun())[]

---@class sessions.Painter
---@field name string
---@field kept boolean we keep lines free for its pictures
---@field draws fun(path: string): boolean
---@field place fun(buf: integer, line: integer, path: string, above: integer, rows: integer): fun()?

--- Placements by buffer and cell.
---@type table<integer, table<string, sessions.Placed>>
local placed = {}

---@return sessions.Painter?
local function snacks()
  local found, module = pcall(require, 'snacks')
  if
    not found
    or not module.image
    or not pcall(function()
      assert(module.image.supports_terminal() and module.image.terminal.env().placeholders)
    end)
  then
    return nil
  end
  return {
    name = 'snacks',
    kept = false,
    draws = function(path)
      return module.image.supports_file(path)
    end,
    place = function(buf, line, path)
      local text = vim.api.nvim_buf_get_lines(buf, line, line + 1, false)[1] or ''
      local placement = module.image.placement.new(buf, path, {
        inline = true,
        pos = { line + 1, 0 },
        -- Of the whole line, so that the picture goes below it and not into it.
        range = { line + 1, 0, line + 1, #text },
        max_height = config.get().pictures.max_rows,
        max_width = 100,
        auto_resize = true,
      })
      return function()
        placement:close()
      end
    end,
  }
end

---@return sessions.Painter?
local function image_nvim()
  local found, module = pcall(require, 'image')
  -- Other plugins may be called `image`; this one has these, once its `setup` was called.
  if not found or type(module) ~= 'table' or not module.from_file or not module.is_enabled then
    return nil
  end
  if not pcall(function()
    assert(module.is_enabled())
  end) then
    return nil
  end
  return {
    name = 'image.nvim',
    kept = true,
    draws = function(path)
      return path:find('%.png$')
        or path:find('%.jpe?g$')
        or path:find('%.gif$')
        or path:find('%.webp$')
    end,
    place = function(buf, line, path, above, rows)
      local win = vim.fn.win_findbuf(buf)[1]
      local image = win
        and module.from_file(path, {
          window = win,
          buffer = buf,
          x = 0,
          y = line,
          height = rows,
          inline = true,
          with_virtual_padding = false,
          render_offset_top = above,
        })
      if not image then
        return nil
      end
      image:render()
      return function()
        image:clear()
      end
    end,
  }
end

---@type sessions.Painter|false|nil nil: not looked for yet
local painter

--- Who draws pictures here; nil for nobody.
---@return sessions.Painter?
function M.painter()
  if painter == nil then
    local wanted = config.get().pictures.provider
    painter = (wanted == 'auto' or wanted == 'snacks') and snacks()
      or (wanted == 'auto' or wanted == 'image.nvim') and image_nvim()
      or false
  end
  return painter or nil
end

--- Look for a painter again.
function M.reload()
  painter = nil
end

--- Whether a picture will be drawn, so that no line has to stand for it.
---@param output sessions.Output
---@return boolean
function M.draws(output)
  local by = M.painter()
  return by ~= nil and output.file ~= nil and by.draws(output.file) and true or false
end

--- The lines that a picture gets where we keep them free: by its height, with lines of 20 pixels.
---@param output sessions.Output
---@return integer
local function rows_of(output)
  local most = config.get().pictures.max_rows
  local height = output.size and math.ceil(output.size[2] / 20) or most
  return math.max(1, math.min(most, height))
end

--- How many lines are to be kept free for pictures.
---@param outputs sessions.Output[]
---@return integer
function M.rows_kept(outputs)
  local by, rows = M.painter(), 0
  if by and by.kept then
    for _, output in ipairs(outputs) do
      rows = rows + rows_of(output)
    end
  end
  return rows
end

--- Draw these pictures, and no others, for a cell. Those that are there already stay untouched: a
--- cell that only changes its state does not make them flicker.
---@param buf integer
---@param id string of the cell
---@param line integer below which they stand, from 0
---@param outputs sessions.Output[]
---@param above integer lines between that line and them
function M.show(buf, id, line, outputs, above)
  local by = M.painter()
  if not by then
    return
  end
  local parts = { line, by.kept and above or 0 }
  for _, output in ipairs(outputs) do
    table.insert(parts, vim.fs.basename(output.file)) -- files are named by their content
  end
  local key = table.concat(parts, '\n')
  placed[buf] = placed[buf] or {}
  local old = placed[buf][id]
  if old and old.key == key then
    return
  end
  for _, close in ipairs(old and old.close or {}) do
    pcall(close)
  end
  placed[buf][id] = nil
  if #outputs == 0 then
    return
  end
  local made = { key = key, close = {} }
  for _, output in ipairs(outputs) do
    local rows = rows_of(output)
    local done, close = pcall(by.place, buf, line, output.file, above, rows)
    if done and close then
      table.insert(made.close, close)
    end
    above = above + rows
  end
  placed[buf][id] = made
end

--- Take all pictures out of a buffer.
---@param buf integer
function M.clear(buf)
  for id in pairs(placed[buf] or {}) do
    M.show(buf, id, 0, {}, 0)
  end
  placed[buf] = nil
end

return M
