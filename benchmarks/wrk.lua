-- Requests for wrk: the paths of a file, one a line, in their order and again from the first; gzip is taken.
-- wrk -s wrk.lua ADDRESS -- FILE; the last line printed is JSON.

local requests = {}
local at = 0

function init(arguments)
    for path in io.lines(arguments[1]) do
        requests[#requests + 1] = wrk.format("GET", path, { ["Host"] = wrk.host, ["Accept-Encoding"] = "gzip" })
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests": %d, "duration_us": %d, "failed": %d, "p50_us": %d, "p95_us": %d, "p99_us": %d}\n',
        summary.requests, summary.duration,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout,
        latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
