// Package about answers docker's request for the metadata of this plugin. docker sends it at
// every --help and at every TAB, before it runs any plugin, and waits for the answer. The
// packages of the Docker CLI are not needed for the answer, and their initialisation is most
// of a start. So the answer is given first. A package that imports as little as this one is
// initialised before most of them.
package about

import (
	"encoding/json"
	"io"
	"os"
)

// Version is the plugin's. It is set when the program is linked.
var Version = "dev"

// Short is the plugin's one-line description.
const Short = "PIDs, zombies and namespaces of containers, as the host sees them"

// question is docker's only argument when it asks (docker/cli's
// metadata.MetadataSubcommandName, which a test holds against this).
const question = "docker-cli-plugin-metadata"

// Metadata is the answer, with the keys of docker/cli's metadata.Metadata.
type Metadata struct {
	SchemaVersion, Vendor, Version, ShortDescription, URL string
}

// Plugin is this plugin's metadata.
func Plugin() Metadata {
	return Metadata{
		SchemaVersion: "0.1.0", Vendor: "docker-pidns", Version: Version, ShortDescription: Short,
		URL: "https://github.com/docker-pidns/docker-pidns",
	}
}

// init does nothing but for that question.
func init() {
	if isAsked(os.Args) {
		os.Exit(answer(os.Stdout))
	}
}

func isAsked(args []string) bool { return len(args) == 2 && args[1] == question }

// answer writes the answer and returns the exit status.
func answer(w io.Writer) int {
	if err := json.NewEncoder(w).Encode(Plugin()); err != nil {
		return 1
	}
	return 0
}
