package inspect

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Labels that docker compose puts on its containers.
const (
	// ComposeProject is the label that names the project.
	ComposeProject = "com.docker.compose.project"
	composeService = "com.docker.compose.service"
)

// FilterKeys are the keys that --filter accepts.
var FilterKeys = []string{"label", "name", "project", "service"}

// Filter selects containers. All keys must match. Of several values of one key, one must match,
// but all labels must match. The zero Filter selects every container.
type Filter struct {
	Names                      []*regexp.Regexp
	Labels, Projects, Services []string
}

// IsZero reports whether the filter selects every container.
func (f Filter) IsZero() bool {
	return len(f.Names)+len(f.Labels)+len(f.Projects)+len(f.Services) == 0
}

// Add adds one key=value. An unknown key is an error that lists the known keys.
func (f *Filter) Add(key, value string) error {
	switch key {
	case "name":
		pattern, err := regexp.Compile(value)
		if err != nil {
			return fmt.Errorf("filter name=%s: %w", value, err)
		}
		f.Names = append(f.Names, pattern)
	case "label":
		f.Labels = append(f.Labels, value)
	case "project":
		f.Projects = append(f.Projects, value)
	case "service":
		f.Services = append(f.Services, value)
	default:
		return fmt.Errorf("unknown filter %q: expected %s", key, strings.Join(FilterKeys, ", "))
	}
	return nil
}

// Matches reports whether the filter selects the container. A name is a regular expression that
// matches the container's name with or without a slash in front, as in docker ps.
func (f Filter) Matches(c *Container) bool {
	return anyOf(f.Names, func(v *regexp.Regexp) bool { return v.MatchString(c.Name) || v.MatchString("/"+c.Name) }) &&
		anyOf(f.Projects, func(v string) bool { return c.Labels[ComposeProject] == v }) &&
		anyOf(f.Services, func(v string) bool { return c.Labels[composeService] == v }) &&
		!slices.ContainsFunc(f.Labels, func(v string) bool { return !hasLabel(c, v) })
}

func anyOf[T any](values []T, holds func(T) bool) bool {
	return len(values) == 0 || slices.ContainsFunc(values, holds)
}

// ComposeService is the docker compose service of the container, or "".
func (c *Container) ComposeService() string { return c.Labels[composeService] }

// hasLabel reports whether the container has the label "key", or the label with the value
// of "key=value".
func hasLabel(c *Container, want string) bool {
	key, value, exact := strings.Cut(want, "=")
	got, ok := c.Labels[key]
	return ok && (!exact || got == value)
}
