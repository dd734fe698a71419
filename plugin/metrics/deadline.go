package metrics

import (
	"net/http"
	"strconv"
	"time"
)

const (
	// timeoutHeader is where Prometheus says how long it waits for the answer, in seconds.
	timeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"
	// defaultTimeout is for requests without this header: Prometheus' own default.
	defaultTimeout = 10 * time.Second
	// longestTimeout is the longest time that a scrape may have.
	longestTimeout = 5 * time.Minute
	// mostMargin is the longest time that is left to write and send the answer.
	mostMargin = 500 * time.Millisecond
)

// timeoutOf is how long the look for a scrape may take: what the request allows, without a tenth,
// 500 ms at most, for the answer.
func timeoutOf(r *http.Request) time.Duration {
	timeout := defaultTimeout
	seconds, err := strconv.ParseFloat(r.Header.Get(timeoutHeader), 64)
	if err == nil && seconds > 0 {
		timeout = time.Duration(min(seconds, longestTimeout.Seconds()) * float64(time.Second))
	}
	return timeout - min(timeout/10, mostMargin)
}
