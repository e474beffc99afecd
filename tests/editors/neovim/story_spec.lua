-- The story of a notebook, with the real server: open, run, edit, save, fail, mend, change on disk.
local check = require('check')
local case, same, until_same = check.case, check.same, check.until_same

local notebook = require('sessions.notebook')

vim.o.columns, vim.o.lines = 100, 60

vim.ui.select = function(_, _, chosen) -- the usual one waits for a key
  chosen(nil)
end

local TEXT = {
  '# %% Start', -- 1
  'price = 3',
  'price',
  '',
  '# %% Double', -- 5
  'print("doubling")',
  'double = price * 2',
  'double',
  '# a last word',
  '',
  '# %% Apart', -- 11
  '"apart"',
}

--- A notebook in a folder of its own, open and taken by the server.
local function open(name, lines)
  vim.fn.mkdir(name, 'p')
  local path = vim.fn.fnamemodify(name, ':p') .. 'n.py'
  vim.fn.writefile(lines or TEXT, path)
  vim.cmd.edit(path)
  return vim.api.nvim_get_current_buf(), path
end

--- Let saving run it.
local function trust(buf)
  local client = assert(require('sessions.server').client(buf))
  local params = { command = 'sessions.trust', arguments = { { uri = vim.uri_from_bufnr(buf) } } }
  assert(client:request_sync('workspace/executeCommand', params, 5000, buf))
end

local function states(buf)
  return table.concat(
    vim.tbl_map(function(cell)
      return cell.state
    end, notebook.list(buf)),
    ' '
  )
end

local function wait_states(buf, expected)
  until_same(function()
    return states(buf)
  end, expected)
end

--- What is drawn: by line from 1, the text after it and the lines below it.
local function drawn(buf)
  local namespace, found = vim.api.nvim_get_namespaces().sessions, {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, namespace, 0, -1, { details = true })) do
    local line, details = mark[2] + 1, mark[4]
    for _, pieces in ipairs(details.virt_lines or {}) do
      local text = ''
      for place = 3, #pieces do -- the first two are the bar
        text = text .. pieces[place][1]
      end
      found[line] = found[line] or {}
      table.insert(found[line], text)
    end
  end
  return found
end

--- The state and the highlight groups of what stands below a line.
local function groups(buf, line)
  local namespace, found = vim.api.nvim_get_namespaces().sessions, {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, namespace, 0, -1, { details = true })) do
    if mark[2] + 1 == line then
      for _, pieces in ipairs(mark[4].virt_lines or {}) do
        found[pieces[3][2]] = true
      end
    end
  end
  return vim.tbl_keys(found)
end

local function signs(buf)
  local namespace, found = vim.api.nvim_get_namespaces().sessions, ''
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, namespace, 0, -1, { details = true })) do
    found = found .. vim.trim(mark[4].sign_text or '')
  end
  return found
end

local function run(buf, command, expected)
  vim.cmd('Sessions ' .. command)
  wait_states(buf, expected)
end

case('opening shows states and runs nothing', function()
  local buf = open('opening')
  wait_states(buf, 'new new new')
  same(drawn(buf), {})
  same(signs(buf), '○○○')
  same(notebook.get(buf).kernel.state, 'none')
  same(vim.b[buf].sessions_status, '3 not run · no kernel')
end)

case('results stand under the last line of code', function()
  local buf = open('running')
  wait_states(buf, 'new new new')
  run(buf, 'run-all', 'fresh fresh fresh')
  until_same(function()
    return drawn(buf)
  end, { [3] = { '3' }, [8] = { 'doubling', '6' }, [12] = { "'apart'" } })
  same(signs(buf), '✓✓✓')
  same(groups(buf, 8), { 'SessionsResult' })
  until_same(function()
    return require('sessions').status(buf)
  end, 'all fresh · idle')
end)

case('the server shows no result a second time', function()
  local buf = open('hints')
  wait_states(buf, 'new new new')
  run(buf, 'run-all', 'fresh fresh fresh')
  local client = assert(require('sessions.server').client(buf))
  if client:supports_method('textDocument/inlayHint', buf) then
    local params = {
      textDocument = vim.lsp.util.make_text_document_params(buf),
      range = { start = { line = 0, character = 0 }, ['end'] = { line = 12, character = 0 } },
    }
    local answer = assert(client:request_sync('textDocument/inlayHint', params, 5000, buf))
    for _, hint in ipairs(answer.result or {}) do
      same(vim.inspect(hint.label):find('apart'), nil)
    end
  end
end)

