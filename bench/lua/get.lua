-- The same GET with the credential of each user in turn.
dofile(os.getenv("BENCH_LUA") .. "/common.lua")

local ready, turn = {}, 0

function init(args)
  for i, credential in ipairs(read_lines()) do
    ready[i] = wrk.format("GET", nil, { ["Host"] = wrk.headers["Host"], ["Authorization"] = credential })
  end
  -- Each thread starts with another user.
  turn = thread_id * 17
end

function request()
  turn = turn + 1
  return ready[turn % #ready + 1]
end
