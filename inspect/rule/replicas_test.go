package rule_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// What replicas have in common is said once; what one of them has alone, or differs in what
// it comes to, is not put into its neighbour's mouth. The words decide nothing.
func TestReplicas(t *testing.T) {
	finding := func(name string, change ...func(*rule.Finding)) rule.Finding {
		f := rule.Finding{
			Rule: "r", Severity: inspect.SeverityWarning, Container: &inspect.Container{Name: name, Image: "i"},
			Process: &procfs.Process{Comm: "app"}, Evidence: []string{"of " + name}, Merge: "same",
		}
		for _, f2 := range change {
			f2(&f)
		}
		return f
	}
	findings := []rule.Finding{
		finding("a"), finding("b", func(f *rule.Finding) { f.Merge = "other" }), finding("c"),
		finding("d", func(f *rule.Finding) { f.Rule = "other" }), finding("e", func(f *rule.Finding) { f.Severity = inspect.SeverityError }),
		finding("f", func(f *rule.Finding) { f.Cure = "another" }), finding("g", func(f *rule.Finding) { f.Container.Image = "j" }),
		finding("h", func(f *rule.Finding) { f.Container.StopTimeout = 1 }), finding("i", func(f *rule.Finding) { f.Process = nil }),
		finding("j", func(f *rule.Finding) { f.Container.Path = "/bin/x" }), finding("k"),
	}
	got := ""
	for _, group := range rule.Replicas(findings) {
		for _, f := range group {
			got += f.Container.Name
		}
		got += " "
	}
	if want := "ack b d e f g h i j "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
