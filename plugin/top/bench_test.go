package top

import "testing"

// A screen with 50 containers is drawn after each look.
func BenchmarkText(b *testing.B) {
	w := street(50)
	m := judgedAs(on(w, 120, 40, &fakeFeed{}), w)
	for b.Loop() {
		_ = m.Text()
	}
}
