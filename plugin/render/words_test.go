package render

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A command line that was not read to its end is marked, and the keys have the reason.
func TestCutCommand(t *testing.T) {
	p := procfs.Process{Comm: "java", Args: procfs.Some([]string{"java", "-cp"})}
	row := inspect.Row{Process: &p, Container: &inspect.Container{Name: "demo"}}
	for cut, want := range map[bool]string{false: "java -cp", true: "java -cp [more]"} {
		p.ArgsCut = cut
		keys := processKeysOf("box", &row)
		if got := command(&row); string(got) != want || keys.Command != want {
			t.Errorf("cut %t: got %q and %q, want %q", cut, got, keys.Command, want)
		}
		if said := keys.Absent["Args"] == procfs.TooLong; said != cut {
			t.Errorf("cut %t: Absent says %q", cut, keys.Absent["Args"])
		}
	}
}

// A tree shows where an orphan came from, with a mark if that is only likely.
func TestOriginWords(t *testing.T) {
	for row, want := range map[*inspect.Row]Safe{
		{Origin: "healthcheck", OriginCertainty: inspect.Certain}: "from its health check",
		{Origin: "healthcheck", OriginCertainty: inspect.Likely}:  "from its health check?",
		{Origin: "exec", OriginCertainty: inspect.Certain}:        "from docker exec",
		{}: "",
	} {
		if got := originWords(row); got != want {
			t.Errorf("%+v: got %q, want %q", row, got, want)
		}
	}
}
