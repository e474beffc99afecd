-- Keys and commands in a buffer whose server does not run.
local check = require('check')
local case, same = check.case, check.same

vim.lsp.enable('sessions', false)

local TEXT = {
  'import os', -- 1
  '',
  '# %% One', -- 3
  '',
  'a = 1',
  '',
  '# %% [markdown]', -- 7
  '# text',
  '#%%', -- 9
  'b = 2',
  'n = bind(Slider(1, 9))',
  '# %%', -- 12
}

local function open(lines)
  vim.cmd('enew!')
  vim.bo.filetype = 'python'
  vim.api.nvim_buf_set_lines(0, 0, -1, false, lines or TEXT)
  require('sessions.keys').map(vim.api.nvim_get_current_buf())
end

--- Type keys as a person does, and wait until they are done.
local function type_keys(keys)
  vim.api.nvim_feedkeys(vim.keycode(keys), 'mx', false)
end

--- Every message that is shown while a function runs.
local function messages(action)
  local found, shown = {}, vim.notify
  vim.notify = function(message)
    table.insert(found, message)
  end
  local done, failure = pcall(action)
  vim.notify = shown
  assert(done, failure)
  return found
end

case('motions by cell', function()
  open()
  for _, row in ipairs({
    { 1, ']c', 3 },
    { 3, ']c', 7 },
    { 5, '2]c', 9 },
    { 12, ']c', 12 },
    { 1, '99]c', 12 },
    { 5, '[c', 3 },
    { 3, '[c', 1 },
    { 12, '3[c', 3 },
    { 1, '[c', 1 },
  }) do
    vim.api.nvim_win_set_cursor(0, { row[1], 0 })
    type_keys(row[2])
    same(vim.api.nvim_win_get_cursor(0)[1], row[3], row[1] .. row[2])
  end
end)

