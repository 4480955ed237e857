-- Shared by all scripts: numbers the threads so that bodies can be unique, reads
-- credentials, and prints the result as one line of JSON.

local threads = {}

function setup(thread)
  thread:set("thread_id", #threads + 1)
  table.insert(threads, thread)
end

-- Returns the lines of the file BENCH_TOKENS: one Authorization header each.
function read_lines()
  local lines = {}
  for line in io.lines(os.getenv("BENCH_TOKENS")) do
    lines[#lines + 1] = line
  end
  return lines
end

-- Reading responses costs the generator processor time, so only the scripts for
-- slow requests (password hashing) set `response = check_status_ok`: their
-- endpoints return refusals with status 200.
refused = 0
refusal = ""
function check_status_ok(status, headers, body)
  if status ~= 200 or not string.find(body, '"status":"OK"', 1, true) then
    refused = refused + 1
    if refusal == "" then
      refusal = status .. " " .. string.sub(body, 1, 200)
    end
  end
end

function done(summary, latency, requests)
  local refused_total, example = 0, ""
  for _, thread in ipairs(threads) do
    refused_total = refused_total + (thread:get("refused") or 0)
    if example == "" then
      example = thread:get("refusal") or ""
    end
  end
  local e = summary.errors
  io.write(string.format(
    'FIGURES {"requests":%d,"duration_us":%d,"bytes":%d,"status_errors":%d,"socket_errors":%d,"timeouts":%d,"refused":%d,"p50_us":%d,"p99_us":%d,"max_us":%d}\n',
    summary.requests, summary.duration, summary.bytes,
    e.status, e.connect + e.read + e.write, e.timeout, refused_total,
    latency:percentile(50), latency:percentile(99), latency.max))
  if example ~= "" then
    io.write("REFUSAL " .. string.gsub(example, "[\r\n]", " ") .. "\n")
  end
end