case('an edit dims what depends on it, saving runs it', function()
  local buf = open('editing')
  wait_states(buf, 'new new new')
  trust(buf)
  run(buf, 'run-all', 'fresh fresh fresh')
  vim.api.nvim_buf_set_lines(buf, 1, 2, false, { 'price = 4' })
  wait_states(buf, 'stale stale fresh')
  same(drawn(buf), { [3] = { '3' }, [8] = { 'doubling', '6' }, [12] = { "'apart'" } })
  same(groups(buf, 8), { 'SessionsStale' })
  same(groups(buf, 12), { 'SessionsResult' })
  vim.cmd('silent write')
  wait_states(buf, 'fresh fresh fresh')
  until_same(function()
    return drawn(buf)[8]
  end, { 'doubling', '8' })
  vim.cmd('undo')
  wait_states(buf, 'stale stale fresh')
  vim.cmd('redo')
  wait_states(buf, 'fresh fresh fresh')
  same(groups(buf, 8), { 'SessionsResult' })
end)

--- What a person does with each question; the questions are returned.
local function answer(which)
  local asked = {}
  vim.ui.select = function(items, options, chosen)
    table.insert(asked, { options.prompt, vim.tbl_map(options.format_item, items) })
    chosen(items[which])
  end
  return asked
end

local function codes(buf)
  return vim.tbl_map(function(item)
    return item.code
  end, vim.diagnostic.get(buf, { severity = vim.diagnostic.severity.INFO }))
end

case('the first save asks, and the answer runs what is stale', function()
  local select, asked = vim.ui.select, answer(1)
  local buf, path = open('asking')
  wait_states(buf, 'new new new')
  vim.cmd('silent write')
  wait_states(buf, 'fresh fresh fresh')
  vim.api.nvim_buf_set_lines(buf, 1, 2, false, { 'price = 4' })
  vim.cmd('silent write')
  until_same(function()
    return drawn(buf)[8]
  end, { 'doubling', '8' })
  vim.ui.select = select
  local folder = 'Trust all in ' .. vim.fn.fnamemodify(path, ':~:h')
  same(#asked, 1)
  same(asked[1][1]:find('Run stale cells of n.py whenever you save it?', 1, true), 1)
  same(asked[1][2], { 'Trust this notebook', folder, 'Not now' })
  same(codes(buf), {})
end)

case('without an answer a save runs nothing, and says so', function()
  local select, asked = vim.ui.select, answer(0)
  local buf = open('dismissed')
  wait_states(buf, 'new new new')
  vim.cmd('silent write')
  until_same(function()
    return codes(buf)
  end, { 'untrusted' })
  vim.cmd('silent write')
  same({ states(buf), notebook.get(buf).kernel.state }, { 'new new new', 'none' })
  same(#asked, 1)
  vim.ui.select = select
  run(buf, 'trust', 'fresh fresh fresh')
  until_same(function()
    return codes(buf)
  end, {})
end)

case('a hint that stands beside its marker is not underlined as well', function()
  local buf = open('quiet')
  wait_states(buf, 'new new new')
  run(buf, 'run-all', 'fresh fresh fresh')
  vim.api.nvim_buf_set_lines(buf, 1, 2, false, { 'price = 4' })
  wait_states(buf, 'stale stale fresh')
  until_same(function()
    return #vim.diagnostic.get(buf, { severity = vim.diagnostic.severity.HINT })
  end, 2)
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, -1, 0, -1, { details = true })) do
    same((mark[4].hl_group or ''):find('DiagnosticUnderline'), nil)
    same(mark[4].sign_text ~= 'H ', true)
  end
end)