case('cells as text objects', function()
  for _, row in ipairs({
    { 5, 'dic', { 'import os', '', '# %% One', '', '', '# %% [markdown]' } },
    { 5, 'dac', { 'import os', '', '# %% [markdown]', '# text' } },
    { 1, 'dic', { '', '# %% One' } },
    { 12, 'dac', { 'import os', '', '# %% One', '', 'a = 1' } },
    { 5, 'yacP', { 'import os', '', '# %% One', '', 'a = 1', '', '# %% One', '', 'a = 1' } },
    { 5, 'vicd', { 'import os', '', '# %% One', '', '', '# %% [markdown]' } },
    { 5, 'd]c', { 'import os', '', '# %% One', '', '# %% [markdown]' } },
  }) do
    open()
    vim.api.nvim_win_set_cursor(0, { row[1], 0 })
    type_keys(row[2])
    same(vim.api.nvim_buf_get_lines(0, 0, #row[3], false), row[3], row[2])
  end
end)

case('an empty cell is no inner text', function()
  open()
  vim.api.nvim_win_set_cursor(0, { 12, 0 })
  type_keys('dic')
  same(vim.api.nvim_buf_get_lines(0, 0, -1, false), TEXT)
end)

case('a key that is mapped stays what it is', function()
  vim.cmd('enew!')
  vim.keymap.set('n', ']c', 'theirs')
  vim.keymap.set('o', 'ic', 'theirs', { buffer = 0 })
  local buf = vim.api.nvim_get_current_buf()
  require('sessions.keys').map(buf)
  same(vim.fn.maparg(']c', 'n'), 'theirs')
  same(vim.fn.maparg('ic', 'o'), 'theirs')
  same(vim.fn.maparg('[c', 'n'), '<Plug>(SessionsPreviousCell)')
  require('sessions.keys').unmap(buf)
  same(vim.fn.maparg('[c', 'n'), '')
  same(vim.fn.maparg('ic', 'o'), 'theirs')
  vim.keymap.del('n', ']c')
end)

case('keys can be turned off', function()
  local config, kept = require('sessions.config'), vim.g.sessions
  for _, row in ipairs({
    { false, '' },
    { { next_cell = false }, '' },
    { { next_cell = '<Tab>' }, '' },
  }) do
    vim.g.sessions = { keys = row[1] }
    config.reload()
    vim.cmd('enew!')
    require('sessions.keys').unmap(vim.api.nvim_get_current_buf())
    require('sessions.keys').map(vim.api.nvim_get_current_buf())
    same(vim.fn.maparg(']c', 'n'), row[2], vim.inspect(row[1]))
  end
  same(vim.fn.maparg('<Tab>', 'n'), '<Plug>(SessionsNextCell)')
  vim.g.sessions = kept
  config.reload()
end)

case('adding and subtracting mean what they always mean', function()
  for _, row in ipairs({
    { 5, '<C-a>', 'a = 2' },
    { 5, '5<C-a>', 'a = 6' },
    { 5, '<C-x>', 'a = 0' },
    -- A widget, but no server that sets one.
    { 11, '<C-a>', 'n = bind(Slider(2, 9))' },
  }) do
    open()
    vim.api.nvim_win_set_cursor(0, { row[1], 0 })
    type_keys(row[2])
    same(vim.api.nvim_get_current_line(), row[3], row[2])
  end
end)

case('in a window that shows differences ]c goes to the next of them', function()
  open({ '# %%', 'a', 'b', '# %%', 'c' })
  vim.cmd('diffthis')
  vim.cmd('vnew')
  vim.api.nvim_buf_set_lines(0, 0, -1, false, { '# %%', 'a', 'other', '# %%', 'c' })
  vim.cmd('diffthis')
  vim.cmd('wincmd p')
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  type_keys(']c')
  same(vim.api.nvim_win_get_cursor(0)[1], 3)
  vim.cmd('diffoff!')
  vim.cmd('only')
end)

case('commands are completed', function()
  local complete = require('sessions.commands').complete
  for _, row in ipairs({
    {
      'Sessions run',
      { 'run', 'run-above', 'run-all', 'run-and-advance', 'run-below', 'run-stale' },
    },
    { 'Sessions s', { 'set', 'show', 'status' } },
    { "'<,'>Sessions int", { 'interrupt' } },
    { 'Sessions run ', {} },
    { 'Sessions bogus x', {} },
  }) do
    same(complete(row[1]), row[2], row[1])
  end
  same(#complete('Sessions '), #vim.tbl_keys(require('sessions.commands').COMMANDS))
  same(vim.fn.getcompletion('Sessions inter', 'cmdline'), { 'interrupt' })
end)

case('what cannot be done is said', function()
  local function said(command)
    return table.concat(
      messages(function()
        vim.cmd(command)
      end),
      '\n'
    )
  end
  -- At once, also while the server runs for another buffer.
  local get_clients = vim.lsp.get_clients
  vim.lsp.get_clients = function(filter)
    return filter._uninitialized and { {} } or get_clients(filter)
  end
  open({ 'a = 1' })
  same(
    said('Sessions run'),
    'sessions: this buffer is no notebook: it has no cell marker (`# %%`).'
  )
  vim.bo.filetype = 'lua'
  same(said('Sessions run-all'), 'sessions: this buffer holds no Python.')
  vim.lsp.get_clients = get_clients
  same(said('Sessions bogus'):match('^(.-);'), 'sessions: there is no `:Sessions bogus`')
  same(said('Sessions set'), 'sessions: what is to be set? `:Sessions set name=value`')
  same(said('Sessions set 3'), 'sessions: 3 is not of the form `name=value`.')
end)

case('without a server it is said once how to get one', function()
  local config, kept = require('sessions.config'), vim.g.sessions
  vim.g.sessions = { cmd = { '/nowhere/sessions-ls' } }
  config.reload()
  vim.lsp.config('sessions', { cmd = { '/nowhere/sessions-ls' } })
  local server = require('sessions.server')
  vim.fn.writefile({ '# %%', '1' }, 'one.py')
  vim.fn.writefile({ '# %%', '2' }, 'two.py')
  local found = messages(function()
    vim.cmd.edit('one.py')
    vim.cmd.edit('two.py')
    vim.wait(100)
  end)
  same(#found, 1)
  same(found[1]:find('pipx install sessions-ls', 1, true) ~= nil, true)
  found = messages(function()
    vim.cmd('Sessions run')
  end)
  same(found, { 'sessions: ' .. server.INSTALL })
  vim.g.sessions = kept
  config.reload()
end)

case('the status of no notebook is empty', function()
  vim.cmd('enew!')
  same(require('sessions').status(), '')
end)

case('health is good without a notebook', function()
  vim.cmd('checkhealth sessions')
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  same(text:find('ERROR'), nil, text)
  same(text:find('sessions%-ls %d') ~= nil, true, text)
  vim.cmd('bwipeout!')
end)

case('the help has every command, key, option and group', function()
  local path = vim.api.nvim_get_runtime_file('doc/sessions.txt', false)[1]
  local help = table.concat(vim.fn.readfile(path), '\n')
  local function has(text)
    same(help:find(text, 1, true) ~= nil, true, text)
  end
  for name in pairs(require('sessions.commands').COMMANDS) do
    has('\n' .. name .. ' ')
  end
  for _, plug in ipairs(vim.api.nvim_get_keymap('n')) do
    if plug.lhs:find('^<Plug>%(Sessions') then
      has(plug.lhs)
    end
  end
  local function options(defaults)
    for key, value in pairs(defaults) do
      has(key .. ' = ')
      if type(value) == 'table' then
        options(value)
      end
    end
  end
  options(require('sessions.config').defaults)
  require('sessions.highlights').set()
  for _, group in ipairs(vim.fn.getcompletion('Sessions', 'highlight')) do
    if not group:find('Ansi') then
      has(group)
    end
  end
end)
