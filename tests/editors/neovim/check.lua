-- A few words for tests inside Neovim. `nvim -l check.lua FILE` runs the cases of FILE and prints a
-- JSON object a line: {"name", "ok", "message"}.
local M = {}

local cases = {}

--- Add a case.
function M.case(name, action)
  table.insert(cases, { name = name, action = action })
end

--- Fail unless two values are the same.
function M.same(found, expected, what)
  if not vim.deep_equal(found, expected) then
    local message = '%sfound %s, not %s'
    local about = what and what .. ': ' or ''
    error(message:format(about, vim.inspect(found), vim.inspect(expected)), 2)
  end
end

--- Wait until a function gives a value, or fail.
function M.until_same(read, expected, milliseconds)
  local found
  local done = vim.wait(milliseconds or 15000, function()
    found = read()
    return vim.deep_equal(found, expected)
  end, 10)
  if not done then
    local message = 'found %s, not %s'
    error(message:format(vim.inspect(found), vim.inspect(expected)), 2)
  end
end

local function report(name, ok, message)
  io.stdout:write(vim.json.encode({ name = name, ok = ok, message = message or '' }) .. '\n')
end

--- Run the cases of a file. The report goes out at once: a case may end Neovim.
function M.run(path)
  package.loaded.check = M
  dofile(path)
  for _, case in ipairs(cases) do
    local ok, message = xpcall(case.action, debug.traceback)
    report(case.name, ok, not ok and tostring(message) or nil)
  end
end

if _G.arg and _G.arg[1] then
  M.run(_G.arg[1])
end

return M
