-- POST /admin/simple/accounts/ with one new account.
dofile(os.getenv("BENCH_LUA") .. "/common.lua")

local turn, tag, headers = 0, os.getenv("BENCH_TAG"), nil

function init(args)
  headers = {
    ["Host"] = wrk.headers["Host"],
    ["Authorization"] = read_lines()[1],
    ["Content-Type"] = "application/json",
  }
end

function request()
  turn = turn + 1
  local name = tag .. "-" .. thread_id .. "-" .. turn
  return wrk.format("POST", nil, headers,
    '{"options":{"seed_defaults":false,"create_api_keys":true},"accounts":{"a":{"user":{"email":"'
    .. name .. '@bench.example","name":"' .. name .. '"}}}}')
end
