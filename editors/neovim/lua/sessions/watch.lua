--- A notebook that changes on disk while it is open. A buffer without changes is read again
--- ('autoread'); one with changes keeps them, and the person is told.
local say = require('sessions.say')

local M = {}

local CALM = 100 -- milliseconds after the last event; writers rename and write in several steps
local POLL = 1000 -- milliseconds between two looks where the system has no events left to give

---@class sessions.Watched
---@field folder string
---@field seen string what the file was when it was last read, written or told of
---@field timer uv.uv_timer_t
---@field poll? uv.uv_fs_poll_t

---@type table<integer, sessions.Watched>
local watched = {}
---@type table<string, uv.uv_fs_event_t>
local folders = {}

---@param path string
---@return string
local function stamp(path)
  local stat = vim.uv.fs_stat(path)
  return stat and ('%d.%d/%d/%d'):format(stat.mtime.sec, stat.mtime.nsec, stat.size, stat.ino) or ''
end

--- Whether the text of a file is not that of the buffer.
---@param buf integer
---@param path string
---@return boolean
local function differs(buf, path)
  local read, lines = pcall(vim.fn.readfile, path)
  if not read then
    return false -- gone, or half renamed: there is nothing to lose yet
  end
  local shown = vim.api.nvim_buf_get_lines(buf, 0, -1, false)
  lines = vim.tbl_map(function(line)
    return (line:gsub('\r$', ''))
  end, lines)
  return not vim.deep_equal(lines, shown)
end

--- Whether a buffer is read again when its file has changed.
---@param buf integer
---@return boolean
local function autoread(buf)
  local own = vim.bo[buf].autoread
  if own == nil then
    return vim.go.autoread
  end
  return own
end

--- Look whether the file of a buffer has changed, and do what is right then.
---@param buf integer
function M.check(buf)
  local entry = watched[buf]
  if not entry or not vim.api.nvim_buf_is_loaded(buf) then
    return
  end
  local path = vim.api.nvim_buf_get_name(buf)
  local now = stamp(path)
  if now == '' or now == entry.seen then
    return
  end
  if vim.fn.getcmdwintype() ~= '' then
    entry.timer:start(
      1000,
      0,
      vim.schedule_wrap(function()
        M.check(buf)
      end)
    )
    return
  end
  entry.seen = now
  if not vim.bo[buf].modified and autoread(buf) then
    vim.cmd.checktime(buf)
  elseif differs(buf, path) then
    say.warn(
      '%s changed on disk, yours is kept: `:Sessions diff`; `:edit!` takes the file, `:write!` yours.',
      vim.fn.fnamemodify(path, ':t')
    )
  end
end

---@param buf integer
local function soon(buf)
  watched[buf].timer:start(
    CALM,
    0,
    vim.schedule_wrap(function()
      M.check(buf)
    end)
  )
end

--- Hear of every change in a folder. The folder, since a file that is replaced by renaming takes its
--- own watch with it.
---@param folder string
---@return boolean whether the system lets us: its number of watches is limited
local function watch_folder(folder)
  if folders[folder] then
    return true
  end
  local handle = vim.uv.new_fs_event()
  local started = handle
    and handle:start(folder, {}, function(failure, name)
      if failure then
        return
      end
      vim.schedule(function()
        for buf, entry in pairs(watched) do
          local path = vim.api.nvim_buf_is_valid(buf) and vim.api.nvim_buf_get_name(buf) or ''
          if entry.folder == folder and (not name or name == vim.fs.basename(path)) then
            soon(buf)
          end
        end
      end)
    end)
  if started then
    folders[folder] = handle
  elseif handle then
    handle:close()
  end
  return started ~= nil
end

--- Look at a file now and then.
---@param path string
---@param buf integer
---@return uv.uv_fs_poll_t
local function poll(path, buf)
  local handle = assert(vim.uv.new_fs_poll())
  handle:start(
    path,
    POLL,
    vim.schedule_wrap(function()
      if watched[buf] then
        soon(buf)
      end
    end)
  )
  return handle
end

--- Watch the file of a buffer.
---@param buf integer
function M.start(buf)
  local path = vim.api.nvim_buf_get_name(buf)
  if watched[buf] or path == '' then
    return
  end
  local folder = vim.fs.dirname(path)
  local timer = assert(vim.uv.new_timer())
  watched[buf] = { folder = folder, seen = stamp(path), timer = timer }
  if not watch_folder(folder) then
    watched[buf].poll = poll(path, buf)
  end
  vim.api.nvim_create_autocmd({ 'BufWritePost', 'BufReadPost', 'FileChangedShellPost' }, {
    group = vim.api.nvim_create_augroup('sessions.watch.' .. buf, {}),
    buffer = buf,
    callback = function()
      if watched[buf] then
        watched[buf].seen = stamp(vim.api.nvim_buf_get_name(buf))
      end
    end,
  })
end

--- Watch it no more.
---@param buf integer
function M.stop(buf)
  local entry = watched[buf]
  if not entry then
    return
  end
  entry.timer:stop()
  entry.timer:close()
  if entry.poll then
    entry.poll:stop()
    entry.poll:close()
  end
  watched[buf] = nil
  pcall(vim.api.nvim_del_augroup_by_name, 'sessions.watch.' .. buf)
  for _, other in pairs(watched) do
    if other.folder == entry.folder then
      return
    end
  end
  local handle = folders[entry.folder]
  if handle then
    handle:stop()
    handle:close()
    folders[entry.folder] = nil
  end
end

--- The server says that a file changed on disk, where no event came: on network file systems.
---@param buf integer
---@param diagnostics vim.Diagnostic[]
function M.told(buf, diagnostics)
  for _, diagnostic in ipairs(diagnostics) do
    if diagnostic.source == 'sessions' and diagnostic.code == 'changed-on-disk' then
      vim.schedule(function()
        M.check(buf)
      end)
      return
    end
  end
end

--- The file as it is on disk beside the buffer, with the differences marked.
---@param buf integer
function M.diff(buf)
  local path = vim.api.nvim_buf_get_name(buf)
  local read, lines = pcall(vim.fn.readfile, path)
  if not read then
    say.error('%s cannot be read.', path)
    return
  end
  local win = vim.api.nvim_get_current_win()
  vim.cmd('diffthis')
  vim.cmd('vertical new')
  local other = vim.api.nvim_get_current_buf()
  -- Before the file type: this is no notebook of its own.
  vim.bo[other].buftype, vim.bo[other].bufhidden = 'nofile', 'wipe'
  vim.api.nvim_buf_set_name(other, ('sessions://disk/%d/%s'):format(other, vim.fs.basename(path)))
  vim.api.nvim_buf_set_lines(other, 0, -1, false, lines)
  vim.bo[other].filetype = vim.bo[buf].filetype
  vim.bo[other].modifiable = false
  vim.cmd('diffthis')
  vim.cmd('wincmd p')
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = other,
    callback = vim.schedule_wrap(function()
      if vim.api.nvim_win_is_valid(win) then
        vim.api.nvim_win_call(win, function()
          vim.cmd('diffoff')
        end)
      end
    end),
  })
end

return M
