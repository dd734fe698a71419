package metrics

import (
	"net/http"
	"testing"
	"time"
)

func TestTimeoutOf(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"":     9500 * time.Millisecond,
		"10":   9500 * time.Millisecond,
		"1":    900 * time.Millisecond,
		"0.5":  450 * time.Millisecond,
		"60":   59500 * time.Millisecond,
		"1e99": longestTimeout - mostMargin,
		"Inf":  longestTimeout - mostMargin,
		"-1":   9500 * time.Millisecond,
		"0":    9500 * time.Millisecond,
		"NaN":  9500 * time.Millisecond,
		"soon": 9500 * time.Millisecond,
	} {
		r := &http.Request{Header: http.Header{}}
		if header != "" {
			r.Header.Set(timeoutHeader, header)
		}
		if got := timeoutOf(r); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}
