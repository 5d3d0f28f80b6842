# Turns the rounds that bench/run noted into a table and JSON lines (in the file json).
#
# A line is: name, unit, less|more is better, goal, ours, the peer's name, the peer's number; tab-separated. A goal is a
# comparison with our median, as "< 20", or with the ratio, as ">= 1x". The ratio of a round says how many times as good
# ours is: above 1, ours is faster or smaller.
BEGIN { FS = "\t" }

{
	row = $1 FS $6
	if (!(row in count)) {
		rows[++total] = row
		unit[row] = $2; goal[row] = $4
	}
	n = ++count[row]
	ours[row, n] = $5
	peers[row, n] = $7
	if ($7 != "")
		ratio[row, n] = $3 == "less" ? $7 / $5 : $5 / $7
}

END {
	split(pace, slow, " ")
	print "machine   " cpu ", " cores " cores; load " load "; a fixed loop took " slow[1] " to " slow[2] " ms"
	print "libtorch  " libtorch
	print "PyTorch   " torch "; " threads " threads on both sides"
	print "rounds    " rounds " (" many " of small op, training and start-up), ours and the peer's by turns; medians, and the ratios' quartiles"
	print "ratio     how many times as good ours is: above 1, ours is faster or smaller\n"
	printf "{\"cpu\":\"%s\",\"cores\":%d,\"load\":\"%s\",\"loop_ms\":[%d,%d],\"libtorch\":\"%s\",\"pytorch\":\"%s\",\"threads\":%d,\"rounds\":%d}\n",
		cpu, cores, load, slow[1], slow[2], libtorch, torch, threads, rounds > json
	line = "%-34s %13s %13s  %-23s %-22s %-7s %s\n"
	printf line, "", "ours", "peer", "", "ratio", "goal", "ok?"
	for (i = 1; i <= total; i++)
		report(rows[i])
}

function report(row,   part, mine, theirs, best, r, low, high, ok) {
	split(row, part, FS)
	mine = quantile(ours, row, 0.5)
	low = high = r = theirs = ""
	best = quantile(ours, row, 0.25) # goals in our own unit are all upper bounds
	if ((row, 1) in ratio) {
		theirs = quantile(peers, row, 0.5)
		r = quantile(ratio, row, 0.5)
		low = quantile(ratio, row, 0.25)
		high = quantile(ratio, row, 0.75)
	}
	ok = verdict(goal[row], mine, best, r, high)
	printf line, part[1], show(mine, unit[row]), theirs == "" ? "-" : show(theirs, unit[row]), part[2],
		r == "" ? "-" : sprintf("%s (%s to %s)", times(r), times(low), times(high)), goal[row], ok
	printf "{\"name\":\"%s\",\"unit\":\"%s\",\"ours\":%.6g,\"peer\":\"%s\",\"theirs\":%s,\"ratio\":%s,\"low\":%s,\"high\":%s,\"goal\":\"%s\",\"ok\":\"%s\"}\n",
		part[1], unit[row], mine, part[2], number(theirs), number(r), number(low), number(high), goal[row], ok > json
}

# verdict holds a goal against our median or the ratio's. Where only the better quartile reaches it, it is "~": within noise.
function verdict(goal, mine, best, r, high,   part, relative) {
	relative = goal ~ /x$/
	if (goal == "" || relative && r == "")
		return ""
	split(goal, part, " ")
	if (met(part[1], relative ? r : mine, part[2] + 0))
		return "yes"
	return met(part[1], relative ? high : best, part[2] + 0) ? "~" : "no"
}

function met(op, x, limit) {
	if (op == "<") return x < limit
	if (op == "<=") return x <= limit
	if (op == ">") return x > limit
	return x >= limit
}

function quantile(of, row, q,   n, i, j, v, at) {
	n = count[row]
	for (i = 1; i <= n; i++) {
		for (j = i; j > 1 && v[j-1] > of[row, i] + 0; j--)
			v[j] = v[j-1]
		v[j] = of[row, i] + 0
	}
	at = 1 + (n - 1) * q
	i = int(at)
	return i == n ? v[n] : v[i] + (at - i) * (v[i+1] - v[i])
}

function show(x, unit) { return unit == "bytes" ? digits(x / 1e6) " MB" : digits(x) " " unit }
function digits(x) { return sprintf(x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x) }
function times(x) { return x < 2 ? sprintf("%.3f", x) : digits(x) }
function number(x) { return x == "" ? "null" : sprintf("%.6g", x) }
