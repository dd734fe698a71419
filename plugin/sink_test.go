package plugin

import (
	"testing"

	"github.com/spf13/cobra"
)

// A hint repeats the options as they were typed, quoted for a shell.
func TestCommandLine(t *testing.T) {
	for want, typed := range map[string][]string{
		"doctor demo":                                   {"demo"},
		"doctor --notes --settle=3s demo other":         {"--notes", "--settle", "3s", "demo", "other"},
		"doctor --fail-on=error,stop-ignored":           {"--fail-on", "error", "--fail-on", "stop-ignored"},
		"doctor '--format={{.Rule}} it'\\''s' demo":     {"--format", "{{.Rule}} it's", "demo"},
		"doctor --all=false --notes":                    {"--all=false", "--notes=true"},
		"doctor 'it is one'":                            {"it is one"},
		"doctor --filter=label=a=b '--filter=name=x y'": {"-f", "name=x y", "--filter", "label=a=b"},
	} {
		got := ""
		app := &App{}
		cmd := app.newDoctorCommand()
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			got = commandLine(cmd, args)
			return nil
		}
		cmd.SetArgs(typed)
		if err := cmd.Execute(); err != nil || got != want {
			t.Errorf("got %s, want %s (%v)", got, want, err)
		}
	}
}

// docker has its options on the root command alone, as cli.SetupPluginRootCommand installs them.
func TestGlobalWords(t *testing.T) {
	root, tree := &cobra.Command{Use: "docker"}, &cobra.Command{Use: "tree"}
	root.AddCommand(tree)
	root.Flags().String("context", "", "")
	root.Flags().StringSlice("host", nil, "")
	if got := globalWords(tree); got != "" {
		t.Errorf("nothing was typed: got %q", got)
	}
	if err := root.Flags().Set("context", "my prod"); err != nil {
		t.Fatal(err)
	}
	if got, want := globalWords(tree), "--context 'my prod' "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
