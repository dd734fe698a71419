//go:build linux

package realhost

import "testing"

func TestHandlersAreFoundInTheLog(t *testing.T) {
	for _, test := range []struct {
		log  string
		want Hearing
	}{
		{"", NeverHeard},
		{"handler set\n", NeverHeard},
		{"handler set\nhandler begun\n", CutOff},
		{"handler set\nhandler begun\nhandler ended\n", HeardOut},
		{"handler set\nhandler set\nhandler begun\nhandler ended\n", CutOff},
		{"handler set\nhandler set\nhandler begun\nhandler begun\nhandler ended\nhandler ended\n", HeardOut},
	} {
		if got := HearingIn(test.log); got != test.want {
			t.Errorf("%q: %s, want %s", test.log, got, test.want)
		}
	}
}
