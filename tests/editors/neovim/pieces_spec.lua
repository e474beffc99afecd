-- The parts that need no server.
local check = require('check')
local case, same = check.case, check.same

local ansi = require('sessions.ansi')
local render = require('sessions.render')
local tables = require('sessions.tables')

--- Lines of pieces as text, each piece with a group written `<group>text</>`.
local function marked(lines)
  return vim.tbl_map(function(line)
    return table.concat(vim.tbl_map(function(piece)
      local group = piece[2]
      if type(group) == 'table' then
        group = table.concat(group, '+')
      end
      return group and ('<%s>%s</>'):format(group, piece[1]) or piece[1]
    end, line))
  end, lines)
end

--- Lines of pieces as plain text.
local function plain(lines)
  return vim.tbl_map(function(line)
    return table.concat(vim.tbl_map(function(piece)
      return piece[1]
    end, line))
  end, lines)
end

local function cell(given)
  return vim.tbl_extend('force', {
    id = 'i',
    number = 1,
    kind = 'code',
    state = 'fresh',
    cold = false,
    text = '',
    stdout = '',
    stderr = '',
    outputs = {},
    cut = {},
  }, given)
end

case('colours of terminals', function()
  local RED, BOLD = 'SessionsAnsi_fg1', 'SessionsAnsi_fg1_bo'
  for _, row in ipairs({
    { 'plain', { 'plain' } },
    { 'a\27[31mred\27[0mb', { ('a<%s>red</>b'):format(RED) } },
    {
      'a\27[31mred\nstill\27[39m not',
      { ('a<%s>red</>'):format(RED), ('<%s>still</> not'):format(RED) },
    },
    { '\27[1;31mx\27[22my', { ('<%s>x</><%s>y</>'):format(BOLD, RED) } },
    { '\27[38;5;208mx\27[m', { '<SessionsAnsi_fg208>x</>' } },
    { '\27[38;2;255;0;10mx', { '<SessionsAnsi_fgff000a>x</>' } },
    { '\27[38:2:255:0:10mx', { '<SessionsAnsi_fgff000a>x</>' } },
    { '\27[97;100mx', { '<SessionsAnsi_fg15_bg8>x</>' } },
    { '\27[38;2;300;0;0mx\27[38mx', { 'xx' } },
    { '\27[2Kcleared\27[1A\27]0;title\7 \27]8;;http://x\27\\link\27]8;;\27\\', { 'cleared link' } },
    { 'bell\7 null\0 del\127 \27', { 'bell null del ' } },
    { 'a\tb', { 'a       b' } },
    { '12345678\tb', { '12345678        b' } },
    { 'ü\tb', { 'ü       b' } },
    { 'one\r\ntwo\n', { 'one', 'two' } },
    { '', { '' } },
  }) do
    same(marked(ansi.lines(row[1])), row[2], row[1])
  end
  same(vim.api.nvim_get_hl(0, { name = 'SessionsAnsi_fgff000a' }).fg, 0xff000a)
  same(vim.api.nvim_get_hl(0, { name = 'SessionsAnsi_fg208' }).ctermfg, 208)
  vim.cmd('highlight clear')
  ansi.restore()
  same(vim.api.nvim_get_hl(0, { name = 'SessionsAnsi_fg208' }).ctermfg, 208)
end)

