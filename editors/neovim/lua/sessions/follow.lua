--- Scroll until a result is seen: after a run on request, and on the last line of a notebook, below
--- which Neovim does not scroll by itself.
local config = require('sessions.config')
local draw = require('sessions.draw')
local notebook = require('sessions.notebook')

local M = {}

---@type { win: integer, buf: integer, id: string, cursor: integer }?
local wanted

--- The cell at the cursor of this window was asked to run.
---@param win integer
---@param id string
function M.expect(win, id)
  if config.get().results.follow then
    wanted = {
      win = win,
      buf = vim.api.nvim_win_get_buf(win),
      id = id,
      cursor = vim.api.nvim_win_get_cursor(win)[1],
    }
  end
end

--- A notebook changed: show the result, unless the person has gone elsewhere meanwhile.
---@param buf integer
function M.update(buf)
  local follow = wanted
  if not follow or follow.buf ~= buf then
    return
  end
  local cell = (notebook.get(buf) or { cells = {} }).cells[follow.id]
  local there = vim.api.nvim_win_is_valid(follow.win)
    and vim.api.nvim_win_get_buf(follow.win) == buf
    and vim.api.nvim_win_get_cursor(follow.win)[1] == follow.cursor
  if not cell or not there then
    wanted = nil
    return
  end
  if cell.state ~= 'queued' then
    draw.reveal(follow.win, follow.id)
  end
  if cell.state ~= 'queued' and cell.state ~= 'running' then
    wanted = nil
  end
end

--- The cursor moved: on the last line, show what stands below it.
---@param buf integer
function M.moved(buf)
  local line = vim.api.nvim_win_get_cursor(0)[1]
  if line ~= vim.api.nvim_buf_line_count(buf) or not config.get().results.follow then
    return
  end
  local cells = notebook.list(buf)
  if #cells > 0 then
    draw.reveal(vim.api.nvim_get_current_win(), cells[#cells].id)
  end
end

return M
