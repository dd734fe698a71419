//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// forecast is a row of docker pidns signals --format json; its keys are described in
// docs/json.md.
type forecast struct {
	Container, Command string
	HostPID            int
	StopSignal         string
	StopTimeoutSeconds int
	// Forecast is handled, ignored, delayed, hangs or unknown, Certainty certain,
	// likely or unknown.
	Forecast, Certainty string
	// Blocker is the host PID of the process that delays the stop.
	Blocker *int
	// Reaps is yes, no or unknown.
	Reaps    string
	Evidence []string
	// Cure is what would fix the container's stop, empty for none.
	Cure string
	// Loses is true if a rule about handlers has a finding. It is not a key of that row.
	Loses bool
}

// lossRules are the rules of docker pidns doctor about workers whose handlers are lost although
// docker stop is in time.
const lossRules = "workers-killed-unheard,init-without-right"

// ask returns the forecasts for containers in their order, with a collector of docker pidns.
func ask(ctx context.Context, environment []string, collector string, containers ...container) ([]forecast, error) {
	args := []string{"pidns", "signals", "--format", "json", "--collector", collector}
	for _, c := range containers {
		args = append(args, c.name)
	}
	out, err := realhost.Command(ctx, environment, "docker", args...)
	if err != nil {
		return nil, err
	}
	return parseForecasts(out, containers...)
}

// loses reports whether a rule finds that handlers of the container are lost.
func loses(ctx context.Context, environment []string, collector string, c container) (bool, error) {
	names, err := realhost.Command(ctx, environment, "docker", "pidns", "doctor", "--quiet", "--settle", "0s", "--rule", lossRules, "--collector", collector, c.name)
	return names != "", err
}

func parseForecasts(text string, containers ...container) ([]forecast, error) {
	byName := map[string]forecast{}
	for line := range strings.Lines(text) {
		var row forecast
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return nil, fmt.Errorf("read the forecast %s: %w", strings.TrimSpace(line), err)
		}
		byName[row.Container] = row
	}
	rows := make([]forecast, 0, len(containers))
	for _, c := range containers {
		row, found := byName[c.name]
		if !found {
			return nil, errors.New("no forecast of " + c.name)
		}
		rows = append(rows, row)
	}
	return rows, nil
}