local PANDAS = [[<div><style scoped>th { color: red }</style><table border="1" class="dataframe">
<thead><tr style="text-align: right;"><th></th><th>name</th><th>n</th></tr></thead>
<tbody><tr><th>0</th><td>Ann &amp; Bob</td><td>3.5</td></tr>
<tr><th>10</th><td>&lt;None&gt;&#228;</td><td>NaN</td></tr></tbody></table><p>2 rows × 2 columns</p></div>]]

case('tables of pandas and polars', function()
  local made = assert(tables.parse(PANDAS))
  same(plain(tables.lines(made, 'A', 'H')), {
    '    name         n',
    ' 0  Ann & Bob  3.5',
    '10  <None>ä    NaN',
    '2 rows × 2 columns',
  })
  same(made.head, 1)
  local polars = [[<div><small>shape: (1, 2)</small><table class="dataframe"><thead>
    <tr><th>a</th><th>b</th></tr><tr><td>i64</td><td>str</td></tr></thead>
    <tbody><tr><td>1</td><td>&quot;x&quot;</td></tr></tbody></table></div>]]
  same(plain(tables.lines(assert(tables.parse(polars)), 'A', 'H')), {
    '  a  b  ',
    'i64  str',
    '  1  "x"',
    'shape: (1, 2)',
  })
end)

case('what is no simple table stays as it is', function()
  for _, html in ipairs({
    '<b>bold</b>',
    '<table><tr><td>1</td></tr></table>',
    '<table><tr><td>1</td></tr><tr><td>1</td><td>2</td></tr></table>',
    '<table><tr><td colspan=2>1</td></tr><tr><td>1</td></tr></table>',
    '<p>text</p><table><tr><td>1</td></tr><tr><td>2</td></tr></table>',
    '<table><tr><td>1</td></tr><tr><td>2</td></tr></table><b>text</b>',
    '<table><tr><td>1</td></tr><tr><td>2</td></tr></table><table></table>',
    '<table><tr><td><table></table></td></tr><tr><td>2</td></tr></table>',
    '<table><tr><td>1',
  }) do
    same(tables.parse(html), nil, html)
  end
end)

case('a wide field of a table is cut', function()
  local html = '<table><thead><tr><th>a</th></tr></thead><tr><td>%s</td></tr></table>'
  local made = assert(tables.parse(html:format(('界'):rep(30))))
  same(plain(tables.lines(made, 'A', 'H'))[2], ('界'):rep(19) .. '…')
end)

local GROUPED = [[<table><thead>
<tr><th></th><th></th><th colspan="2" halign="left">length</th><th colspan="2">of everything</th></tr>
<tr><th>kind</th><th>n</th><th>mean</th><th>std</th><th>mean</th><th>std</th></tr></thead>
<tbody><tr><th rowspan="2" valign="top">a</th><th>1</th>
<td>10.5</td><td>0.1</td><td>1</td><td>22</td></tr>
<tr><th>2</th><td>1.5</td><td>0.2</td><td>3</td><td>4</td></tr></tbody></table>]]

case('fields of a table that take several columns or rows', function()
  same(plain(tables.lines(assert(tables.parse(GROUPED)), 'A', 'H')), {
    '         length     of everything',
    'kind  n  mean  std  mean      std',
    'a     1  10.5  0.1     1       22',
    '      2   1.5  0.2     3        4',
  })
end)

case('what does not fit of a table is left out in the middle', function()
  for _, row in ipairs({
    { 33, '         length     of everything', 'a     1  10.5  0.1     1       22' },
    { 32, '         len…  …  of everything', 'a     1  10.5  …     1       22' },
    { 27, '         len…  …  of eve…', 'a     1  10.5  …       22' },
    { 16, '         …', 'a     1  …' },
    { 3, '      …', 'a     …' },
  }) do
    local lines = plain(tables.lines(assert(tables.parse(GROUPED)), 'A', 'H', row[1]))
    same({ lines[1], lines[3] }, { row[2], row[3] }, row[1])
  end
end)

local PNG = { mime = 'image/png', file = '/x/plot.png', size = { 640, 480 }, bytes = 10 }

case('what a cell gave, in order', function()
  for _, row in ipairs({
    { {}, {} },
    { { text = '42' }, { '42' } },
    { { text = 'v', stdout = 'out\n', stderr = 'err\n' }, { 'out', 'err', 'v' } },
    { { outputs = { PNG } }, { '[image 640×480 plot.png]' } },
    { { text = '<Figure size 640x480>', outputs = { PNG } }, { '[image 640×480 plot.png]' } },
    { { text = 'Bars of 6', outputs = { PNG } }, { 'Bars of 6', '[image 640×480 plot.png]' } },
    { { outputs = { { mime = 'image/svg+xml', data = '<svg/>' } } }, { '[image svg]' } },
    { { outputs = { PNG, PNG } }, { '[image 640×480 plot.png]', '[image 640×480 plot.png]' } },
    {
      { text = 'raw', outputs = { { mime = 'text/html', data = PANDAS } } },
      plain(tables.lines(assert(tables.parse(PANDAS)), '', '')),
    },
    { { text = 'raw', outputs = { { mime = 'text/html', data = '<b>x</b>' } } }, { 'raw' } },
    { { outputs = { { mime = 'text/html', data = '<b>x</b>' } } }, { '[text/html]' } },
    {
      { outputs = { { mime = 'text/html', file = '/x.html', bytes = 40000 } } },
      { '[text/html, 40000 bytes]' },
    },
    {
      {
        outputs = { { mime = 'text/plain', data = 'one' }, { mime = 'text/plain', data = 'two' } },
        text = 'three',
      },
      { 'one', 'two', 'three' },
    },
    {
      { text = '<a.B object>', outputs = { { mime = 'text/markdown', data = '**x**' } } },
      { '**x**' },
    },
    { { text = 'B(1)', outputs = { { mime = 'text/latex', data = '$x$' } } }, { 'B(1)' } },
    { { error = { type = 'E', message = 'm', traceback = '' } }, { 'E: m' } },
    {
      { error = { type = 'E', message = '', traceback = 'a\nb' }, stdout = 'x' },
      { 'x', 'a', 'b' },
    },
    { { stdout = '   \n\n' }, {} },
    { { text = 'old', so_far = { stdout = 'new', stderr = '', outputs = {} } }, { 'new' } },
    { { text = 'old', so_far = { stdout = '', stderr = '', outputs = {} } }, { 'old' } },
    {
      { text = 'old', so_far = { stdout = '', stderr = '', outputs = { PNG } } },
      { '[image 640×480 plot.png]' },
    },
  }) do
    same(plain(render.cell(cell(row[1])).lines), row[2], vim.inspect(row[1]))
  end
end)

case('pictures that somebody draws have no line', function()
  local made = render.cell(cell({ stdout = 'x', outputs = { PNG } }), {
    draws = function()
      return true
    end,
  })
  same({ plain(made.lines), #made.pictures }, { { 'x' }, 1 })
end)

--- What is drawn while a function runs with a plugin for pictures that notes what it is asked.
local function drawn_by(name, action)
  local told = {}
  local function image(path, row)
    table.insert(told, ('+%s@%d'):format(vim.fs.basename(path), row))
    local function gone()
      table.insert(told, '-' .. vim.fs.basename(path))
    end
    return { close = gone, clear = gone, render = function() end }
  end
  local plugins = {
    snacks = {
      image = {
        supports_terminal = function()
          return true
        end,
        supports_file = function()
          return true
        end,
        terminal = {
          env = function()
            return { placeholders = true }
          end,
        },
        placement = {
          new = function(_, path, options)
            return image(path, options.pos[1])
          end,
        },
      },
    },
    image = {
      is_enabled = function()
        return true
      end,
      from_file = function(path, options)
        return image(path, options.y + options.render_offset_top)
      end,
    },
  }
  package.loaded[name] = plugins[name]
  local pictures = require('sessions.pictures')
  pictures.reload()
  local done, failure = pcall(action, pictures)
  package.loaded[name] = nil
  pictures.reload()
  assert(done, failure)
  return told
end

case('pictures are drawn once, below the text, and taken away', function()
  local other = vim.tbl_extend('force', PNG, { file = '/x/other.png' })
  local buf = vim.api.nvim_get_current_buf()
  local function story(pictures)
    same({ pictures.draws(PNG), pictures.draws({ mime = 'image/png', data = '' }) }, { true, false })
    pictures.show(buf, 'a', 0, { PNG, other }, 2)
    pictures.show(buf, 'a', 0, { PNG, other }, 2) -- only its state changed
    pictures.show(buf, 'a', 0, { other }, 2)
    pictures.clear(buf)
  end
  same(drawn_by('snacks', story), {
    '+plot.png@1',
    '+other.png@1',
    '-plot.png',
    '-other.png',
    '+other.png@1',
    '-other.png',
  })
  same(drawn_by('image', story), {
    '+plot.png@2',
    '+other.png@18',
    '-plot.png',
    '-other.png',
    '+other.png@2',
    '-other.png',
  })
end)

local function numbers(first, last)
  local found = {}
  for number = first, last do
    table.insert(found, tostring(number))
  end
  return table.concat(found, '\n')
end

case('long results are cut, and say by how much', function()
  local function cut(given, limit)
    return plain(render.cell(cell(given), { max_lines = limit }).lines)
  end
  same(cut({ text = numbers(1, 5) }, 5), { '1', '2', '3', '4', '5' })
  same(cut({ text = numbers(1, 44) }, 5), { '1', '2', '3', '4', '… 40 more lines' })
  -- Of what is printed both ends count, of what runs the last.
  same(cut({ stdout = numbers(1, 44) }, 5), { '1', '2', '… 40 more lines', '43', '44' })
  local running = { stdout = numbers(1, 9), stderr = '', outputs = {} }
  same(cut({ so_far = running }, 3), { '… 7 lines before', '8', '9' })
  -- Neither the value nor the error is what is cut away.
  local printed = { '1', '2', '… 47 more lines', '50' }
  same(
    cut({ stdout = numbers(1, 50), text = '0.9' }, 5),
    vim.list_extend({ unpack(printed) }, { '0.9' })
  )
  same(
    cut({ stdout = numbers(1, 3), text = numbers(1, 9) }, 6),
    { '1', '2', '3', '1', '2', '… 7 more lines' }
  )
  local failure = { type = 'E', message = 'm', traceback = numbers(1, 3) .. '\nE: m' }
  same(
    cut({ stdout = numbers(1, 50), error = failure }, 8),
    vim.list_extend({ unpack(printed) }, { '1', '2', '3', 'E: m' })
  )
  failure.traceback = numbers(1, 30) .. '\nE: m'
  same(cut({ stdout = numbers(1, 50), error = failure }, 8), {
    '1',
    '2',
    '… 47 more lines',
    '50',
    '1',
    '2',
    '… 28 more lines',
    'E: m',
  })
  same(
    cut({ stdout = numbers(1, 3), text = numbers(1, 3) }, 2),
    { '… 3 more lines', '… 3 more lines' }
  )
end)

case('long lines go on in the next line, tables do not', function()
  local function wrapped(given, width)
    return plain(render.cell(cell(given), { width = width }).lines)
  end
  same(wrapped({ text = ('x'):rep(25) }, 10), { ('x'):rep(10), ('x'):rep(10), 'xxxxx' })
  same(wrapped({ text = ('界'):rep(12) }, 11), { ('界'):rep(5), ('界'):rep(5), ('界'):rep(2) })
  same(
    wrapped({ text = '\27[31m' .. ('x'):rep(12) .. '\27[0mend' }, 10),
    { ('x'):rep(10), 'xxend' }
  )
  same(wrapped({ text = ('x'):rep(25) }, nil), { ('x'):rep(25) })
  same(#wrapped({ outputs = { { mime = 'text/html', data = PANDAS } } }, 10), 4)
end)

case('how a cell stands', function()
  for _, row in ipairs({
    { { state = 'new', reason = 'it has not run yet' }, 'not run yet' },
    { { runtime_ms = 12.4 }, '12 ms' },
    { { runtime_ms = 0.2, cold = true }, '<1 ms · from an earlier session' },
    { { state = 'stale', reason = 'its code changed', runtime_ms = 3 }, 'stale: its code changed' },
    { { state = 'running', reason = 'it has not run yet' }, 'running' },
    { { state = 'running', started = vim.uv.now() - 500 }, 'running' },
    { { state = 'running', started = vim.uv.now() - 12400 }, 'running 12 s' },
    { { state = 'queued', reason = 'it needs cell 2, which failed' }, 'queued' },
    { { state = 'interrupted', runtime_ms = 2300, reason = 'was' }, 'interrupted after 2.3 s' },
    {
      { state = 'error', runtime_ms = 61000, error = { type = 'KeyError' } },
      'failed after 1 min 1 s: KeyError',
    },
    { { state = 'error', reason = 'invalid syntax' }, 'failed: invalid syntax' },
    { { state = 'new', kind = 'markdown' }, '' },
  }) do
    same(render.standing(cell(row[1])), row[2])
  end
  for _, row in ipairs({
    { 0.2, '<1 ms' },
    { 999.4, '999 ms' },
    { 1234, '1.2 s' },
    { 59960, '1 min 0 s' },
    { 185000, '3 min 5 s' },
    { 7260000, '2 h 1 min' },
  }) do
    same(render.duration(row[1]), row[2])
  end
end)

case('what is said of the cells of a notebook', function()
  local cells = {}
  local function add(count, given)
    for _ = 1, count do
      table.insert(cells, cell(vim.tbl_extend('force', { number = #cells + 1 }, given)))
    end
  end
  add(2, { state = 'new' })
  add(1, { kind = 'markdown', state = 'new' })
  add(1, { state = 'new' })
  add(1, { state = 'fresh' })
  add(1, { state = 'stale', title = 'Load', reason = 'its code changed' })
  local status = require('sessions.status')
  same(
    status.of_cells(cells),
    { 'cell 6 (Load): stale: its code changed', 'not run yet: cells 1–2, 4' }
  )
  add(30, { state = 'stale' })
  local found = status.of_cells(cells)
  same({ #found, found[20], found[21] }, { 22, 'cell 25: stale', '… 11 more' })
end)

case('only what is true or running is in full colour', function()
  for _, row in ipairs({
    { { state = 'fresh' }, true },
    { { state = 'error' }, true },
    { { state = 'error', reason = 'invalid syntax' }, false },
    { { state = 'stale', reason = 'its code changed' }, false },
    { { state = 'blocked' }, false },
    { { state = 'queued' }, false },
    { { state = 'running' }, false },
    { { state = 'running', so_far = { stdout = 'x', stderr = '', outputs = {} } }, true },
  }) do
    same(render.true_now(cell(row[1])), row[2], vim.inspect(row[1]))
  end
  same(
    marked(render.dimmed({ { { 'a', 'X' }, { 'b' } } })),
    { '<SessionsStale>a</><SessionsStale>b</>' }
  )
end)

case('values and widgets as they are typed', function()
  local value, name = require('sessions.commands').value, require('sessions.widgets').name
  for _, row in ipairs({
    { '3', 3 },
    { '0.5', 0.5 },
    { 'true', true },
    { 'True', true },
    { 'False', false },
    { '"a b"', 'a b' },
    { "'a'", 'a' },
    { 'word', 'word' },
    { '[1,2]', { 1, 2 } },
    { 'null', 'null' },
    { '', '' },
  }) do
    same(value(row[1]), row[2], row[1])
  end
  for _, row in ipairs({
    { 'n = bind(Slider(1, 10))', 'n' },
    { '  n=bind (', 'n' },
    { 'n = sessions_ls.bind(Slider())', 'n' },
    { 'n = rebind(1)' },
    { 'bind(1)' },
    { 'n == bind(1)' },
    { '# n = bind(1)' },
    { 'n.a = bind(1)' },
  }) do
    same(name(row[1]), row[2], row[1])
  end
end)

case('variables before the modules, functions and classes', function()
  local found = require('sessions.variables').values_first({
    { name = 'np', kind = 'module' },
    { name = 'Forest', kind = 'class' },
    { name = 'df', kind = 'value' },
    { name = 'train', kind = 'function' },
    { name = 'kind', kind = 'value' },
  })
  local names = vim.tbl_map(function(variable)
    return variable.name
  end, found)
  same(names, { 'df', 'kind', 'np', 'Forest', 'train' })
end)

case('options that do not exist are reported', function()
  local config = require('sessions.config')
  local kept = vim.g.sessions
  vim.g.sessions = { results = { max_lines = 'many', bars = '|' }, colour = true, keys = false }
  config.reload()
  same(config.get().keys, false)
  table.sort(config.problems)
  same(config.problems, {
    'There is no option `colour`.',
    'There is no option `results.bars`.',
    '`results.max_lines` must be a number, not a string.',
  })
  vim.g.sessions = function()
    return { results = false }
  end
  config.reload()
  same(config.get().results.enabled, false)
  vim.g.sessions = kept
  config.reload()
end)
