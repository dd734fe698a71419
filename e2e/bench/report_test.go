//go:build linux

package main

import (
	"errors"
	"strings"
	"testing"
)

func TestVerdict(t *testing.T) {
	one := []float64{1, 1, 1, 1}
	tests := map[string]struct {
		result result
		want   string
	}{
		"held":               {result{pair: pair{[]float64{1, 1, 1, 1}, one}, target: 1}, "held"},
		"noise":              {result{pair: pair{[]float64{0.5, 0.5, 2, 2}, one}, target: 1}, "missed by noise"},
		"missed":             {result{pair: pair{[]float64{2, 2, 2, 2}, one}, target: 1}, "MISSED"},
		"without a peer":     {result{pair: pair{ours: one}, target: 1}, "held"},
		"missed by itself":   {result{pair: pair{ours: one}, target: 0.9}, "MISSED"},
		"noise without peer": {result{pair: pair{ours: []float64{0.5, 0.5, 2, 2}}, target: 1}, "missed by noise"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.result.verdict(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			var out strings.Builder
			err := report(&out, []result{test.result})
			if errors.Is(err, errMissed) != (test.want == "MISSED") || !strings.Contains(out.String(), test.want) {
				t.Errorf("error %v, report %s", err, out.String())
			}
		})
	}
}

func TestTotalCalls(t *testing.T) {
	const head = "% time     seconds  usecs/call     calls    errors syscall\n"
	for text, want := range map[string]float64{
		head + "100.00    0.086354          70      1232        47 total\n": 1232,
		head + "100.00    0.086354          70      1232           total\n": 1232,
	} {
		if got, err := totalCalls(text); got != want || err != nil {
			t.Errorf("got %v, error %v", got, err)
		}
	}
	for _, text := range []string{"", head, "no total\n"} {
		if _, err := totalCalls(text); err == nil {
			t.Errorf("%q has no total", text)
		}
	}
}

// What one look makes more calls for beside many processes, it makes for these.
func TestCallsForEachProcess(t *testing.T) {
	least := calls{small: []float64{10}, of: map[string]float64{"zombies": 400}}
	most := calls{small: []float64{11}, of: map[string]float64{"zombies": 700}}
	results := least.against(most, options{many: few + 100})
	if len(results) != 2 || results[0].pair.ratio() != 1.1 || median(results[1].pair.ours) != 3 || results[1].unit != "calls/process" {
		t.Errorf("got %+v", results)
	}
	if results := (calls{of: map[string]float64{}}).against(most, options{many: 200}); len(results) != 0 {
		t.Errorf("nothing was counted: %+v", results)
	}
}
