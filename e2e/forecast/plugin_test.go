//go:build linux

package main

import "testing"

func TestForecastsComeInTheOrderAsked(t *testing.T) {
	text := `{"Container":"b","Forecast":"delayed","Certainty":"likely","Blocker":17,"Reaps":"yes","Later":1}
{"Container":"a","Forecast":"ignored","Certainty":"certain","Blocker":null,"Reaps":"no"}
`
	rows, err := parseForecasts(text, container{name: "a"}, container{name: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].Forecast != "ignored" || rows[0].Blocker != nil {
		t.Errorf("a: %+v", rows[0])
	}
	if rows[1].Forecast != "delayed" || rows[1].Blocker == nil || *rows[1].Blocker != 17 {
		t.Errorf("b: %+v", rows[1])
	}
	for _, bad := range []string{"", "no json\n", `{"Container":"b"}` + "\n"} {
		if rows, err := parseForecasts(bad, container{name: "a"}); err == nil {
			t.Errorf("%q: %+v and no error", bad, rows)
		}
	}
}
