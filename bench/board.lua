-- SPDX-License-Identifier: MIT
-- wrk's requests: cells of a board of 200x100 at random, on behalf of the token given.
local requests, next = {}, 0

function init(args)
	math.randomseed(1)
	for i = 1, 4096 do
		requests[i] = wrk.format("PUT", "/update-pixel", { ["Content-Type"] = "application/json" },
			string.format('{"id": "%s", "row": %d, "col": %d, "color": %d}', args[1],
				math.random(0, 99), math.random(0, 199), math.random(0, 15)))
	end
end

function request()
	next = next % #requests + 1
	return requests[next]
end

function done(summary)
	local errors = summary.errors
	io.write(string.format("%d %d %d\n", summary.requests, summary.duration,
		errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
