-- POST /auth/signup with a new address.
dofile(os.getenv("BENCH_LUA") .. "/common.lua")

local turn, tag, headers = 0, os.getenv("BENCH_TAG"), nil

function init(args)
  headers = { ["Host"] = wrk.headers["Host"], ["Content-Type"] = "application/json" }
end

function request()
  turn = turn + 1
  local email = tag .. "-" .. thread_id .. "-" .. turn .. "@bench.example"
  return wrk.format("POST", nil, headers,
    '{"formFields":[{"id":"email","value":"' .. email .. '"},{"id":"password","value":"Secret12!"}]}')
end

response = check_status_ok