case('results move with their cells, whatever the edit', function()
  local buf = open('moving')
  wait_states(buf, 'new new new')
  run(buf, 'run-all', 'fresh fresh fresh')
  local function lands(expected)
    until_same(function()
      return drawn(buf)
    end, expected)
  end
  vim.api.nvim_buf_set_lines(buf, 0, 0, false, { '', '' })
  lands({ [5] = { '3' }, [10] = { 'doubling', '6' }, [14] = { "'apart'" } })
  vim.api.nvim_buf_set_lines(buf, 0, 2, false, {})
  lands({ [3] = { '3' }, [8] = { 'doubling', '6' }, [12] = { "'apart'" } })
  vim.cmd('normal! 8GddkP') -- the last line of code, moved one up
  wait_states(buf, 'fresh stale fresh')
  vim.cmd('undo')
  lands({ [3] = { '3' }, [8] = { 'doubling', '6' }, [12] = { "'apart'" } })
  vim.cmd('normal! 5Gd4j') -- a cell and its result
  lands({ [3] = { '3' }, [7] = { "'apart'" } })
  vim.cmd('undo')
  lands({ [3] = { '3' }, [8] = { 'doubling', '6' }, [12] = { "'apart'" } })
  vim.cmd('normal! 11GdG1GP') -- a cell to another place
  lands({ [2] = { "'apart'" }, [5] = { '3' }, [10] = { 'doubling', '6' } })
end)

