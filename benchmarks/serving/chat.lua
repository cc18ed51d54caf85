wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"messages": [{"role": "user", "content": "Name a colour."}], "max_tokens": 16, "temperature": 0}'

local codes = {}
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init()
  statuses = ""
  counts = {}
end

function response(status)
  counts[status] = (counts[status] or 0) + 1
  statuses = ""
  for code, count in pairs(counts) do
    statuses = statuses .. code .. "=" .. count .. " "
  end
end

function done(summary, latency)
  for _, thread in ipairs(threads) do
    for code, count in string.gmatch(thread:get("statuses"), "(%d+)=(%d+)") do
      codes[code] = (codes[code] or 0) + tonumber(count)
    end
  end
  for code, count in pairs(codes) do
    io.write("status ", code, " ", count, "\n")
  end
  local e = summary.errors
  io.write("connect ", e.connect, "\nread ", e.read, "\nwrite ", e.write, "\ntimeout ", e.timeout, "\n")
  io.write("median_ms ", latency:percentile(50) / 1000, "\n")
end
