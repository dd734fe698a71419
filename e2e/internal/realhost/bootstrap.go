//go:build linux

package realhost

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// archives are the lines of sources.list of this host that are about Debian's own archives.
func archives(ctx context.Context) ([]string, error) {
	format := "$(ORIGIN)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
	text, err := Command(ctx, nil, "apt-get", "indextargets", "--format", format, "Created-By: Packages")
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(text) {
		if origin, source, _ := strings.Cut(strings.TrimSpace(line), "|"); origin == "Debian" {
			lines = append(lines, source)
		}
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	if len(lines) == 0 {
		return nil, errors.New("apt has no lists of Debian's (apt-get update)")
	}
	return lines, nil
}

// release is the code name of the first archive, without -updates or -security.
func release(archives []string) string {
	suite, _, _ := strings.Cut(strings.Fields(archives[0])[2], "-")
	return suite
}

// bootstrap is the command line of mmdebstrap, which lets no service start.
func bootstrap(ctx context.Context) ([]string, error) {
	sources, err := archives(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{"--variant=apt", "--format=tar", "--include=" + strings.Join(packages, ","),
		`--aptopt=APT::Install-Recommends "false"`}
	kept, err := aptOptions(ctx)
	if err != nil {
		return nil, err
	}
	return append(append(append(args, kept...), release(sources), "-"), sources...), nil
}

// aptOptions are the options of this host's apt that its archives need.
func aptOptions(ctx context.Context) ([]string, error) {
	dump, err := Command(ctx, nil, "apt-config", "dump")
	if err != nil {
		return nil, err
	}
	var args []string
	for line := range strings.Lines(dump) {
		for _, key := range []string{"Acquire::Check-", "Acquire::http::Proxy", "Acquire::https::Proxy"} {
			if strings.HasPrefix(line, key) {
				args = append(args, "--aptopt="+strings.TrimSuffix(strings.TrimSpace(line), ";"))
			}
		}
	}
	return args, nil
}