case('an error is shown where it arose, and goes when it is mended', function()
  local buf = open('failing')
  wait_states(buf, 'new new new')
  vim.api.nvim_buf_set_lines(buf, 6, 7, false, { 'double = price / 0' })
  trust(buf)
  run(buf, 'run-all', 'fresh error fresh')
  until_same(function()
    local below = drawn(buf)[8] or {}
    return { below[1], below[#below], signs(buf) }
  end, { 'doubling', 'ZeroDivisionError: division by zero', '✓✗✓' })
  until_same(function()
    local found = vim.diagnostic.get(buf, { severity = vim.diagnostic.severity.ERROR })
    return vim.tbl_map(function(item)
      return { item.code, item.lnum + 1 }
    end, found)
  end, { { 'cell-error', 7 } })
  vim.api.nvim_buf_set_lines(buf, 6, 7, false, { 'double = price / 2' })
  vim.cmd('silent write')
  wait_states(buf, 'fresh fresh fresh')
  until_same(function()
    return { drawn(buf)[8], #vim.diagnostic.get(buf) }
  end, { { 'doubling', '1.5' }, 0 })
end)

case('stored results are there when it is opened again', function()
  local buf, path = open('stored')
  wait_states(buf, 'new new new')
  run(buf, 'run-all', 'fresh fresh fresh')
  vim.wait(300) -- the session file is written after the last event
  local copy = vim.fs.dirname(path) .. '/copy.py'
  vim.fn.writefile(TEXT, copy)
  vim.fn.writefile(
    vim.fn.readfile((path:gsub('py$', 'session.toml')), 'b'),
    (copy:gsub('py$', 'session.toml')),
    'b'
  )
  vim.cmd.edit(copy)
  local again = vim.api.nvim_get_current_buf()
  wait_states(again, 'fresh fresh fresh')
  same(drawn(again)[8], { 'doubling', '6' })
  same(notebook.list(again)[1].cold, true)
  same(notebook.get(again).kernel.state, 'none')
end)

case('a clean buffer follows its file', function()
  local buf, path = open('clean')
  wait_states(buf, 'new new new')
  run(buf, 'run-all', 'fresh fresh fresh')
  local changed = vim.deepcopy(TEXT)
  changed[2] = 'price = 5'
  vim.fn.writefile(changed, path .. '.new')
  vim.uv.fs_rename(path .. '.new', path) -- as editors and agents save
  until_same(function()
    return vim.api.nvim_buf_get_lines(buf, 1, 2, false)[1]
  end, 'price = 5')
  wait_states(buf, 'stale stale fresh')
  same(vim.bo[buf].modified, false)
  until_same(function()
    return drawn(buf)
  end, { [3] = { '3' }, [8] = { 'doubling', '6' }, [12] = { "'apart'" } })
end)

case('a file is followed where the system has no watches left', function()
  local new = vim.uv.new_fs_event
  vim.uv.new_fs_event = function()
    local handle = new()
    return {
      start = function() end, -- as on a machine that has reached its limit
      close = function()
        handle:close()
      end,
    }
  end
  local buf, path = open('polled')
  vim.uv.new_fs_event = new
  wait_states(buf, 'new new new')
  vim.fn.writefile({ '# %%', 'price = 5' }, path)
  until_same(function()
    return vim.api.nvim_buf_get_lines(buf, 1, 2, false)[1]
  end, 'price = 5')
end)

case('a buffer with changes loses none', function()
  local buf, path = open('dirty')
  wait_states(buf, 'new new new')
  local said, shown = {}, vim.notify
  vim.notify = function(message)
    table.insert(said, message)
  end
  vim.api.nvim_buf_set_lines(buf, 1, 2, false, { 'price = 77' })
  local changed = vim.deepcopy(TEXT)
  changed[2] = 'price = 5'
  vim.fn.writefile(changed, path)
  until_same(function()
    return #said
  end, 1)
  vim.wait(400) -- no second message, and nothing read meanwhile
  vim.notify = shown
  same(#said, 1)
  same(said[1]:find('n.py changed on disk, yours is kept', 1, true) ~= nil, true)
  same(vim.api.nvim_buf_get_lines(buf, 1, 2, false), { 'price = 77' })
  same(vim.fn.readfile(path)[2], 'price = 5')
  vim.cmd('Sessions diff')
  same(vim.wo.diff, true)
  vim.cmd('wincmd p')
  local beside = vim.api.nvim_get_current_buf()
  same({ vim.bo.filetype, #vim.lsp.get_clients({ bufnr = beside }) }, { 'python', 0 })
  vim.cmd('close')
  until_same(function()
    return vim.wo.diff
  end, false)
  vim.cmd('edit!')
  same(vim.api.nvim_buf_get_lines(buf, 1, 2, false), { 'price = 5' })
end)

case('saving by oneself is no change from outside', function()
  local buf = open('own')
  wait_states(buf, 'new new new')
  local said, shown = {}, vim.notify
  vim.notify = function(message)
    table.insert(said, message)
  end
  for number = 1, 5 do
    vim.api.nvim_buf_set_lines(buf, 1, 2, false, { 'price = ' .. number })
    vim.cmd('silent write')
    vim.api.nvim_buf_set_lines(buf, 1, 2, false, { 'price = ' .. -number })
    vim.wait(60)
  end
  vim.wait(400)
  vim.notify = shown
  same(said, {})
  vim.cmd('edit!')
end)

case('cells are run one by one, by name, by range and onwards', function()
  local buf = open('some')
  wait_states(buf, 'new new new')
  vim.cmd('normal! 12G')
  run(buf, 'run', 'new new fresh')
  vim.cmd('normal! 1G')
  run(buf, 'run-and-advance', 'fresh new fresh')
  same(vim.api.nvim_win_get_cursor(0)[1], 6)
  run(buf, 'run Double', 'fresh fresh fresh')
  run(buf, 'clear-all', 'new new new')
  until_same(function()
    return drawn(buf)
  end, {})
  vim.cmd('1,2Sessions run')
  wait_states(buf, 'fresh new new')
  vim.cmd('normal! 11G')
  run(buf, 'run-above', 'fresh fresh new')
  run(buf, 'run-below', 'fresh fresh fresh')
  vim.cmd('normal! 5G')
  run(buf, 'clear', 'fresh new fresh')
  same(require('sessions.commands').complete('Sessions run D'), { 'Double' })
end)

case('a running cell shows what it writes, and can be stopped', function()
  local buf = open('slow', {
    '# %%',
    'import time',
    'for step in range(100):',
    '    print("step", step)',
    '    time.sleep(0.1)',
    '# %%',
    '1',
  })
  wait_states(buf, 'new new')
  vim.cmd('Sessions run-all')
  until_same(function()
    return (drawn(buf)[5] or {})[2]
  end, 'step 1')
  same(states(buf), 'running queued')
  same(require('sessions').status(buf), '1 running · 1 queued · busy')
  vim.cmd('Sessions interrupt')
  wait_states(buf, 'interrupted new')
  run(buf, 'restart', 'interrupted new')
  until_same(function()
    return notebook.get(buf).kernel.state
  end, 'none')
end)

case('a run of many cells takes one timer, not one a cell', function()
  local lines = { '# %%', 'import time', 'time.sleep(0.6)' }
  for number = 1, 50 do
    vim.list_extend(lines, { '# %%', tostring(number) })
  end
  local buf = open('many', lines)
  wait_states(buf, 'new' .. (' new'):rep(50))
  local defer, timers = vim.defer_fn, 0
  vim.defer_fn = function(...)
    timers = timers + 1
    return defer(...)
  end
  vim.cmd('Sessions run-all')
  wait_states(buf, 'fresh' .. (' fresh'):rep(50))
  vim.defer_fn = defer
  same(timers >= 1 and timers < 40, true, timers)
  until_same(function()
    return drawn(buf)[103]
  end, { '50' })
end)

case('a Python file without a marker is left alone until it has one', function()
  vim.fn.writefile({ 'a = 1' }, 'plain.py')
  vim.cmd.edit('plain.py')
  local buf = vim.api.nvim_get_current_buf()
  vim.wait(300)
  same(#vim.lsp.get_clients({ bufnr = buf }), 0)
  vim.api.nvim_buf_set_lines(buf, 0, 0, false, { '# %%' })
  vim.cmd('silent write')
  wait_states(buf, 'new')
  vim.api.nvim_buf_set_lines(buf, 0, 1, false, {})
  until_same(function()
    return { states(buf), signs(buf) }
  end, { '', '' })
end)

case('a notebook without a file waits for one', function()
  vim.cmd('enew')
  vim.bo.filetype = 'python'
  local buf, said, shown = vim.api.nvim_get_current_buf(), nil, vim.notify
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, { '# %%', '1' })
  vim.notify = function(message)
    said = message
  end
  vim.cmd('Sessions run')
  vim.notify = shown
  same(said, 'sessions: this buffer has no file yet: `:write notebook.py`.')
  same(#vim.lsp.get_clients({ bufnr = buf }), 0)
  vim.cmd('silent write unnamed.py')
  wait_states(buf, 'new')
  run(buf, 'run', 'fresh')
end)

case('the whole result in windows of its own', function()
  local buf = open('windows', {
    '# %% Many',
    'for number in range(3000):',
    '    print("number", number)',
    '# %% Red',
    'print("\\x1b[31mred\\x1b[0m")',
    '# %% Page',
    'class Page:',
    '    def _repr_html_(self):',
    '        return "<b>page</b>"',
    'Page()',
  })
  wait_states(buf, 'new new new')
  run(buf, 'run-all', 'fresh fresh fresh')
  same(#drawn(buf)[3], 30)
  same(drawn(buf)[3][16]:match('^… %d+ more lines$') ~= nil, true)
  same(drawn(buf)[3][30], 'number 2999')
  vim.cmd('normal! 1G')
  vim.cmd('Sessions show')
  until_same(function()
    return vim.bo.filetype
  end, 'sessions-output')
  local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  same({ #lines, lines[2], lines[3001] }, { 3001, 'number 0', 'number 2999' })
  vim.cmd('close')
  vim.cmd('Sessions output')
  local function beside()
    for _, win in ipairs(vim.api.nvim_list_wins()) do
      local other = vim.api.nvim_win_get_buf(win)
      if vim.bo[other].filetype == 'sessions-output' then
        return other, vim.api.nvim_buf_get_lines(other, 0, -1, false)
      end
    end
  end
  until_same(function()
    return #(select(2, beside()) or {})
  end, 3001)
  vim.cmd('normal! 5G')
  vim.api.nvim_exec_autocmds('CursorMoved', { buffer = buf })
  until_same(function()
    return (select(2, beside()) or {})[2]
  end, 'red')
  local marks = vim.api.nvim_buf_get_extmarks(beside(), -1, { 1, 0 }, { 1, -1 }, { details = true })
  same(
    vim.tbl_contains(
      vim.tbl_map(function(mark)
        return mark[4].hl_group
      end, marks),
      'SessionsAnsi_fg1'
    ),
    true
  )
  vim.cmd('Sessions output')
  same(beside(), nil)
  vim.cmd('normal! 10G')
  local opened, open_with = nil, vim.ui.open
  vim.ui.open = function(path)
    opened = path
  end
  vim.cmd('Sessions open')
  same(vim.fn.readfile(opened), { '<b>page</b>' })
  local said, shown = {}, vim.notify
  vim.notify = function(message)
    table.insert(said, message)
  end
  vim.ui.open = function()
    return vim.system({ 'false' })
  end
  vim.cmd('Sessions open')
  until_same(function()
    return (said[1] or ''):match('%.html (.*)$')
  end, 'could not be opened: false ended with 1')
  vim.notify, vim.ui.open = shown, open_with
end)

case('the window that stays shows the end of what runs', function()
  local buf = open('tail', {
    '# %% Steps',
    'import time',
    'for step in range(3000):',
    '    print("step", step)',
    '    time.sleep(0.002)',
    '# %% Next',
    '1',
  })
  wait_states(buf, 'new new')
  vim.cmd('Sessions output')
  local function shown()
    for _, win in ipairs(vim.api.nvim_list_wins()) do
      local other = vim.api.nvim_win_get_buf(win)
      if vim.bo[other].filetype == 'sessions-output' then
        local line = vim.api.nvim_win_get_cursor(win)[1]
        return vim.api.nvim_buf_get_lines(other, line - 1, line, false)[1]
      end
    end
  end
  vim.cmd('Sessions run')
  until_same(function()
    return tonumber((shown() or ''):match('^step (%d+)$')) ~= nil and states(buf)
  end, 'running new')
  wait_states(buf, 'fresh new')
  vim.api.nvim_win_set_cursor(0, { 7, 0 })
  vim.api.nvim_exec_autocmds('CursorMoved', { buffer = buf })
  until_same(shown, 'cell 2 (Next) · not run yet')
  vim.cmd('Sessions output')
end)

case('what this server cannot do yet is said', function()
  local buf = open('cannot')
  wait_states(buf, 'new new new')
  local client = assert(require('sessions.server').client(buf))
  local missing = {}
  for command, name in pairs({ ['set n=1'] = 'sessions.setBond' }) do
    if not require('sessions.server').offers(client, name) then
      missing[command] = name
    end
  end
  local said, shown = {}, vim.notify
  vim.notify = function(message)
    table.insert(said, message)
  end
  for command, name in pairs(missing) do
    said = {}
    vim.cmd('Sessions ' .. command)
    same(#said, 1)
    same(said[1]:find(('has no `%s` yet'):format(name), 1, true) ~= nil, true, said[1])
  end
  vim.notify = shown
end)

case('what the server says fits the command line', function()
  local handler = vim.lsp.config.sessions.handlers['window/showMessage']
  local said, shown = {}, vim.notify
  vim.notify = function(message, level, options)
    table.insert(said, { message, level, options._truncate })
  end
  handler(nil, { type = vim.lsp.protocol.MessageType.Error, message = '100%s' })
  handler(nil, { type = vim.lsp.protocol.MessageType.Log, message = 'one\ntwo' })
  vim.notify = shown
  same(said, {
    { 'sessions: 100%s', vim.log.levels.ERROR, true },
    { 'sessions: one\ntwo', vim.log.levels.INFO },
  })
end)

case('the variables, and the cells that made them', function()
  local buf = open('variables')
  wait_states(buf, 'new new new')
  local function listed()
    vim.cmd('Sessions variables')
    until_same(function()
      return vim.bo.filetype
    end, 'sessions-variables')
    return vim.api.nvim_buf_get_lines(0, 0, -1, false)
  end
  local before = listed() -- no kernel holds values
  same({ before[1]:match('^name%s+cell'), before[2]:match('^price') }, { 'name    cell', 'price' })
  vim.cmd('close')
  run(buf, 'run-all', 'fresh fresh fresh')
  local after = listed()
  same({ after[1]:match('^name%s+type%s+size%s+value%s+cell'), #after }, { after[1], 3 })
  same(after[3]:match('^double%s+int%s+.-%s+6%s+2$'), after[3])
  vim.api.nvim_win_set_cursor(0, { 3, 0 })
  vim.api.nvim_feedkeys(vim.keycode('<CR>'), 'mx', false)
  same({ vim.api.nvim_get_current_buf(), vim.api.nvim_win_get_cursor(0)[1] }, { buf, 5 })
  vim.cmd('only')
end)

case('hidden results come back', function()
  local buf = open('toggle')
  wait_states(buf, 'new new new')
  run(buf, 'run-all', 'fresh fresh fresh')
  vim.cmd('Sessions toggle')
  same({ drawn(buf), signs(buf) }, { {}, '' })
  vim.cmd('Sessions toggle')
  same({ drawn(buf)[3], signs(buf) }, { { '3' }, '✓✓✓' })
end)

case('nothing of ours stays when the server goes', function()
  local buf = open('leaving')
  wait_states(buf, 'new new new')
  local client = assert(require('sessions.server').client(buf))
  client:stop()
  until_same(function()
    return { signs(buf), vim.b[buf].sessions_status, vim.fn.maparg(']c', 'n') }
  end, { '', nil, '' })
end)
