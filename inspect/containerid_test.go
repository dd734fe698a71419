package inspect

import (
	"slices"
	"strings"
	"testing"
)

func TestAppendContainerIDs(t *testing.T) {
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	tests := map[string]struct {
		text string
		want []string
	}{
		"nothing":                 {"", nil},
		"bare":                    {a, []string{a}},
		"of the systemd driver":   {"docker-" + a + ".scope", []string{a}},
		"one digit short":         {a[1:] + "-", nil},
		"interrupted":             {a[:63] + "g" + a, []string{a}},
		"capitals are none":       {strings.ToUpper(a), nil},
		"two in a row":            {a + b, []string{a, b}},
		"more digits than an ID":  {a + "aa", []string{a}},
		"two with words between":  {a + "_" + b, []string{a, b}},
		"digits behind a too few": {a[:10] + "/" + b, []string{b}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := appendContainerIDs(nil, test.text); !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if got := holdsContainerID(test.text); got != (len(test.want) > 0) {
				t.Errorf("holds one: got %t", got)
			}
		})
	}
}
