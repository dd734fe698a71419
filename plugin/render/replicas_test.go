package render

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
)

// What replicas have in common is said once; what one of them has alone, or says
// in other words, is not put into its neighbour's mouth.
func TestReplicasSayTheSame(t *testing.T) {
	of := func(name, text string) rule.Finding {
		return rule.Finding{Rule: "r", Severity: inspect.SeverityWarning, Container: &inspect.Container{Name: name, Image: "i"}, Evidence: []string{text}}
	}
	groups := equalFindings([]rule.Finding{
		of("a", "docker stop will wait 10s, which is certain"), of("b", "docker stop will wait 10s, which is likely"), of("c", "docker stop will wait forever, which is certain"),
		of("d", "--pid=host: sees"), of("d", "--network=host: uses"), of("e", "12 zombies: PID 1 (x)"), of("f", "15 zombies: PID 1 (x)"),
	}, DoctorOptions{})
	got := ""
	for _, group := range groups {
		for _, f := range group {
			got += f.Container.Name
		}
		got += " "
	}
	if want := "ab c d d ef "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
