//go:build linux

// Command docker-floor is the least that a docker CLI plugin can do about one
// container: it inspects it and prints its State.Pid. What docker pidns costs
// beyond that is its own doing.
package main

import (
	"fmt"

	"github.com/docker/cli/cli"
	"github.com/docker/cli/cli-plugins/metadata"
	"github.com/docker/cli/cli-plugins/plugin"
	"github.com/docker/cli/cli/command"
	"github.com/spf13/cobra"
)

func main() {
	plugin.Run(func(dockerCLI command.Cli) *cobra.Command {
		return &cobra.Command{
			Use:   "floor CONTAINER",
			Short: "Print the host PID of a container's main process",
			Args:  cli.ExactArgs(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				inspected, err := dockerCLI.Client().ContainerInspect(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(dockerCLI.Out(), inspected.State.Pid)
				return err
			},
		}
	}, metadata.Metadata{SchemaVersion: "0.1.0", Vendor: "docker-pidns", Version: "floor"})
}
