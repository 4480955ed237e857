-- POST /admin/simple/accounts/ with 1,000 new accounts.
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
  local accounts = {}
  for n = 1, 1000 do
    local name = tag .. "-" .. thread_id .. "-" .. turn .. "-" .. n
    accounts[n] = '"a' .. n .. '":{"user":{"email":"' .. name .. '@bench.example","name":"' .. name .. '"}}'
  end
  return wrk.format("POST", nil, headers,
    '{"options":{"seed_defaults":false,"create_api_keys":true},"accounts":{'
    .. table.concat(accounts, ",") .. "}}")
end
