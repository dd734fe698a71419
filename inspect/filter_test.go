package inspect_test

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// filterOf reads "key=value" words.
func filterOf(t *testing.T, words ...string) inspect.Filter {
	t.Helper()
	var f inspect.Filter
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		if err := f.Add(key, value); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// All keys must match, and one of several values of a key, but all labels. An additional
// condition never selects more.
func TestFilterOfSeveral(t *testing.T) {
	c := &inspect.Container{Name: "shop-web-1", Labels: map[string]string{
		"tier": "web", "empty": "", "eq": "a=b", "com.docker.compose.project": "shop", "com.docker.compose.service": "web",
	}}
	for name, test := range map[string]struct {
		words []string
		want  bool
	}{
		"nothing":                        {nil, true},
		"one of two names":               {[]string{"name=db", "name=web"}, true},
		"none of two names":              {[]string{"name=db", "name=cache"}, false},
		"one of two projects":            {[]string{"project=blog", "project=shop"}, true},
		"one of two services":            {[]string{"service=db", "service=web"}, true},
		"both labels":                    {[]string{"label=tier", "label=empty"}, true},
		"one of two labels":              {[]string{"label=tier=web", "label=tier=db"}, false},
		"two keys":                       {[]string{"project=shop", "name=web"}, true},
		"two keys, of which one":         {[]string{"project=shop", "name=db"}, false},
		"two keys, of which the other":   {[]string{"project=blog", "name=web"}, false},
		"service without its project":    {[]string{"project=blog", "service=web"}, false},
		"a label that is empty":          {[]string{"label=empty="}, true},
		"a label that is not empty":      {[]string{"label=tier="}, false},
		"a label with an equals sign":    {[]string{"label=eq=a=b"}, true},
		"a label with the half of it":    {[]string{"label=eq=a"}, false},
		"the value is not a pattern":     {[]string{"label=tier=w.b"}, false},
		"the name is one":                {[]string{"name=^shop-.*-1$"}, true},
		"a project is no beginning":      {[]string{"project=sh"}, false},
		"a project without a name":       {[]string{"project="}, false},
		"everything that can be said":    {[]string{"name=1", "label=tier", "project=shop", "service=web"}, true},
		"everything, and one that fails": {[]string{"name=1", "label=tier", "project=shop", "service=db"}, false},
	} {
		f := filterOf(t, test.words...)
		if got := f.Matches(c); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
		if got := f.IsZero(); got != (len(test.words) == 0) {
			t.Errorf("%s: zero: got %t", name, got)
		}
	}
}

// A container that is not of a compose project has no service and no project.
func TestFilterOfAContainerWithoutLabels(t *testing.T) {
	plain := &inspect.Container{Name: "plain"}
	for _, words := range [][]string{{"label=tier"}, {"project=shop"}, {"service=web"}} {
		if f := filterOf(t, words...); f.Matches(plain) {
			t.Errorf("%v matches it", words)
		}
	}
	if !filterOf(t, "name=plain").Matches(plain) || plain.ComposeService() != "" {
		t.Errorf("got service %q", plain.ComposeService())
	}
	made := &inspect.Container{Labels: map[string]string{"com.docker.compose.service": "web"}}
	if made.ComposeService() != "web" {
		t.Errorf("got service %q, want web", made.ComposeService())
	}
}

// A refused filter does not change the selection.
func TestFilterThatIsRefused(t *testing.T) {
	for _, word := range []string{"id=x", "=x", "Name=x", "name=(", "status=running"} {
		var f inspect.Filter
		key, value, _ := strings.Cut(word, "=")
		if err := f.Add(key, value); err == nil || !f.IsZero() {
			t.Errorf("%s: got %v and %+v", word, err, f)
		}
	}
}
