package metrics

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/measure"
)

var (
	metricInText = regexp.MustCompile(`\bpidns_[a-z_]+`)
	labelInText  = regexp.MustCompile(`\b([a-z_]+)=~?\\?"`)
)

// Alerts and the dashboard use only metrics and labels that exist.
func TestDocumentsUseKnownMetrics(t *testing.T) {
	names, labels := []string{}, []string{"instance", "job"}
	for _, d := range measure.Definitions() {
		names, labels = append(names, d.Name), append(labels, d.Labels...)
	}
	used := map[string]bool{}
	for _, file := range []string{"alerts.yml", "alerts_test.yml", "dashboard.json", "README.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", "metrics", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range metricInText.FindAllString(string(text), -1) {
			used[name] = true
			if !slices.Contains(names, name) && name != "pidns_container_" {
				t.Errorf("%s has %s, which is no metric", file, name)
			}
		}
		for _, found := range labelInText.FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(labels, found[1]) {
				t.Errorf("%s has the label %s, which no metric has", file, found[1])
			}
		}
	}
	for _, name := range names {
		if !used[name] {
			t.Errorf("%s is in no document", name)
		}
	}
}

// The dashboard can be imported: it is JSON, its panels have numbers of their own, and each asks
// the data source that is chosen.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "metrics", "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			ID      int
			Title   string
			Targets []struct {
				Expr       string
				Datasource struct{ UID string }
			}
		}
		Templating struct{ List []struct{ Name string } }
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	var variables []string
	for _, v := range dashboard.Templating.List {
		variables = append(variables, v.Name)
	}
	if !slices.Equal(variables, []string{"datasource", "instance", "name"}) {
		t.Errorf("variables %q", variables)
	}
	seen := map[int]bool{}
	for _, p := range dashboard.Panels {
		if seen[p.ID] || len(p.Targets) == 0 {
			t.Errorf("panel %d (%s) has another's number, or shows nothing", p.ID, p.Title)
		}
		seen[p.ID] = true
		for _, target := range p.Targets {
			if target.Expr == "" || target.Datasource.UID != "${datasource}" {
				t.Errorf("panel %s: %+v", p.Title, target)
			}
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d panels", len(seen))
	}
}
