package plugin

import (
	"errors"
	"strings"
	"testing"

	"github.com/docker/cli/cli"
	"github.com/docker/cli/cli/command"
	"github.com/spf13/cobra"
)

// The options on which a status depends exist, and the statuses ascend.
func TestExitMeanings(t *testing.T) {
	docker, err := command.NewDockerCli()
	if err != nil {
		t.Fatal(err)
	}
	root := NewApp(docker, "test", nil).NewCommand()
	last := -1
	for _, m := range ExitMeanings() {
		if m.Status <= last || m.Meaning == "" || strings.HasSuffix(m.Meaning, ".") {
			t.Errorf("%+v follows %d", m, last)
		}
		last = m.Status
		for _, option := range m.Options {
			if !anyHas(root, option) {
				t.Errorf("status %d: no command has --%s", m.Status, option)
			}
		}
	}
}

func anyHas(cmd *cobra.Command, option string) bool {
	for _, below := range cmd.Commands() {
		if anyHas(below, option) {
			return true
		}
	}
	return cmd.Flags().Lookup(option) != nil
}

// docker's own handling of options returns the documented status.
func TestStatusOfAnUnknownOption(t *testing.T) {
	var status cli.StatusError
	err := cli.FlagErrorFunc(&cobra.Command{Use: "tree"}, errors.New("unknown flag: --bogus"))
	if !errors.As(err, &status) || status.StatusCode != statusWrongUse {
		t.Errorf("got %v", err)
	}
}
