--- Our highlight groups, all links by default: a colour scheme or the user may set them.
local ansi = require('sessions.ansi')

local M = {}

local LINKS = {
  SessionsResult = 'Normal', -- values and what was printed
  SessionsStderr = 'WarningMsg',
  SessionsError = 'DiagnosticError',
  SessionsTableHead = 'Title',
  SessionsPicture = 'Special', -- `[image 640×480 plot.png]`
  SessionsNote = 'NonText', -- `… 40 more lines`
  SessionsStale = 'Comment', -- a whole result that is not known to be true
  SessionsMarker = 'NonText', -- the state after a marker
  SessionsNew = 'NonText',
  SessionsFresh = 'DiagnosticOk',
  SessionsChanged = 'DiagnosticWarn', -- signs and bars of stale cells
  SessionsQueued = 'NonText',
  SessionsRunning = 'DiagnosticInfo',
  SessionsFailed = 'DiagnosticError',
  SessionsBlocked = 'DiagnosticWarn',
  SessionsInterrupted = 'DiagnosticWarn',
  SessionsDisabled = 'NonText',
}

--- The group for sign and bar of each state.
M.of_state = {
  new = 'SessionsNew',
  fresh = 'SessionsFresh',
  stale = 'SessionsChanged',
  queued = 'SessionsQueued',
  running = 'SessionsRunning',
  error = 'SessionsFailed',
  blocked = 'SessionsBlocked',
  interrupted = 'SessionsInterrupted',
  disabled = 'SessionsDisabled',
}

--- Make the groups; again after each change of the colour scheme.
function M.set()
  for name, link in pairs(LINKS) do
    vim.api.nvim_set_hl(0, name, { link = link, default = true })
  end
  ansi.restore()
end

return M
