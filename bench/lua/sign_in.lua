-- POST /auth/signin by each test user in turn; BENCH_TOKENS lists their addresses.
dofile(os.getenv("BENCH_LUA") .. "/common.lua")

local ready, turn = {}, 0

function init(args)
  local headers = { ["Host"] = wrk.headers["Host"], ["Content-Type"] = "application/json" }
  for i, email in ipairs(read_lines()) do
    ready[i] = wrk.format("POST", nil, headers,
      '{"formFields":[{"id":"email","value":"' .. email .. '"},{"id":"password","value":"Secret12!"}]}')
  end
  turn = thread_id * 17
end

function request()
  turn = turn + 1
  return ready[turn % #ready + 1]
end

response = check_status_ok
