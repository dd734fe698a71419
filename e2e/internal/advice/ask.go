//go:build linux

package advice

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// forecast is a row of docker pidns signals --format json; its keys are described in
// docs/json.md.
type forecast struct {
	Container, Forecast, Certainty string
	Lost                           []int
	Now, Cure                      string
	CureOptions                    []string
	CureForecast, CureCertainty    *string
	CureLost                       []int
}

// finding is a row of docker pidns doctor --format json.
type finding struct {
	Container, Rule, Severity, Verdict string
	Evidence                           []string
	Now, NowEffect, Cure               string
}

// zombie is a row of docker pidns zombies --format json.
type zombie struct {
	HostPID            int
	Cause, InitCures   string
	Parent             string
	ParentContainerPID *int
}

// pidns runs docker pidns.
func (r *Run) pidns(ctx context.Context, args ...string) (string, error) {
	return realhost.Command(ctx, r.Environment, "docker", append([]string{"pidns"}, args...)...)
}

// rows asks for JSON.
func rows[T any](ctx context.Context, r *Run, args ...string) ([]T, error) {
	text, err := r.pidns(ctx, append(args, "--format", "json")...)
	if err != nil {
		return nil, err
	}
	return parse[T](text)
}

// parse reads one JSON object per line.
func parse[T any](text string) ([]T, error) {
	var list []T
	for line := range strings.Lines(text) {
		var row T
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return nil, fmt.Errorf("read %s: %w", line, err)
		}
		list = append(list, row)
	}
	return list, nil
}

// signals asks what docker stop will do.
func (r *Run) signals(ctx context.Context, b *box) (forecast, error) {
	list, err := rows[forecast](ctx, r, "signals", b.name)
	if err == nil && len(list) != 1 {
		err = fmt.Errorf("%d forecasts of %s", len(list), b.name)
	}
	if err != nil {
		return forecast{}, err
	}
	return list[0], nil
}

// findings asks the doctor for the findings of one or several rules.
func (r *Run) findings(ctx context.Context, rules string, b *box) ([]finding, error) {
	return rows[finding](ctx, r, "doctor", "--settle", "1s", "--rule", rules, b.name)
}

// found is the only finding of a rule about a container. It is an error if there is not exactly
// one.
func (r *Run) found(ctx context.Context, rule string, b *box) (finding, error) {
	list, err := r.findings(ctx, rule, b)
	return single(list, err, rule, b)
}

// foundOnHost asks the doctor about the whole host, which some rules need.
func (r *Run) foundOnHost(ctx context.Context, rule string, b *box) (finding, error) {
	list, err := rows[finding](ctx, r, "doctor", "--settle", "1s", "--rule", rule)
	var mine []finding
	for _, f := range list {
		if f.Container == b.name || strings.HasPrefix(b.id, f.Container) {
			mine = append(mine, f)
		}
	}
	return single(mine, err, rule, b)
}

func single(list []finding, err error, rule string, b *box) (finding, error) {
	switch {
	case err != nil:
		return finding{}, err
	case len(list) == 0:
		return finding{}, fmt.Errorf("the trouble is not there: no finding of %s about %s", rule, b.name)
	}
	return list[0], nil
}

// zombieRows asks for zombies.
func (r *Run) zombieRows(ctx context.Context, b *box) ([]zombie, error) {
	return rows[zombie](ctx, r, "zombies", b.name)
}
