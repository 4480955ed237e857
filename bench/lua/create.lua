-- POST /organizations/ with a new name, by each user in turn.
dofile(os.getenv("BENCH_LUA") .. "/common.lua")

local headers, turn, tag = {}, 0, os.getenv("BENCH_TAG")

function init(args)
  for i, credential in ipairs(read_lines()) do
    headers[i] = {
      ["Host"] = wrk.headers["Host"],
      ["Authorization"] = credential,
      ["Content-Type"] = "application/json",
    }
  end
end

function request()
  turn = turn + 1
  local body = '{"name":"bench ' .. tag .. "-" .. thread_id .. "-" .. turn .. '","description":"d"}'
  return wrk.format("POST", nil, headers[(turn + thread_id * 17) % #headers + 1], body)
end
