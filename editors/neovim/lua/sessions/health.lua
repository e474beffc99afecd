--- `:checkhealth sessions`.
local M = {}

---@param health table
local function server_program(health)
  local server = require('sessions.server')
  local command = server.command()
  if not command then
    health.error('The server is not found.', vim.split(server.INSTALL, '\n'))
    return
  end
  local path = vim.fn.exepath(command[1])
  local asked = vim.deepcopy(command)
  table.insert(asked, '--version')
  local done = vim.system(asked, { text = true }):wait(10000)
  if done.code == 0 then
    health.ok(('%s (%s)'):format(vim.trim(done.stdout), path))
  else
    health.error(('%s does not start: %s'):format(path, vim.trim(done.stderr)))
  end
end

---@param health table
local function clients(health)
  local found = vim.lsp.get_clients({ name = 'sessions' })
  if #found == 0 then
    health.info('No notebook is open. One is a Python file with a cell marker (`# %%`).')
  end
  for _, client in ipairs(found) do
    local offered = client.server_capabilities.executeCommandProvider
    local count = #vim.tbl_keys(client.attached_buffers)
    health.ok(('The server runs for %d buffer(s).'):format(count))
    for _, command in ipairs({ 'setBond', 'variables' }) do
      if not vim.tbl_contains(offered and offered.commands or {}, 'sessions.' .. command) then
        health.info(('This server has no `sessions.%s`; a newer one may.'):format(command))
      end
    end
  end
end

---@param health table
local function pictures(health)
  local painter = require('sessions.pictures').painter()
  if painter then
    health.ok(('Pictures are drawn by %s.'):format(painter.name))
  elseif require('sessions.config').get().pictures.provider == 'none' then
    health.info(
      'Pictures are switched off; a line such as `[image 640×480 plot.png]` stands for each.'
    )
  else
    health.info(
      'Pictures are not drawn: a line such as `[image 640×480 plot.png]` stands for each.'
    )
    health.info(
      'snacks.nvim (kitty, ghostty) or image.nvim (kitty, ueberzug++, sixel) would draw them.'
    )
  end
end

--- Say what is installed, found and wrong.
function M.check()
  local health = vim.health
  health.start('sessions')
  if vim.fn.has('nvim-0.11') == 1 then
    health.ok('Neovim ' .. tostring(vim.version()))
  else
    health.error('Neovim 0.11 or later is needed.')
    return
  end
  server_program(health)
  local config = require('sessions.config')
  config.get()
  for _, problem in ipairs(config.problems) do
    health.warn('vim.g.sessions: ' .. problem)
  end
  clients(health)
  pictures(health)
  if not vim.o.autoread then
    health.info("'autoread' is off: a notebook that changes on disk is not read again by itself.")
  end
end

return M
